"""Index the terms of texts, cutting only those that changed since the build before.

A build keeps a digest of the text behind each id: whatever changed, and wherever, its digest did.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from embeddings.index.lexical import LexicalIndex

FILE: Final = "texts.npy"
#: One of so many texts may be removed from an index before it is built anew: until then Tantivy
#: counts removed texts when it weighs terms.
_REMOVED_OF: Final = 20


@dataclass(frozen=True, slots=True)
class IndexedTexts:
    """``ids`` (n,) in order, ``digests`` (n, 2) of their texts."""

    ids: NDArray[np.int64]
    digests: NDArray[np.int64]

    @classmethod
    def from_texts(cls, ids: Sequence[int], texts: Sequence[str]) -> Self:
        """Return the digests of ``texts`` (n,) under ``ids`` (n,), which are in order."""
        digests = [hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16] for text in texts]
        rows = np.frombuffer(b"".join(digests), np.int64).reshape(-1, 2)
        return cls(np.asarray(ids, dtype=np.int64), rows)

    def save(self, folder: Path) -> None:
        """Write the digests into ``folder``. Raises OSError if that fails."""
        np.save(folder / FILE, np.column_stack([self.ids, self.digests]))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote. Raises OSError or ValueError if it cannot be read."""
        rows: NDArray[np.int64] = np.load(folder / FILE)
        return cls(rows[:, 0], rows[:, 1:])

    def difference(self, before: "IndexedTexts") -> tuple[list[int], list[int]]:
        """Return which ids of ``before`` are gone, and which places here are new.

        A changed text is both.
        """
        _, here, there = np.intersect1d(
            self.ids, before.ids, assume_unique=True, return_indices=True
        )
        same = (self.digests[here] == before.digests[there]).all(axis=1)
        gone: list[int] = np.delete(before.ids, there[same]).tolist()
        new: list[int] = np.delete(np.arange(len(self.ids)), here[same]).tolist()
        return gone, new


@dataclass(frozen=True, slots=True)
class IndexedTerms:
    """A lexical index, and the texts that it holds."""

    lexical: LexicalIndex
    texts: IndexedTexts

    @classmethod
    def from_texts(
        cls, ids: Sequence[int], texts: Sequence[str], before: "IndexedTerms | None" = None
    ) -> Self:
        """Return an index of ``texts`` (n,) under ``ids`` (n,), which are in order.

        It is made of the index ``before``, which is used up, if most texts are the same.
        """
        wanted = IndexedTexts.from_texts(ids, texts)
        if before is not None:
            lexical = before.lexical
            gone, new = wanted.difference(before.texts)
            if _REMOVED_OF * (lexical.count_removed() + len(gone)) <= len(lexical):
                lexical.remove(gone)
                lexical.add([ids[place] for place in new], [texts[place] for place in new])
                if len(lexical) == len(ids):
                    return cls(lexical, wanted)
        return cls(LexicalIndex.from_texts(ids, texts), wanted)
