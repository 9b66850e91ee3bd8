"""A running program stops once the database is another version's."""

import signal
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bot.schema_guard import SchemaGuard
from knowledge.errors import DatabaseUnavailable
from knowledge.storage.database import Sessions, open_engine


@pytest.fixture
def stopped() -> Iterator[threading.Event]:
    """Return what is set once the process is asked to stop."""
    asked = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    yield asked
    signal.signal(signal.SIGTERM, before)


def test_it_stops_once_another_program_upgraded_the_database(
    sessions: Sessions, stopped: threading.Event
) -> None:
    guard = SchemaGuard(sessions, look_s=0.01)

    def run() -> None:
        with guard:
            assert not stopped.wait(0.1)
            with sessions.begin() as session:
                session.execute(text("UPDATE alembic_version SET version_num = '0002_newer'"))
            assert stopped.wait(30)

    with pytest.raises(DatabaseUnavailable, match=r"to revision 0002_newer .* start it again"):
        run()


def test_a_database_that_does_not_answer_stops_nothing(stopped: threading.Event) -> None:
    away = Sessions(open_engine("postgresql+psycopg://nobody@/nothing?host=/nowhere"))
    with SchemaGuard(away, look_s=0.01):
        assert not stopped.wait(0.1)
