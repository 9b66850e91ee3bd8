"""Headlines of one story, told by two newspapers: free paraphrase, with the agreement known.

Papers print the same agency's text under headlines of their own. Where two bodies share runs of
words, their headlines are of one story; what they say then is seen from how many words they share.
"""

import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Final

from benchmarks.training.pairs import (
    OPEN,
    SUPPORTS,
    LabelledPair,
    articles,
    contradicting,
    stems,
)

#: Words in a run, and words of the body looked at: an agency's text differs at its end first.
_RUN: Final = 4
_WORDS: Final = 150
#: A run in more bodies than this is a formula.
_COMMON: Final = 8
#: Share of the shorter body's runs that the other must have.
_SAME_STORY: Final = 0.25
#: Shares of the shorter headline's stems in the other: what says the same, and what says another
#: thing of the same story. Read off forty pairs by hand; between the two either is possible.
_SAYS_THE_SAME: Final = 0.5
_SAYS_ANOTHER: Final = 0.17

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Story:
    """Two headlines, the one with fewer words first, and the share of its stems in the other."""

    one: str
    other: str
    shared: float


@cache
def stories() -> tuple[Story, ...]:
    """Return every two headlines of one story; none of them is held out."""
    kept, runs = [], []
    for article in articles():
        words = _WORD.findall(article.body)[:_WORDS]
        if len(words) >= _WORDS // 5:
            kept.append(article)
            runs.append({tuple(words[n : n + _RUN]) for n in range(len(words) - _RUN + 1)})
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, found in enumerate(runs):
        for run in found:
            holders[run].append(number)
    shared = Counter(
        pair
        for numbers in holders.values()
        if 2 <= len(numbers) <= _COMMON
        for pair in combinations(numbers, 2)
    )
    return tuple(
        _story(kept[one].title, kept[other].title)
        for (one, other), count in sorted(shared.items())
        if count >= _SAME_STORY * min(len(runs[one]), len(runs[other]))
    )


def _story(one: str, other: str) -> Story:
    ours, theirs = stems(one), stems(other)
    if len(theirs) < len(ours):
        one, other, ours, theirs = other, one, theirs, ours
    return Story(one, other, len(ours & theirs) / max(1, len(ours)))


def retold(count: int, rng: random.Random) -> list[LabelledPair]:
    """Return ``count`` pairs of headlines of one story: agreeing, swapped, or saying other things.

    Two that agree must also have the same numbers: papers round them differently.
    """
    found: list[LabelledPair] = []
    for story in rng.sample(stories(), len(stories())):
        if len(found) >= count:
            break
        if story.shared <= _SAYS_ANOTHER:
            pair = LabelledPair(story.one, story.other, OPEN, None)
        elif story.shared >= _SAYS_THE_SAME and story.shared < 1:
            if not set(_NUMBER.findall(story.one)) <= set(_NUMBER.findall(story.other)):
                continue
            pair = LabelledPair(story.one, story.other, SUPPORTS, True)
            wrong = contradicting(story.one, story.other, rng)
            if wrong is not None:
                found.append(wrong if rng.random() < 0.5 else wrong.turned())
        else:
            continue
        found.append(pair if rng.random() < 0.7 else pair.turned())
    return found[:count]
