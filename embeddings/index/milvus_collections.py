"""The two collections of an index on Milvus: statements, and metadata.

Statements have a vector, and their terms as a sparse one. The other collection is only read whole:
the manifest, the frequencies of terms, and the last change applied.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from embeddings.errors import IndexCorrupt, IndexMismatch
from embeddings.index.milvus_connection import MilvusConnection, NotLoaded
from embeddings.index.snapshot import Manifest, manifest_fields, require_seal, seal_of
from embeddings.index.sparse_terms import NO_TERM, Sparse, TermStatistics
from embeddings.index.statement_index import Entry
from embeddings.search_results import Vectors

#: Increased when fields, terms or weights change; other formats are refused.
FORMAT: Final = 1
ID, DENSE, TERMS, NOTE = "id", "dense", "terms", "note"
#: Suffix of the metadata collection's name.
BESIDE: Final = "_terms"
#: Most statements that are all compared; above that, a graph (HNSW) selects them.
EXACT_UP_TO: Final = 100_000
#: Neighbours of a vector in the graph, and candidates examined to find them.
GRAPH: Final = {"M": 24, "efConstruction": 300}

#: Row ids of the metadata collection: the manifest, the last change, and frequencies from there on.
_MANIFEST, _APPLIED, _FREQUENCIES = 0, 1, 2
#: Frequencies in a row: a few hundred kilobytes.
_PART: Final = 50_000
_PARTS_AT_ONCE: Final = 8
#: Approximate bytes of a request, and its rows: Milvus takes 64 MB.
_BYTES: Final = 4_000_000
_ROWS: Final = 1_000
#: Bytes of a vector's dimension on the wire.
_TERM_BYTES: Final = 8


def make_statements(connection: MilvusConnection, name: str, dimension: int, expected: int) -> None:
    """Create and load the collection of about ``expected`` statements."""

    def described(pymilvus: Any) -> tuple[Any, Any]:
        kinds, schema = pymilvus.DataType, _schema(pymilvus)
        schema.add_field(ID, kinds.INT64, is_primary=True)
        # Milvus has half precision too, but Milvus Lite, which tests use, does not.
        schema.add_field(DENSE, kinds.FLOAT_VECTOR, dim=dimension)
        schema.add_field(TERMS, kinds.SPARSE_FLOAT_VECTOR)
        index = pymilvus.MilvusClient.prepare_index_params()
        # Rows are of length 1, and nothing of them is quantised: their products are cosines.
        if expected > EXACT_UP_TO:
            index.add_index(DENSE, index_type="HNSW", metric_type="IP", params=GRAPH)
        else:
            index.add_index(DENSE, index_type="FLAT", metric_type="IP")
        _index_terms(index)
        return schema, index

    _make(connection, name, described)


def make_beside(connection: MilvusConnection, name: str, statistics: TermStatistics) -> None:
    """Create and load the metadata collection of ``name``, with the terms' frequencies."""

    def described(pymilvus: Any) -> tuple[Any, Any]:
        kinds, schema = pymilvus.DataType, _schema(pymilvus)
        schema.add_field(ID, kinds.INT64, is_primary=True)
        schema.add_field(NOTE, kinds.VARCHAR, max_length=8_192)
        schema.add_field(TERMS, kinds.SPARSE_FLOAT_VECTOR)
        index = pymilvus.MilvusClient.prepare_index_params()
        _index_terms(index)
        return schema, index

    _make(connection, name + BESIDE, described)
    for place, part in enumerate(statistics.parts(_PART)):
        _note(connection, name, _FREQUENCIES + place, {}, part)


