"""``tathabbat run``: run the bot on Telegram."""

from contextlib import nullcontext

import click

from bot.app import App
from bot.observability.shared_metrics import share_metrics


@click.command()
@click.pass_obj
def run(app: App) -> None:
    """Answer people on Telegram.

    Polls for updates, or receives them by webhook if WEBHOOK_URL is set. Also serves the console if
    CONSOLE_BIND is set, and /healthz and /metrics if METRICS_BIND is. With WORKERS above 1, that
    many more processes answer, and are replaced if they die or hang. SIGINT, SIGTERM and SIGHUP
    end it.
    """
    sharing = app.settings.workers > 1 and app.settings.metrics_bind
    # Before what counts is imported.
    with share_metrics() if sharing else nullcontext():
        from bot.running import run_telegram

        run_telegram(app)
