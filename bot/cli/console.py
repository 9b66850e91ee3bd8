"""``tathabbat console``: the moderators' web pages without the bot."""

import click

from bot.app import App


@click.command()
@click.pass_obj
def console(app: App) -> None:
    """Serve the moderators' console at CONSOLE_BIND until told to stop."""
    app.run_console()
