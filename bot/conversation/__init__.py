"""Compose what the bot says, for every channel. Telegram and the terminal render it."""
