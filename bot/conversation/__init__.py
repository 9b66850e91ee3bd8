"""What is said to a person, whichever way they came in: Telegram and the terminal render it."""
