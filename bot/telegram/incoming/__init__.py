"""Receive updates and store them before acknowledging them to Telegram."""
