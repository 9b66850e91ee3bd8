"""Picking the pairs that a cross-encoder does not read rightly and surely yet."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.training.hard import EASY, KEPT, hard, likely, losses
from benchmarks.training.pairs import LabelledPair
from embeddings.pair_reader import Output, Pair
from knowledge.domain import Relation


class Reader:
    """Is sure that everything supports, is relevant, and is the same claim."""

    fingerprint = "sure"

    def read(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        row = [0.0] * len(Output)
        row[Output.SUPPORTS] = row[Output.RELEVANT] = row[Output.SAME_CLAIM] = 6.0
        return np.array([row] * len(pairs), np.float32)


def pair(
    relation: Relation | None, relevant: bool | None, same: bool | None = None
) -> LabelledPair:
    return LabelledPair("claim", "statement", relation, relevant, "", same)


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [
        (pair(Relation.SUPPORTS, True, True), 0.0, 0.05),
        (pair(Relation.REFUTES, True), 6.0, 6.1),
        (pair(Relation.SUPPORTS, False), 1.7, 1.9),
        (pair(None, None), 0.0, 0.0),
    ],
)
def test_the_loss_is_of_what_is_known(told: LabelledPair, least: float, most: float) -> None:
    (lost,) = losses(Reader(), [told])
    assert least <= lost <= most


def test_the_hard_ones_are_all_kept_and_a_share_of_the_others() -> None:
    pairs = [pair(Relation.SUPPORTS, n % 10 == 0) for n in range(2_000)]
    lost = np.array([EASY + 1 if n % 10 == 0 else 0.0 for n in range(2_000)])
    kept = hard(pairs, lost, random.Random(1))  # noqa: S311
    assert sum(each.relevant is True for each in kept) == 200
    assert sum(each.relevant is False for each in kept) == pytest.approx(1_800 * KEPT, rel=0.2)


def test_a_guessed_label_that_the_reader_gainsays_is_left_out() -> None:
    pairs = [pair(Relation.SUPPORTS, True), pair(Relation.REFUTES, True)]
    kept, lost = likely(pairs, losses(Reader(), pairs))
    assert kept == pairs[:1]
    assert len(lost) == 1
