"""Answers that are taken back: who was told one hears so once, and nobody who was not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from knowledge import curation
from knowledge.claim_queue import cluster_actions, inquiries, verdicts
from knowledge.domain import (
    ClusterStatus,
    NotificationKind,
    Outcome,
    RejectReason,
    Relation,
    SubjectKind,
    now,
)
from knowledge.errors import CannotUndo
from knowledge.models import AuditEntry, Cluster, Inquiry
from knowledge.outbox import delivery, pending_notifications
from knowledge.privacy import data_export
from knowledge.statistics import trends
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.moderation import asks, clustered, last_entry, published, told

CLAIM = "the dam broke"
_ANSWERED, _TAKEN_BACK = NotificationKind.ANSWERED, NotificationKind.TAKEN_BACK
_RETRACTED = NotificationKind.RETRACTED
_LATER = datetime.now(UTC) + timedelta(hours=1)


def _answer(
    sessions: Sessions, cluster: int, statement: int, relation: Relation = Relation.REFUTES
) -> int:
    """Answer a cluster; returns the number of the entry that says so."""
    with sessions.begin() as session:
        pending_notifications.answer_cluster(session, cluster, statement, relation, "amal")
    return last_entry(sessions).id


def _undo(sessions: Sessions, entry: int) -> None:
    with sessions.begin() as session:
        curation.undo(session, entry, "basil", "the wrong statement")


def _offered(sessions: Sessions, entry: int) -> bool:
    with sessions() as session:
        return entry in curation.list_undoable(session, audit_log.list_entries(session).items)


def _tell(sessions: Sessions) -> list[tuple[str, NotificationKind, int]]:
    """Tell everybody what is due; returns who was told what of which statement."""
    with sessions.begin() as session:
        due = pending_notifications.list_due(session, _LATER)
        assert all(pending_notifications.mark_sent(session, each.id) for each in due)
    return sorted((each.person_key, each.kind, each.statement.id) for each in due)


def _inquiry(sessions: Sessions, number: int) -> Inquiry:
    with sessions() as session:
        return session.get_one(Inquiry, number)


def _status(sessions: Sessions, cluster: int) -> ClusterStatus:
    with sessions() as session:
        return session.get_one(Cluster, cluster).status


def _said(sessions: Sessions, claim: str = CLAIM) -> dict[int, Relation]:
    with sessions() as session:
        return verdicts.load_verdicts(session, claim)


def test_who_was_told_an_answer_hears_once_that_it_is_taken_back(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM, "انهار السد")
    one = asks(sessions, "one", CLAIM, waiting=True, language="en")
    asks(sessions, "two", "انهار السد", waiting=True, language="ar")
    asks(sessions, "asks something else", "the bridge broke", waiting=True)
    entry = _answer(sessions, cluster, number)
    assert len(_tell(sessions)) == 2
    assert _offered(sessions, entry)
    _undo(sessions, entry)
    undone = last_entry(sessions)
    assert (undone.actor, undone.action, undone.undoes) == ("basil", "undone", entry)
    assert undone.before == {"status": "answered", "statement": number, "relation": "REFUTES"}
    assert undone.after == {"status": "open"}
    assert (_said(sessions), _said(sessions, "انهار السد")) == ({}, {})
    assert _status(sessions, cluster) is ClusterStatus.OPEN
    with sessions() as session:
        first, second = sorted(
            pending_notifications.list_due(session, _LATER), key=lambda each: each.person_key
        )
    assert (first.kind, first.claim, first.language) == (_TAKEN_BACK, CLAIM, "en")
    assert (second.claim, second.language, second.open) == ("انهار السد", "ar", True)
    held = _inquiry(sessions, one)
    assert (held.waiting, held.answered_at) == (True, None)
    assert _tell(sessions) == [("one", _TAKEN_BACK, number), ("two", _TAKEN_BACK, number)]
    assert _tell(sessions) == []
    assert _inquiry(sessions, one).waiting
    with pytest.raises(CannotUndo, match="already"):
        _undo(sessions, entry)
    assert not _offered(sessions, entry)
    assert not _offered(sessions, undone.id)


def test_an_answer_that_is_not_told_yet_is_told_to_nobody(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    asked = asks(sessions, "one", CLAIM, waiting=True)
    asks(sessions, "cannot be reached yet", CLAIM, waiting=True)
    entry = _answer(sessions, cluster, number)
    with sessions.begin() as session:
        one, other = pending_notifications.list_due(session, _LATER)
        pending_notifications.postpone(
            session, other.id, _LATER - timedelta(minutes=1), "no connection"
        )
    _undo(sessions, entry)
    assert told(sessions) == []
    assert _inquiry(sessions, asked).waiting
    with sessions.begin() as session:
        assert not pending_notifications.mark_sent(session, one.id), "it is not there any more"
    assert _tell(sessions) == []


@pytest.mark.parametrize("arrives", [True, False])
def test_who_is_being_told_while_it_is_taken_back_hears_so_if_it_arrives(
    sessions: Sessions, arrives: bool
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    asks(sessions, "one", CLAIM, waiting=True)
    entry = _answer(sessions, cluster, number)
    with sessions.begin() as session:
        moment = now() + timedelta(minutes=2)
        taken = delivery.lease(session, now(), moment, "a process")
        assert taken is not None
    _undo(sessions, entry)
    assert _tell(sessions) == []
    with sessions.begin() as session:
        if arrives:
            assert pending_notifications.mark_sent(session, taken.id)
            assert not pending_notifications.mark_sent(session, taken.id)
        else:
            pending_notifications.mark_unreachable(session, taken.id, "blocked")
    assert _tell(sessions) == ([("one", _TAKEN_BACK, number)] if arrives else [])


@pytest.mark.parametrize("arrives", ["before", "after", "never"])
def test_what_was_being_sent_when_it_was_taken_back_is_not_forgotten_when_it_is_given_again(
    sessions: Sessions, arrives: str
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    asks(sessions, "one", CLAIM, waiting=True)
    entry = _answer(sessions, cluster, number)
    with sessions.begin() as session:
        taken = delivery.lease(session, now(), now() + timedelta(minutes=2), "a process")
        assert taken is not None
    _undo(sessions, entry)

    def arrive() -> None:
        with sessions.begin() as session:
            assert pending_notifications.mark_sent(session, taken.id)

    if arrives == "before":
        arrive()
    _answer(sessions, cluster, number)
    if arrives == "after":
        with sessions() as session:
            assert pending_notifications.list_due(session, now()) == [], "it is under way"
        arrive()
    heard = _tell(sessions)
    assert heard == ([("one", _ANSWERED, number)] if arrives == "never" else [])
    assert _tell(sessions) == []
    with sessions() as session:
        row = session.scalars(select(Inquiry)).one()
        assert (row.waiting, row.answered_at is not None) == (False, True)


@pytest.mark.parametrize("undone", [True, False])
def test_who_is_being_told_while_the_opposite_is_answered_is_told_that_as_well(
    sessions: Sessions, *, undone: bool
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    asks(sessions, "one", CLAIM, waiting=True)
    entry = _answer(sessions, cluster, number)
    with sessions.begin() as session:
        taken = delivery.lease(session, now(), now() + timedelta(minutes=2), "a process")
    assert isinstance(taken, pending_notifications.DueNotification)
    if undone:
        _undo(sessions, entry)
    _answer(sessions, cluster, number, Relation.SUPPORTS)
    with sessions() as session:
        assert pending_notifications.list_due(session, now()) == [], "the first is under way"
    with sessions.begin() as session:
        assert pending_notifications.mark_sent(session, taken.id, taken.relation)
    with sessions() as session:
        (second,) = pending_notifications.list_due(session, _LATER)
    assert (second.relation, second.again) == (Relation.SUPPORTS, True)
    assert _tell(sessions) == [("one", _ANSWERED, number)]
    assert _tell(sessions) == []


def _reject(sessions: Sessions, cluster: int, claims: list[int], other: int) -> None:
    with sessions.begin() as session:
        cluster_actions.reopen(session, cluster, "carla")
        cluster_actions.reject(session, cluster, RejectReason.OPINION, "carla")


def _attach(sessions: Sessions, cluster: int, claims: list[int], other: int) -> None:
    with sessions.begin() as session:
        verdicts.attach(session, claims[:1], other, Relation.SUPPORTS, "carla")


def _answer_again(sessions: Sessions, cluster: int, claims: list[int], other: int) -> None:
    with sessions.begin() as session:
        pending_notifications.answer_cluster(session, cluster, other, Relation.SUPPORTS, "carla")


def _split(sessions: Sessions, cluster: int, claims: list[int], other: int) -> None:
    with sessions.begin() as session:
        cluster_actions.split_cluster(session, cluster, claims[1:], "carla")


def _merge(sessions: Sessions, cluster: int, claims: list[int], other: int) -> None:
    joins, _ = clustered(sessions, "the bridge broke")
    with sessions.begin() as session:
        cluster_actions.merge_clusters(session, cluster, [joins], "carla")


def _retract(sessions: Sessions, cluster: int, claims: list[int], other: int) -> None:
    with sessions.begin() as session:
        verdict = select(AuditEntry.after).where(AuditEntry.action == "answered")
        after = session.scalars(verdict).one()
        assert after is not None
        curation.retract(session, [after["statement"]], "carla", "wrong")


@pytest.mark.parametrize(
    ("act", "done", "subject"),
    [
        (_reject, "rejected", "cluster"),
        (_attach, "attached", "claim"),
        (_answer_again, "answered", "cluster"),
        (_split, "split", "cluster"),
        (_merge, "joined", "cluster"),
        (_retract, "reopened", "cluster"),
    ],
)
def test_what_came_after_an_answer_is_named_where_it_cannot_be_taken_back(
    sessions: Sessions,
    act: Callable[[Sessions, int, list[int], int], None],
    done: str,
    subject: str,
) -> None:
    number, other = published(sessions, "the dam stands", "the dam leaks")
    cluster, claims = clustered(sessions, CLAIM, "the old dam broke")
    asks(sessions, "one", CLAIM, waiting=True)
    entry = _answer(sessions, cluster, number)
    _tell(sessions)
    with sessions.begin() as session:
        cluster_actions.assign(session, cluster, "carla", "carla")
    assert _offered(sessions, entry), "whose it is decides nothing"
    act(sessions, cluster, claims, other)
    assert not _offered(sessions, entry)
    with pytest.raises(CannotUndo, match="by carla") as refused:
        _undo(sessions, entry)
    assert (refused.value.by, refused.value.action) == ("carla", done)
    assert refused.value.subject is not None
    assert refused.value.subject[0] == subject


def test_taking_back_what_replaced_an_answer_lets_that_one_stand_again(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    for person in ("heard both", "heard the first"):
        asks(sessions, person, CLAIM, waiting=True)
    _answer(sessions, cluster, number)
    assert len(_tell(sessions)) == 2
    entry = _answer(sessions, cluster, number, Relation.SUPPORTS)
    with sessions.begin() as session:
        heard = {
            each.person_key: each.id for each in pending_notifications.list_due(session, _LATER)
        }
        pending_notifications.mark_sent(session, heard["heard both"])
    _undo(sessions, entry)
    assert _said(sessions) == {number: Relation.REFUTES}
    assert _status(sessions, cluster) is ClusterStatus.ANSWERED
    with sessions() as session:
        assert [each.open for each in pending_notifications.list_due(session, _LATER)] == [False]
    assert _tell(sessions) == [("heard both", _TAKEN_BACK, number)]


@pytest.mark.parametrize("heard", [True, False])
def test_the_same_answer_after_all_is_told_to_who_heard_that_it_was_taken_back(
    sessions: Sessions, heard: bool
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    asked = asks(sessions, "one", CLAIM, waiting=True)
    entry = _answer(sessions, cluster, number)
    _tell(sessions)
    _undo(sessions, entry)
    if heard:
        assert _tell(sessions) == [("one", _TAKEN_BACK, number)]
    entry = _answer(sessions, cluster, number)
    assert _tell(sessions) == ([("one", _ANSWERED, number)] if heard else [])
    assert not _inquiry(sessions, asked).waiting
    assert _inquiry(sessions, asked).answered_at is not None
    # And it can be taken back once more.
    _undo(sessions, entry)
    assert _tell(sessions) == [("one", _TAKEN_BACK, number)]


@pytest.mark.parametrize("heard", [True, False])
def test_another_answer_is_told_instead(sessions: Sessions, heard: bool) -> None:
    number, other = published(sessions, "the dam stands", "the dam leaks")
    cluster, _ = clustered(sessions, CLAIM)
    asks(sessions, "one", CLAIM, waiting=True)
    entry = _answer(sessions, cluster, number)
    _tell(sessions)
    _undo(sessions, entry)
    if heard:
        _tell(sessions)
    _answer(sessions, cluster, other, Relation.SUPPORTS)
    with sessions() as session:
        assert [each.again for each in pending_notifications.list_due(session, _LATER)] == [
            not heard
        ]
    assert _tell(sessions) == [("one", _ANSWERED, other)]


def test_who_was_told_another_answer_since_is_told_the_first_again(sessions: Sessions) -> None:
    first, second = published(sessions, "the dam stands", "the dam leaks")
    cluster, _ = clustered(sessions, CLAIM)
    asks(sessions, "one", CLAIM, waiting=True)
    for statement in (first, second, first):
        _answer(sessions, cluster, statement)
        assert _tell(sessions) == [("one", _ANSWERED, statement)]
    _answer(sessions, cluster, first)
    assert _tell(sessions) == []


def _asks_and_is_answered(sessions: Sessions, person: str, statement: int) -> int:
    with sessions.begin() as session:
        return inquiries.record(session, person, CLAIM, Outcome.REFUTED, [statement], "en").id


@pytest.mark.parametrize("by", ["undo", "detach", "settles nothing"])
def test_who_asked_while_a_verdict_stood_hears_that_it_is_taken_back(
    sessions: Sessions, by: str
) -> None:
    (number,) = published(sessions, "the dam stands")
    _, claims = clustered(sessions, CLAIM)
    _asks_and_is_answered(sessions, "before", number)
    asks(sessions, "was shown it only", CLAIM, [number])
    with sessions.begin() as session:
        verdicts.attach(session, claims, number, Relation.REFUTES, "amal")
    entry = last_entry(sessions).id
    asked = _asks_and_is_answered(sessions, "during", number)
    asks(sessions, "was shown it only", CLAIM, [number])
    with sessions.begin() as session:
        if by == "undo":
            curation.undo(session, entry, "basil", "not so")
        elif by == "detach":
            verdicts.detach(session, claims, number, "basil", "not so")
        else:
            verdicts.attach(session, claims, number, Relation.NOT_ENOUGH_INFO, "basil", "not so")
    assert _tell(sessions) == [("during", _TAKEN_BACK, number)]
    assert _inquiry(sessions, asked).waiting
    assert _tell(sessions) == []


def test_a_verdict_that_is_given_again_before_anybody_heard_is_told_to_nobody(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, claims = clustered(sessions, CLAIM)
    asked = asks(sessions, "one", CLAIM, waiting=True)
    _answer(sessions, cluster, number)
    _tell(sessions)
    with sessions.begin() as session:
        verdicts.detach(session, claims, number, "basil", "by mistake")
    _undo(sessions, _last_of_claims(sessions))
    assert _said(sessions) == {number: Relation.REFUTES}
    assert _tell(sessions) == []
    assert not _inquiry(sessions, asked).waiting


def _last_of_claims(sessions: Sessions) -> int:
    with sessions() as session:
        return audit_log.list_entries(session, SubjectKind.CLAIM).items[0].id


def test_what_is_split_off_tells_nobody_that_it_is_taken_back(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, claims = clustered(sessions, CLAIM, "the old dam broke")
    asks(sessions, "one", "the old dam broke", waiting=True)
    _answer(sessions, cluster, number)
    _tell(sessions)
    with sessions.begin() as session:
        cluster_actions.split_cluster(session, cluster, claims[1:], "amal")
    assert _tell(sessions) == []


def test_who_hears_that_it_is_taken_back_hears_of_its_retraction_as_well(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    asks(sessions, "one", CLAIM, waiting=True)
    entry = _answer(sessions, cluster, number)
    _tell(sessions)
    _undo(sessions, entry)
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong")
    assert _tell(sessions) == [("one", _RETRACTED, number), ("one", _TAKEN_BACK, number)]


def test_what_is_held_of_a_person_and_the_figures_say_so(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, CLAIM)
    asks(sessions, "one", CLAIM, waiting=True)
    entry = _answer(sessions, cluster, number)
    _tell(sessions)

    def answered() -> int:
        with sessions() as session:
            return trends.compute_digest(session, _LATER).answered

    assert answered() == 1
    _undo(sessions, entry)
    _tell(sessions)
    assert answered() == 0
    with sessions() as session:
        held = json.loads(data_export.export(session, "one", b"a secret").document)
    (question,) = held["questions"]
    assert question["waiting_to_be_told"]
    assert question["answered_by_moderators_at"] is None
    # They were shown it, and told both.
    assert [each["number"] for each in question["shown"]] == [number]
    assert [(each["kind"], each["status"]) for each in held["notifications"]] == [
        ("answered", "taken_back"), ("taken_back", "sent"),
    ]  # fmt: skip
    assert all(each["sent_at"] for each in held["notifications"])
