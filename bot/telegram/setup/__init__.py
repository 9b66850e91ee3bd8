"""Build and run the Telegram channel, and publish the bot's profile."""
