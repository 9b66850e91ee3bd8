"""Load any model of sentence-transformers as a ``TextModel``.

Imports torch, which takes seconds: only where a model needs it.
"""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import batch_to_device
from torch.nn import functional

from embeddings.build.layer_weights import load_weights
from embeddings.progress import quieten
from embeddings.search_results import Vectors


def open_sentence_transformer(
    folder: Path, weights: Path | None = None
) -> "SentenceTransformerTexts":
    """Return the sentence-transformers model in ``folder``. Raises what the library raises.

    With ``weights`` its transformer's layers are those trained ones.
    """
    quieten()
    # local_files_only: nothing named in a folder's files is downloaded.
    model = SentenceTransformer(str(folder), local_files_only=True).eval()
    if weights is not None:
        load_weights(model.get_submodule("0.model"), weights)
    return SentenceTransformerTexts(model)


class SentenceTransformerTexts:
    """Implements ``text_model.TextModel`` over any sentence-transformers model."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model
        # Fast tokenizers have padding state and are not thread-safe; the forward pass is.
        self._tokenizing = threading.Lock()

    def __call__(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Return one unit vector per text, (texts, dimension)."""
        with torch.inference_mode():
            with self._tokenizing:
                features = self._model.preprocess(list(texts), prompt=prompt or None)
            output = self._model(batch_to_device(features, self._model.device))
            # Not every model ends in a Normalize module.
            unit = functional.normalize(output["sentence_embedding"].float())
        vectors: Vectors = unit.cpu().numpy()
        return vectors

    def in_bulk(self, batches: Sequence[Sequence[str]], prompt: str) -> Iterator[Vectors]:
        """Yield the vectors of each batch; torch itself uses all processors."""
        return (self(batch, prompt) for batch in batches)
