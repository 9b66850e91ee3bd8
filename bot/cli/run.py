"""``tathabbat run``: run the bot on Telegram."""

import click

from bot.app import App


@click.command()
@click.pass_obj
def run(app: App) -> None:
    """Answer people on Telegram.

    Updates are polled for, or come by webhook if WEBHOOK_URL is set. With CONSOLE_BIND the console
    is served beside it, with METRICS_BIND /healthz and /metrics are. SIGINT and SIGTERM end it.
    """
    app.run_telegram()
