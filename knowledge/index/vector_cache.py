"""Cache vectors in the database by text and encoder, so that nothing is embedded twice."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from embeddings.encoders.encoder import Encoder
from embeddings.progress import Progress
from embeddings.search_results import Vectors
from knowledge.models import Statement, Vector
from knowledge.storage.batches import MOST_BOUND, in_batches
from knowledge.storage.database import Sessions

#: Texts embedded between commits: the most that a killed run loses.
_CHUNK = 1_024

# The table, not the mapped class: mapping takes twice as long.
_VECTORS: Final = Vector.__table__

# The bot and the command line embed what was just published at the same moment: the second one's
# row is the same row. SQLite and PostgreSQL write this alike.
_KEEP = text(
    "INSERT INTO vectors (text_hash, fingerprint, data)"
    " VALUES (:text_hash, :fingerprint, :data) ON CONFLICT DO NOTHING"
)


class KeptRows:
    """Unit vectors (n, dimension) as they are kept: all at full precision would take gigabytes."""

    def __init__(self, kept: Mapping[str, bytes], keys: Sequence[str], dimension: int) -> None:
        self._kept, self._keys = kept, keys
        self.shape = len(keys), dimension

    def __getitem__(self, part: slice, /) -> Vectors:
        """Return some of them, at full precision."""
        joined = b"".join([self._kept[key] for key in self._keys[part]])
        rows = np.frombuffer(joined, np.float16).reshape(-1, self.shape[1]).astype(np.float32)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
        return rows


def load_or_compute(
    sessions: Sessions, encoder: Encoder, texts: Sequence[str], progress: Progress | None = None
) -> Vectors:
    """Return the statement vectors (n, dimension) of ``texts``, computing only missing ones.

    New ones are committed in batches, so an interrupted run continues where it stopped.
    """
    return load_or_compute_rows(sessions, encoder, texts, progress)[:]


def load_or_compute_rows(
    sessions: Sessions, encoder: Encoder, texts: Sequence[str], progress: Progress | None = None
) -> KeptRows:
    """Do as ``load_or_compute`` for very many texts."""
    keys = [_key(text) for text in texts]
    with sessions() as session:
        known = _read(session, encoder.fingerprint, list(dict.fromkeys(keys)))
    todo = list({k: t for k, t in zip(keys, texts, strict=True) if k not in known}.items())
    for done, chunk in enumerate(in_batches(todo, _CHUNK)):
        # Half precision loses less than the encoder's own noise, and halves the space.
        rows = encoder.encode_statements([t for _, t in chunk]).astype(np.float16)
        fresh = {key: row.tobytes() for (key, _), row in zip(chunk, rows, strict=True)}
        sessions.write(_keep, encoder.fingerprint, fresh)
        known |= fresh
        if progress is not None:
            progress(done * _CHUNK + len(chunk), len(todo))
    return KeptRows(known, keys, encoder.dimension)


def find_missing(session: Session, fingerprint: str, texts: Collection[str]) -> list[str]:
    """Return those of ``texts`` that have no vector of an encoder, each once."""
    keys = {_key(text): text for text in texts}
    known = _known_keys(session, fingerprint, list(keys))
    return [text for key, text in keys.items() if key not in known]


def store(
    session: Session, fingerprint: str, texts: Sequence[str], vectors: NDArray[np.floating]
) -> None:
    """Keep the vectors (n, dimension) of ``texts`` (n,); those that are kept already stay."""
    rows = vectors.astype(np.float16)
    fresh = {_key(text): row.tobytes() for text, row in zip(texts, rows, strict=True)}
    _keep(session, fingerprint, fresh)


def load_kept(sessions: Sessions, fingerprint: str, texts: Sequence[str]) -> dict[str, Vectors]:
    """Return the cached unit vectors of ``texts``, by text; nothing is computed."""
    keys = {_key(text): text for text in texts}
    with sessions() as session:
        known = _read(session, fingerprint, list(keys))
    if not known:
        return {}
    found = list(known)
    rows = KeptRows(known, found, len(known[found[0]]) // 2)[:]
    return {keys[key]: row for key, row in zip(found, rows, strict=True)}


def forget(sessions: Sessions, fingerprint: str) -> None:
    """Delete all vectors of one encoder, so that the next index computes them anew."""
    with sessions.begin() as session:
        session.execute(delete(Vector).where(Vector.fingerprint == fingerprint))


def drop(session: Session, texts: Collection[str]) -> None:
    """Delete every encoder's vectors of ``texts``, except those of statements."""
    if not texts:
        return
    stated = set(session.scalars(select(Statement.text).where(Statement.text.in_(texts))))
    keys = [_key(text) for text in texts if text not in stated]
    session.execute(delete(Vector).where(Vector.text_hash.in_(keys)))


def prune(sessions: Sessions, wanted: Collection[str]) -> int:
    """Delete vectors of encoders other than the ``wanted`` fingerprints; return how many."""
    with sessions.begin() as session:
        unwanted = Vector.fingerprint.not_in(wanted)
        count = session.scalar(select(func.count()).select_from(Vector).where(unwanted)) or 0
        session.execute(delete(Vector).where(unwanted))
    return count


def _keep(session: Session, fingerprint: str, fresh: Mapping[str, bytes]) -> None:
    rows = [
        {"text_hash": key, "fingerprint": fingerprint, "data": data} for key, data in fresh.items()
    ]
    session.execute(_KEEP, rows)


def _known_keys(session: Session, fingerprint: str, keys: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for batch in in_batches(keys):
        known |= set(
            session.scalars(
                select(Vector.text_hash).where(
                    Vector.fingerprint == fingerprint, Vector.text_hash.in_(batch)
                )
            )
        )
    return known


def _read(session: Session, fingerprint: str, keys: Sequence[str]) -> dict[str, bytes]:
    """Return the vectors kept under ``keys``.

    Looking up each takes several times as long as reading all of the table in its order.
    """
    kept = select(_VECTORS.c.text_hash, _VECTORS.c.data).where(
        _VECTORS.c.fingerprint == fingerprint
    )
    if len(keys) > MOST_BOUND and 2 * len(keys) > _count(session):
        wanted = set(keys)
        rows = session.execute(kept.execution_options(yield_per=MOST_BOUND))
        return {key: data for key, data in rows if key in wanted}
    known: dict[str, bytes] = {}
    for batch in in_batches(keys):
        rows = session.execute(kept.where(_VECTORS.c.text_hash.in_(batch)))
        known |= {row.text_hash: row.data for row in rows}
    return known


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(_VECTORS)) or 0


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
