"""Encode texts as vectors: the one place where a neural encoder is loaded and run.

Cosines of these vectors rank; they do not tell agreement, and their range differs between models
(e5's unrelated texts score .75 to .85): calibrate per ``fingerprint``, never by a constant.
"""

import hashlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.batching import Batcher, BatchSizeObserver, batch_by_length
from embeddings.encoders.model_source import ModelSource, find_source
from embeddings.encoders.text_model import TextModel
from embeddings.errors import ModelUnavailable, first_line
from embeddings.progress import Progress
from embeddings.text.normalisation import NORMALISER_VERSION, for_matching

#: Characters of a text that are read, before and after normalising. Models read 512 tokens at most,
#: rarely over 5 characters each; a huge text must not cost more than this.
MAX_CHARACTERS = 8192
#: Characters per run, with padding: what fits a processor's cache. A newspaper's sentences take
#: half as long as in batches of 32 (``benchmarks/encoding.py``).
BATCH_CHARACTERS = 1_500
#: Least batches for which the model is opened a second time to run them in bulk.
BULK: Final = 32
#: The most claims of several threads in one run.
BATCH_CLAIMS = 16


class Encoder(Protocol):
    """The interface of an encoder. Implementations are thread-safe."""

    @property
    def fingerprint(self) -> str:
        """Changes when weights, prompts, normaliser version or dimension change."""

    @property
    def dimension(self) -> int:
        """Length of every vector."""

    def encode_claims(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector per text, (texts, dimension): what people ask about."""

    def encode_statements(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return one unit vector per text, (texts, dimension): what sources say."""


def open_encoder(
    name: str,
    models_dir: Path,
    progress: Progress | None = None,
    observe: BatchSizeObserver | None = None,
) -> "SentenceTransformerEncoder":
    """Return the encoder called ``name``, not loaded yet.

    ``name`` is a bundled one's, a sentence-transformers folder, or a model on a hub. ``models_dir``
    is where a bundled model is unpacked, reporting to ``progress``. ``observe`` is called with the
    number of claims in each run.

    Raises ``ModelUnavailable`` for a name that cannot be a model; encoding (and, for a folder or a
    hub's model, ``fingerprint``) raises it for one that turns out not to be.
    """
    return SentenceTransformerEncoder(find_source(name, models_dir, progress), observe)


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: TextModel
    dimension: int


class SentenceTransformerEncoder:
    """An ``Encoder`` over the bundled model or any of sentence-transformers'.

    The first encoding loads the model, once for all threads, and imports torch unless it is the
    bundled one at 8 bits.
    """

    def __init__(self, source: ModelSource, observe: BatchSizeObserver | None = None) -> None:
        self._source = source
        self._loaded: _Loaded | None = None
        self._loading = threading.Lock()
        self._claims: Batcher[str, NDArray[np.float32]] = Batcher(
            self._run_claims, BATCH_CLAIMS, observe
        )

    @property
    def name(self) -> str:
        """The model's name in the settings."""
        return self._source.name

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over everything that decides a vector but the hardware.

        Known without loading the model: from pinned constants for the bundled one, otherwise from
        the contents of its files (a hub's model is downloaded first if it was not yet).
        """
        prompts = self._source.prompts()
        parts = (
            self._source.identity(),
            prompts.claim,
            prompts.statement,
            str(self._source.known_dimension),
            str(NORMALISER_VERSION),
            str(MAX_CHARACTERS),
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def dimension(self) -> int:
        """Length of every vector; loads the model unless it is the bundled one."""
        return self._source.known_dimension or self._load().dimension

    def encode_claims(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors (texts, dimension) of what people ask about.

        Claims of several threads share one run. Raises ``ModelUnavailable`` if the model cannot be
        loaded.
        """
        rows = self._claims(texts)
        return np.stack(rows) if len(rows) else np.empty((0, self.dimension), np.float32)

    def encode_statements(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return unit vectors (texts, dimension) of what sources say.

        ``progress`` is called with the number of texts done. Raises ``ModelUnavailable`` if the
        model cannot be loaded.
        """
        return self._encode(texts, self._source.prompts().statement, progress)

    def _run_claims(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        return list(self._encode(texts, self._source.prompts().claim, None))

    def _encode(
        self, texts: Sequence[str], prompt: str, progress: Progress | None
    ) -> NDArray[np.float32]:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        if not texts:
            return vectors
        model = self._load().model
        read = [prepare_text(text) for text in texts]
        batches = list(batch_by_length([len(prompt + text) for text in read], BATCH_CHARACTERS))
        parts = [[read[index] for index in batch] for batch in batches]
        bulk = len(parts) >= BULK
        found = model.in_bulk(parts, prompt) if bulk else (model(part, prompt) for part in parts)
        done = 0
        for batch, rows in zip(batches, found, strict=True):
            vectors[batch] = rows
            done += len(batch)
            if progress is not None:
                progress(done, len(texts))
        return vectors

    def _load(self) -> _Loaded:
        if self._loaded is None:
            with self._loading:
                if self._loaded is None:
                    self._loaded = self._load_once()
        return self._loaded

    def _load_once(self) -> _Loaded:
        try:
            # Before the first tokenizer, which prints a notice about forks to people's terminals.
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
            model = self._source.load()
            probe = model(["1"], "")
            if not np.isfinite(probe).all():
                raise ValueError("its vectors are not numbers")
            if self._source.known_dimension not in (None, probe.shape[1]):
                raise ValueError(f"its vectors have {probe.shape[1]} dimensions")
        # Its message names the way out already.
        except ModelUnavailable:
            raise
        # Three libraries' loaders raise all kinds of errors: the model cannot be used.
        except Exception as error:
            raise ModelUnavailable(
                f"The embedding model {self.name!r} cannot be used "
                f"({type(error).__name__}: {first_line(error)}): {self._source.remedy}."
            ) from error
        return _Loaded(model, probe.shape[1])


def prepare_text(text: str) -> str:
    """Return what the model reads of ``text``: bounded, normalised, without lone surrogates."""
    text = for_matching(text[:MAX_CHARACTERS])[:MAX_CHARACTERS]
    return text.encode("utf-8", "replace").decode("utf-8")
