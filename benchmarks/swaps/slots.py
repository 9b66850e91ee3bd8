"""Headlines with another word in one place, or with a circumstance that nobody reported.

Both read like the headline and are not borne out by it. Words that stand after the same word in
other headlines ("smuggling of drugs", "of antiquities") can stand there; how a headline ends
("after a fire in the north") can end another.
"""

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from embeddings.text.tokenisation import STOP_WORDS, stem
from knowledge.agreement.alignment import same_thing
from knowledge.agreement.tokens import fold

#: Words with which a circumstance at a headline's end begins.
_CIRCUMSTANCES: Final = frozenset(
    "بعد بسبب خلال إثر عقب وسط رغم أثناء قبل بتهمة بحضور لأول".split()
)
#: Other words a place must be known with, at least, and words a circumstance may have.
_RIVALS: Final = 2
_FEWEST, _MOST = 2, 6
#: Tries to find a word of a headline that can be exchanged.
_TRIES: Final = 6


@dataclass(frozen=True, slots=True)
class Slots:
    """What was seen in headlines: the words after each word, and the circumstances at their end."""

    after: Mapping[str, tuple[str, ...]]
    ends: tuple[str, ...]


@cache
def slots(headlines: tuple[str, ...]) -> Slots:
    """Return the slots of ``headlines``."""
    after: dict[str, dict[str, None]] = defaultdict(dict)
    ends: dict[str, None] = {}
    for headline in headlines:
        words = headline.split()
        for word, following in pairwise(words):
            if _is_content(following):
                after[word][following] = None
        for place, word in enumerate(words):
            if word in _CIRCUMSTANCES and place >= 3 and _FEWEST <= len(words) - place <= _MOST:
                ends[" ".join(words[place:])] = None
    return Slots({word: tuple(found) for word, found in after.items()}, tuple(ends))


def exchanged(headline: str, known: Slots, rng: random.Random) -> str | None:
    """Return ``headline`` with one word exchanged for another that fits there; None without one."""
    words = headline.split()
    for _ in range(_TRIES):
        place = rng.randrange(1, len(words)) if len(words) > 1 else 0
        rivals = known.after.get(words[place - 1], ()) if place else ()
        if not _is_content(words[place]) or len(rivals) <= _RIVALS:
            continue
        other = rng.choice(rivals)
        fits = other[:2] == "ال" if words[place][:2] == "ال" else other[:2] != "ال"
        if fits and not _alike(words[place], other) and other not in words:
            return " ".join([*words[:place], other, *words[place + 1 :]])
    return None


def extended(headline: str, known: Slots, rng: random.Random) -> str | None:
    """Return ``headline`` with a circumstance added at its end; None if it has one."""
    words = headline.split()
    if not known.ends or any(word in _CIRCUMSTANCES for word in words):
        return None
    return f"{headline} {rng.choice(known.ends)}"


def shortened(headline: str) -> str | None:
    """Return ``headline`` without the circumstance at its end; None if it has none."""
    words = headline.split()
    places = [place for place, word in enumerate(words) if word in _CIRCUMSTANCES and place >= 3]
    return " ".join(words[: places[-1]]) if places else None


def _is_content(word: str) -> bool:
    return len(word) > 3 and word.isalpha() and stem(fold(word)) not in STOP_WORDS


def _alike(one: str, other: str) -> bool:
    return same_thing(fold(one), fold(other)) or stem(fold(one))[:4] == stem(fold(other))[:4]
