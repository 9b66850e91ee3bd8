"""BM25 as the inner product of two sparse vectors, for engines without BM25 of ours.

A document's vector holds the weight of each of its terms, a query's how rare the terms are. Terms,
formula and constants are those of ``lexical``, and lengths are rounded to a byte as Tantivy does:
the scores are equal. Document frequencies are counted when an index is built, and fixed until the
next build: every process must weigh alike.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from embeddings.index.lexical import MAX_QUERY_GRAMS, MAX_TEXT_CHARACTERS, MAX_TEXT_GRAMS
from embeddings.text.tokenisation import grams

#: A sparse vector: weights by dimension.
Sparse = dict[int, float]

K1: Final = 1.2
B: Final = 0.75
#: The dimension of an empty document: engines refuse empty vectors. No term has it.
NO_TERM: Final = 0
#: Dimensions that terms are hashed to; Milvus does not allow the highest 32-bit number.
_DIMENSIONS: Final = 2**32 - 2
#: Lengths are stored in a byte: exact up to here, then four bits of them.
_EXACT_LENGTHS: Final = 24
#: Average length while there is no document.
_TYPICAL_LENGTH: Final = 60.0


@lru_cache(maxsize=65_536)
def dimension_of(term: str) -> int:
    """Return the dimension of a term, the same in every process."""
    return 1 + zlib.crc32(term.encode("utf-8", "surrogatepass")) % _DIMENSIONS


def inner_product(query: Mapping[int, float], document: Mapping[int, float]) -> float:
    """Return the inner product of two sparse vectors."""
    return sum(weight * document.get(dimension, 0.0) for dimension, weight in query.items())


@dataclass(frozen=True, slots=True)
class TermStatistics:
    """Document frequencies of terms in ``documents``, and the total number of terms.

    ``dimensions`` (n,) are sorted, ``frequencies`` (n,) belong to them.
    """

    documents: int
    length: int
    dimensions: NDArray[np.uint32]
    frequencies: NDArray[np.uint32]

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Self:
        """Count the terms of ``texts``, each of which is read once and not stored."""
        documents = length = 0
        frequencies: Counter[int] = Counter()
        for text in texts:
            terms = _terms_of(text)
            documents += 1
            length += terms.total()
            frequencies.update(terms.keys())
        dimensions = np.fromiter(sorted(frequencies), np.uint32, len(frequencies))
        counted = np.fromiter((frequencies[int(d)] for d in dimensions), np.uint32, len(dimensions))
        return cls(documents, length, dimensions, counted)

    @property
    def average_length(self) -> float:
        """The mean number of terms of a document."""
        return self.length / self.documents if self.length else _TYPICAL_LENGTH

    def weigh_document(self, text: str) -> Sparse:
        """Return the weight of each term of a document's text; never empty."""
        terms = _terms_of(text)
        norm = K1 * (1 - B + B * _kept_length(terms.total()) / self.average_length)
        weights = {term: (1 + K1) * count / (count + norm) for term, count in terms.items()}
        return weights or {NO_TERM: 1.0}

    def weigh_query(self, text: str) -> Sparse:
        """Return how rare each term of a query is; empty if it has none."""
        terms = [dimension_of(gram) for gram in list(dict.fromkeys(grams(text)))[:MAX_QUERY_GRAMS]]
        if not terms:
            return {}
        asked = np.array(terms, dtype=np.uint32)
        places = np.searchsorted(self.dimensions, asked)
        known = np.zeros(len(terms))
        if len(self.dimensions):
            places = np.minimum(places, len(self.dimensions) - 1)
            known = np.where(self.dimensions[places] == asked, self.frequencies[places], 0)
        return {
            # A term in no counted document may be in one added since.
            term: log(1 + (self.documents - count + 0.5) / (count + 0.5))
            for term, count in zip(terms, known.tolist(), strict=True)
        }

    def parts(self, size: int) -> Iterator[Sparse]:
        """Yield the frequencies as sparse vectors of at most ``size`` terms."""
        for start in range(0, len(self.dimensions), size):
            part = slice(start, start + size)
            dimensions, frequencies = self.dimensions[part], self.frequencies[part]
            yield dict(zip(dimensions.tolist(), map(float, frequencies), strict=True))

    @classmethod
    def from_parts(cls, documents: int, length: int, parts: Iterable[Mapping[int, float]]) -> Self:
        """Return the statistics of which ``parts`` were taken."""
        held = [part for part in parts if part]
        if not held:
            none = np.empty(0, np.uint32)
            return cls(documents, length, none, none)
        dimensions = np.concatenate([np.fromiter(p.keys(), np.uint32, len(p)) for p in held])
        frequencies = np.concatenate([np.fromiter(p.values(), np.float64, len(p)) for p in held])
        order = np.argsort(dimensions)
        return cls(documents, length, dimensions[order], frequencies[order].astype(np.uint32))


def _terms_of(text: str) -> Counter[int]:
    return Counter(map(dimension_of, grams(text[:MAX_TEXT_CHARACTERS])[:MAX_TEXT_GRAMS]))


def _kept_length(length: int) -> int:
    """Return a length as a byte stores it: rounded down to four significant bits."""
    rest = length - _EXACT_LENGTHS
    shift = max(0, rest.bit_length() - 4)
    return length if shift == 0 else _EXACT_LENGTHS + (rest >> shift << shift)
