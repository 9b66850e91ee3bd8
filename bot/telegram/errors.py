"""Errors of the Telegram channel.

TelegramChannelError
├── TokenMissing         no token is configured
├── TokenRejected        Telegram does not accept the token
├── TelegramUnreachable  nothing usable answers at the Bot API address
├── WebhookUnavailable   the webhook cannot be served or registered
└── PollingConflict      another process fetches this bot's updates

Every message is one sentence that names the thing and the way out, and never holds the token:
python-telegram-bot quotes it in its own ``InvalidToken``, so these are raised ``from None``.
"""

from bot.errors import BotError


class TelegramChannelError(BotError):
    """Base of this channel's errors."""


class TokenMissing(TelegramChannelError):
    """No bot token is configured."""

    def __init__(self) -> None:
        super().__init__(
            "TELEGRAM_BOT_TOKEN is not set: create a bot with @BotFather and put its token there."
        )


class TokenRejected(TelegramChannelError):
    """Telegram does not accept the token."""

    def __init__(self) -> None:
        super().__init__(
            "Telegram does not accept TELEGRAM_BOT_TOKEN: copy the bot's current token from"
            " @BotFather, and check TELEGRAM_API_URL if you run your own Bot API server."
        )


class TelegramUnreachable(TelegramChannelError):
    """Nothing usable answers at the Bot API address."""

    def __init__(self, api_url: str, reason: str) -> None:
        super().__init__(
            f"No Bot API answers at {api_url} ({reason}): check the network, a proxy, and"
            " TELEGRAM_API_URL."
        )


class WebhookUnavailable(TelegramChannelError):
    """The webhook cannot be served here or Telegram refuses its address."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The webhook cannot be used ({reason}): check WEBHOOK_URL, which must be a public"
            " https address that leads to this process, or leave it empty to poll."
        )


class PollingConflict(TelegramChannelError):
    """Another process fetches this bot's updates."""

    def __init__(self) -> None:
        super().__init__(
            "Another process is fetching this bot's updates: stop it (or use a token of its own"
            " for each), then start again."
        )
