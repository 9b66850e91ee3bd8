"""The bundled encoder at 8 bits: ONNX Runtime inside a SentenceTransformer module.

Four times as fast as the same weights in torch, and close enough to them (cosine .997,
``benchmarks/encoding.py``) that vectors of both may lie in one index.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule
from tokenizers import Tokenizer
from torch import Tensor

from embeddings.bundled import SOURCE_SHA256, open_tokenizer, tokenized
from embeddings.export import export_encoder
from embeddings.onnx_files import open_made
from embeddings.progress import Progress

#: Raise when the way it is exported changes.
FORMAT_VERSION: Final = 2


def open_quantised(
    folder: Path, models_dir: Path, progress: Progress | None = None
) -> SentenceTransformer:
    """Return the bundled model unpacked in ``folder`` at 8 bits; made once, in ``models_dir``.

    Raises whatever exporter, quantiser and runtime raise.
    """
    path = models_dir / f"encoder-{SOURCE_SHA256[:12]}-v{FORMAT_VERSION}.onnx"
    session = open_made(path, lambda aside: export_encoder(folder, aside), progress)
    transformer = QuantisedTransformer(open_tokenizer(folder), session)
    return SentenceTransformer(modules=[transformer], device="cpu")


class QuantisedTransformer(InputModule):
    """Texts to sentence vectors in one module: tokens, encoder and mean pooling."""

    def __init__(self, tokenizer: Tokenizer, session: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tokenizer = self._tokenizer = tokenizer
        self._session = session

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, Tensor]:
        """Return token ids and mask, each (texts, tokens), of the texts after the prompt."""
        batch = tokenized(self._tokenizer, [(prompt or "") + text for text in inputs])
        return {
            "input_ids": torch.from_numpy(batch.ids),
            "attention_mask": torch.from_numpy(batch.mask),
        }

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add the vectors (texts, dimension) as ``sentence_embedding``."""
        inputs = {
            "ids": features["input_ids"].numpy(),
            "mask": features["attention_mask"].numpy(),
        }
        (vectors,) = self._session.run(None, inputs)
        return features | {"sentence_embedding": torch.from_numpy(vectors)}

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Refuse: it is made from the unpacked model, which is what can be copied."""
        raise NotImplementedError("copy the unpacked model's folder instead")
