"""Word what is said to a person, by whichever channel: Telegram and the terminal render it."""
