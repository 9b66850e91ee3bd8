"""Tags and notes of clusters: bounded, everybody's or one's own, and kept where clusters merge."""

import json

import pytest
from sqlalchemy import select

from knowledge import curation
from knowledge.claim_queue import cluster_actions, cluster_listing, cluster_notes
from knowledge.claim_queue.cluster_filters import Filter
from knowledge.curation.edit_conflicts import last_seen, require_unchanged
from knowledge.curation.resolution import UNDO_FOR, answer_cluster, undo_held
from knowledge.domain import Relation, SubjectKind
from knowledge.errors import BadEdit, NotFound
from knowledge.models import AuditEntry, ClusterNote, ClusterTag
from knowledge.privacy import data_export, erasure
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.moderation import asks, clustered, published

ONE, OTHER = "the dam broke", "the bridge broke"


def tag(sessions: Sessions, cluster: int, *tags: str) -> None:
    with sessions.begin() as session:
        for each in tags:
            cluster_notes.tag(session, cluster, each, "amal")


def note(sessions: Sessions, cluster: int, text: str, by: str = "amal") -> int:
    with sessions.begin() as session:
        return cluster_notes.add_note(session, cluster, text, by)


def of(sessions: Sessions, cluster: int) -> tuple[list[str], list[str]]:
    with sessions() as session:
        found = cluster_notes.load_remarks(session, cluster)
    return list(found.tags), [each.text for each in found.notes]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Dams", "dams"),
        (" #dams ", "dams"),
        ("needs\na\u202e  call", "needs a call"),
        ("سدود", "سدود"),
        ("#سدود", "سدود"),
    ],
)
def test_a_tag_is_kept_in_one_form(sessions: Sessions, written: str, kept: str) -> None:
    cluster, _ = clustered(sessions, ONE)
    tag(sessions, cluster, written, kept)
    assert of(sessions, cluster) == ([kept], [])
    with sessions.begin() as session:
        cluster_notes.untag(session, cluster, written, "basil")
        cluster_notes.untag(session, cluster, written, "basil")
    assert of(sessions, cluster) == ([], [])
    with sessions() as session:
        done = session.execute(select(AuditEntry.actor, AuditEntry.action)).all()
    assert [tuple(each) for each in done] == [("amal", "tagged"), ("basil", "untagged")]


@pytest.mark.parametrize("written", ["", "#", "\u200b", "x" * (cluster_notes.LONGEST_TAG + 1)])
def test_what_is_no_tag_is_refused(sessions: Sessions, written: str) -> None:
    cluster, _ = clustered(sessions, ONE)
    with pytest.raises(BadEdit):
        tag(sessions, cluster, written)


def test_a_cluster_has_so_many_tags_and_one_of_them_may_be_added_again(sessions: Sessions) -> None:
    cluster, _ = clustered(sessions, ONE)
    tag(sessions, cluster, *map(str, range(cluster_notes.MOST_TAGS)), "0")
    with pytest.raises(BadEdit):
        tag(sessions, cluster, "one more")


def test_what_most_clusters_have_is_suggested_first(sessions: Sessions) -> None:
    one, _ = clustered(sessions, ONE)
    two, _ = clustered(sessions, OTHER)
    tag(sessions, one, "bridges", "water")
    tag(sessions, two, "water")
    with sessions() as session:
        assert cluster_notes.list_tags_in_use(session) == ["water", "bridges"]


@pytest.mark.parametrize("order", list(cluster_listing.Order))
def test_the_inbox_keeps_to_a_tag(sessions: Sessions, order: cluster_listing.Order) -> None:
    one, _ = clustered(sessions, ONE)
    clustered(sessions, OTHER)
    tag(sessions, one, "water")
    with sessions() as session:
        found = cluster_listing.list_clusters(session, order, only=Filter(tag="water")).items
        none = cluster_listing.list_clusters(session, order, only=Filter(tag="wat")).items
    assert [each.id for each in found] == [one]
    assert none == ()


