"""Run the trained cross-encoder as int8 ONNX, exported once from the bundled model and weights.

The export needs torch and some seconds; afterwards torch is not imported.
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from embeddings.batching import batch_by_length
from embeddings.bundled.e5_model import SOURCE_SHA256, ensure_unpacked
from embeddings.errors import ModelUnavailable, first_line
from embeddings.progress import Progress
from embeddings.text.normalisation import NORMALISER_VERSION
from embeddings.text.pair_encoding import Output, PairBatch, PairTokenizer, PairTokens
from embeddings.thread_pool import run_parallel, share_of_work
from embeddings.weights import CROSS_ENCODER, digest

if TYPE_CHECKING:
    import onnxruntime

#: Increase when the input layout, or what the model computes, changes.
FORMAT_VERSION: Final = 5
#: Increase when the export changes but not what the model computes.
EXPORT_VERSION: Final = 2
#: Tokens per run, with padding: what fits a processor's cache.
BATCH_TOKENS: Final = 512
#: Least tokens worth another processor's run.
LEAST_TOKENS: Final = 64
#: Readings cached: the judge need not read again what the reranker just read.
REMEMBERED: Final = 256


class Pair(NamedTuple):
    """A claim and a statement to read. ``context`` names what the statement leaves unsaid."""

    claim: str
    statement: str
    context: str = ""


def relation_probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probability of each relation, (pairs, 3), from logits (pairs, 5)."""
    scores = logits[:, : Output.RELEVANT]
    powers = np.exp(scores - scores.max(1, keepdims=True))
    found: NDArray[np.float32] = powers / powers.sum(1, keepdims=True)
    return found


class CrossEncoder(Protocol):
    """Reads claims and statements together. Thread-safe."""

    @property
    def fingerprint(self) -> str:
        """Changes when anything that decides a reading changes."""

    def read(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Return logits (pairs, 5) of each pair, columns as in ``Output``."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    tokenizer: PairTokenizer
    session: "onnxruntime.InferenceSession"


class OnnxCrossEncoder:
    """Implements ``CrossEncoder`` over the bundled model, exported and loaded at first use.

    ``weights`` is the folder of the trained ones.
    """

    def __init__(
        self,
        models_dir: Path,
        progress: Progress | None = None,
        weights: Path = CROSS_ENCODER,
    ) -> None:
        self._models_dir, self._progress, self._weights = models_dir, progress, weights
        self._loading = threading.Lock()
        self._loaded: _Loaded | None = None
        self._recent: LRUCache[Pair, NDArray[np.float32]] = LRUCache(REMEMBERED)
        self._remembering = threading.Lock()

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over the base model, the weights and how pairs are read."""
        parts = (SOURCE_SHA256, digest(self._weights), str(NORMALISER_VERSION), str(FORMAT_VERSION))
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    def read(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Return logits (pairs, 5). Raises ``ModelUnavailable`` if the model cannot be made."""
        if not pairs:
            return np.zeros((0, len(Output)), np.float32)
        tokenizer = self._load().tokenizer
        with self._remembering:
            known = {pair: self._recent[pair] for pair in pairs if pair in self._recent}
        new = [pair for pair in dict.fromkeys(pairs) if pair not in known]
        read = self._run([tokenizer.pair(*pair) for pair in new])
        known |= dict(zip(new, read, strict=True))
        with self._remembering:
            self._recent.update(known)
        return np.stack([known[pair] for pair in pairs])

    def _run(self, pairs: Sequence[PairTokens]) -> list[NDArray[np.float32]]:
        loaded = self._load()
        sizes = [len(pair.ids) for pair in pairs]
        budget = min(max(share_of_work(sum(sizes)), LEAST_TOKENS), BATCH_TOKENS)
        batches = list(batch_by_length(sizes, budget))

        def run(rows: list[int]) -> NDArray[np.float32]:
            logits: NDArray[np.float32]
            batch = loaded.tokenizer.batch([pairs[n] for n in rows])
            (logits,) = loaded.session.run(None, _inputs(batch))
            return logits

        found = dict(zip(chain(*batches), chain(*run_parallel(run, batches)), strict=True))
        return [found[n] for n in range(len(pairs))]

    def _load(self) -> "_Loaded":
        if self._loaded is None:
            with self._loading:
                if self._loaded is None:
                    self._loaded = self._load_once()
        return self._loaded

    def _load_once(self) -> "_Loaded":
        from embeddings.bundled.onnx_cache import open_or_make

        folder = ensure_unpacked(self._models_dir, self._progress)
        name = f"cross-encoder-{self.fingerprint[:12]}-v{EXPORT_VERSION}.onnx"
        path = self._models_dir / name
        try:
            session = open_or_make(
                path, lambda aside: _export(folder, self._weights, aside), self._progress
            )
        # Exporter, quantiser and runtime raise all kinds of errors: without them there is no judge.
        except Exception as error:
            raise ModelUnavailable(
                f"The judge cannot be prepared in {self._models_dir} ({first_line(error)}): "
                "make the folder writable, leave 2 GB free, and start again."
            ) from error
        return _Loaded(PairTokenizer(folder), session)


def _export(folder: Path, weights: Path, path: Path) -> None:
    from embeddings.build.onnx_export import export_pairs

    export_pairs(folder, weights, path)


def _inputs(batch: PairBatch) -> dict[str, NDArray[np.int64]]:
    return {"ids": batch.ids, "marks": batch.marks, "mask": batch.mask}
