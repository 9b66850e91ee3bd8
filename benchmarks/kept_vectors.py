"""Vectors kept in a folder between runs: encoding tens of thousands of texts takes minutes."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.bundled.e5_model import BUNDLED_NAME
from embeddings.encoders.encoder import Encoder, open_encoder
from embeddings.progress import Progress
from embeddings.search_results import Vectors


class KeptVectors:
    """Implements ``Encoder`` over another; texts that it encoded before are read from files."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder, self._folder = encoder, folder
        self.fingerprint, self.dimension = encoder.fingerprint, encoder.dimension
        folder.mkdir(parents=True, exist_ok=True)

    def encode_claims(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of claims."""
        return self._kept("claims", texts, lambda: self._encoder.encode_claims(texts))

    def encode_statements(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors of statements."""
        encode = self._encoder.encode_statements
        return self._kept("statements", texts, lambda: encode(texts, progress))

    def _kept(self, kind: str, texts: Sequence[str], encode: Callable[[], Vectors]) -> Vectors:
        key = hashlib.sha256("\0".join([kind, self.fingerprint, *texts]).encode()).hexdigest()
        kept: Vectors = kept_array(self._folder / f"{kind}-{key[:16]}.npy", encode)
        return kept


def kept_array(path: Path, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """Return the array kept in ``path``, made and kept first where there is none; never half."""
    if not path.exists():
        aside = path.with_suffix(".tmp.npy")
        np.save(aside, make())
        aside.replace(path)
    kept: NDArray[Any] = np.load(path)
    return kept


def open_bundled(models: Path, vectors: Path | None, name: str = BUNDLED_NAME) -> Encoder:
    """Return a bundled encoder; what it encodes is kept in the folder ``vectors``, if given."""
    encoder = open_encoder(name, models)
    return KeptVectors(encoder, vectors) if vectors is not None else encoder


def nearest(
    encoder: Encoder, claims: Sequence[str], statements: Sequence[str], count: int
) -> list[tuple[int, ...]]:
    """Return, for each claim, the places of the ``count`` nearest statements, nearest first."""
    found: list[tuple[int, ...]] = []
    if not claims:
        return found
    vectors = encoder.encode_statements(statements)
    asked = encoder.encode_claims(claims)
    for start in range(0, len(asked), 512):
        order = np.argsort(-(asked[start : start + 512] @ vectors.T), axis=1)[:, :count]
        found += [tuple(map(int, row)) for row in order]
    return found
