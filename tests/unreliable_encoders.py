"""Encoders that die, fail or take their time; worker processes import them."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.bag_of_words import BagOfWords


class Blind(BagOfWords):
    """An encoder that refuses to work where it could read a secret."""

    def encode_statements(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        assert "SECRET_KEY" not in os.environ
        return super().encode_statements(texts)


class Slow(BagOfWords):
    """An encoder that takes a moment for each batch."""

    def encode_statements(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        time.sleep(0.2)
        return super().encode_statements(texts)


class Dying(BagOfWords):
    """An encoder whose process is killed by a text, only the first time if a file says so."""

    def __init__(self, text: str, once: Path | None = None) -> None:
        self._text, self._once = text, once

    def encode_statements(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        if self._text in texts and (self._once is None or not self._once.exists()):
            if self._once is not None:
                self._once.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode_statements(texts)


class Failing(BagOfWords):
    """An encoder whose error quotes what it was given."""

    def encode_statements(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        if len(texts) > 1:
            raise ValueError(f"cannot read {texts}")
        return super().encode_statements(texts)
