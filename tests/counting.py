"""An encoder that tells what was computed, over another."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.encoders.encoder import Encoder
from embeddings.progress import Progress


class Counting:
    """An encoder that remembers what it was given."""

    def __init__(self, encoder: Encoder, fingerprint: str | None = None) -> None:
        self._encoder = encoder
        self.fingerprint = fingerprint or encoder.fingerprint
        self.dimension = encoder.dimension
        self.computed: Counter[str] = Counter()

    def encode_claims(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encoder.encode_claims(texts)

    def encode_statements(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        self.computed.update(texts)
        return self._encoder.encode_statements(texts, progress)
