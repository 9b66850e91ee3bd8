"""``tathabbat export``: export published statements for other programs."""

import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import click

from bot.app import App
from bot.cli.output_files import open_atomically

_OUTPUT = click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write, which appears once it is complete; without it, standard output.",
)
_FORCE = click.option("--force", is_flag=True, help="Replace the file if it exists.")


@click.group()
def export() -> None:
    """Export published statements as ClaimReview, CSV or RSS."""


@export.command()
@_OUTPUT
@_FORCE
@click.pass_obj
def claimreview(app: App, output: Path | None, force: bool) -> None:
    """Write the fact-checks as schema.org ClaimReview JSON-LD.

    Statements without an address or a rating are left out: a ClaimReview needs both.
    """
    from knowledge.export import claim_reviews, load_published

    _write(output, force, claim_reviews(load_published(app.sessions)))


@export.command("csv")
@_OUTPUT
@_FORCE
@click.pass_obj
def as_csv(app: App, output: Path | None, force: bool) -> None:
    """Write every published statement as a table.

    Cells that a spreadsheet would run as formulas are escaped.
    """
    from knowledge.export import load_published, table

    _write(output, force, table(load_published(app.sessions)))


@export.command("rss")
@_OUTPUT
@_FORCE
@click.option("--link", help="Your site's address; by default CONSOLE_URL.")
@click.option("--title", default="تثبَّت", show_default=True, help="The feed's name.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=100, show_default=True, help="At most."
)
@click.pass_obj
def as_rss(
    app: App, output: Path | None, force: bool, link: str | None, title: str, limit: int
) -> None:
    """Write the latest published statements as an RSS feed.

    The title of a claim that a fact-checker does not support begins with the rating.
    """
    from bot.conversation.quotes import name_rating
    from bot.conversation.translations import DEFAULT, Language, load_catalogue
    from knowledge.domain import Rating
    from knowledge.export import load_newest, rss
    from knowledge.export.rss_export import Channel

    link = link or app.settings.console_url
    if link is None or urlsplit(link).scheme not in ("http", "https"):
        raise click.UsageError("a feed needs an http or https address: give it with --link")

    def name(rating: Rating, language: str) -> str:
        spoken = Language(language) if language in set(Language) else DEFAULT
        return name_rating(rating, load_catalogue(spoken).say)

    items = app.sessions.read(load_newest, limit)
    _write(output, force, [rss(items, Channel(title, link, title), name)])


def _write(output: Path | None, force: bool, parts: Iterable[str]) -> None:
    if output is None:
        for part in parts:
            sys.stdout.write(part)
        sys.stdout.flush()
        return
    if output.is_file() and not force:
        raise click.ClickException(f"{output} is there already; name another file, or add --force")
    with open_atomically(output) as out:
        for part in parts:
            out.write(part)
