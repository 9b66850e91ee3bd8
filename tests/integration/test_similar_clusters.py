"""Clusters suggested for merging: what is alike and open, and nothing that is set apart."""

from collections.abc import Sequence

import pytest

from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder, Pair
from embeddings.encoders.encoder import Encoder, SentenceTransformerEncoder
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.claim_queue import cluster_actions
from knowledge.claim_queue.claim_equivalence import ClaimEquivalence, Comparing, Meaning
from knowledge.claim_queue.similar_clusters import SUGGESTED, find_similar
from knowledge.domain import RejectReason
from knowledge.errors import NotFound
from knowledge.index.vector_cache import load_or_compute
from knowledge.storage.database import Sessions
from tests.integration.moderation import clustered

DAM = "the big dam in the north valley broke yesterday evening"


class FakeEquivalence:
    """Tells of claims what it is given; of others that they are something else."""

    def __init__(self, **meanings: Meaning) -> None:
        self._meanings = meanings

    def compare(self, pairs: Sequence[Pair]) -> list[Meaning]:
        return [self._meanings.get(each.statement.split()[0], Meaning.OTHER) for each in pairs]


def kept(sessions: Sessions, encoder: Encoder, *texts: str) -> list[int]:
    """Keep clusters of one claim each, their vectors as where claims are placed."""
    load_or_compute(sessions, encoder, texts)
    return [clustered(sessions, text)[0] for text in texts]


def found(
    sessions: Sessions, encoder: Encoder, cluster: int, meanings: Comparing | None = None
) -> list[int]:
    return [
        each.id for each in find_similar(sessions, encoder, meanings or FakeEquivalence(), cluster)
    ]


def test_what_is_open_and_alike_is_suggested_the_same_first(
    sessions: Sessions, fake_encoder: Encoder
) -> None:
    one, near, same, _, rejected, merged = kept(
        sessions,
        fake_encoder,
        DAM,
        f"yesterday {DAM}",
        "the big dam in the north valley broke",
        "wheat is dear",
        f"{DAM} again",
        f"{DAM} they say",
    )
    with sessions.begin() as session:
        cluster_actions.reject(session, rejected, RejectReason.SPAM, "amal")
        cluster_actions.merge_clusters(session, near, [merged], "amal")
    assert found(sessions, fake_encoder, one, FakeEquivalence(the=Meaning.SAME)) == [same, near]
    assert found(sessions, fake_encoder, merged)[0] == one
    with pytest.raises(NotFound):
        find_similar(sessions, fake_encoder, FakeEquivalence(), 404)


@pytest.mark.parametrize(
    "other",
    [
        "the big dam in the north valley did not break yesterday evening",
        "12 people died as the big dam in the north valley broke yesterday evening",
    ],
)
def test_what_a_denial_or_a_number_sets_apart_is_not(
    sessions: Sessions, fake_encoder: Encoder, other: str
) -> None:
    claim = DAM if "not" in other else other.replace("12", "40")
    one, _ = kept(sessions, fake_encoder, claim, other)
    assert found(sessions, fake_encoder, one) == []


def test_what_is_read_as_the_opposite_or_was_split_off_is_not(
    sessions: Sessions, fake_encoder: Encoder
) -> None:
    one, _ = kept(sessions, fake_encoder, DAM, f"opposite {DAM}")
    assert found(sessions, fake_encoder, one, FakeEquivalence(opposite=Meaning.OPPOSITE)) == []
    texts = [f"{DAM} here", f"{DAM} there"]
    load_or_compute(sessions, fake_encoder, texts)
    together, claims = clustered(sessions, *texts)
    with sessions.begin() as session:
        apart = cluster_actions.split_cluster(session, together, claims[1:], "amal")
    assert apart not in found(sessions, fake_encoder, together)
    assert together not in found(sessions, fake_encoder, apart)
    assert one in found(sessions, fake_encoder, apart)


def test_a_few_at_most_are_suggested(sessions: Sessions, fake_encoder: Encoder) -> None:
    one, *others = kept(sessions, fake_encoder, DAM, *(f"{DAM} number {n}" for n in "abcdefgh"))
    assert len(found(sessions, fake_encoder, one)) == SUGGESTED < len(others)


def test_the_programs_models_find_what_people_say_otherwise(
    sessions: Sessions,
    bundled_encoder: SentenceTransformerEncoder,
    bundled_reader: OnnxCrossEncoder,
) -> None:
    one, *others = kept(
        sessions,
        bundled_encoder,
        "أغلقت البلدية الجسر القديم أمام المشاة",
        "الجسر القديم صار مقفولًا في وجه المشاة بقرار من البلدية",
        "The city closed the old bridge to pedestrians",
        "لم تغلق البلدية الجسر القديم أمام المشاة",
        "افتتحت البلدية حديقة جديدة للأطفال",
        "ارتفع سعر الخبز إلى ضعفين في يوم واحد",
        "The bakery on the old market square closed for good",
    )
    meanings = ClaimEquivalence(bundled_reader, RuleJudge())
    assert sorted(found(sessions, bundled_encoder, one, meanings)) == others[:2]
