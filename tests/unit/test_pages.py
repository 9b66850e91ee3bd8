"""The pages hang together: links lead somewhere, pictures are small, and commands exist."""

import re
import shlex
from itertools import product
from pathlib import Path

import click
import pytest

from bot.cli.main import tathabbat
from tests.pages import (
    DEVELOPERS,
    PAGES,
    ROOT,
    anchors,
    blocks,
    links,
    name_of,
    pictures,
    prose,
    spans,
)

README = ROOT / "README.md"
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=name_of)
#: What a block may be. Shell is tried by tests/integration/test_documented_commands.py.
LANGUAGES = {"sh", "text", "json", "jsonl", "csv", "ini", "nginx", "caddy"}
PICTURES_AT_MOST = 1_000_000


@pytest.mark.parametrize("page", [*PAGES, *DEVELOPERS], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_readme() -> None:
    listed = {(README.parent / link).resolve() for link in links(README)}
    assert set(PAGES) - {README} <= listed


def test_the_readme_is_short() -> None:
    assert len(README.read_text("utf-8").splitlines()) < 200


@EVERY_PAGE
def test_every_block_says_what_it_is(page: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, f"line {block.line}"
    assert "```" not in prose(page)


def test_pictures_are_shown_and_small() -> None:
    shown = {(page.parent / picture).resolve() for page in PAGES for picture in pictures(page)}
    kept = set((ROOT / "docs" / "pictures").glob("*"))
    assert kept == shown
    assert sum(file.stat().st_size for file in kept) < PICTURES_AT_MOST


def called(page: Path) -> set[str]:
    """Return every call of the program within the sentences and tables of a page.

    Of a call that is written as a pattern, what may be left out (in brackets) is left out.
    """
    found = set()
    for span in spans(page):
        if span.startswith("tathabbat ") and "COMMAND" not in span:
            found.add(re.sub(r"\[.*\]", "", span.replace("\\|", "|")).strip())
    return found


def require_command(line: str) -> None:
    """Fail unless a call names a command, and options that it has."""
    words = shlex.split(line)[1:]
    for names in product(*(word.split("|") for word in words if not word.startswith("-"))):
        command: click.Command | None = tathabbat
        for name in names:
            if not isinstance(command, click.Group):
                break
            command = command.get_command(click.Context(command), name)
        assert command is not None, line
        known = {name for each in command.params for name in each.opts} | {"--help"}
        assert {word for word in words if word.startswith("-")} <= known, line


@EVERY_PAGE
def test_commands_within_sentences_exist_with_their_options(page: Path) -> None:
    for line in sorted(called(page)):
        require_command(line)
