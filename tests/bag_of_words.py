"""An encoder that needs no model: its vectors are a function of the text's words."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.text.tokenisation import words

_DIMENSION = 64


class BagOfWords:
    """Hashed words, counted and scaled to length 1: texts that share words are close."""

    fingerprint = "bag-of-words"
    dimension = _DIMENSION

    def encode_claims(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encode_statements(texts)

    def encode_statements(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), _DIMENSION), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in words(text) or [""]:
                row[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % _DIMENSION] += 1
            row /= np.linalg.norm(row)
        if progress is not None:
            progress(len(texts), len(texts))
        return rows
