"""Connect the conversation to Telegram: receive updates, answer them, render and send replies."""

import os

# python-telegram-bot 22 hands out time periods as plain integers, each time with a deprecation
# warning, unless told to use the ``timedelta`` of its next major version. This tells it.
os.environ.setdefault("PTB_TIMEDELTA", "true")
