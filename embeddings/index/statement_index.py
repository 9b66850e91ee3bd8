"""The interface of an index of statements, whichever engine holds it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final, Protocol

from embeddings.index.fusion import DEPTH, Candidates
from embeddings.search_results import Hit, Scored, Vectors

#: Numbers each index of this process, for its ``state``.
NUMBERS: Final = count()


@dataclass(frozen=True, slots=True)
class Entry:
    """One text to index: ``text`` is embedded, ``context`` only adds terms."""

    id: int
    text: str
    context: str = ""

    @property
    def terms_text(self) -> str:
        """The text that the lexical index reads."""
        return f"{self.context}\n{self.text}"


class StatementIndex(Protocol):
    """Vectors and terms by id, thread-safe for searches while changes are applied.

    Every method raises IndexUnavailable if the engine fails.
    """

    def __len__(self) -> int:
        """Return how many entries are held."""

    @property
    def change_number(self) -> int:
        """The last change of the database applied to the index."""

    @property
    def state(self) -> tuple[int, int]:
        """Identifies what the index holds in this process: its number and its change number."""

    def ids(self) -> frozenset[int]:
        """Return every id held."""

    def sorted_ids(self) -> Iterator[int]:
        """Yield every id held, sorted, without loading all of a remote index."""

    def rows(self, ids: Sequence[int]) -> Vectors:
        """Return the vectors (n, dimension) under ``ids`` (n,), all of which must be held."""

    def nearest(self, vector: Vectors, k: int) -> list[Scored]:
        """Return the ``k`` rows closest to ``vector`` (dimension,) by cosine, best first."""

    def candidates(self, vector: Vectors, text: str, depth: int = DEPTH) -> Candidates:
        """Return the ``depth`` best by vector and by terms, all with both scores."""

    def search(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        """Return the ``k`` statements closest to a claim, best first.

        ``vector`` is the claim's (dimension,), ``text`` the claim itself.
        """

    def apply(
        self,
        added: Sequence[Entry],
        vectors: Vectors,
        removed: Sequence[int],
        change_number: int,
    ) -> None:
        """Apply changes: ``removed``, then ``added`` with their ``vectors`` (n, dimension).

        An id that is already held is replaced, so applying a change twice does no harm.
        """
