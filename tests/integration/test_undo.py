"""Taking back: by another entry, with everything that follows from it, and never twice."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.accounts import roles
from knowledge.claim_queue import verdicts
from knowledge.curation import ReportEdit, StatementEdit
from knowledge.domain import (
    ChangeKind,
    NotificationKind,
    Relation,
    Role,
    Span,
    StatementDraft,
    StatementStatus,
    SubjectKind,
    now,
)
from knowledge.errors import CannotUndo, NotFound
from knowledge.models import AuditEntry, Notification
from knowledge.outbox import pending_notifications
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.moderation import (
    BODY,
    asks,
    changes,
    clustered,
    last_entry,
    published,
    statuses,
    stored,
    told,
    with_body,
)

_PUBLISHED, _RETRACTED = StatementStatus.PUBLISHED, StatementStatus.RETRACTED


def _undo(sessions: Sessions, entry_id: int | None = None) -> None:
    number = entry_id or last_entry(sessions).id
    with sessions.begin() as session:
        curation.undo(session, number, "basil", "by mistake")


@pytest.mark.parametrize(
    "act",
    [
        lambda session, one, two: curation.review(session, [one], "amal"),
        lambda session, one, two: curation.publish(session, [one], "amal"),
        lambda session, one, two: curation.discard(session, [one], "amal", "no claim"),
        lambda session, one, two: curation.set_recheck_day(session, one, date(2024, 1, 1), "amal"),
        lambda session, one, two: curation.merge(session, two, [one], "amal", None),
        lambda session, one, two: curation.edit_statement(
            session, one, StatementEdit("new", as_of=date(2024, 1, 1)), "amal", None, version=1
        ),
    ],
    ids=["review", "publish", "discard", "recheck", "merge", "edit"],
)
def test_what_is_taken_back_is_as_before(
    sessions: Sessions, act: Callable[[Session, int, int], object]
) -> None:
    one, two = stored(sessions, "one", "two")
    with sessions() as session:
        before = curation.load_statement(session, one)
    with sessions.begin() as session:
        act(session, one, two)
    done = last_entry(sessions)
    _undo(sessions)
    entry = last_entry(sessions)
    assert (entry.actor, entry.action, entry.reason) == ("basil", "undone", "by mistake")
    assert (entry.undoes, entry.before, entry.after) == (done.id, done.after, done.before)
    with sessions() as session:
        held = curation.load_statement(session, one)
        assert held.version > before.version
        assert [
            getattr(held, name) for name in ("status", "text", "reviewed_by", "merged_into")
        ] == [getattr(before, name) for name in ("status", "text", "reviewed_by", "merged_into")]
        assert (held.recheck_by, held.as_of) == (None, None)


def test_taking_back_can_be_taken_back(sessions: Sessions) -> None:
    (number,) = published(sessions, "one")
    _undo(sessions)
    assert statuses(sessions, [number]) == [StatementStatus.DRAFT]
    _undo(sessions)
    assert statuses(sessions, [number]) == [_PUBLISHED]
    assert [kind for _, kind in changes(sessions)] == [
        ChangeKind.ADDED,
        ChangeKind.REMOVED,
        ChangeKind.ADDED,
    ]


def test_nothing_is_taken_back_twice(sessions: Sessions) -> None:
    published(sessions, "one")
    entry = last_entry(sessions)
    _undo(sessions, entry.id)
    with pytest.raises(CannotUndo, match="already"):
        _undo(sessions, entry.id)


def test_what_was_changed_since_is_not_taken_back(sessions: Sessions) -> None:
    (number,) = published(sessions, "one")
    publication = last_entry(sessions)
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong")
    with pytest.raises(CannotUndo, match="retracted by amal"):
        _undo(sessions, publication.id)
    assert statuses(sessions, [number]) == [_RETRACTED]


def test_who_saw_what_should_not_have_been_published_is_told(sessions: Sessions) -> None:
    (number,) = published(sessions, "one")
    asks(sessions, "someone", "claim", [number])
    _undo(sessions)
    assert told(sessions) == [("someone", NotificationKind.RETRACTED, number, 2)]


def test_a_retraction_taken_back_before_anybody_heard_of_it_is_told_to_nobody(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "one")
    asks(sessions, "someone", "claim", [number])
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong")
    assert len(told(sessions)) == 1
    _undo(sessions)
    assert statuses(sessions, [number]) == [_PUBLISHED]
    assert told(sessions) == []


def test_who_heard_of_a_retraction_hears_that_it_is_taken_back_and_of_the_next_one(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "one")
    for person in ("heard", "did not hear"):
        asks(sessions, person, "claim", [number])
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong")
        session.flush()
        heard = select(Notification.id).where(Notification.person_key == "heard")
        pending_notifications.mark_sent(session, session.scalars(heard).one())
    entry = last_entry(sessions)
    _undo(sessions, entry.id)
    assert told(sessions) == [
        ("heard", NotificationKind.RETRACTED, number, 1),
        ("heard", NotificationKind.CORRECTED, number, 2),
    ]
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong after all")
    assert sorted(told(sessions)[1:]) == [
        ("did not hear", NotificationKind.RETRACTED, number, 2),
        ("heard", NotificationKind.RETRACTED, number, 2),
    ]


def test_an_edit_taken_back_is_told_like_an_edit(sessions: Sessions) -> None:
    (number,) = published(sessions, "one")
    asks(sessions, "someone", "claim", [number])
    with sessions.begin() as session:
        curation.edit_statement(session, number, StatementEdit("two"), "amal", None, version=1)
    _undo(sessions)
    with sessions() as session:
        held = curation.load_statement(session, number)
        assert (held.version, held.text) == (3, "one")
        # They never heard of the second version: what they saw is what it says again.
        assert [each.text_before for each in pending_notifications.list_due(session, now())] == [
            None
        ]
    assert told(sessions) == [("someone", NotificationKind.CORRECTED, number, 3)]


def test_a_report_is_as_before_with_its_statements_places(sessions: Sessions) -> None:
    report = with_body(sessions)
    with sessions() as session:
        before = curation.load_report(session, report.report_id)
    edit = ReportEdit("T", "The Gazette", language="en", body=f"Well. {BODY}")
    with sessions.begin() as session:
        curation.edit_report(session, report.report_id, edit, "amal", None, version=1)
        (entry,) = audit_log.list_entries(session, SubjectKind.REPORT, report.report_id).items
        moved = audit_log.list_entries(session, SubjectKind.STATEMENT).items[0]
    with pytest.raises(CannotUndo, match="edit of the report"):
        _undo(sessions, moved.id)
    _undo(sessions, entry.id)
    with sessions() as session:
        held = curation.load_report(session, report.report_id)
    assert (held.title, held.publisher, held.body) == (before.title, None, BODY)
    assert [each.span for each in held.statements] == [each.span for each in before.statements]


def test_a_statement_that_should_not_have_been_added_is_put_away(sessions: Sessions) -> None:
    report = with_body(sessions)
    with sessions.begin() as session:
        draft = StatementDraft("opens in spring")
        number = curation.add_statement(session, report.report_id, draft, "amal")
    _undo(sessions)
    assert statuses(sessions, [number]) == [_RETRACTED]


def test_a_verdict_is_as_before(sessions: Sessions) -> None:
    (number,) = published(sessions, "one")
    _, claims = clustered(sessions, "claim")
    with sessions.begin() as session:
        verdicts.attach(session, claims, number, Relation.REFUTES, "amal")
        verdicts.attach(session, claims, number, Relation.SUPPORTS, "amal")
    _undo(sessions)
    with sessions() as session:
        assert verdicts.load_verdicts(session, "claim") == {number: Relation.REFUTES}
        first = audit_log.list_entries(session, SubjectKind.CLAIM).items[-1]
    _undo(sessions, first.id)
    with sessions() as session:
        assert verdicts.load_verdicts(session, "claim") == {}
    with pytest.raises(CannotUndo, match="already"):
        _undo(sessions, first.id)


def test_a_verdict_that_was_changed_since_is_not_taken_back(sessions: Sessions) -> None:
    (number,) = published(sessions, "one")
    _, claims = clustered(sessions, "claim")
    with sessions.begin() as session:
        verdicts.attach(session, claims, number, Relation.REFUTES, "amal")
    entry = last_entry(sessions)
    with sessions.begin() as session:
        verdicts.detach(session, claims, number, "amal")
    with pytest.raises(CannotUndo, match="detached by amal"):
        _undo(sessions, entry.id)


def test_what_cannot_be_taken_back_is_told_with_the_way_out(sessions: Sessions) -> None:
    (number,) = stored(sessions, "first and second")
    with sessions.begin() as session:
        curation.split(session, number, [Span(0, 5), Span(6, 16)], "amal", None)
    with pytest.raises(CannotUndo, match="retract its parts"):
        _undo(sessions)
    with sessions.begin() as session:
        roles.grant(session, "someone", Role.MODERATOR, "Amal", "command line")
    with pytest.raises(CannotUndo, match="opposite"):
        _undo(sessions)
    with pytest.raises(NotFound, match="404"):
        _undo(sessions, 404)


def test_the_audit_only_grows(sessions: Sessions) -> None:
    published(sessions, "one", "two")
    with sessions() as session:
        before = [(row.id, row.after) for row in session.scalars(select(AuditEntry))]
    _undo(sessions)
    with sessions() as session:
        after = [(row.id, row.after) for row in session.scalars(select(AuditEntry))]
    assert after[:-1] == before


def _edit_body(sessions: Sessions, report_id: int, body: str) -> None:
    with sessions.begin() as session:
        held = curation.load_report(session, report_id)
        edit = ReportEdit(held.title, language="en", body=body)
        curation.edit_report(session, report_id, edit, "amal", None, held.version)


def test_nothing_comes_back_that_the_report_does_not_hold_any_more(sessions: Sessions) -> None:
    report = with_body(sessions)
    number = report.statement_ids[-1]
    with sessions.begin() as session:
        text = curation.load_statement(session, number).text
        curation.publish(session, [number], "amal")
        curation.retract(session, [number], "amal", "wrong")
    retraction = last_entry(sessions).id
    _edit_body(sessions, report.report_id, BODY.replace(text, "It was not so."))
    with pytest.raises(CannotUndo, match="does not hold these words"):
        _undo(sessions, retraction)
    assert statuses(sessions, [number]) == [_RETRACTED]
    _edit_body(sessions, report.report_id, f"Corrected. {BODY}")
    _undo(sessions, retraction)
    with sessions() as session:
        held, body = curation.load_statement(session, number), f"Corrected. {BODY}"
        assert held.status is _PUBLISHED
        assert held.span is not None
        assert body[held.span.start : held.span.end] == held.text == text


def test_an_edit_is_not_taken_back_over_another_text(sessions: Sessions) -> None:
    report = with_body(sessions)
    number = report.statement_ids[0]
    with sessions.begin() as session:
        edit = StatementEdit("the new bridge".capitalize())
        curation.edit_statement(session, number, edit, "amal", None, version=1)
        edited = audit_log.load_latest(session, SubjectKind.STATEMENT, number)
        curation.discard(session, report.statement_ids[1:], "amal", "nothing to check")
    assert edited is not None
    _edit_body(sessions, report.report_id, BODY.replace("The old bridge", "One old bridge"))
    with pytest.raises(CannotUndo, match="does not hold these words"):
        _undo(sessions, edited.id)
