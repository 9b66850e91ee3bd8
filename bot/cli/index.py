"""``tathabbat reindex`` and ``tathabbat index``: build, check and prune the index."""

import json
from dataclasses import asdict

import click

from bot.app import App
from bot.cli.progress_bar import make_reporter
from bot.cli.word_counts import format_count
from embeddings.encoders.ray_workers import LOCAL
from embeddings.index.snapshot import Manifest
from knowledge.index import serving_index, vector_cache
from knowledge.index.index_builds import LocalBuilds
from knowledge.storage.database import Sessions


@click.command()
@click.option(
    "--full", is_flag=True, help="Compute everything anew, the vectors of this model included."
)
@click.option("--local", is_flag=True, help="Build in DATA_DIR, whatever INDEX_URL says.")
@click.option(
    "--ray",
    "cluster",
    is_flag=False,
    flag_value=LOCAL,
    metavar="[ADDRESS]",
    help="Embed on the Ray cluster at ADDRESS (auto, host:6379, ray://host:10001), by default on"
    " all processors of this machine.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_obj
def reindex(app: App, full: bool, local: bool, cluster: str | None, as_json: bool) -> None:
    """Rebuild the index from everything that is published.

    The old index serves until the new one is ready. With INDEX_URL, --local builds the index that
    answers while the server is down. --ray is for hundreds of thousands of new statements: it can
    be stopped at any moment, and continues where it was when it is run again.
    """
    builds = LocalBuilds(app.sessions, app.settings.index_dir) if local else app.builds
    with builds.hold_lock():
        if full:
            vector_cache.forget(app.sessions, app.encoder.fingerprint)
        if cluster is not None:
            app.embed_on_ray(cluster)
        reporter = make_reporter("Embedding the statements")
        manifest = builds.reindex(app.encoder, reporter, anew=full)
    _show(manifest, "is now served", as_json)


@click.group()
def index() -> None:
    """Inspect and repair the index."""


@index.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_obj
def status(app: App, as_json: bool) -> None:
    """Show which index is served, and how far it is behind.

    Changes that are not in it yet are answered from all the same.
    """
    manifest = app.builds.current()
    _show_with_changes(app.sessions, manifest, "is served", as_json)


@index.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_obj
def verify(app: App, as_json: bool) -> None:
    """Check the index's files, and compare it with the database.

    Every file's checksum is checked, and every vector compared. An index on a server (INDEX_URL)
    also holds the changes since its build, and they are compared as well.
    Statements that changed since the build are not faults: every program adds them when it opens
    the index. Their number shows when a reindex is due.
    """
    found = app.builds.verify(app.encoder.fingerprint, make_reporter("Comparing"))
    state, manifest = found.state, found.manifest
    behind = state.behind
    if as_json:
        data = {
            "name": manifest.name,
            "published": state.published,
            "indexed": manifest.count,
            "missing": len(state.missing),
            "extra": len(state.extra),
            "stale": len(found.stale),
            "recall": round(found.recall, 4),
            "changes_since": behind,
        }
        click.echo(json.dumps(data))
    else:
        click.echo(
            f"index {manifest.name} is whole: {format_count(manifest.count, 'statement')},"
            f" {len(state.missing)} missing, {len(state.extra)} extra, {len(found.stale)} stale,"
            f" {format_count(behind, 'change')} behind; recall {found.recall:.3f}"
        )
    if found.stale or (not behind and (state.missing or state.extra)):
        raise click.ClickException(
            "the index differs from the database though no change was made; run `tathabbat reindex`"
        )


@index.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_obj
def rollback(app: App, as_json: bool) -> None:
    """Serve the previous index again."""
    manifest = app.builds.rollback()
    _show_with_changes(app.sessions, manifest, "is now served", as_json)


@index.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_obj
def prune(app: App, as_json: bool) -> None:
    """Delete old indexes, and the vectors of other models.

    The served index is kept, and one to roll back to.
    Vectors of earlier models are kept until you prune, so that changing back costs nothing. All
    bots on this database share them.
    """
    builds, sessions = app.builds, app.sessions
    with builds.hold_lock():
        deleted = builds.prune()
        wanted = {app.encoder.fingerprint, *builds.fingerprints()}
        forgotten = vector_cache.prune(sessions, wanted)
    if as_json:
        click.echo(json.dumps({"indexes": len(deleted), "vectors": forgotten}))
        return
    old = format_count(len(deleted), "old index", "old indexes")
    click.echo(f"{old} and {format_count(forgotten, 'vector')} of other models deleted")


def _show_with_changes(sessions: Sessions, manifest: Manifest, doing: str, as_json: bool) -> None:
    since = serving_index.changes_since(sessions, manifest)
    if as_json:
        more = {"changes_since": since.total, **asdict(since)}
        click.echo(json.dumps({**_public(manifest), **more}))
        return
    _show(manifest, doing, as_json)
    if since.total:
        click.echo(
            f"{format_count(since.total, 'change')} since then ({since.added} added or edited,"
            f" {since.removed} removed): answers have them; `tathabbat reindex` takes them in"
        )
    else:
        click.echo("nothing has changed since then")


def _show(manifest: Manifest, doing: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_public(manifest)))
    else:
        click.echo(
            f"index {manifest.name} {doing}: {format_count(manifest.count, 'statement')},"
            f" up to change {manifest.change_number}"
        )


def _public(manifest: Manifest) -> dict[str, object]:
    return {k: v for k, v in asdict(manifest).items() if k != "files"}
