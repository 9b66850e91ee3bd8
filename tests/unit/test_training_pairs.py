"""What models are trained on: nothing of what they are evaluated with, and labels that hold."""

import random

from benchmarks.training import written
from benchmarks.training.fused import fused
from benchmarks.training.written import Split
from knowledge.domain import Relation


def test_the_splits_share_no_item_and_no_statement() -> None:
    seen: set[str] = set()
    for split in Split:
        found = {text for item in written.items(split) for text in (item.id, item.statement)}
        assert found.isdisjoint(seen)
        seen |= found


def test_training_reads_no_claim_that_is_kept_for_evaluation() -> None:
    kept = {
        claim.text
        for split in (Split.DEV, Split.CALIBRATION)
        for item in written.items(split)
        for claim in item.claims
    }
    pairs = written.written(random.Random(1))  # noqa: S311
    assert len(pairs) > 30_000
    assert kept.isdisjoint(text for _, pair in pairs for text in (pair.claim, pair.statement))


def test_a_review_is_never_read_with_a_title_that_tells_the_verdict() -> None:
    reviews = [item for item in written.items(Split.TRAIN) if item.reviewed and item.title]
    assert reviews
    assert not any(item.title in item.context for item in reviews)


def test_a_denial_fused_to_the_verb_refutes_and_the_same_letters_do_not() -> None:
    texts = ["افتتح الوزير الجسر الجديد في المدينة", "الوزير يفتتح الجسر الجديد في المدينة"]
    rng = random.Random(3)  # noqa: S311
    pairs = [pair for _ in range(60) for pair in fused(2, texts, rng)]
    denials = [pair for pair in pairs if pair.relation is Relation.REFUTES]
    others = [pair for pair in pairs if pair.relation is Relation.SUPPORTS]
    assert denials
    assert others
    assert any("ماافتتح" in pair.claim or "مفتتحش" in pair.claim for pair in denials)
    assert all(pair.claim != pair.statement for pair in pairs)


def test_what_denies_already_is_not_denied_again() -> None:
    assert fused(1, ["لم يفتتح الوزير الجسر الجديد في المدينة"], random.Random(1)) == []  # noqa: S311
