"""Hash features of words for the learned models of messages (pure)."""

import re
import zlib
from collections.abc import Iterator, Sequence

_DRAWN_OUT = re.compile(r"(.)\1{2,}")


def collapse_repeats(word: str) -> str:
    """Return ``word`` with repeated letters ("hellooo") reduced to one."""
    return _DRAWN_OUT.sub(r"\1", word)


def character_ngrams(word: str, lengths: Sequence[int]) -> Iterator[str]:
    """Yield the letter n-grams of each length, with a blank on both sides of the word."""
    padded = f" {word} "
    for length in lengths:
        for start in range(len(padded) - length + 1):
            yield padded[start : start + length]


def hash_feature(feature: str, dimension: int) -> int:
    """Return the row, out of ``dimension``, that a feature is hashed to."""
    return zlib.crc32(feature.encode()) % dimension
