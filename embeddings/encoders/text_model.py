"""The interface of a text model: texts in, unit vectors out, whatever library runs it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from embeddings.search_results import Vectors


class TextModel(Protocol):
    """A loaded model. Implementations are thread-safe."""

    def __call__(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Return one unit vector per text, (texts, dimension), read after ``prompt``."""

    def in_bulk(self, batches: Sequence[Sequence[str]], prompt: str) -> Iterator[Vectors]:
        """Yield the vectors of each of many batches, in order."""
