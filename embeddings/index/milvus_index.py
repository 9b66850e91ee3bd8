"""An index of statements on Milvus: two parallel searches, each returning the other's field too."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from embeddings.errors import IndexMissing
from embeddings.index.fusion import DEPTH, Candidates, fuse, load_shipped_weights
from embeddings.index.milvus_collections import (
    DENSE,
    EXACT_UP_TO,
    ID,
    TERMS,
    call_loaded,
    count,
    damaged,
    note_applied,
    query,
    rows_of,
)
from embeddings.index.milvus_connection import MilvusConnection, NotFound
from embeddings.index.snapshot import Manifest
from embeddings.index.sparse_terms import TermStatistics, inner_product
from embeddings.index.statement_index import NUMBERS, Entry
from embeddings.search_results import Hit, Scored, Vectors

#: Rows examined in the graph per result, and the fewest: more find more.
_LOOKED_AT: Final = 4
_FEWEST_LOOKED_AT: Final = 400
#: Seconds before statements are counted again.
_COUNTED_S: Final = 10.0
_DELETED_AT_ONCE: Final = 5_000
_ROWS_AT_ONCE: Final = 1_000
_IDS_AT_ONCE: Final = 10_000


class MilvusIndex:
    """A collection of statements, always searched in its current state. Thread-safe.

    Other processes change it as well: ``follow`` tells how far. Methods raise IndexMissing if it
    was deleted, IndexUnreachable if the server does not answer.
    """

    def __init__(
        self,
        connection: MilvusConnection,
        manifest: Manifest,
        statistics: TermStatistics,
        change_number: int,
    ) -> None:
        self._connection, self.manifest = connection, manifest
        self._statistics, self._change_number = statistics, change_number
        self._number = next(NUMBERS)
        self._counted: tuple[int, int, float] | None = None
        self._following = threading.Lock()
        self._deleted = False

    @property
    def name(self) -> str:
        """The name of the collection."""
        return self.manifest.name

    def __len__(self) -> int:
        number, counted = self._change_number, self._counted
        if counted is not None:
            held, at, when = counted
            if number == at or (held and time.monotonic() - when < _COUNTED_S):
                return held
        held = self.count()
        self._counted = held, number, time.monotonic()
        return held

    @property
    def last_count(self) -> int:
        """How many entries there were at the last count, without asking the server."""
        return self.manifest.count if self._counted is None else self._counted[0]

    @property
    def deleted(self) -> bool:
        """Whether it was found to be deleted."""
        return self._deleted

    @property
    def change_number(self) -> int:
        """The last change known to be applied to the index."""
        return self._change_number

    @property
    def state(self) -> tuple[int, int]:
        """Identifies what the index holds in this process: its number and its change number."""
        return self._number, self._change_number

    def follow(self, change_number: int) -> None:
        """Record that changes up to this number were applied."""
        with self._following:
            self._change_number = max(self._change_number, change_number)

    def count(self) -> int:
        """Return how many statements it holds now."""
        with self._there():
            return count(self._connection, self.name)

    def ids(self) -> frozenset[int]:
        """Return every id held."""
        return frozenset(self.sorted_ids())

    def sorted_ids(self) -> Iterator[int]:
        """Yield every id held, sorted, some thousands at a time."""
        with self._there():
            # Paging needs a loaded collection. Counting may do without, and so would not load it.
            query(self._connection, self.name, f"{ID} in [0]", [ID])
            for row in self._connection.read_all(self.name, [ID], _IDS_AT_ONCE):
                yield int(row[ID])

    def rows(self, ids: Sequence[int]) -> Vectors:
        """Return the vectors (n, dimension) under ``ids`` (n,).

        Raises IndexCorrupt if one is not held.
        """
        found = np.zeros((len(ids), self.manifest.dimension), dtype=np.float32)
        places = {int(number): place for place, number in enumerate(ids)}
        missing = set(places)
        wanted = list(places)
        with self._there():
            for start in range(0, len(wanted), _ROWS_AT_ONCE):
                part = wanted[start : start + _ROWS_AT_ONCE]
                for row in query(self._connection, self.name, f"{ID} in {part}", [ID, DENSE]):
                    found[places[row[ID]]] = row[DENSE]
                    missing.discard(row[ID])
        if missing:
            raise damaged(self.name, f"{len(missing)} statements are gone")
        return found

    def nearest(self, vector: Vectors, k: int) -> list[Scored]:
        """Return the ``k`` rows closest to ``vector`` (dimension,) by cosine, best first."""
        with self._there():
            hits = self._search(DENSE, vector.astype(np.float32), k, [])
        return [Scored(int(hit[ID]), float(hit["distance"])) for hit in hits]

    def search(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        """Return the ``k`` statements closest to a claim, best first.

        ``vector`` is the claim's (dimension,), ``text`` the claim itself.
        """
        return fuse(self.candidates(vector, text, max(DEPTH, k)), load_shipped_weights(), k)

    def candidates(self, vector: Vectors, text: str, depth: int = DEPTH) -> Candidates:
        """Return the ``depth`` best of each list, all with both scores.

        Each search also returns the field that the other one compares.
        """
        vector, terms = vector.astype(np.float32), self._statistics.weigh_query(text)
        with self._there():
            near = self._connection.beside(lambda: self._search(DENSE, vector, depth, [TERMS]))
            try:
                alike = self._search(TERMS, terms, depth, [DENSE]) if terms else []
            finally:
                # No search is left running after a failure.
                near.exception()
            found = {
                int(hit[ID]): (float(hit["distance"]), inner_product(terms, hit["entity"][TERMS]))
                for hit in near.result()
            }
        others = [hit for hit in alike if hit[ID] not in found]
        rows = np.array([hit["entity"][DENSE] for hit in others], dtype=np.float32)
        cosines = rows.reshape(-1, len(vector)) @ vector
        found |= {
            int(hit[ID]): (float(cosine), float(hit["distance"]))
            for hit, cosine in zip(others, cosines, strict=True)
        }
        ids = sorted(found)
        scores = np.array([found[number] for number in ids]).reshape(-1, 2)
        return Candidates(np.array(ids, dtype=np.int64), scores[:, 0], scores[:, 1])

    def apply(
        self,
        added: Sequence[Entry],
        vectors: Vectors,
        removed: Sequence[int],
        change_number: int,
    ) -> None:
        """Apply changes: ``removed``, then ``added`` with their ``vectors`` (n, dimension).

        An id that is already held is replaced, so applying a change twice does no harm; two callers
        must not apply at once.
        """
        within = self._connection.deadlines.write
        with self._there():
            for start in range(0, len(removed), _DELETED_AT_ONCE):
                gone = list(removed[start : start + _DELETED_AT_ONCE])
                self._connection.call("delete", self.name, ids=gone, within=within)
            for rows in rows_of(added, vectors, self._statistics):
                self._connection.call("upsert", self.name, rows, within=within)
            note_applied(self._connection, self.name, change_number)
        self.follow(change_number)

    def _search(self, field: str, query: Any, depth: int, fields: list[str]) -> list[Any]:
        """Return the hits of one list, with ``fields`` of each."""
        if depth <= 0:
            return []
        params: dict[str, object] = {"metric_type": "IP"}
        if field == DENSE and self.manifest.count > EXACT_UP_TO:
            params["params"] = {"ef": max(_FEWEST_LOOKED_AT, _LOOKED_AT * depth)}
        found = call_loaded(
            self._connection,
            "search",
            self.name,
            data=[query],
            anns_field=field,
            limit=depth,
            output_fields=fields,
            search_params=params,
            consistency_level="Strong",
        )
        return list(found[0])

    @contextmanager
    def _there(self) -> Iterator[None]:
        try:
            yield
        except NotFound as error:
            self._deleted = True
            raise IndexMissing(
                f"index {self.name} was deleted; if no newer one replaces it,"
                " run `tathabbat reindex`"
            ) from error
