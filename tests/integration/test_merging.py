"""Duplicates made one, and one statement made several."""

from collections.abc import Sequence

import pytest

from embeddings.cross_encoder.onnx_cross_encoder import Pair
from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.claim_queue import verdicts
from knowledge.claim_queue.claim_equivalence import Meaning
from knowledge.curation import StatementEdit
from knowledge.domain import ChangeKind, NotificationKind, Relation, Span, StatementStatus
from knowledge.errors import BadEdit, NotFound, Stale
from knowledge.index import serving_index
from knowledge.storage.database import Sessions
from tests.integration.moderation import (
    asks,
    changes,
    clustered,
    published,
    statuses,
    stored,
    told,
    with_body,
)

_DRAFT, _PUBLISHED = StatementStatus.DRAFT, StatementStatus.PUBLISHED
_RETRACTED = StatementStatus.RETRACTED


def test_one_stands_for_the_others(sessions: Sessions) -> None:
    ids = published(sessions, "the bridge is open", "The bridge is open!", "a bridge is open")
    asks(sessions, "someone", "is it open", ids)
    with sessions.begin() as session:
        assert curation.merge(session, ids[0], ids, "amal", "the same") == 2
        assert curation.load_statement(session, ids[1]).merged_into == ids[0]
    assert statuses(sessions, ids) == [_PUBLISHED, _RETRACTED, _RETRACTED]
    assert changes(sessions)[3:] == [(n, ChangeKind.REMOVED) for n in ids[1:]]
    assert told(sessions) == [], "all of it still holds"


def test_who_was_shown_a_duplicate_hears_of_the_correction(sessions: Sessions) -> None:
    one, two, three = published(sessions, "one", "two", "three")
    asks(sessions, "someone", "claim", [three])
    asks(sessions, "both", "claim", [three, one])
    with sessions.begin() as session:
        curation.merge(session, two, [three], "amal", None)
        curation.merge(session, one, [two], "amal", None)
        curation.retract(session, [one], "amal", "wrong")
    assert sorted(told(sessions)) == [
        ("both", NotificationKind.RETRACTED, one, 1),
        ("someone", NotificationKind.RETRACTED, one, 1),
    ]


def test_what_people_ruled_on_a_duplicate_holds_of_the_one_kept(sessions: Sessions) -> None:
    one, two = published(sessions, "one", "two")
    _, claims = clustered(sessions, "is it open")
    with sessions.begin() as session:
        verdicts.attach(session, claims, two, Relation.REFUTES, "amal")
        curation.merge(session, one, [two], "amal", None)
    with sessions() as session:
        assert verdicts.load_verdicts(session, "is it open") == {one: Relation.REFUTES}


def test_what_cannot_stand_for_the_others_does_not(sessions: Sessions) -> None:
    (open_,) = published(sessions, "one", ref="p")
    drafts = stored(sessions, "two", "three", ref="d")
    with pytest.raises(BadEdit, match="d0 is not published"), sessions.begin() as session:
        curation.merge(session, drafts[0], [open_], "amal", None)
    with sessions.begin() as session:
        assert curation.merge(session, drafts[0], [drafts[1]], "amal", None) == 1
    for keep, other in ((drafts[1], drafts[0]), (open_, drafts[1])):
        with pytest.raises(Stale, match="merged by amal"), sessions.begin() as session:
            curation.merge(session, keep, [other], "basil", None)
    with pytest.raises(NotFound), sessions.begin() as session:
        curation.merge(session, open_, [404], "amal", None)
    assert statuses(sessions, [open_, *drafts]) == [_PUBLISHED, _DRAFT, _RETRACTED]


class FakeEquivalence:
    """Holds what begins with the same two words to mean the same, and keeps what it read."""

    def __init__(self) -> None:
        self.read: list[Pair] = []

    def compare(self, pairs: Sequence[Pair]) -> list[Meaning]:
        self.read += pairs
        alike = [each.claim.split()[:2] == each.statement.split()[:2] for each in pairs]
        return [Meaning.SAME if each else Meaning.OTHER for each in alike]


