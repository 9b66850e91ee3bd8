"""Models of sentence-transformers: any of them as a ``TextModel``, and the bundled one as one.

Imports torch, which takes seconds: only where a model needs it.
"""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule
from sentence_transformers.util import batch_to_device
from torch import Tensor
from torch.nn import functional

from embeddings.build.layer_weights import load_weights
from embeddings.bundled.e5_model import TextBatch
from embeddings.encoders.onnx_encoder import OnnxEncoder
from embeddings.progress import quieten
from embeddings.search_results import Vectors


def open_sentence_transformer(
    folder: Path, weights: Path | None = None
) -> "SentenceTransformerTexts":
    """Return the model in ``folder`` as sentence-transformers reads it. Raises what that raises.

    With ``weights`` its transformer's layers are those trained ones.
    """
    quieten()
    # local_files_only: what is named in a folder's files is never fetched.
    model = SentenceTransformer(str(folder), local_files_only=True).eval()
    if weights is not None:
        load_weights(model.get_submodule("0.model"), weights)
    return SentenceTransformerTexts(model)


class SentenceTransformerTexts:
    """Implements ``text_model.TextModel`` over any sentence-transformers model."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model
        # Fast tokenizers keep padding state and must not be entered twice; the forward pass may.
        self._tokenizing = threading.Lock()

    def __call__(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Return a unit vector a text, (texts, dimension)."""
        with torch.inference_mode():
            with self._tokenizing:
                features = self._model.preprocess(list(texts), prompt=prompt or None)
            output = self._model(batch_to_device(features, self._model.device))
            # Not every model ends in a Normalize module.
            unit = functional.normalize(output["sentence_embedding"].float())
        vectors: Vectors = unit.cpu().numpy()
        return vectors

    def in_bulk(self, batches: Sequence[Sequence[str]], prompt: str) -> Iterator[Vectors]:
        """Yield the vectors of each batch; torch shares each out among the processors itself."""
        return (self(batch, prompt) for batch in batches)


def as_sentence_transformer(model: OnnxEncoder) -> SentenceTransformer:
    """Return the bundled model at 8 bits as a SentenceTransformer."""
    return SentenceTransformer(modules=[QuantisedTransformer(model)], device="cpu")


class QuantisedTransformer(InputModule):
    """Texts to sentence vectors in one module, run by ONNX Runtime."""

    def __init__(self, model: OnnxEncoder) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._quantised = model

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, Tensor]:
        """Return token ids and mask, each (texts, tokens), of the texts after the prompt."""
        batch = self._quantised.tokens(inputs, prompt or "")
        return {
            "input_ids": torch.from_numpy(batch.ids),
            "attention_mask": torch.from_numpy(batch.mask),
        }

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add the vectors (texts, dimension) as ``sentence_embedding``."""
        ids, mask = features["input_ids"].numpy(), features["attention_mask"].numpy()
        vectors = torch.from_numpy(self._quantised.averaged(TextBatch(ids, mask)))
        return features | {"sentence_embedding": vectors}

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Refuse: it is made from the unpacked model, which is what can be copied."""
        raise NotImplementedError("copy the unpacked model's folder instead")
