"""Take updates in, decide what each is, and store it before Telegram is told that it arrived."""
