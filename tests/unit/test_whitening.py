"""What claims are multiplied by before they are compared."""

from pathlib import Path

import numpy as np

from embeddings.encoder import open_encoder
from embeddings.whitening import whitening

_NAME = "bundled:multilingual-e5-small"


def test_the_map_belongs_to_the_encoder_that_is_bundled(tmp_path: Path) -> None:
    """Fails when prompts, weights or normaliser change: run benchmarks.training.fusion again."""
    encoder = open_encoder(_NAME, tmp_path)
    matrix = whitening(encoder.fingerprint)
    assert matrix is not None
    assert matrix.shape == (encoder.dimension, encoder.dimension)
    assert matrix.dtype == np.float32


def test_the_map_is_symmetric_and_stretches_nothing(tmp_path: Path) -> None:
    matrix = whitening(open_encoder(_NAME, tmp_path).fingerprint)
    assert matrix is not None
    assert np.array_equal(matrix, matrix.T)
    eigenvalues = np.linalg.eigvalsh(matrix.astype(np.float64))
    assert eigenvalues.max() < 1.01
    assert eigenvalues.min() > -0.01


def test_another_encoder_has_no_map() -> None:
    assert whitening("another") is None
    assert whitening("") is None
