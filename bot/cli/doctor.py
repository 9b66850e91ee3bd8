"""``tathabbat doctor``: check every part of the installation and say how to fix it."""

import json
from dataclasses import asdict
from typing import Final

import click

from bot.app import App
from bot.cli.diagnostics import State, examine

_COLOURS: Final = {State.OK: "green", State.WARNING: "yellow", State.FAILURE: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@click.pass_obj
def doctor(app: App, as_json: bool) -> None:
    """Check every part of the installation, and say how to fix it.

    Settings, database, disk, files, key, models, index, pictures, Telegram and its webhook,
    updates, console, metrics, workers, feeds, jobs, notifications. The exit code is 1 if any part
    fails; warnings do not count. Creates no folder and no database. A fault of several parts is
    reported once.
    """
    failed = False
    for finding in examine(app):
        failed |= finding.state is State.FAILURE
        state = click.style(f"{finding.state.value:9}", fg=_COLOURS[finding.state])
        line = f"{state}{finding.part}: {finding.message}"
        click.echo(json.dumps(asdict(finding), ensure_ascii=False) if as_json else line)
    if failed:
        raise click.exceptions.Exit(1)
