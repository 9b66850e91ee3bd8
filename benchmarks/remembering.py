"""A cross-encoder's readings remembered for a whole run: many parts of a benchmark ask the same."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.cross_encoder.onnx_cross_encoder import CrossEncoder, Pair
from embeddings.text.pair_encoding import Output


class Remembering:
    """A reader that reads each pair once, however many judges ask."""

    def __init__(self, reader: CrossEncoder) -> None:
        self._reader, self.fingerprint = reader, reader.fingerprint
        self._read: dict[Pair, NDArray[np.float32]] = {}

    def read(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Return the logits of each pair, (pairs, outputs)."""
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._read]
        if new:
            self._read |= dict(zip(new, self._reader.read(new), strict=True))
        return np.array([self._read[pair] for pair in pairs], np.float32).reshape(-1, len(Output))
