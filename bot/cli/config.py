"""``tathabbat config``: show the settings as this program reads them."""

import json
from pathlib import Path

import click
from pydantic import SecretStr

from bot.app import App
from bot.observability.redaction import HIDDEN, redact
from bot.settings import Settings, find_origins, find_unknown_names
from knowledge.text.plain_text import single_line


@click.group()
def config() -> None:
    """Show the settings as this program reads them."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@click.pass_obj
def show(app: App, as_json: bool) -> None:
    """Show every setting, its value and where the value comes from. Secrets are hidden.

    Unknown names are reported, without their values.
    """
    settings, come_from = app.settings, find_origins()
    width = max(map(len, Settings.model_fields))
    for name in Settings.model_fields:
        value = _mask_value(getattr(settings, name))
        origin = come_from[name].value
        if as_json:
            row = {"setting": name.upper(), "value": value, "from": origin}
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            click.echo(f"{name.upper():{width}}  {_format_value(value)}  ({origin})")
    for unknown in find_unknown_names():
        click.echo(f"tathabbat: warning: {unknown}", err=True)


def _mask_value(value: object) -> object:
    """Return a value without secrets, as JSON."""
    match value:
        case SecretStr():
            return HIDDEN
        case frozenset() | tuple():
            return sorted(value)
        case Path():
            return redact(str(value))
        case str():
            # A URL may contain a password.
            return redact(value)
        case _:
            return value


def _format_value(value: object) -> str:
    match value:
        case None | []:
            return "not set"
        case bool():
            return str(value).lower()
        case list():
            return ",".join(map(str, value))
        case _:
            return single_line(str(value))
