"""Picks the labelled pairs that a cross-encoder does not read rightly and surely yet.

After a first training most pairs are read rightly and surely, and teach nothing. One reading of all
finds the others, at a fifth of what it costs to train on them all.
"""

import random
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.training.pairs import LabelledPair
from benchmarks.training.trainer import SECOND_WEIGHT
from embeddings.pair_reader import Output, PairReader, relation_probabilities

#: A pair with a smaller loss is read rightly: its relation with .8, say, and all else surely.
EASY: Final = 0.25
#: This share of the easy pairs is kept, lest they be forgotten.
KEPT: Final = 0.12
#: From this loss on, a guessed label is rather the wrong one.
GAINSAID: Final = 1.5
_BATCH: Final = 2048


def losses(reader: PairReader, pairs: Sequence[LabelledPair]) -> NDArray[np.float64]:
    """Return the loss that ``reader`` has on each pair, (pairs,): what training would lower."""
    asked = [pair.as_read for pair in pairs]
    parts = [reader.read(asked[n : n + _BATCH]) for n in range(0, len(asked), _BATCH)]
    logits = np.concatenate(parts)
    likely = relation_probabilities(logits)
    found = np.zeros(len(pairs))
    for place, pair in enumerate(pairs):
        if pair.relation is not None:
            found[place] -= np.log(likely[place, Output[pair.relation.name]])
        for column, known in ((Output.RELEVANT, pair.relevant), (Output.SAME_CLAIM, pair.same)):
            if known is not None:
                logit = logits[place, column]
                found[place] += SECOND_WEIGHT * np.logaddexp(0, -logit if known else logit)
    return found


def hard(
    pairs: Sequence[LabelledPair], lost: NDArray[np.float64], rng: random.Random
) -> list[LabelledPair]:
    """Return the pairs with a loss of ``EASY`` and more, and some of the others."""
    return [
        pair for pair, loss in zip(pairs, lost, strict=True) if loss >= EASY or rng.random() < KEPT
    ]


def likely(
    pairs: Sequence[LabelledPair], lost: NDArray[np.float64]
) -> tuple[list[LabelledPair], NDArray[np.float64]]:
    """Return those of ``pairs`` with guessed labels that the reader does not gainsay."""
    kept = lost < GAINSAID
    return [pair for pair, keep in zip(pairs, kept, strict=True) if keep], lost[kept]
