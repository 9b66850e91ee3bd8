"""``tathabbat console``: serve the moderators' web pages without the bot."""

import click

from bot.app import App


@click.command()
@click.pass_obj
def console(app: App) -> None:
    """Serve only the moderators' console, at CONSOLE_BIND.

    `run` serves it too. SIGINT, SIGTERM and SIGHUP end it.
    """
    from bot.running import run_console

    run_console(app)
