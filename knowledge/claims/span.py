"""Find the part of a message that states a claim, between what people write around it (pure).

Greetings, prayers, reactions, "can you check this?" and "send it to everyone" say nothing of what
is claimed, and often no mark parts them from it. A small linear model scores every word as before,
inside or after the claim, and where the claim begins and ends; the stretch with the highest sum is
the claim. Fitted by ``benchmarks/training/claim_span.py`` on messages put together from written
claims and wrappers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.text.normalisation import fold
from knowledge.claims.hashed_features import character_ngrams, collapse_repeats, hash_feature

#: Dimension of the feature hashing.
DIMENSION: Final = 65_536
#: Words of a longer message read at each end: those between are kept.
EDGE: Final = 48
#: Columns of the weights: a word before the claim, after it, its first word, its last one.
BEFORE, AFTER, FIRST, LAST = range(4)

_WORD = re.compile(r"[^\W_]+(?:['’\-.,][^\W_]+)*")
#: Lengths of a word's n-grams, in letters.
_PIECES: Final = (2, 3, 4, 5)
#: Positions from either end that are told apart.
_NEAR: Final = 6

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a message: its position, its folded form, and the marks before and after it."""

    start: int
    end: int
    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ClaimSpan:
    """The fitted model: weights (DIMENSION, 4), and the margin needed over the whole text."""

    weights: Floats
    margin: float

    def find(self, text: str) -> str:
        """Return the part of ``text`` that states the claim; all of it if unsure."""
        found = tokens(text)
        if len(found) < 2:
            return text
        first, last, gain = self.best(found)
        if gain <= self.margin:
            return text
        start = found[first].start if first else 0
        end = found[last].end if last < len(found) - 1 else len(text)
        # What opens with the claim's own quotation mark or ends with its full stop stays whole.
        return text[_opened(text, start) : _closed(text, end)].strip()

    def best(self, found: Sequence[Token]) -> tuple[int, int, float]:
        """Return the best stretch's first and last word, and its margin over the whole."""
        scores = self.score(found)
        first, last = best(scores)
        whole = value(scores, 0, len(found) - 1)
        return first, last, value(scores, first, last) - whole

    def score(self, found: Sequence[Token]) -> Floats:
        """Return the scores of each token, (tokens, 4); zero far from the ends."""
        scores = np.zeros((len(found), 4), np.float32)
        for at in range(len(found)):
            if at < EDGE or at >= len(found) - EDGE:
                scores[at] = self.weights[features(found, at)].sum(0)
        return scores


@cache
def load_model() -> ClaimSpan:
    """Return the shipped model."""
    with (resources.files("knowledge.claims") / "span.npz").open("rb") as file:
        kept = np.load(file)
        weights = kept["weights"].astype(np.float32) / float(kept["scale"])
        return ClaimSpan(weights, float(kept["margin"]))


def tokens(text: str) -> list[Token]:
    """Return the words of ``text``, in order."""
    places = [(found.start(), found.end()) for found in _WORD.finditer(text)]
    ends = [0, *(end for _, end in places)]
    starts = [*(start for start, _ in places), len(text)]
    gaps = [_mark(text[end:start]) for end, start in zip(ends, starts, strict=True)]
    return [
        Token(start, end, collapse_repeats(fold(text[start:end])), gaps[n], gaps[n + 1])
        for n, (start, end) in enumerate(places)
    ]


def _mark(gap: str) -> str:
    """Return the strongest mark between two words: a line's end, punctuation, a sign."""
    if "\n" in gap:
        return "\n"
    marks = [sign for sign in gap if not sign.isspace()]
    if not marks:
        return ""
    known = [sign for sign in marks if sign in '.!?؟:،,؛;"«»…()']
    return known[-1] if known else "*"


def features(found: Sequence[Token], at: int) -> list[int]:
    """Return the hashed features of one token."""
    return [hash_feature(each, DIMENSION) for each in _features(found, at)]


def _features(found: Sequence[Token], at: int) -> Iterator[str]:
    token = found[at]

    def key(offset: int) -> str:
        return found[at + offset].key if 0 <= at + offset < len(found) else "|"

    yield "always"
    yield f"from start {min(at, _NEAR)}"
    yield f"from end {min(len(found) - 1 - at, _NEAR)}"
    yield f"before {token.before}"
    yield f"after {token.after}"
    for offset in (-3, -2, -1, 0, 1, 2, 3):
        yield f"{offset} {key(offset)}"
    yield f"pair {key(-1)} {key(0)}"
    yield f"pair after {key(0)} {key(1)}"
    yield f"three {key(-1)} {key(0)} {key(1)}"
    yield from character_ngrams(token.key, _PIECES)
    if token.key[0].isdigit():
        yield "number"


def value(scores: Floats, first: int, last: int) -> float:
    """Return the score of one choice of a first and a last word."""
    return float(
        scores[:first, BEFORE].sum()
        + scores[first, FIRST]
        + scores[last, LAST]
        + scores[last + 1 :, AFTER].sum()
    )


def best(scores: Floats) -> tuple[int, int]:
    """Return the first and the last word of the stretch of the highest value."""
    ahead = [0.0, *accumulate(map(float, scores[:-1, BEFORE]))]
    total = float(scores[:, AFTER].sum())
    after = [total - done for done in accumulate(map(float, scores[:, AFTER]))]
    chosen, highest = (0, len(scores) - 1), -np.inf
    first, start = 0, -np.inf
    for at in range(len(scores)):
        opening = ahead[at] + float(scores[at, FIRST])
        if opening > start:
            first, start = at, opening
        here = start + float(scores[at, LAST]) + after[at]
        if here > highest:
            chosen, highest = (first, at), here
    return chosen


def _opened(text: str, start: int) -> int:
    """Return ``start`` moved over the quotation mark or sign right before it."""
    while start and text[start - 1] in '"«“(#-+$€£':
        start -= 1
    return start


def _closed(text: str, end: int) -> int:
    """Return ``end`` moved over what follows directly and belongs to it."""
    while end < len(text) and text[end] in '"»”)%٪.!?؟':
        end += 1
    return end
