"""``tathabbat sources``: manage sources and poll their feeds."""

import asyncio
import json
from dataclasses import asdict
from typing import Final

import click

from bot.app import App
from bot.cli.word_counts import format_count, say_empty
from bot.errors import BotError
from bot.ingestion.feed_poller import Tally, try_feed
from knowledge.corpus import sources as known
from knowledge.corpus.sources import MAX_MINUTES, MIN_MINUTES, FeedState, SourceState
from knowledge.domain import FeedKind, now
from knowledge.errors import KnowledgeError
from knowledge.storage.audit_log import COMMAND_LINE
from knowledge.text.plain_text import single_line

#: Maximum problems that are printed one by one.
_TOLD = 20
#: What a feed of each kind contains.
_ITEMS: Final = {FeedKind.SYNDICATION: "item", FeedKind.CLAIMREVIEW: "review"}
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line, not text.")


@click.group()
def sources() -> None:
    """Add, list, poll, pause and trust sources of reports.

    PUBLISH_NEEDS_TWO does not apply here: the command line needs no second person.
    """


@sources.command()
@click.argument("name")
@click.argument("url")
@click.option(
    "--kind",
    type=click.Choice([k.value for k in FeedKind]),
    default=FeedKind.SYNDICATION.value,
    show_default=True,
    help="RSS or Atom, or a list of ClaimReviews.",
)
@click.option(
    "--minutes",
    type=click.IntRange(MIN_MINUTES, MAX_MINUTES),
    default=30,
    show_default=True,
    help="How often it is polled.",
)
@click.option("--homepage", help="The source's own site, if the feed is on another one.")
@click.option("--force", is_flag=True, help="Add it even if it cannot be read now.")
@click.pass_obj
def add(
    app: App, name: str, url: str, kind: str, minutes: int, homepage: str | None, force: bool
) -> None:
    """Poll the feed at URL for the source NAME.

    The feed is fetched once now, and not added if it cannot be read.
    """
    try:
        found = asyncio.run(try_feed(app.fetcher, app.parsers, url, FeedKind(kind)))
    except (BotError, KnowledgeError) as error:
        if not force:
            raise click.ClickException(
                f"{str(error).rstrip('.')}; nothing was added (--force adds it all the same)"
            ) from error
        click.echo(f"tathabbat: warning: {single_line(str(error))}", err=True)
    else:
        more = f", and {found.unusable} without a report" if found.unusable else ""
        click.echo(
            f"found {format_count(found.items, _ITEMS[FeedKind(kind)])} of kind {kind}{more}"
        )
    number = app.sessions.write(
        known.add_feed, name, url, FeedKind(kind), minutes, COMMAND_LINE, homepage
    )
    click.echo(f"feed {number} is polled from now on, every {minutes} minutes")


@sources.command("list")
@_JSON
@click.pass_obj
def list_sources(app: App, as_json: bool) -> None:
    """List the sources, their feeds and the state of each feed."""
    found = app.sessions.read(known.list_polled)
    if not found and not as_json:
        say_empty("no sources yet; add one with `tathabbat sources add NAME URL`")
    for source in found:
        if as_json:
            click.echo(json.dumps(asdict(source), ensure_ascii=False, default=str))
            continue
        click.echo(_source(source))
        for feed in source.feeds:
            click.echo(_feed(feed))


@sources.command()
@click.argument("feeds", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_obj
def poll(app: App, feeds: tuple[str, ...], as_json: bool) -> None:
    """Poll FEEDS now, or all feeds that are due.

    A feed is named by its number or address.
    """
    if feeds:
        tally = asyncio.run(app.poller.poll(app.sessions.read(known.find_feeds, feeds)))
    else:
        tally = asyncio.run(app.poller.poll_due())
    for problem in tally.problems[:_TOLD]:
        click.echo(f"tathabbat: {single_line(problem)}", err=True)
    click.echo(json.dumps(asdict(tally), ensure_ascii=False) if as_json else _summarise(tally))
    if tally.problems:
        raise click.exceptions.Exit(1)


@sources.command()
@click.argument("feed")
@click.option("--reason", help="Why, for the audit.")
@click.pass_obj
def pause(app: App, feed: str, reason: str | None) -> None:
    """Stop polling FEED until it is resumed.

    FEED is its number or address.
    """
    app.sessions.write(known.pause, feed, COMMAND_LINE, reason)
    click.echo("paused")


@sources.command()
@click.argument("feed")
@click.pass_obj
def resume(app: App, feed: str) -> None:
    """Poll the paused FEED again.

    FEED is its number or address.
    """
    app.sessions.write(known.resume, feed, now(), COMMAND_LINE)
    click.echo("resumed")


@sources.command()
@click.argument("feed")
@click.option("--reason", help="Why, for the audit.")
@click.pass_obj
def remove(app: App, feed: str, reason: str | None) -> None:
    """Remove FEED; the reports that it brought stay.

    FEED is its number or address.
    """
    app.sessions.write(known.remove, feed, COMMAND_LINE, reason)
    click.echo("removed")


@sources.command()
@click.argument("name")
@click.option("--reason", help="Why, for the audit.")
@click.pass_obj
def trust(app: App, name: str, reason: str | None) -> None:
    """Publish reports of the source NAME without review.

    Only reports on the source's own site: those on other sites wait for review.
    """
    app.sessions.write(known.trust, name, COMMAND_LINE, reason)
    click.echo("trusted: what its feeds bring from now on is published at once")


@sources.command()
@click.argument("name")
@click.option("--reason", help="Why, for the audit.")
@click.pass_obj
def distrust(app: App, name: str, reason: str | None) -> None:
    """Keep reports of the source NAME as drafts again."""
    app.sessions.write(known.distrust, name, COMMAND_LINE, reason)
    click.echo("no longer trusted: what its feeds bring waits for review")


def _source(source: SourceState) -> str:
    trusted = ", trusted" if source.trusted else ""
    return f"{single_line(source.name)} ({format_count(source.reports, 'report')}{trusted})"


def _feed(feed: FeedState) -> str:
    polled = f"{feed.polled_at:%Y-%m-%d %H:%M}" if feed.polled_at else "never"
    state = "paused" if feed.paused else f"every {feed.minutes} minutes, polled {polled}"
    error = (
        f"\n      failed {format_count(feed.failures, 'time')}: {single_line(feed.error)}"
        if feed.error
        else ""
    )
    return f"  {feed.id:4}  {single_line(feed.url)} ({feed.kind.value}; {state}){error}"


def _summarise(tally: Tally) -> str:
    more = len(tally.problems) - _TOLD
    return (
        f"{format_count(tally.feeds, 'feed')} polled, {tally.unchanged} unchanged;"
        f" {format_count(tally.reports, 'report')} added,"
        f" {format_count(tally.published, 'statement')} published"
        + (f"; {format_count(len(tally.problems), 'problem')}" if tally.problems else "")
        + (f", {more} of them not shown" if more > 0 else "")
    )
