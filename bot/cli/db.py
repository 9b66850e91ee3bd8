"""``tathabbat db``: migrate, check, back up and restore the database."""

import json
from pathlib import Path

import click

from bot.app import App
from bot.cli.confirmation import YES, require_yes
from bot.cli.progress_bar import make_reporter
from bot.cli.word_counts import format_count
from knowledge.errors import DatabaseUnavailable
from knowledge.operations import backup as backups
from knowledge.storage import schema
from knowledge.storage.database import require_whole, rewrite


@click.group()
def db() -> None:
    """Migrate, check, back up and restore the database."""


@db.command()
@click.option("--revision", default="head", show_default=True, help="The revision to migrate to.")
@click.pass_obj
def upgrade(app: App, revision: str) -> None:
    """Migrate the database to this program's schema.

    An SQLite file is also rewritten, so that nothing erased is left in it. That takes a second for
    40 MB and blocks all other writing: stop the bot before.
    """
    schema.upgrade(app.database.engine, revision)
    click.echo(f"the database is at revision {schema.state(app.database.engine).current}")
    if not rewrite(app.database.engine):
        click.echo(
            "another program is reading it: erased data leaves the disk when that program ends"
        )


@db.command()
@click.argument("revision")
@YES
@click.pass_obj
def downgrade(app: App, revision: str, yes: bool) -> None:
    """Take the database back to an earlier REVISION.

    Data that only newer revisions can hold is lost.
    """
    now = schema.state(app.database.engine).current or "base"
    require_yes(
        f"the database goes from revision {now} back to {revision}, and what only newer revisions"
        " can hold is lost",
        yes,
    )
    schema.downgrade(app.database.engine, revision)
    click.echo(f"the database is at revision {schema.state(app.database.engine).current or 'base'}")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_obj
def check(app: App, as_json: bool) -> None:
    """Check that the database has this program's schema.

    Every difference is named.
    """
    require_whole(app.database.engine)
    found = schema.state(app.database.engine)
    differences = schema.find_drift(app.database.engine) if found.ready else []
    if as_json:
        data = {"revision": found.current, "head": found.head, "differences": differences}
        click.echo(json.dumps(data))
    else:
        click.echo(f"revision {found.current or 'none'}, this program's is {found.head}")
        for difference in differences:
            click.echo(difference)
    schema.require_known(found)
    if not found.ready:
        raise DatabaseUnavailable("the database is behind; run `tathabbat db upgrade`")
    if differences:
        raise DatabaseUnavailable(
            "the database differs from its revision; restore a backup, or correct it by hand"
        )


@db.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.pass_obj
def backup(app: App, target: Path) -> None:
    """Back up the database to the new file TARGET.

    The bot may run meanwhile: the copy is consistent. The file appears once it was read back and
    found whole.
    """
    backups.backup(app.database.engine, target)
    click.echo(f"backed up to {target}")


@db.command()
@click.argument("source", type=click.Path(path_type=Path))
@YES
@click.pass_obj
def restore(app: App, source: Path, yes: bool) -> None:
    """Replace everything in the database with the backup SOURCE.

    SOURCE is checked first: a file that `db backup` did not write, such as a copy of the database's
    file, is refused and nothing is changed. Afterwards the index is rebuilt.
    Running programs use the restored data from their next claim on.
    """
    require_yes("everything in the database now is replaced", yes)
    backups.restore(app.database.engine, source, app.settings.data_dir)
    click.echo(f"restored from {source}")
    manifest = app.builds.reindex(app.encoder, make_reporter("Embedding the statements"))
    click.echo(f"index {manifest.name} is now served: {format_count(manifest.count, 'statement')}")
