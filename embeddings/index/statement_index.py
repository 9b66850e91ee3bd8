"""The interface of an index of statements, whichever engine holds it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final, Protocol

from embeddings.index.fusion import DEPTH, Candidates
from embeddings.search_results import Hit, Scored, Vectors

#: Gives each index of this process a number, for its ``state``.
NUMBERS: Final = count()


@dataclass(frozen=True, slots=True)
class Entry:
    """One text to be found: ``text`` is what is embedded, ``context`` adds terms to find it by."""

    id: int
    text: str
    context: str = ""

    @property
    def terms_text(self) -> str:
        """What the lexical index reads."""
        return f"{self.context}\n{self.text}"


class StatementIndex(Protocol):
    """Vectors and terms by id: searched by several threads while changes are applied.

    Every method raises IndexUnavailable where what holds the index fails.
    """

    def __len__(self) -> int:
        """Return how many entries are held."""

    @property
    def change_number(self) -> int:
        """The last change of the database that is in the index."""

    @property
    def state(self) -> tuple[int, int]:
        """What tells apart what indexes of this process hold: which one, and its change number."""

    def ids(self) -> frozenset[int]:
        """Return every id held."""

    def sorted_ids(self) -> Iterator[int]:
        """Yield every id held, in order, without all of them in memory where they are not."""

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
        """Take changes in: ``added`` with their ``vectors`` (n, dimension), then the number.

        An id that is already held is replaced, so applying a change twice does no harm.
        """
