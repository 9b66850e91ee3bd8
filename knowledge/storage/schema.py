"""Migrate the database with Alembic, run from code, so that no ini file can disagree."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from knowledge.errors import DatabaseUnavailable
from knowledge.storage.database import sqlite_file
from knowledge.storage.database_failures import describe_failure

if TYPE_CHECKING:
    from alembic.config import Config

_VERSION_TABLE = "alembic_version"
#: The message for a database without tables.
EMPTY: Final = "the database is empty; run `tathabbat db upgrade` to make its tables"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """The database's revision: ``current`` is None if it was never migrated."""

    current: str | None
    head: str
    known: bool

    @property
    def ready(self) -> bool:
        """Whether this code may use the database."""
        return self.current == self.head


def state(engine: Engine) -> SchemaState:
    """Return the database's revision. Raises DatabaseUnavailable if it cannot be read."""
    from alembic.runtime.migration import MigrationContext

    known, head = _known()
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise describe_failure(error, sqlite_file(engine)) from error
    return SchemaState(current, head, current is None or current in known)


def revisions() -> frozenset[str]:
    """Return the revisions that this program knows."""
    return _known()[0]


@cache
def _known() -> tuple[frozenset[str], str]:
    """Return the revisions that this program knows, and the last of them."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(_config())
    known = frozenset(each.revision for each in script.walk_revisions())
    return known, script.get_current_head() or ""


def require_ready(engine: Engine, *, make: bool = True) -> None:
    """Raise DatabaseUnavailable, with the way out, unless the schema fits this code.

    A database without any table is migrated on the spot, unless ``make`` is false: there is nothing
    to lose in it.
    """
    found = state(engine)
    if found.ready:
        return
    require_known(found)
    if found.current is None and not _tables(engine):
        if not make:
            raise DatabaseUnavailable(EMPTY)
        upgrade(engine)
        return
    raise DatabaseUnavailable(
        "the database is not at this program's schema; run `tathabbat db upgrade`"
    )


def require_known(found: SchemaState) -> None:
    """Raise DatabaseUnavailable, with the way out, at a revision that this program does not know.

    A newer version created such a database, or one from before the first release.
    """
    if not found.known:
        raise DatabaseUnavailable(
            f"the database is at revision {found.current}, which this version does not know;"
            " nothing was changed: update Tathabbat, or start a new database and restore a backup"
            " of this version into it, or ingest the reports again"
        )


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate forward. Raises DatabaseUnavailable at an unknown revision or if unreachable."""
    _migrate(engine, "upgrade", revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Migrate back to ``revision`` (``base`` empties the database)."""
    _migrate(engine, "downgrade", revision)


def find_drift(engine: Engine) -> list[str]:
    """Return each difference between the models and the migrated database, one line each."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from knowledge.models import Base

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]


def _migrate(engine: Engine, direction: str, revision: str) -> None:
    from alembic import command
    from alembic.util.exc import CommandError

    # Alembic accepts a prefix of a revision's name.
    require_known(state(engine))
    config = _config()
    try:
        with whole_transaction(engine) as connection:
            config.attributes["connection"] = connection
            getattr(command, direction)(config, revision)
    except CommandError as error:
        raise DatabaseUnavailable(f"{error}; nothing was changed") from error
    except SQLAlchemyError as error:
        raise describe_failure(error, sqlite_file(engine)) from error


@contextmanager
def whole_transaction(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that changes much of the schema, committed whole or not at all."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with engine.connect() as connection:
        # SQLite alters most of a table by recreating it: meanwhile references dangle.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        try:
            # Python begins no transaction before CREATE TABLE: without this an interrupted
            # migration leaves half of itself, and two first starts collide.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise DatabaseUnavailable(
                    f"a row of {broken[0]} refers to a row that does not exist; nothing was"
                    " changed: restore a backup"
                )
            connection.commit()
        finally:
            connection.rollback()
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("migrations")))
    config.set_main_option("path_separator", "os")
    return config


def _tables(engine: Engine) -> list[str]:
    return [name for name in inspect(engine).get_table_names() if name != _VERSION_TABLE]
