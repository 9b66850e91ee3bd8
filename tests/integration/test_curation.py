"""Publishing and retracting: with who, why and the change, or not at all."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ChangeKind, ReportDraft, StatementDraft, StatementStatus
from knowledge.errors import NotFound
from knowledge.models import AuditEntry, ChangeLogEntry, Statement
from knowledge.storage.database import Sessions

_DRAFT, _REVIEWED = StatementStatus.DRAFT, StatementStatus.REVIEWED
_PUBLISHED, _RETRACTED = StatementStatus.PUBLISHED, StatementStatus.RETRACTED


@pytest.fixture
def ids(sessions: Sessions) -> list[int]:
    """Return the ids of three draft statements of one report, ``r``."""
    texts = tuple(StatementDraft(f"خبر رقم {n}", ref=f"s{n}") for n in range(3))
    with sessions.begin() as session:
        draft = ReportDraft(title="تقرير", ref="r", statements=texts)
        return list(reports.store(session, draft).statement_ids)


def _statuses(sessions: Sessions) -> list[StatementStatus]:
    with sessions() as session:
        return list(session.scalars(select(Statement.status).order_by(Statement.id)))


def _changes(sessions: Sessions) -> list[tuple[int, ChangeKind]]:
    with sessions() as session:
        return [
            (c.statement_id, c.kind) for c in session.scalars(select(ChangeLogEntry).order_by("id"))
        ]


def _audit(sessions: Sessions) -> Sequence[AuditEntry]:
    with sessions() as session:
        return session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()


def test_publishing_leaves_a_change_and_an_audit_row_each(
    sessions: Sessions, ids: list[int]
) -> None:
    with sessions.begin() as session:
        assert curation.publish(session, ids[:2], "moderator", "checked twice") == 2
    assert _statuses(sessions) == [_PUBLISHED, _PUBLISHED, _DRAFT]
    assert _changes(sessions) == [(ids[0], ChangeKind.ADDED), (ids[1], ChangeKind.ADDED)]
    rows = _audit(sessions)
    assert [row.subject_id for row in rows] == [str(each) for each in ids[:2]]
    assert {(r.actor, r.action, r.reason) for r in rows} == {
        ("moderator", "published", "checked twice")
    }
    assert [(r.before, r.after) for r in rows] == [
        ({"status": "draft"}, {"status": "published"})
    ] * 2
    assert all(
        datetime(2020, 1, 1, tzinfo=UTC) < row.created_at <= datetime.now(UTC) for row in rows
    )


def test_retracting_leaves_a_change_and_an_audit_row_each(
    sessions: Sessions, ids: list[int]
) -> None:
    with sessions.begin() as session:
        curation.publish(session, ids, "moderator")
    with sessions.begin() as session:
        assert curation.retract(session, [ids[1]], "admin", "the source withdrew it") == 1
    assert _statuses(sessions) == [_PUBLISHED, _RETRACTED, _PUBLISHED]
    assert _changes(sessions)[-1] == (ids[1], ChangeKind.REMOVED)
    last = _audit(sessions)[-1]
    assert (last.actor, last.before, last.after) == (
        "admin",
        {"status": "published"},
        {"status": "retracted"},
    )
    assert last.reason == "the source withdrew it"


def test_what_was_reviewed_is_published_from_there(sessions: Sessions, ids: list[int]) -> None:
    with sessions.begin() as session:
        session.get_one(Statement, ids[1]).status = _REVIEWED
        assert curation.publish(session, ids, "moderator") == 3
    assert _statuses(sessions) == [_PUBLISHED] * 3
    assert {row.subject_id: row.before for row in _audit(sessions)} == {
        str(ids[0]): {"status": "draft"},
        str(ids[1]): {"status": "reviewed"},
        str(ids[2]): {"status": "draft"},
    }


def test_doing_it_twice_does_it_once(sessions: Sessions, ids: list[int]) -> None:
    for expected in (3, 0):
        with sessions.begin() as session:
            assert curation.publish(session, ids, "moderator") == expected
    for expected in (3, 0):
        with sessions.begin() as session:
            assert curation.retract(session, ids, "moderator", "wrong") == expected
    assert len(_changes(sessions)) == len(_audit(sessions)) == 6


def test_an_id_named_twice_moves_once(sessions: Sessions, ids: list[int]) -> None:
    with sessions.begin() as session:
        assert curation.publish(session, [ids[0], ids[0]], "moderator") == 1
    assert len(_changes(sessions)) == 1


def test_a_retracted_statement_is_never_published_again(sessions: Sessions, ids: list[int]) -> None:
    with sessions.begin() as session:
        curation.publish(session, ids, "moderator")
        curation.retract(session, ids, "moderator", "wrong")
    before = _changes(sessions)
    with sessions.begin() as session:
        assert curation.publish(session, ids, "moderator") == 0
    assert _statuses(sessions) == [_RETRACTED] * 3
    assert _changes(sessions) == before


def test_a_retraction_wins_over_a_moderator_who_looked_before_it(
    sessions: Sessions, ids: list[int]
) -> None:
    with sessions() as slow:
        assert slow.get_one(Statement, ids[0]).status is _DRAFT
        slow.rollback()
        stale = slow.get_one(Statement, ids[0])
        assert stale.status is _DRAFT
        slow.commit()
        with sessions.begin() as quick:
            curation.publish(quick, ids, "quick moderator")
            curation.retract(quick, ids, "quick moderator", "wrong")
        assert stale.status is _DRAFT, "what was on the slow moderator's page"
        assert curation.publish(slow, [ids[0]], "slow moderator") == 0
        slow.commit()
    assert _statuses(sessions) == [_RETRACTED] * 3
    assert "slow moderator" not in {row.actor for row in _audit(sessions)}


def test_a_draft_cannot_be_retracted(sessions: Sessions, ids: list[int]) -> None:
    with sessions.begin() as session:
        assert curation.retract(session, ids, "moderator", "wrong") == 0
    assert _statuses(sessions) == [_DRAFT] * 3
    assert _changes(sessions) == []


def test_a_row_already_in_hand_shows_its_new_status(sessions: Sessions, ids: list[int]) -> None:
    with sessions.begin() as session:
        row = session.get_one(Statement, ids[0])
        curation.publish(session, ids, "moderator")
        assert row.status is _PUBLISHED


def test_a_transaction_that_fails_leaves_nothing(sessions: Sessions, ids: list[int]) -> None:
    def fail(session: Session) -> None:
        curation.publish(session, ids, "moderator")
        curation.retract(session, ids[:1], "moderator", "wrong")
        session.flush()
        raise RuntimeError

    with pytest.raises(RuntimeError), sessions.begin() as session:
        fail(session)
    assert _statuses(sessions) == [_DRAFT] * 3
    assert _changes(sessions) == []
    assert _audit(sessions) == []


def test_change_numbers_are_never_given_out_twice(sessions: Sessions, ids: list[int]) -> None:
    with sessions.begin() as session:
        curation.publish(session, ids[:2], "moderator")
    with sessions.begin() as session:
        last = session.scalars(select(ChangeLogEntry).order_by(ChangeLogEntry.id.desc())).first()
        assert last is not None
        number = last.id
        session.delete(last)
    with sessions.begin() as session:
        curation.publish(session, ids[2:], "moderator")
    with sessions() as session:
        assert max(session.scalars(select(ChangeLogEntry.id))) > number


def test_nobody_is_no_fault_and_unknown_ids_move_nothing(
    sessions: Sessions, ids: list[int]
) -> None:
    with sessions.begin() as session:
        assert curation.publish(session, [], "moderator") == 0
        assert curation.publish(session, [10_000], "moderator") == 0
        assert curation.retract(session, [], "moderator", "wrong") == 0
    assert _audit(sessions) == []


def test_more_statements_than_one_query_can_bind_are_published(
    sessions: Sessions, ids: list[int]
) -> None:
    with sessions.begin() as session:
        assert curation.publish(session, range(1, 40_000), "moderator") == len(ids)


@pytest.mark.parametrize(("ref", "expected"), [("s1", [1]), ("r", [0, 1, 2])])
def test_a_reference_names_a_statement_or_a_whole_report(
    sessions: Sessions, ids: list[int], ref: str, expected: list[int]
) -> None:
    with sessions() as session:
        assert curation.find(session, ref) == [ids[n] for n in expected]


def test_an_unknown_reference_is_told(sessions: Sessions) -> None:
    with sessions() as session, pytest.raises(NotFound, match=r"'nothing'.*statements list"):
        curation.find(session, "nothing")


def test_who_publishes_waits_for_who_published_before_to_commit(
    sessions: Sessions, ids: list[int]
) -> None:
    """Numbers of changes are committed in order: a reader never misses a lower one."""
    impatient = {
        "sqlite": "PRAGMA busy_timeout = 50",
        "postgresql": "SET LOCAL lock_timeout = '50ms'",
    }
    with sessions.begin() as session:
        curation.publish(session, ids[:1], "one")
        session.flush()
        with sessions() as other:
            other.execute(text(impatient[other.get_bind().dialect.name]))
            with pytest.raises(OperationalError, match="lock"):
                curation.publish(other, ids[1:], "another")
    with sessions.begin() as session:
        curation.publish(session, ids[1:], "another")
    assert [number for number, _ in _changes(sessions)] == ids