def test_who_wrote_a_note_and_nobody_else_deletes_it(sessions: Sessions) -> None:
    cluster, _ = clustered(sessions, ONE)
    number = note(sessions, cluster, " ask the ministry\nagain ")
    assert of(sessions, cluster) == ([], ["ask the ministry\nagain"])
    with sessions.begin() as session, pytest.raises(NotFound):
        cluster_notes.delete_note(session, cluster, number, "basil")
    with sessions.begin() as session:
        cluster_notes.delete_note(session, cluster, number, "amal")
    assert of(sessions, cluster) == ([], [])
    with sessions() as session:
        kept = [str(each.before) + str(each.after) for each in session.scalars(select(AuditEntry))]
    assert "ministry" not in "".join(kept)


@pytest.mark.parametrize("text", ["", " \n\u200b", "x" * (cluster_notes.LONGEST_NOTE + 1)])
def test_what_is_no_note_is_refused(sessions: Sessions, text: str) -> None:
    cluster, _ = clustered(sessions, ONE)
    with pytest.raises(BadEdit):
        note(sessions, cluster, text)


def test_a_merged_cluster_has_what_was_remarked_on_both(sessions: Sessions) -> None:
    one, _ = clustered(sessions, ONE)
    two, _ = clustered(sessions, OTHER)
    tag(sessions, one, "water", "urgent")
    tag(sessions, two, "bridges", "urgent")
    note(sessions, one, "first")
    number = note(sessions, two, "second")
    with sessions.begin() as session:
        cluster_actions.merge_clusters(session, one, [two], "basil")
        # Under the number that it had: a page may still be open somewhere.
        cluster_notes.tag(session, two, "late", "amal")
    assert of(sessions, one) == (["bridges", "late", "urgent", "water"], ["second", "first"])
    assert of(sessions, two) == ([], [])
    with sessions.begin() as session:
        cluster_notes.delete_note(session, two, number, "amal")
    assert of(sessions, one)[1] == ["first"]


def test_a_remark_gets_in_nobodys_way(sessions: Sessions) -> None:
    (statement,) = published(sessions, "the dam stands")
    cluster, _ = clustered(sessions, ONE)
    with sessions() as session:
        seen = last_seen(session, SubjectKind.CLUSTER, cluster)
    tag(sessions, cluster, "water")
    with sessions.begin() as session:
        require_unchanged(session, SubjectKind.CLUSTER, cluster, seen)
        answer_cluster(session, cluster, statement, Relation.REFUTES, "basil", held=UNDO_FOR)
    with sessions() as session:
        entry = audit_log.load_latest(session, SubjectKind.CLUSTER, cluster)
    assert entry is not None
    note(sessions, cluster, "well done")
    with sessions() as session:
        assert curation.list_undoable(session, [entry]) == {entry.id}
    with sessions.begin() as session:
        undo_held(session, cluster, entry.id, "basil", UNDO_FOR)


def test_what_a_moderator_noted_is_theirs_to_see_and_to_have_erased(sessions: Sessions) -> None:
    cluster, _ = clustered(sessions, ONE)
    note(sessions, cluster, "in my own words", "me")
    note(sessions, cluster, "in others' words", "others")
    with sessions.begin() as session:
        held = json.loads(data_export.export(session, "me", b"secret").document)
        erasure.forget(session, "me")
    (found,) = held["moderation"]["notes"]
    assert (found["cluster"], found["text"]) == (cluster, "in my own words")
    assert of(sessions, cluster) == ([], ["in others' words"])


def test_remarks_go_with_the_last_wording_they_may_repeat(sessions: Sessions) -> None:
    cluster, _ = clustered(sessions, ONE, OTHER)
    for person, claim in (("one", ONE), ("two", OTHER)):
        asks(sessions, person, claim)
    tag(sessions, cluster, "water")
    note(sessions, cluster, "she says the dam broke")
    with sessions.begin() as session:
        erasure.forget(session, "one")
    assert of(sessions, cluster) == (["water"], ["she says the dam broke"])
    with sessions.begin() as session:
        erasure.forget(session, "two")
    with sessions() as session:
        assert session.scalars(select(ClusterNote)).all() == []
        assert session.scalars(select(ClusterTag)).all() == []
