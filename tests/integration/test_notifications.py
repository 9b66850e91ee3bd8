"""Who is told what: each once, of what holds when it is told, and nobody who saw nothing."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from knowledge import curation
from knowledge.accounts import people
from knowledge.claim_queue import cluster_actions, cluster_listing, inquiries, verdicts
from knowledge.claims import ClaimText
from knowledge.curation import StatementEdit
from knowledge.domain import (
    ClusterStatus,
    NotificationKind,
    NotificationStatus,
    Outcome,
    RejectReason,
    Relation,
    StatementStatus,
    SubjectKind,
)
from knowledge.errors import BadEdit, CannotUndo, NotFound, Stale, TwoPeopleNeeded
from knowledge.models import Claim, Cluster, Inquiry, Notification, ShownStatement
from knowledge.outbox import delivery, pending_notifications
from knowledge.outbox.pending_notifications import DueNotification
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.moderation import (
    asks,
    clustered,
    last_entry,
    published,
    statuses,
    stored,
    told,
)

_ANSWERED, _CORRECTED = NotificationKind.ANSWERED, NotificationKind.CORRECTED
_RETRACTED = NotificationKind.RETRACTED
_LATER = datetime.now(UTC) + timedelta(hours=1)
_SECRET = b"a secret of this installation"


def _answer(sessions: Sessions, cluster: int, statement: int) -> int:
    with sessions.begin() as session:
        return pending_notifications.answer_cluster(
            session, cluster, statement, Relation.REFUTES, "amal", "found it"
        )


def _due(sessions: Sessions) -> list[DueNotification]:
    with sessions() as session:
        return pending_notifications.list_due(session, _LATER)


def _send_all(sessions: Sessions) -> list[tuple[str, NotificationKind]]:
    found = _due(sessions)
    for each in found:
        with sessions.begin() as session:
            assert pending_notifications.mark_sent(session, each.id)
    return [(each.person_key, each.kind) for each in found]


def _edit(sessions: Sessions, statement: int, text: str, version: int) -> None:
    with sessions.begin() as session:
        edit = StatementEdit(text)
        curation.edit_statement(session, statement, edit, "amal", None, version)


def test_an_answer_reaches_everybody_who_waits_in_their_language(sessions: Sessions) -> None:
    (draft,) = stored(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke", "انهار السد")
    asks(sessions, "one", "the dam broke", waiting=True, language="en")
    asks(sessions, "two", "انهار السد", waiting=True, language="ar")
    asks(sessions, "two", "the dam broke", waiting=True, language="ar")
    asks(sessions, "does not wait", "the dam broke")
    asks(sessions, "asks something else", "the bridge broke", waiting=True)
    with sessions.begin() as session:
        people.choose_language(session, "two", "fr")
        people.remember_address(session, "two", "telegram:2", _SECRET)
    assert _answer(sessions, cluster, draft) == 2
    assert statuses(sessions, [draft]) == [StatementStatus.PUBLISHED]
    one, two = sorted(_due(sessions), key=lambda each: each.person_key)
    assert (one.language, two.language) == ("en", "fr")
    assert (one.address, one.tries) == (None, 0)
    assert two.address is not None
    assert people.decrypt_address(two.address, _SECRET) == "telegram:2"
    assert (one.kind, one.claim, one.relation) == (_ANSWERED, "the dam broke", Relation.REFUTES)
    assert one.statement.text == "the dam stands"
    assert one.text_before is None
    with sessions() as session:
        row = session.get_one(Cluster, cluster)
        assert row.status is ClusterStatus.ANSWERED
        assert verdicts.load_verdicts(session, "انهار السد") == {draft: Relation.REFUTES}
        answered = select(Inquiry.person_key).where(Inquiry.answered_at.is_not(None))
        assert set(session.scalars(answered)) == {"one", "two", "does not wait"}
        entry = audit_log.load_latest(session, SubjectKind.CLUSTER, cluster)
    assert entry is not None
    assert entry.after == {
        "status": "answered", "statement": draft, "relation": "REFUTES",
    }  # fmt: skip


def test_nobody_is_told_the_same_answer_twice(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    assert [_answer(sessions, cluster, number) for _ in range(2)] == [1, 0]
    assert _send_all(sessions) == [("one", _ANSWERED)]
    assert _answer(sessions, cluster, number) == 0
    assert _send_all(sessions) == []
    with sessions() as session:
        assert not session.scalars(select(Inquiry.waiting)).one()
        assert session.scalars(select(Notification.status)).one() is NotificationStatus.SENT
    first = told(sessions)
    with sessions.begin() as session:
        (note,) = session.scalars(select(Notification.id))
        assert not pending_notifications.mark_sent(session, note), "noted before"
        assert not pending_notifications.mark_sent(session, 404)
    assert told(sessions) == first


def test_who_was_told_an_answer_hears_of_its_correction(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    _send_all(sessions)
    with sessions() as session:
        assert session.scalars(select(ShownStatement.statement_id)).all() == [number]
    _edit(sessions, number, "the dam leaks", version=1)
    (correction,) = _due(sessions)
    assert (correction.kind, correction.text_before) == (_CORRECTED, "the dam stands")
    assert (correction.statement.text, correction.relation) == ("the dam leaks", None)


def test_an_answer_with_other_words_is_told_once_somebody_stands_for_them(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    _edit(sessions, number, "the dam leaks", version=1)
    assert _due(sessions) == []
    _answer(sessions, cluster, number)
    assert [(each.kind, each.statement.text) for each in _due(sessions)] == [
        (_ANSWERED, "the dam leaks")
    ]
    assert len(_send_all(sessions)) == 1
    assert _send_all(sessions) == []


def test_an_answer_that_is_withdrawn_before_it_is_told_is_not_told(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong")
    assert _due(sessions) == []
    (other,) = published(sessions, "the dam was repaired", ref="other")
    assert _answer(sessions, cluster, other) == 1
    assert [each.statement.id for each in _due(sessions)] == [other]


@pytest.mark.parametrize("kind", [_CORRECTED, _RETRACTED])
def test_who_is_being_told_while_it_changes_hears_of_the_change(
    sessions: Sessions, kind: NotificationKind
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    (answer,) = _due(sessions)
    if kind is _CORRECTED:
        _edit(sessions, number, "the dam leaks", version=1)
    else:
        with sessions.begin() as session:
            curation.retract(session, [number], "amal", "wrong")
    with sessions.begin() as session:
        pending_notifications.mark_sent(session, answer.id)
    assert [(each.person_key, each.kind) for each in _due(sessions)] == [("one", kind)]


def test_a_silent_edit_while_somebody_is_being_told_stays_silent(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    asks(sessions, "saw it before", "a dam", [number])
    _answer(sessions, cluster, number)
    (answer,) = _due(sessions)
    with sessions.begin() as session:
        edit = StatementEdit("the dam stands", speaker="the mayor")
        curation.edit_statement(session, number, edit, "amal", None, 1)
    assert [each.statement.speaker for each in _due(sessions)] == ["the mayor"]
    with sessions.begin() as session:
        pending_notifications.mark_sent(session, answer.id)
    assert _due(sessions) == []


def test_who_is_told_late_is_the_only_one_who_hears_of_the_change_again(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    asks(sessions, "saw it before", "a dam", [number])
    _answer(sessions, cluster, number)
    (answer,) = _due(sessions)
    _edit(sessions, number, "the dam leaks", version=1)
    assert _send_all(sessions) == [("saw it before", _CORRECTED)]
    with sessions.begin() as session:
        edit = StatementEdit("the dam leaks", speaker="the mayor")
        curation.edit_statement(session, number, edit, "amal", None, 2)
        pending_notifications.mark_sent(session, answer.id)
    assert [(each.person_key, each.kind) for each in _due(sessions)] == [("one", _CORRECTED)]


def test_a_correction_is_told_once_a_version(sessions: Sessions) -> None:
    (number,) = published(sessions, "first")
    for claim in ("a claim", "another claim"):
        asks(sessions, "one", claim, [number])
    _edit(sessions, number, "second", version=1)
    assert _send_all(sessions) == [("one", _CORRECTED)]
    assert _send_all(sessions) == []
    _edit(sessions, number, "third", version=2)
    (correction,) = _due(sessions)
    assert (correction.text_before, correction.statement.text) == ("second", "third")
    assert _send_all(sessions) == [("one", _CORRECTED)]


def test_only_the_latest_of_several_changes_is_told(sessions: Sessions) -> None:
    (number,) = published(sessions, "first")
    asks(sessions, "one", "a claim", [number])
    _edit(sessions, number, "second", version=1)
    _edit(sessions, number, "third", version=2)
    (correction,) = _due(sessions)
    assert (correction.text_before, correction.statement.text) == ("first", "third")
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong")
    assert _send_all(sessions) == [("one", _RETRACTED)]
    assert told(sessions) == [("one", _RETRACTED, number, 3)]


def test_who_was_shown_it_after_the_correction_is_not_told(sessions: Sessions) -> None:
    (number,) = published(sessions, "first")
    asks(sessions, "before", "a claim", [number])
    _edit(sessions, number, "second", version=1)
    asks(sessions, "after", "a claim", [number])
    assert _send_all(sessions) == [("before", _CORRECTED)]


def test_who_was_told_that_there_is_nothing_was_shown_nothing(sessions: Sessions) -> None:
    (nearest,) = published(sessions, "the harbour is closed")
    with sessions.begin() as session:
        inquiries.record(session, "one", "wheat rises", Outcome.NO_MATCH, [nearest], "en")
        curation.retract(session, [nearest], "amal", "wrong")
    assert told(sessions) == []


def test_a_retraction_of_many_tells_everybody_of_each(sessions: Sessions) -> None:
    ids = published(sessions, "one", "two", "three")
    asks(sessions, "person", "a claim", ids[:2])
    asks(sessions, "other", "a claim", ids[1:2])
    with sessions.begin() as session:
        assert curation.retract(session, ids, "amal", "wrong") == 3
        assert curation.retract(session, ids, "amal", "wrong") == 0
    assert sorted(told(sessions)) == [
        ("other", _RETRACTED, ids[1], 1),
        ("person", _RETRACTED, ids[0], 1),
        ("person", _RETRACTED, ids[1], 1),
    ]


def test_what_fails_is_tried_later_and_given_up_in_the_end(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    (answer,) = _due(sessions)
    with sessions.begin() as session:
        pending_notifications.postpone(session, answer.id, _LATER + timedelta(1), "x" * 10_000)
    assert _due(sessions) == []
    with sessions() as session:
        (again,) = pending_notifications.list_due(session, _LATER + timedelta(2))
        assert (again.id, again.tries) == (answer.id, 1)
        assert len(session.get_one(Notification, answer.id).error or "") == 500
    with sessions.begin() as session:
        pending_notifications.mark_unreachable(session, answer.id, "blocked by the person")
        assert not pending_notifications.mark_sent(session, answer.id)
        assert pending_notifications.list_due(session, _LATER + timedelta(2)) == []
        assert not session.scalars(select(Inquiry.waiting)).one()


def test_a_failure_leaves_neither_answer_nor_notification(sessions: Sessions) -> None:
    (draft,) = stored(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    with pytest.raises(NotFound, match="cluster number 404"):
        _answer(sessions, 404, draft)
    with pytest.raises(NotFound, match="statement number 404"):
        _answer(sessions, cluster, 404)
    with pytest.raises(TwoPeopleNeeded), sessions.begin() as session:
        pending_notifications.answer_cluster(
            session, cluster, draft, Relation.REFUTES, "amal", None, two_people=True
        )
    with pytest.raises(BadEdit, match="support or refute"), sessions.begin() as session:
        pending_notifications.answer_cluster(
            session, cluster, draft, Relation.NOT_ENOUGH_INFO, "amal", None
        )
    assert told(sessions) == []
    assert statuses(sessions, [draft]) == [StatementStatus.DRAFT]
    with sessions() as session:
        assert session.get_one(Cluster, cluster).status is ClusterStatus.OPEN
        assert session.scalars(select(Inquiry.answered_at)).all() == [None]


def test_a_cluster_whose_answer_is_withdrawn_is_open_again(sessions: Sessions) -> None:
    one, two = published(sessions, "the dam stands", "the dam was never hit")
    cluster, _ = clustered(sessions, "the dam broke")
    other, _ = clustered(sessions, "the bridge broke")
    _answer(sessions, cluster, one)
    _answer(sessions, cluster, two)
    _answer(sessions, other, two)

    def found() -> list[ClusterStatus]:
        with sessions() as session:
            return [session.get_one(Cluster, number).status for number in (cluster, other)]

    with sessions.begin() as session:
        curation.retract(session, [two], "amal", "wrong")
    assert found() == [ClusterStatus.ANSWERED, ClusterStatus.OPEN]
    entry = last_entry(sessions)
    assert (entry.action, entry.subject_id, entry.reason) == ("reopened", str(other), "wrong")
    with sessions.begin() as session:
        curation.retract(session, [one], "amal", "wrong too")
    assert found() == [ClusterStatus.OPEN] * 2


@pytest.mark.parametrize(
    ("title", "opposite"),
    [
        ("انهار السد", "السد لم ينهار"),
        ("the dam broke", "It is not true that the dam broke"),
        ("انهار السد", "the dam did not break"),
        ("five people died in the fire", "fifty people died in the fire"),
        ("توفي الفنان عادل إمام", "نفي خبر وفاة الفنان عادل إمام"),
    ],
)
def test_what_is_said_of_a_claim_is_not_said_of_its_denial(
    sessions: Sessions, title: str, opposite: str
) -> None:
    (number,) = published(sessions, "the ministry announced something")
    cluster, (_, other) = clustered(sessions, title, opposite)
    asks(sessions, "one", title, waiting=True)
    asks(sessions, "two", opposite, waiting=True)
    assert _answer(sessions, cluster, number) == 1
    assert [each.person_key for each in _due(sessions)] == ["one"]
    with sessions() as session:
        assert verdicts.load_verdicts(session, title) == {number: Relation.REFUTES}
        assert verdicts.load_verdicts(session, opposite) == {}
        apart = session.get_one(Claim, other).cluster
        assert apart is not None
        assert (apart.id != cluster, apart.status, apart.title) == (
            True, ClusterStatus.OPEN, opposite,
        )  # fmt: skip
        waiting = select(Inquiry.person_key).where(Inquiry.answered_at.is_(None))
        assert session.scalars(waiting).all() == ["two"]


def test_a_denial_that_joined_an_answered_cluster_is_for_moderators(sessions: Sessions) -> None:
    one, two = published(sessions, "the dam stands", "the dam was never hit")
    cluster, _ = clustered(sessions, "the dam broke")
    _answer(sessions, cluster, one)
    with sessions.begin() as session:
        late = Claim(key=ClaimText("no dam broke").key, text="no dam broke", language="en")
        late.cluster_id = cluster
        session.add(late)
    _answer(sessions, cluster, two)
    with sessions() as session:
        apart = session.scalars(select(Claim).where(Claim.text == "no dam broke")).one().cluster
        assert apart is not None
        assert (apart.id != cluster, apart.status) == (True, ClusterStatus.OPEN)


def test_a_cluster_that_was_merged_is_answered_as_what_it_became_part_of(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "the dam stands")
    kept, _ = clustered(sessions, "the dam broke")
    gone, _ = clustered(sessions, "انهار السد")
    asks(sessions, "one", "انهار السد", waiting=True)
    with sessions.begin() as session:
        cluster_actions.merge_clusters(session, kept, [gone], "basil")
    assert _answer(sessions, gone, number) == 1
    with sessions() as session:
        assert session.get_one(Cluster, kept).status is ClusterStatus.ANSWERED
        assert verdicts.load_verdicts(session, "the dam broke") == {number: Relation.REFUTES}


def test_nothing_is_answered_with_what_is_withdrawn_meanwhile(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    done: list[BaseException | None] = []

    def answer() -> None:
        try:
            _answer(sessions, cluster, number)
        except BadEdit as error:
            done.append(error)

    with sessions.begin() as session:
        curation.retract(session, [number], "basil", "wrong")
        racing = threading.Thread(target=answer)
        racing.start()
        # Long enough to have read what stood before the retraction, were that not waited for.
        racing.join(0.2)
        assert racing.is_alive()
    racing.join()
    assert len(done) == 1
    with sessions() as session:
        assert session.get_one(Cluster, cluster).status is ClusterStatus.OPEN
        assert verdicts.load_verdicts(session, "the dam broke") == {}


def test_who_waits_for_a_duplicate_is_told_of_what_stands_for_it(sessions: Sessions) -> None:
    kept, gone = published(sessions, "the dam stands", "the dam is standing")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    asks(sessions, "saw", "another claim", [gone])
    _edit(sessions, gone, "the dam still stands", version=1)
    _answer(sessions, cluster, gone)
    with sessions.begin() as session:
        curation.merge(session, kept, [gone], "amal", "the same")
    found = sorted(_due(sessions), key=lambda each: each.person_key)
    assert [(each.person_key, each.kind, each.statement.id) for each in found] == [
        ("one", _ANSWERED, kept), ("saw", _CORRECTED, kept),
    ]  # fmt: skip
    assert found[0].relation is Relation.REFUTES
    assert len(_send_all(sessions)) == 2
    assert _send_all(sessions) == []


def test_letters_that_nobody_stands_for_do_not_hold_up_the_ones_behind_them(
    sessions: Sessions,
) -> None:
    kept, gone, other = published(sessions, "the dam stands", "the dam is standing", "it holds")
    first, _ = clustered(sessions, "the dam broke")
    second, _ = clustered(sessions, "the bridge broke")
    for number in range(12):
        asks(sessions, f"one of many {number}", "the dam broke", waiting=True)
    asks(sessions, "behind them", "the bridge broke", waiting=True)
    _answer(sessions, first, gone)
    with sessions.begin() as session:
        curation.merge(session, kept, [gone], "amal", "the same")
    merged = last_entry(sessions).id
    with sessions.begin() as session:
        curation.undo(session, merged, "amal", None)
        # What they wait to be told is of another statement than what the duplicate now stands for.
        curation.merge(session, other, [gone], "amal", "the same")
    _answer(sessions, second, kept)
    with sessions.begin() as session:
        taken = delivery.lease(session, _LATER, _LATER + timedelta(minutes=2))
    assert taken is not None
    assert taken.person_key == "behind them"


def test_what_a_duplicate_answered_is_open_once_what_stands_for_it_is_withdrawn(
    sessions: Sessions,
) -> None:
    kept, gone, other = published(sessions, "the dam stands", "the dam is standing", "it leaks")
    cluster, _ = clustered(sessions, "the dam broke")
    _answer(sessions, cluster, gone)
    _answer(sessions, cluster, other)

    def status() -> ClusterStatus:
        with sessions() as session:
            return session.get_one(Cluster, cluster).status

    with sessions.begin() as session:
        curation.merge(session, kept, [gone], "amal", "the same")
        curation.retract(session, [other], "amal", "wrong")
    assert status() is ClusterStatus.ANSWERED
    with sessions.begin() as session:
        curation.retract(session, [kept], "amal", "wrong too")
    assert status() is ClusterStatus.OPEN


@pytest.mark.parametrize("by", ["detach", "undo"])
def test_an_answer_that_is_taken_back_is_not_told_and_opens_its_cluster(
    sessions: Sessions, by: str
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, claims = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    with sessions.begin() as session:
        if by == "detach":
            verdicts.detach(session, claims, number, "amal", "wrong claim")
        else:
            entry = audit_log.load_latest(session, SubjectKind.CLAIM, claims[0])
            assert entry is not None
            curation.undo(session, entry.id, "amal", "wrong claim")
    assert _due(sessions) == []
    with sessions() as session:
        assert session.get_one(Cluster, cluster).status is ClusterStatus.OPEN
    (other,) = published(sessions, "the dam was repaired", ref="other")
    assert _answer(sessions, cluster, other) == 1
    assert [each.statement.id for each in _due(sessions)] == [other]


def test_an_answer_that_another_took_the_place_of_is_neither_told_nor_counted(
    sessions: Sessions,
) -> None:
    first, second = published(sessions, "the dam stands", "the dam was repaired")
    cluster, claims = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, first)
    with sessions.begin() as session:
        verdicts.attach(session, claims, second, Relation.REFUTES, "amal")
        verdicts.detach(session, claims, first, "amal", "wrong statement")
    assert _due(sessions) == []
    with sessions() as session:
        assert pending_notifications.count_waiting(session, _LATER) == (0, None)


def test_who_is_shown_what_was_withdrawn_while_it_was_found_is_told(sessions: Sessions) -> None:
    gone, stands = published(sessions, "the dam stands", "the bridge stands")
    with sessions.begin() as session:
        curation.retract(session, [gone], "amal", "wrong")
    asks(sessions, "one", "the dam broke", [gone, stands])
    assert _send_all(sessions) == [("one", _RETRACTED)]
    asks(sessions, "one", "the dam broke", [gone])
    assert _send_all(sessions) == []


def test_who_is_shown_what_is_being_withdrawn_is_told(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong")
        asking = threading.Thread(target=asks, args=(sessions, "one", "the dam broke", [number]))
        asking.start()
        asking.join(0.2)
    asking.join()
    assert _send_all(sessions) == [("one", _RETRACTED)]


def _answers(sessions: Sessions, cluster: int, statement: int, relation: Relation) -> int:
    with sessions.begin() as session:
        return pending_notifications.answer_cluster(session, cluster, statement, relation, "amal")


def test_those_who_are_to_be_told_are_those_whom_an_answer_reaches(sessions: Sessions) -> None:
    one, two = published(sessions, "the dam stands", "the dam broke at night")
    cluster, _ = clustered(sessions, "the dam broke")
    for person in ("one", "two"):
        asks(sessions, person, "the dam broke", waiting=True)

    def waiting() -> int:
        with sessions() as session:
            return cluster_listing.load_cluster(session, cluster).waiting

    assert waiting() == _answer(sessions, cluster, one) == 2
    assert waiting() == 2
    _send_all(sessions)
    assert waiting() == 0
    with sessions.begin() as session:
        curation.retract(session, [one], "amal", "wrong")
    _send_all(sessions)
    # Nobody waits, but another answer reaches those who were told this one.
    assert waiting() == 2
    assert _answers(sessions, cluster, two, Relation.SUPPORTS) == 2
    assert waiting() == 2
    _send_all(sessions)
    assert waiting() == 0


def test_who_was_told_an_answer_is_told_another_one(sessions: Sessions) -> None:
    one, two = published(sessions, "the dam stands", "the dam broke at night")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, one)
    (first,) = _due(sessions)
    assert _send_all(sessions) == [("one", _ANSWERED)]
    assert _answers(sessions, cluster, two, Relation.SUPPORTS) == 1
    (second,) = _due(sessions)
    assert (first.again, second.again, second.relation) == (False, True, Relation.SUPPORTS)
    assert _send_all(sessions) == [("one", _ANSWERED)]
    assert _answers(sessions, cluster, two, Relation.SUPPORTS) == 0
    assert _send_all(sessions) == []


@pytest.mark.parametrize("detached", [True, False])
def test_who_was_told_that_a_statement_says_the_opposite_is_told_again(
    sessions: Sessions, detached: bool
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, claims = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    asks(sessions, "muted", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    assert len(_send_all(sessions)) == 2
    with sessions.begin() as session:
        people.mute(session, "muted")
        if detached:
            verdicts.detach(session, claims, number, "amal")
    assert _answers(sessions, cluster, number, Relation.SUPPORTS) == 1
    (told_again,) = _due(sessions)
    assert (told_again.person_key, told_again.relation, told_again.again) == (
        "one", Relation.SUPPORTS, True,
    )  # fmt: skip
    assert _send_all(sessions) == [("one", _ANSWERED)]
    with sessions() as session:
        assert session.scalars(select(ShownStatement.statement_id)).all() == [number, number]


def test_what_is_not_told_yet_is_told_as_it_stands(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    assert _answer(sessions, cluster, number) == 1
    assert _answers(sessions, cluster, number, Relation.SUPPORTS) == 0
    (note,) = _due(sessions)
    assert (note.relation, note.again) == (Relation.SUPPORTS, False)


def _take_back(sessions: Sessions, cluster: int) -> None:
    with sessions.begin() as session:
        entry = audit_log.load_latest(session, SubjectKind.CLUSTER, cluster)
        assert entry is not None
        within = timedelta(minutes=1)
        pending_notifications.undo_held(session, cluster, entry.id, "amal", within)


def test_who_was_told_the_opposite_of_what_is_taken_back_is_told_nothing(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    assert _send_all(sessions) == [("one", _ANSWERED)]
    assert _answers(sessions, cluster, number, Relation.SUPPORTS) == 1
    _take_back(sessions, cluster)
    assert _send_all(sessions) == []
    with sessions() as session:
        assert verdicts.load_verdicts(session, "the dam broke") == {number: Relation.REFUTES}
        assert session.get_one(Cluster, cluster).status is ClusterStatus.ANSWERED
    assert statuses(sessions, [number]) == [StatementStatus.PUBLISHED]
    # They count as told what they were: of the other answer they hear once it is given.
    assert _answers(sessions, cluster, number, Relation.REFUTES) == 0
    assert _answers(sessions, cluster, number, Relation.SUPPORTS) == 1
    assert _send_all(sessions) == [("one", _ANSWERED)]


def test_nothing_is_taken_back_that_was_changed_since(sessions: Sessions) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, claims = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    with sessions.begin() as session:
        verdicts.attach(session, claims, number, Relation.SUPPORTS, "basil")
    with pytest.raises(CannotUndo):
        _take_back(sessions, cluster)
    with sessions.begin() as session:
        cluster_actions.assign(session, cluster, "basil", "basil")
    with pytest.raises(Stale):
        _take_back(sessions, cluster)
    assert len(_due(sessions)) == 1


def test_what_a_colleague_attached_before_an_answer_stays_when_it_is_taken_back(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, (old, _) = clustered(sessions, "the dam broke", "the big dam broke")
    with sessions.begin() as session:
        verdicts.attach(session, [old], number, Relation.REFUTES, "basil")
    _answer(sessions, cluster, number)
    _take_back(sessions, cluster)
    with sessions() as session:
        assert verdicts.load_verdicts(session, "the dam broke") == {number: Relation.REFUTES}
        assert verdicts.load_verdicts(session, "the big dam broke") == {}
        assert session.get_one(Cluster, cluster).status is ClusterStatus.OPEN


def test_who_was_told_by_an_earlier_answer_hears_nothing_of_a_later_one_taken_back(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke", "the big dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    assert _send_all(sessions) == [("one", _ANSWERED)]
    with sessions.begin() as session:
        session.get_one(Cluster, cluster).status = ClusterStatus.OPEN
    asks(sessions, "two", "the big dam broke", waiting=True)
    assert _answer(sessions, cluster, number) == 1
    _take_back(sessions, cluster)
    assert _send_all(sessions) == []
    with sessions() as session:
        assert verdicts.load_verdicts(session, "the dam broke") == {number: Relation.REFUTES}
        assert session.get_one(Cluster, cluster).status is ClusterStatus.OPEN
        waits = select(Inquiry.person_key).where(Inquiry.waiting)
        assert session.scalars(waits).all() == ["two"]
    # Who waits is told once it is answered after all.
    assert _answer(sessions, cluster, number) == 1
    assert _send_all(sessions) == [("two", _ANSWERED)]


def test_what_is_rejected_while_an_answer_is_held_is_not_answered_as_well(
    sessions: Sessions,
) -> None:
    (number,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, "the dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    _answer(sessions, cluster, number)
    with sessions.begin() as session:
        cluster_actions.reopen(session, cluster, "amal")
        cluster_actions.reject(session, cluster, RejectReason.SPAM, "amal")
    assert [each.kind for each in _due(sessions)] == []
    with sessions.begin() as session:
        cluster_actions.reopen(session, cluster, "amal")
    _answer(sessions, cluster, number)
    assert _send_all(sessions) == [("one", _ANSWERED)]


def test_what_is_split_off_is_not_answered_with_what_was_said_of_the_others(
    sessions: Sessions,
) -> None:
    shared, own = published(sessions, "the dam stands", "the bridge stands")
    cluster, (_, goes) = clustered(sessions, "the dam broke", "the old dam broke")
    asks(sessions, "told", "the old dam broke", waiting=True)
    with sessions.begin() as session:
        verdicts.attach(session, [goes], own, Relation.REFUTES, "amal")
    _answer(sessions, cluster, shared)
    asks(sessions, "waits", "the old dam broke", waiting=True)
    assert _send_all(sessions) == [("told", _ANSWERED)]
    with sessions.begin() as session:
        apart = cluster_actions.split_cluster(session, cluster, [goes], "amal")
    with sessions() as session:
        assert verdicts.load_verdicts(session, "the dam broke") == {shared: Relation.REFUTES}
        assert verdicts.load_verdicts(session, "the old dam broke") == {own: Relation.REFUTES}
        assert session.get_one(Cluster, apart).status is ClusterStatus.OPEN
    assert _due(sessions) == []
    # What is said of it now reaches those who wait, and who was told otherwise.
    assert _answers(sessions, apart, shared, Relation.SUPPORTS) == 2
    assert sorted(_send_all(sessions)) == [("told", _ANSWERED), ("waits", _ANSWERED)]
