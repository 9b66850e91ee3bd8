"""Hash features of words for the learned models of messages (pure)."""

import re
import zlib
from collections.abc import Iterator, Sequence

_DRAWN_OUT = re.compile(r"(.)\1{2,}")


def collapse_repeats(word: str) -> str:
    """Return ``word`` with letters that are drawn out ("hellooo") written once."""
    return _DRAWN_OUT.sub(r"\1", word)


def character_ngrams(word: str, lengths: Sequence[int]) -> Iterator[str]:
    """Yield the runs of letters of each length, the word having a blank on both sides."""
    padded = f" {word} "
    for length in lengths:
        for start in range(len(padded) - length + 1):
            yield padded[start : start + length]


def hash_feature(feature: str, dimension: int) -> int:
    """Return the place in a table of ``dimension`` rows that a feature is hashed to."""
    return zlib.crc32(feature.encode()) % dimension