def rows_of(
    entries: Sequence[Entry], vectors: Vectors, statistics: TermStatistics
) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of ``entries`` with their ``vectors`` (n, dimension), by request.

    Vectors are rounded to half precision, as FAISS stores them.
    """
    rows: list[dict[str, Any]] = []
    size = 0
    rounded = vectors.astype(np.float16).astype(np.float32)
    for entry, vector in zip(entries, rounded, strict=True):
        terms = statistics.weigh_document(entry.terms_text)
        more = vector.nbytes + _TERM_BYTES * len(terms)
        if rows and (size + more > _BYTES or len(rows) == _ROWS):
            yield rows
            rows, size = [], 0
        rows.append({ID: entry.id, DENSE: vector, TERMS: terms})
        size += more
    if rows:
        yield rows


def note_manifest(
    connection: MilvusConnection, manifest: Manifest, statistics: TermStatistics
) -> None:
    """Write the manifest: from then on the index is complete."""
    fields = manifest_fields(manifest) | {
        "documents": statistics.documents,
        "length": statistics.length,
        "terms": len(statistics.dimensions),
    }
    note_applied(connection, manifest.name, manifest.change_number)
    _note(connection, manifest.name, _MANIFEST, {"manifest": fields, "seal": seal_of(fields)})


def note_applied(connection: MilvusConnection, name: str, change_number: int) -> None:
    """Write the last change applied to the index."""
    _note(connection, name, _APPLIED, {"change_number": change_number})


def read_notes(connection: MilvusConnection, name: str) -> tuple[Manifest, dict[str, Any], int]:
    """Return the manifest, its further fields, and the last change applied to the index.

    Raises NotFound, IndexCorrupt if the index is incomplete, and IndexMismatch if another version
    wrote it.
    """
    rows = query(connection, name + BESIDE, f"{ID} < {_FREQUENCIES}", [ID, NOTE])
    notes = {row[ID]: row[NOTE] for row in rows}
    try:
        manifest, applied = json.loads(notes[_MANIFEST]), json.loads(notes[_APPLIED])
        fields, seal = manifest["manifest"], manifest["seal"]
        written_by, number = fields["format"], int(applied["change_number"])
    except (KeyError, ValueError, TypeError) as error:
        raise damaged(name, "manifest") from error
    if written_by != FORMAT:
        raise IndexMismatch(
            f"index {name} was written by another version of this program; run `tathabbat reindex`"
        )
    require_seal(name, fields, seal)
    counts = {key: fields.pop(key) for key in ("documents", "length", "terms")}
    return Manifest(**fields), counts, number


def read_statistics(
    connection: MilvusConnection, name: str, counts: Mapping[str, int]
) -> TermStatistics:
    """Return the terms' frequencies. Raises IndexCorrupt if some are missing."""
    number = -(-counts["terms"] // _PART)
    parts: list[Sparse] = []
    for start in range(0, number, _PARTS_AT_ONCE):
        wanted = [_FREQUENCIES + n for n in range(start, min(start + _PARTS_AT_ONCE, number))]
        rows = query(connection, name + BESIDE, f"{ID} in {wanted}", [ID, TERMS])
        parts += [row[TERMS] for row in rows]
    found = TermStatistics.from_parts(counts["documents"], counts["length"], parts)
    if len(found.dimensions) != counts["terms"]:
        raise damaged(name, "terms")
    return found


def query(
    connection: MilvusConnection, collection: str, where: str, fields: Iterable[str]
) -> list[dict[str, Any]]:
    """Return ``fields`` of the rows that match ``where``, strongly consistent. Raises NotFound."""
    found = call_loaded(
        connection,
        "query",
        collection,
        filter=where,
        output_fields=list(fields),
        consistency_level="Strong",
    )
    return list(found)


def count(connection: MilvusConnection, collection: str) -> int:
    """Return how many rows a collection holds now. Raises NotFound."""
    return int(query(connection, collection, "", ["count(*)"])[0]["count(*)"])


def call_loaded(connection: MilvusConnection, method: str, collection: str, **kwargs: Any) -> Any:
    """Return what a reading ``call`` returns, loading the collection first if needed."""
    within = connection.deadlines.read
    try:
        return connection.call(method, collection, within=within, **kwargs)
    except NotLoaded:
        _load(connection, collection)
        return connection.call(method, collection, within=within, **kwargs)


def damaged(name: str, part: str) -> IndexCorrupt:
    """Return the error for a missing part of an index."""
    return IndexCorrupt(
        f"index {name} is damaged ({part}); run `tathabbat reindex`,"
        " or `tathabbat index rollback` for the one before"
    )


def _schema(pymilvus: Any) -> Any:
    return pymilvus.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)


def _index_terms(index: Any) -> None:
    index.add_index(TERMS, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")


def _make(
    connection: MilvusConnection, name: str, described: Callable[[Any], tuple[Any, Any]]
) -> None:
    schema, index = connection.make(described)
    within = connection.deadlines.build
    connection.call(
        "create_collection",
        name,
        schema=schema,
        consistency_level="Strong",
        num_shards=connection.shards,
        within=within,
    )
    connection.call("create_index", name, index, within=within)
    _load(connection, name)


def _load(connection: MilvusConnection, name: str) -> None:
    replicas, within = connection.replicas, connection.deadlines.build
    connection.call("load_collection", name, replica_number=replicas, within=within)


def _note(
    connection: MilvusConnection,
    name: str,
    place: int,
    note: Mapping[str, object],
    terms: Sparse | None = None,
) -> None:
    # An engine may refuse an empty sparse vector.
    row = {ID: place, NOTE: json.dumps(note), TERMS: terms or {NO_TERM: 1.0}}
    connection.call("upsert", name + BESIDE, [row], within=connection.deadlines.write)
