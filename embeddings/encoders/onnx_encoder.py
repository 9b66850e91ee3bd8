"""Run the bundled encoder at 8 bits: tokens, encoder and mean pooling in ONNX Runtime.

Four times as fast as the same weights in torch, and close enough to them (cosine .997,
``benchmarks/encoding.py``) that vectors of both may be in one index. Importing torch and
sentence-transformers would be most of the program's start time.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from tokenizers import Tokenizer

from embeddings.bundled.e5_model import FORMAT_VERSION as UNPACKED_VERSION
from embeddings.bundled.e5_model import SOURCE_SHA256, open_tokenizer, tokenized
from embeddings.bundled.onnx_cache import open_or_make
from embeddings.progress import Progress
from embeddings.search_results import Vectors
from embeddings.thread_pool import count_processors, run_parallel, share_of_work
from embeddings.weights import digest

if TYPE_CHECKING:
    import onnxruntime

#: Increase when the export changes.
FORMAT_VERSION: Final = 2


class OnnxEncoder:
    """Implements ``text_model.TextModel``. Thread-safe."""

    def __init__(self, tokenizer: Tokenizer, session: "onnxruntime.InferenceSession") -> None:
        self._tokenizer, self._session = tokenizer, session

    def __call__(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Return one unit vector per text, (texts, dimension)."""

        def averaged(part: Sequence[str]) -> Vectors:
            return self._averaged(part, prompt)

        # Neighbours are of like length, to reduce padding.
        size = max(1, share_of_work(len(texts)))
        parts = [texts[start : start + size] for start in range(0, len(texts), size)]
        return _unit(np.concatenate(run_parallel(averaged, parts)))

    def in_bulk(self, batches: Sequence[Sequence[str]], prompt: str) -> Iterator[Vectors]:
        """Yield the vectors of each batch, one batch per processor at a time."""

        def encoded(batch: Sequence[str]) -> Vectors:
            return _unit(self._averaged(batch, prompt))

        with ThreadPoolExecutor(count_processors()) as threads:
            yield from threads.map(encoded, batches)

    def _averaged(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Return the mean over each text's tokens after the prompt, (texts, dimension)."""
        batch = tokenized(self._tokenizer, [prompt + text for text in texts])
        vectors: Vectors
        (vectors,) = self._session.run(None, {"ids": batch.ids, "mask": batch.mask})
        return vectors


def open_onnx_encoder(
    folder: Path,
    models_dir: Path,
    weights: Path | None = None,
    progress: Progress | None = None,
) -> OnnxEncoder:
    """Return the 8-bit model for the one unpacked in ``folder``, exported once to ``models_dir``.

    ``weights`` is the folder of trained ones. Raises whatever exporter, quantiser and runtime
    raise.
    """
    parts = (SOURCE_SHA256, str(UNPACKED_VERSION), digest(weights) if weights is not None else "")
    name = hashlib.sha256(" ".join(parts).encode()).hexdigest()
    path = models_dir / f"encoder-{name[:12]}-v{FORMAT_VERSION}.onnx"
    session = open_or_make(path, lambda aside: _export(folder, weights, aside), progress)
    return OnnxEncoder(open_tokenizer(folder), session)


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _export(folder: Path, weights: Path | None, path: Path) -> None:
    from embeddings.build.onnx_export import export_encoder

    export_encoder(folder, weights, path)
