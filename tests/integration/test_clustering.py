"""Claims find the cluster of what means the same, and never that of their opposite."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import select

from embeddings.cross_encoder.onnx_cross_encoder import Pair
from embeddings.encoders.encoder import Encoder
from embeddings.text.pair_encoding import Output
from embeddings.text.tokenisation import words
from knowledge.agreement.judgement import Evidence, Judgement
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.claim_queue import (
    cluster_actions,
    cluster_listing,
    clustering,
    inquiries,
    stored_claims,
)
from knowledge.claim_queue.claim_equivalence import ClaimEquivalence, Meaning
from knowledge.claim_queue.clustering import Clusters
from knowledge.domain import ClusterStatus, Outcome
from knowledge.models import Claim, Cluster
from knowledge.storage.database import Sessions
from tests.counting import Counting

_DENIAL = "لم"


class ByWords:
    """Says that texts of the same words mean the same, and opposites where one denies it."""

    def compare(self, pairs: Sequence[Pair]) -> list[Meaning]:
        return [self._meaning(set(words(p.claim)), set(words(p.statement))) for p in pairs]

    def _meaning(self, one: set[str], other: set[str]) -> Meaning:
        if len(one & other) < 3:
            return Meaning.OTHER
        return Meaning.OPPOSITE if (_DENIAL in one) != (_DENIAL in other) else Meaning.SAME


@pytest.fixture
def clusters(sessions: Sessions, fake_encoder: Encoder) -> Clusters:
    return Clusters(sessions, fake_encoder, ByWords())


def _ask(sessions: Sessions, *texts: str) -> list[int]:
    with sessions.begin() as session:
        for text in texts:
            inquiries.record(session, "someone", text, Outcome.NO_MATCH, [], "ar")
        return [stored_claims.store_claim(session, text, "ar") for text in texts]


def _homes(sessions: Sessions, numbers: Sequence[int]) -> list[int | None]:
    with sessions() as session:
        return [session.get_one(Claim, number).cluster_id for number in numbers]


_SAID = "انهار سد المدينة الكبير"
_AGAIN = "سد المدينة الكبير انهار"
_DENIED = "لم ينهار سد المدينة الكبير"
_ELSE = "فاز المنتخب بكأس آسيا"


def test_the_same_claims_meet_and_others_do_not(sessions: Sessions, clusters: Clusters) -> None:
    numbers = _ask(sessions, _SAID, _ELSE, _AGAIN, "لم ينهار سد المدينة الكبير", "أين السد")
    assert clusters.place_waiting() == 5
    assert clusters.place_waiting() == 0
    first, other, again, denied, asked = _homes(sessions, numbers)
    assert first == again
    assert len({first, other, denied, asked}) == 4
    with sessions() as session:
        summary = cluster_listing.load_cluster(session, first or 0).summary
    assert (summary.title, summary.claims, summary.asked, summary.people) == (_SAID, 2, 2, 1)
    assert summary.status is ClusterStatus.OPEN


def test_it_makes_no_difference_in_how_many_turns_they_are_placed(
    sessions: Sessions, clusters: Clusters
) -> None:
    numbers = []
    for text in (_SAID, _DENIED, _ELSE, _AGAIN):
        numbers += _ask(sessions, text)
        assert clusters.place_waiting() == 1
    first, denied, other, again = _homes(sessions, numbers)
    assert first == again
    assert len({first, denied, other}) == 3


@pytest.mark.parametrize("limit", [1, 10])
def test_people_are_counted_once_a_cluster_in_however_many_turns(
    sessions: Sessions, clusters: Clusters, limit: int
) -> None:
    asked = [("amal", _SAID), ("amal", _AGAIN), ("badr", _AGAIN), ("amal", _ELSE)]
    with sessions.begin() as session:
        for person, text in asked:
            inquiries.record(session, person, text, Outcome.NO_MATCH, [], "ar")
    while clusters.place_waiting(limit):
        pass
    with sessions() as session:
        rows = session.scalars(select(Cluster).order_by(Cluster.id)).all()
    counted = [(row.title, row.asker_count, row.inquiry_count, row.status) for row in rows]
    assert counted == [(_SAID, 2, 3, ClusterStatus.OPEN), (_ELSE, 1, 1, ClusterStatus.OPEN)]


def test_an_opposite_in_the_cluster_keeps_a_claim_out(
    sessions: Sessions, clusters: Clusters
) -> None:
    said, denied = _ask(sessions, _SAID, _DENIED)
    clusters.place_waiting()
    homes = _homes(sessions, [said, denied])
    with sessions.begin() as session:
        cluster_actions.merge_clusters(session, homes[0] or 0, [homes[1] or 0], "amal")
    (again,) = _ask(sessions, _AGAIN)
    clusters.place_waiting()
    assert _homes(sessions, [again]) != _homes(sessions, [said])


def test_what_moderators_placed_stays_and_is_followed(
    sessions: Sessions, clusters: Clusters
) -> None:
    one, two, other = _ask(sessions, _SAID, _AGAIN, "فاز المنتخب بكأس آسيا اليوم")
    clusters.place_waiting()
    (home, _, elsewhere) = _homes(sessions, [one, two, other])
    with sessions.begin() as session:
        apart = cluster_actions.split_cluster(session, home or 0, [two], "amal")
        cluster_actions.merge_clusters(session, apart, [elsewhere or 0], "amal")
    assert clusters.place_waiting() == 0
    assert _homes(sessions, [one, two, other]) == [home, apart, apart]
    (new,) = _ask(sessions, "فاز المنتخب بكأس آسيا أمس")
    clusters.place_waiting()
    assert _homes(sessions, [new]) == [apart]


def test_a_process_that_starts_knows_what_was_placed_and_computes_nothing_anew(
    sessions: Sessions, clusters: Clusters, fake_encoder: Encoder
) -> None:
    said = _ask(sessions, _SAID, _ELSE)
    clusters.place_waiting()
    counting = Counting(fake_encoder)
    again = _ask(sessions, _AGAIN)
    assert Clusters(sessions, counting, ByWords()).place_waiting() == 1
    assert _homes(sessions, again) == _homes(sessions, said[:1])
    assert not {_SAID, _ELSE} & set(counting.computed)


def test_two_processes_see_what_the_other_placed(sessions: Sessions, fake_encoder: Encoder) -> None:
    one, two = (Clusters(sessions, fake_encoder, ByWords()) for _ in range(2))
    numbers = _ask(sessions, _SAID)
    one.place_waiting()
    numbers += _ask(sessions, _ELSE)
    two.place_waiting()
    numbers += _ask(sessions, _AGAIN, "فاز المنتخب بكأس آسيا أمس")
    one.place_waiting()
    first, other, again, later = _homes(sessions, numbers)
    assert (first, other) == (again, later)


class Meanwhile(ByWords):
    """Has another process place the same claims while this one reads them."""

    def __init__(self, other: Clusters) -> None:
        self._other = other

    def compare(self, pairs: Sequence[Pair]) -> list[Meaning]:
        self._other.place_waiting()
        return super().compare(pairs)


def test_what_another_process_placed_meanwhile_is_not_placed_again(
    sessions: Sessions, clusters: Clusters, fake_encoder: Encoder
) -> None:
    numbers = _ask(sessions, _SAID, _ELSE, _AGAIN)
    Clusters(sessions, fake_encoder, Meanwhile(clusters)).place_waiting()
    first, other, again = _homes(sessions, numbers)
    assert first == again
    with sessions() as session:
        rows = session.scalars(select(Cluster).order_by(Cluster.id)).all()
        assert [(row.id, row.inquiry_count) for row in rows] == [(first, 2), (other, 1)]


def test_past_a_size_neighbours_are_nominated(
    sessions: Sessions, fake_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clustering, "EXACT_UP_TO", 20)
    _ask(sessions, *(f"خبر عن أمر رقم {n}" for n in range(30)), _SAID)
    clusters = Clusters(sessions, fake_encoder, ByWords())
    clusters.place_waiting()
    (again,) = _ask(sessions, _AGAIN)
    clusters.place_waiting()
    with sessions() as session:
        said = session.scalars(select(Claim).where(Claim.text == _SAID)).one()
        assert session.get_one(Claim, again).cluster_id == said.cluster_id


def test_what_was_settled_begins_no_work(sessions: Sessions, clusters: Clusters) -> None:
    with sessions.begin() as session:
        inquiries.record(session, "someone", _SAID, Outcome.REFUTED, [], "ar")
    clusters.place_waiting()
    with sessions() as session:
        assert session.scalars(select(Cluster.status)).all() == [ClusterStatus.SETTLED]


class FakeReader:
    """A reader whose logits are looked up; what is not known is left open."""

    fingerprint = "reading"

    def __init__(self, known: dict[Pair, tuple[float, float, float]]) -> None:
        self._known, self.read_pairs = known, list[Pair]()

    def read(self, pairs: Sequence[Pair]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        self.read_pairs += pairs
        rows = [(*self._known.get(pair, (-5.0, -5.0, 5.0)), 0.0, 0.0) for pair in pairs]
        return np.array(rows, np.float32).reshape(-1, len(Output))


class NeutralJudge:
    """A judge that leaves everything open."""

    fingerprint = "silent"

    def judge(self, claim: str, evidence: Sequence[Evidence]) -> tuple[Judgement, ...]:
        return RuleJudge().judge("", evidence)


def test_claims_are_the_same_where_each_supports_the_other() -> None:
    reader = FakeReader(
        {
            Pair("a", "b"): (4, 0, 0), Pair("b", "a"): (4, 0, 0),
            Pair("a", "c"): (4, 0, 0), Pair("c", "a"): (-9, 0, 4),
            Pair("a", "d"): (0, 4, 0), Pair("d", "a"): (0, 4, 0),
        }
    )  # fmt: skip
    found = ClaimEquivalence(reader, NeutralJudge()).compare([Pair("a", each) for each in "bcde"])
    assert found == [Meaning.SAME, Meaning.SAME, Meaning.OPPOSITE, Meaning.OTHER]
    assert ClaimEquivalence(reader, NeutralJudge(), 0.6).compare([Pair("a", "c")]) == [
        Meaning.OTHER
    ]
    assert Pair("e", "a") not in reader.read_pairs
    assert ClaimEquivalence(reader, NeutralJudge()).compare([]) == []


def test_the_rules_speak_against_what_reads_alike() -> None:
    one, other = "قتل 37 شخصا في انهيار السد", "قتل 73 شخصا في انهيار السد"
    reader = FakeReader({Pair(one, other): (5, 0, 0), Pair(other, one): (5, 0, 0)})
    assert ClaimEquivalence(reader, RuleJudge()).compare([Pair(one, other)]) == [Meaning.OPPOSITE]
    assert ClaimEquivalence(reader, NeutralJudge()).compare([Pair(one, other)]) == [Meaning.SAME]


def test_snoozed_clusters_are_joined_all_the_same(sessions: Sessions, clusters: Clusters) -> None:
    (said,) = _ask(sessions, _SAID)
    clusters.place_waiting()
    (home,) = _homes(sessions, [said])
    with sessions.begin() as session:
        cluster_actions.snooze(session, home or 0, datetime(2100, 1, 1, tzinfo=UTC), "amal")
    again = _ask(sessions, _AGAIN)
    clusters.place_waiting()
    assert _homes(sessions, again) == [home]
    with sessions() as session:
        assert (
            cluster_listing.load_cluster(session, home or 0).summary.status is ClusterStatus.SNOOZED
        )
