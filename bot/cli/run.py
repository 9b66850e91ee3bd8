"""``tathabbat run``: the bot on Telegram."""

import click

from bot.app import App


@click.command()
@click.pass_obj
def run(app: App) -> None:
    """Answer people on Telegram: by polling, or by webhook if WEBHOOK_URL is set."""
    app.run_telegram()
