"""Two texts as one input of the cross-encoder, with marks that say which words they share.

A small encoder never learned to compare two texts within one input. So each token carries a mark:
which text it stands in, and whether the other text has its word (by stem), lacks it, or lacks it
while it is a number. The marks are what a reader's eye would underline.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.bundled import open_tokenizer
from embeddings.normalise import fold, for_matching
from embeddings.words import STOP_WORDS, stem

#: Characters and tokens read of each text. A claim or statement is one sentence; cost grows with
#: tokens, and 99 % of the training pairs are shorter.
MAX_CHARACTERS: Final = 1_000
MAX_TOKENS: Final = 96

#: Texts remembered as they are read.
REMEMBERED: Final = 256

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W_]+)*")


class Mark(IntEnum):
    """What a token's word is to the other text; the second text's marks start at ``SECOND``."""

    SPECIAL = 0
    PLAIN = 1
    SHARED = 2
    MISSING = 3
    NUMBER_MISSING = 4
    SECOND = 4


#: Rows of the table of marks: none, then four for each text.
MARKS: Final = 9


@dataclass(frozen=True, slots=True)
class PairTokens:
    """Token ids and marks of one pair, each (tokens,)."""

    ids: NDArray[np.int64]
    marks: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Pairs padded to one length, each (pairs, tokens); ``mask`` is 1 where there is a token."""

    ids: NDArray[np.int64]
    marks: NDArray[np.int64]
    mask: NDArray[np.int64]


class PairTokenizer:
    """Pairs of texts to token ids and marks, with the tokenizer of an unpacked model's folder."""

    def __init__(self, model_folder: Path) -> None:
        self._tokenizer = open_tokenizer(model_folder)
        self._begin = self._tokenizer.token_to_id("<s>")
        self._end = self._tokenizer.token_to_id("</s>")
        self._pad = self._tokenizer.token_to_id("<pad>")

        # A claim is read with everything found for it, both ways.
        self._read = lru_cache(maxsize=REMEMBERED)(self._text)

    def pair(self, first: str, second: str) -> PairTokens:
        """Return ``<s> first </s></s> second </s>`` with the marks of every token."""
        ours, theirs = self._read(first), self._read(second)
        ids, marks = [self._begin], [int(Mark.SPECIAL)]
        for text, other, offset in ((ours, theirs, 0), (theirs, ours, int(Mark.SECOND))):
            if offset:
                ids += [self._end, self._end]
                marks += [int(Mark.SPECIAL)] * 2
            by_character = text.marks(other)
            for token, (start, end) in text.tokens:
                ids.append(token)
                # A token may hold a sign beside its word (10%): the word's mark counts.
                marks.append(offset + max(by_character[start:end], default=int(Mark.PLAIN)))
        ids.append(self._end)
        marks.append(int(Mark.SPECIAL))
        return PairTokens(np.array(ids, np.int64), np.array(marks, np.int64))

    def _text(self, text: str) -> "_Text":
        normal = for_matching(text[:MAX_CHARACTERS])[:MAX_CHARACTERS]
        normal = normal.encode("utf-8", "replace").decode("utf-8")
        spans = tuple(
            (found.start(), found.end(), found[0].replace(",", ".").replace("’", "'"))
            for found in _WORD.finditer(fold(normal))
        )
        read = self._tokenizer.encode(normal, add_special_tokens=False)
        tokens = zip(read.ids[:MAX_TOKENS], read.offsets[:MAX_TOKENS], strict=True)
        stems = frozenset(stem(word) for _, _, word in spans)
        return _Text(len(normal), spans, stems, tuple(tokens))

    def batch(self, pairs: Sequence[PairTokens]) -> PairBatch:
        """Pad ``pairs`` to the longest of them."""
        width = max(len(pair.ids) for pair in pairs)
        ids = np.full((len(pairs), width), self._pad, np.int64)
        marks = np.zeros((len(pairs), width), np.int64)
        mask = np.zeros((len(pairs), width), np.int64)
        for row, pair in enumerate(pairs):
            length = len(pair.ids)
            ids[row, :length], marks[row, :length], mask[row, :length] = pair.ids, pair.marks, 1
        return PairBatch(ids, marks, mask)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as it is read: its length, its words, and its tokens with what they cover of it."""

    length: int
    spans: tuple[tuple[int, int, str], ...]
    stems: frozenset[str]
    tokens: tuple[tuple[int, tuple[int, int]], ...]

    def marks(self, other: "_Text") -> list[int]:
        """Return the mark of each character's word against ``other``."""
        found = [int(Mark.PLAIN)] * self.length
        for start, end, word in self.spans:
            if stem(word) in other.stems:
                mark = Mark.SHARED
            elif word[0].isdigit():
                mark = Mark.NUMBER_MISSING
            elif word in STOP_WORDS:
                mark = Mark.PLAIN
            else:
                mark = Mark.MISSING
            found[start:end] = [int(mark)] * (end - start)
        return found
