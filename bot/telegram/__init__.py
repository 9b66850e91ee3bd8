"""The Telegram channel: an update in, one call of the conversation, the reply rendered and sent."""

import os

# python-telegram-bot 22 hands out time periods as plain integers, each time with a deprecation
# warning, unless told to use the ``timedelta`` of its next major version. This tells it.
os.environ.setdefault("PTB_TIMEDELTA", "true")