def test_what_says_the_same_is_offered_and_nothing_that_is_only_near(
    sessions: Sessions, fake_encoder: Encoder
) -> None:
    texts = (
        "The bridge is open.", "the bridge is open", "The bridge is in use again", "wheat is dear",
        "The bridge was opened",
    )  # fmt: skip
    ids = published(sessions, *texts, "a bridge is closed")
    index = serving_index.build(sessions, fake_encoder)
    with sessions.begin() as session:
        curation.retract(session, ids[4:5], "amal", "gone since the index was built")
    alike = FakeEquivalence()
    with sessions() as session:
        found = curation.find_near_duplicates(session, index, fake_encoder, alike, ids[0])
        few = curation.find_near_duplicates(session, index, fake_encoder, alike, ids[0], limit=1)
        with pytest.raises(NotFound):
            curation.find_near_duplicates(session, index, fake_encoder, alike, 404)
    assert [(each.statement.id, each.same) for each in found] == [(ids[1], True), (ids[2], False)]
    assert found[:1] == few
    assert Pair(texts[0], "a bridge is closed") in alike.read


def test_an_empty_index_offers_nothing(sessions: Sessions, fake_encoder: Encoder) -> None:
    (number,) = stored(sessions, "one")
    index = serving_index.build(sessions, fake_encoder)
    with sessions() as session:
        assert (
            curation.find_near_duplicates(session, index, fake_encoder, FakeEquivalence(), number)
            == []
        )


def test_the_parts_stand_where_the_whole_stood(sessions: Sessions) -> None:
    report = with_body(sessions)
    number = report.statement_ids[0]
    with sessions.begin() as session:
        curation.publish(session, report.statement_ids, "amal")
        whole = curation.load_statement(session, number)
        assert whole.span is not None
        start, end = whole.span.start, whole.span.end
        middle = start + whole.text.index("closed")
        spans = [Span(middle, end), Span(start, middle)]
        parts = curation.split(session, number, spans, "amal", "two things")
        held = curation.load_report(session, report.report_id)
    assert [each.id for each in held.statements][:2] == parts
    assert held.statements[-1].id == number
    assert [each.status for each in held.statements[:2]] == [_PUBLISHED] * 2
    assert "".join(each.text for each in held.statements[:2]) == whole.text
    assert {each.speaker for each in held.statements[:2]} == {whole.speaker}
    assert statuses(sessions, [number]) == [_RETRACTED]
    assert changes(sessions)[-3:] == [
        (number, ChangeKind.REMOVED),
        *((part, ChangeKind.ADDED) for part in parts),
    ]


def test_a_statement_without_a_place_is_split_by_its_own_text(sessions: Sessions) -> None:
    ids = stored(sessions, "first thing and second", "another")
    with sessions.begin() as session:
        parts = curation.split(session, ids[0], [Span(0, 11), Span(16, 22)], "amal", None)
        texts = [curation.load_statement(session, number).text for number in parts]
        placed = [curation.load_statement(session, number).span for number in parts]
    assert texts == ["first thing", "second"]
    assert placed == [None, None]
    assert changes(sessions) == []


@pytest.mark.parametrize(
    "spans",
    [
        [],
        [Span(0, 5)],
        [Span(0, 5), Span(4, 8)],
        [Span(0, 5), Span(6, 600)],
        [Span(-2, 3), Span(4, 8)],
        [Span(0, 5), Span(8, 6)],
        [Span(0, 5), Span(5, 6)],
    ],
)
def test_what_are_no_parts_split_nothing(sessions: Sessions, spans: list[Span]) -> None:
    (number,) = stored(sessions, "first and second")
    with pytest.raises(BadEdit), sessions.begin() as session:
        curation.split(session, number, spans, "amal", None)
    assert statuses(sessions, [number]) == [_DRAFT]


def test_what_was_split_is_not_split_again(sessions: Sessions) -> None:
    (number,) = stored(sessions, "first and second")
    halves = [Span(0, 5), Span(6, 16)]
    with sessions.begin() as session:
        curation.split(session, number, halves, "amal", None)
    with pytest.raises(Stale, match="split by amal"), sessions.begin() as session:
        curation.split(session, number, halves, "basil", None)
    with pytest.raises(BadEdit), sessions.begin() as session:
        curation.edit_statement(session, number, StatementEdit("x"), "basil", None, version=2)
