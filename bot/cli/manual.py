"""Generate the manual page from the commands' help.

``make man`` runs ``python -m bot.cli.manual > tathabbat.1``.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import click

from bot.cli.main import tathabbat

_MARK: Final = "\b"
_CODE: Final = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Entry:
    """A command with its usage and help."""

    usage: str
    help: str
    options: tuple[tuple[str, str], ...]

    @property
    def summary(self) -> str:
        """The help's first sentence, on one line."""
        return " ".join(self.help.split("\n\n")[0].split())


def list_entries(
    command: click.Command = tathabbat, parent: click.Context | None = None
) -> Iterator[Entry]:
    """Yield every command of a group, in the order of the group's help."""
    context = click.Context(command, parent, info_name=command.name, **command.context_settings)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if (found := command.get_command(context, name)) is not None:
                yield from list_entries(found, context)
        return
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    # --help is described once for all commands; arguments are described in the text.
    options = [each for each in command.params if isinstance(each, click.Option)]
    records = tuple(filter(None, (each.get_help_record(context) for each in options)))
    yield Entry(usage, inspect.cleandoc(command.help or ""), records)


def format_page() -> str:
    """Return the page in roff, for `man`."""
    lines = [
        f'.TH TATHABBAT 1 "" "Tathabbat {version("tathabbat")}" "User Commands"',
        ".SH NAME",
        r"tathabbat \- check claims against verified reports",
        ".SH SYNOPSIS",
        _format_bold("tathabbat COMMAND [OPTIONS] [ARGUMENTS]"),
        ".SH DESCRIPTION",
        *_format_paragraphs(inspect.cleandoc(tathabbat.help or "")),
        ".PP",
        _escape(
            "Every command has --help. Output is for people on a terminal and JSON with --json."
        ),
        ".SH COMMANDS",
        *(line for each in list_entries() for line in _format_section(each)),
        ".SH EXIT STATUS",
        *_format_list(
            (("0", "success"), ("1", "a failure, said in one sentence"), ("2", "bad usage"))
        ),
        ".SH FILES",
        *_format_list(((".env", "settings, in the folder that the program is called in"),)),
        ".SH ENVIRONMENT",
        _escape("The settings that .env.example explains; `tathabbat config show` lists them."),
        ".PP",
        _escape("Nothing is coloured while NO_COLOR is set."),
    ]
    return "\n".join(lines) + "\n"


def _format_section(entry: Entry) -> Iterator[str]:
    yield ".SS " + _escape(entry.usage)
    yield from _format_paragraphs(entry.help)
    yield from _format_list(entry.options, indented=True)


def _format_paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ".PP"
        yield _escape(" ".join(paragraph.replace(_MARK, "").split()))


def _format_list(rows: tuple[tuple[str, str], ...], *, indented: bool = False) -> Iterator[str]:
    if indented:
        yield ".RS"
    for name, what in rows:
        yield from (".TP", _format_bold(name), _escape(what) or r"\&")
    if indented:
        yield ".RE"


def _format_bold(text: str) -> str:
    return rf"\fB{_escape(text)}\fR"


def _escape(text: str) -> str:
    """Escape a line of text for roff."""
    plain = _CODE.sub(r"\1", text).replace("\\", r"\e").replace("-", r"\-")
    plain = plain.replace("'", r"\(aq")
    plain = "".join(c if c.isascii() else rf"\[u{ord(c):04X}]" for c in plain)
    return rf"\&{plain}" if plain.startswith(".") else plain


if __name__ == "__main__":
    click.echo(format_page(), nl=False)
