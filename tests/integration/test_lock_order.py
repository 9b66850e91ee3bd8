"""Two transactions that change what people are told never wait for each other."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.accounts import people
from knowledge.claim_queue import demand, person_actions, verdicts
from knowledge.curation import ReportEdit
from knowledge.domain import Relation
from knowledge.models import Notification
from knowledge.outbox import pending_notifications
from knowledge.storage.database import Sessions
from knowledge.storage.row_locks import lock_statements
from tests.integration.moderation import BODY, asks, clustered, with_body

#: SQLite has one writer at a time.
pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

CLAIM = "the old bridge is open"
_IMPATIENT = text("SET LOCAL lock_timeout = '50ms'")


def _answered(sessions: Sessions) -> tuple[int, int, list[int]]:
    """Answer what somebody waits for; return the report, the statement and the claims."""
    stored = with_body(sessions)
    statement = stored.statement_ids[0]
    cluster, claims = clustered(sessions, CLAIM)
    asks(sessions, "one", CLAIM, waiting=True)
    with sessions.begin() as session:
        pending_notifications.answer_cluster(session, cluster, statement, Relation.REFUTES, "amal")
    return stored.report_id, statement, claims


@contextmanager
def _waiting(sessions: Sessions, act: Callable[[Session, int], object]) -> Iterator[None]:
    """Have a transaction that acts on the notification wait for a lock while the body goes on."""
    done = []

    def run() -> None:
        with sessions.begin() as session:
            note = session.scalars(select(Notification.id)).one()
            act(session, note)
        done.append(note)

    thread = threading.Thread(target=run)
    thread.start()
    with sessions() as looking:
        waits = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        while thread.is_alive() and not looking.scalar(waits):
            pass
    assert thread.is_alive()
    yield
    thread.join()
    assert done


def test_an_edit_goes_on_while_a_letter_waits_for_it_to_be_recorded(sessions: Sessions) -> None:
    report, statement, _ = _answered(sessions)
    with sessions() as editing:
        lock_statements(editing, [statement])
        with _waiting(sessions, pending_notifications.mark_sent):
            editing.execute(_IMPATIENT)
            # Its statements move, and with them what is still to be told of them.
            edit = ReportEdit("The bridges", language="en", body=f"Corrected. {BODY}")
            curation.edit_report(editing, report, edit, "amal", None, 1)
            editing.commit()


def _give_up(session: Session, note: int) -> None:
    pending_notifications.mark_unreachable(session, note, "blocked")


@pytest.mark.parametrize("act", [pending_notifications.mark_sent, _give_up])
def test_a_verdict_goes_on_while_a_letter_waits_for_it_to_be_recorded(
    sessions: Sessions, act: Callable[[Session, int], object]
) -> None:
    _, statement, claims = _answered(sessions)
    with sessions() as ruling:
        demand.lock_queue(ruling)
        with _waiting(sessions, act):
            ruling.execute(_IMPATIENT)
            verdicts.attach(ruling, claims, statement, Relation.SUPPORTS, "amal")
            ruling.commit()


def _ask_to_be_told(session: Session, note: int) -> None:
    inquiry = session.get_one(Notification, note).inquiry_id
    person = people.Contact("one", "1", b"the key of these tests")
    assert person_actions.wait(session, inquiry, person) is not None


def test_a_question_is_kept_while_the_same_person_asks_to_be_told(sessions: Sessions) -> None:
    _answered(sessions)
    with sessions() as asking:
        people.choose_language(asking, "one", "en")
        with _waiting(sessions, _ask_to_be_told):
            asking.execute(_IMPATIENT)
            demand.lock_queue(asking)
            asking.commit()
