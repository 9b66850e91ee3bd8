"""``tathabbat run``: run the bot on Telegram."""

import click

from bot.app import App


@click.command()
@click.pass_obj
def run(app: App) -> None:
    """Answer people on Telegram.

    Polls for updates, or receives them by webhook if WEBHOOK_URL is set. Also serves the console if
    CONSOLE_BIND is set, and /healthz and /metrics if METRICS_BIND is. With WORKERS above 1, that
    many more processes answer, and are replaced if they die or hang. SIGINT, SIGTERM and SIGHUP
    end it.
    """
    from bot.running import run_telegram

    run_telegram(app)
