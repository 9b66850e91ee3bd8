"""Clusters made one: nobody who waits in either is left out of what comes of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from knowledge import curation
from knowledge.claim_queue import cluster_actions
from knowledge.domain import ClusterStatus, NotificationKind, RejectReason, Relation, SubjectKind
from knowledge.errors import CannotUndo
from knowledge.models import Claim, Cluster, Inquiry
from knowledge.outbox import pending_notifications
from knowledge.storage import audit_log
from knowledge.storage.audit_log import Entry
from knowledge.storage.database import Sessions
from tests.integration.moderation import asks, clustered, published, told

_ANSWERED, _OPEN = ClusterStatus.ANSWERED, ClusterStatus.OPEN
_REJECTED, _SNOOZED = ClusterStatus.REJECTED, ClusterStatus.SNOOZED
_SETTLED = ClusterStatus.SETTLED
ONE, OTHER = "the dam broke", "the big dam burst"


def answer(sessions: Sessions, cluster: int, statement: int) -> int:
    with sessions.begin() as session:
        return pending_notifications.answer_cluster(
            session, cluster, statement, Relation.REFUTES, "amal"
        )


def merge(sessions: Sessions, keep: int, other: int) -> int:
    """Merge a cluster into another and return how many wait there for an answer given already."""
    with sessions.begin() as session:
        foreseen = cluster_actions.foresee_merge(session, keep, [other])
        cluster_actions.merge_clusters(session, keep, [other], "amal")
        assert session.get_one(Cluster, keep).status is foreseen.status
        return foreseen.untold


def bring(sessions: Sessions, cluster: int, status: ClusterStatus, statement: int) -> None:
    """Have moderators bring an open cluster to a status."""
    if status is _ANSWERED:
        answer(sessions, cluster, statement)
        return
    with sessions.begin() as session:
        if status is _REJECTED:
            cluster_actions.reject(session, cluster, RejectReason.OPINION, "amal")
        elif status is _SNOOZED:
            cluster_actions.snooze(session, cluster, datetime.now(UTC) + timedelta(days=1), "amal")
        else:
            session.get_one(Cluster, cluster).status = status


def status_of(sessions: Sessions, cluster: int) -> ClusterStatus:
    with sessions() as session:
        return session.get_one(Cluster, cluster).status


@pytest.mark.parametrize("status", [_REJECTED, _SNOOZED])
@pytest.mark.parametrize("into_the_answered", [True, False])
def test_who_waits_beside_an_answer_goes_on_waiting_where_it_is_seen_and_is_told_it(
    sessions: Sessions, status: ClusterStatus, into_the_answered: bool
) -> None:
    (statement,) = published(sessions, "the dam stands")
    answered, _ = clustered(sessions, ONE)
    other, _ = clustered(sessions, OTHER)
    asks(sessions, "told", ONE, waiting=True)
    asks(sessions, "waits", OTHER, waiting=True)
    bring(sessions, answered, _ANSWERED, statement)
    bring(sessions, other, status, statement)
    keep, gone = (answered, other) if into_the_answered else (other, answered)
    assert merge(sessions, keep, gone) == 1
    assert status_of(sessions, keep) is _OPEN
    # Nobody hears that it is closed; who was to be told the answer still is.
    assert told(sessions) == [("told", NotificationKind.ANSWERED, statement, 1)]
    assert answer(sessions, keep, statement) == 1
    assert {person for person, *_ in told(sessions)} == {"told", "waits"}


@pytest.mark.parametrize(
    ("kept", "merged", "becomes"),
    [
        (_ANSWERED, _REJECTED, _ANSWERED),
        (_REJECTED, _ANSWERED, _ANSWERED),
        (_SNOOZED, _ANSWERED, _ANSWERED),
        (_REJECTED, _SNOOZED, _REJECTED),
        (_SNOOZED, _REJECTED, _SNOOZED),
        (_ANSWERED, _OPEN, _OPEN),
    ],
)
def test_where_nobody_waits_what_moderators_decided_stands(
    sessions: Sessions, kept: ClusterStatus, merged: ClusterStatus, becomes: ClusterStatus
) -> None:
    (statement,) = published(sessions, "the dam stands")
    one, _ = clustered(sessions, ONE)
    other, _ = clustered(sessions, OTHER)
    bring(sessions, one, kept, statement)
    bring(sessions, other, merged, statement)
    assert merge(sessions, one, other) == 0
    assert status_of(sessions, one) is becomes


def test_an_answer_that_is_not_sent_yet_is_sent_after_merging_into_a_rejected_one(
    sessions: Sessions,
) -> None:
    (statement,) = published(sessions, "the dam stands")
    answered, _ = clustered(sessions, ONE)
    rejected, _ = clustered(sessions, OTHER)
    asks(sessions, "told", ONE, waiting=True)
    bring(sessions, answered, _ANSWERED, statement)
    bring(sessions, rejected, _REJECTED, statement)
    assert merge(sessions, rejected, answered) == 0
    with sessions() as session:
        due = pending_notifications.list_due(session, datetime.now(UTC))
    assert [(each.person_key, each.kind) for each in due] == [("told", NotificationKind.ANSWERED)]


@pytest.mark.parametrize("status", [_REJECTED, _SNOOZED])
def test_who_waits_is_not_lost_in_what_needs_no_moderator(
    sessions: Sessions, status: ClusterStatus
) -> None:
    settled, _ = clustered(sessions, ONE)
    other, _ = clustered(sessions, OTHER)
    asks(sessions, "waits", OTHER, waiting=True)
    bring(sessions, settled, _SETTLED, 0)
    bring(sessions, other, status, 0)
    merge(sessions, settled, other)
    assert status_of(sessions, settled) is _OPEN
    with sessions() as session:
        assert session.query(Inquiry).filter_by(person_key="waits").one().waiting


@pytest.mark.parametrize("kept_was", [_OPEN, _ANSWERED, _REJECTED, _SNOOZED])
@pytest.mark.parametrize("other_was", [_OPEN, _ANSWERED, _REJECTED])
def test_a_merge_is_written_on_the_one_that_stays_and_taken_back_from_there(
    sessions: Sessions, kept_was: ClusterStatus, other_was: ClusterStatus
) -> None:
    (statement,) = published(sessions, "the dam stands")
    kept, (claim,) = clustered(sessions, ONE)
    other, (other_claim,) = clustered(sessions, OTHER)
    asks(sessions, "one", ONE, waiting=True)
    asks(sessions, "two", OTHER, waiting=True)
    for cluster, was in ((kept, kept_was), (other, other_was)):
        if was is not _OPEN:
            bring(sessions, cluster, was, statement)
    before = sorted(told(sessions))
    merge(sessions, kept, other)
    entry = last_entry(sessions, kept)
    assert entry.action == "joined"
    with sessions.begin() as session:
        assert curation.list_undoable(session, [entry]) == {entry.id}
        curation.undo(session, entry.id, "basil", "they differ")
    assert (status_of(sessions, kept), status_of(sessions, other)) == (kept_was, other_was)
    assert sorted(told(sessions)) == before
    with sessions() as session:
        homes = {row.id: row.cluster_id for row in session.scalars(select(Claim))}
        assert homes == {claim: kept, other_claim: other}
        assert [session.get_one(Cluster, n).asker_count for n in (kept, other)] == [1, 1]
        assert session.get_one(Cluster, other).merged_into is None


def test_a_merge_is_not_taken_back_over_what_was_done_since(sessions: Sessions) -> None:
    (statement,) = published(sessions, "the dam stands")
    kept, _ = clustered(sessions, ONE)
    other, _ = clustered(sessions, OTHER)
    merge(sessions, kept, other)
    entry = last_entry(sessions, kept)
    answer(sessions, kept, statement)
    with sessions() as session:
        assert not curation.list_undoable(session, [entry])
    with pytest.raises(CannotUndo, match="answered"), sessions.begin() as session:
        curation.undo(session, entry.id, "basil", None)


def last_entry(sessions: Sessions, cluster: int) -> Entry:
    with sessions() as session:
        found = audit_log.load_latest(session, SubjectKind.CLUSTER, cluster)
        assert found is not None
        return found
