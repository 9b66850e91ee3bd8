"""Export the bundled encoder, stock or trained, and the trained cross-encoder to int8 ONNX.

Imports torch; used once per model.
"""

import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from transformers import BertModel

from embeddings.build.layer_weights import load_weights
from embeddings.build.outlier_channels import NAME, split_outlier_channels
from embeddings.build.torch_cross_encoder import load_trained
from embeddings.bundled.e5_model import PROMPTS, open_tokenizer, tokenized
from embeddings.index.score_normalisation import COHORT
from embeddings.progress import quieten
from embeddings.text.pair_encoding import PairTokenizer

OPSET: Final = 17
#: Sentences that each one of the cohort is paired with, to observe the cross-encoder's activations.
_PARTNERS: Final = 4


def export_pairs(model_folder: Path, weights: Path, path: Path) -> None:
    """Write the cross-encoder of ``weights`` over the model in ``model_folder`` to ``path``."""
    with _quiet():
        tokenizer = PairTokenizer(model_folder)
        pairs = [tokenizer.pair(one, other) for one in COHORT for other in COHORT[:_PARTNERS]]
        batch = tokenizer.batch(pairs)
        example = {"ids": batch.ids, "marks": batch.marks, "mask": batch.mask}
        _export(load_trained(model_folder, weights), example, "logits", path)


def export_encoder(model_folder: Path, weights: Path | None, path: Path) -> None:
    """Write the encoder in ``model_folder``, with mean pooling, to ``path``.

    With ``weights`` its layers are those trained ones.
    """
    with _quiet():
        tokenizer = open_tokenizer(model_folder)
        texts = [kind + text for kind in PROMPTS.values() for text in COHORT]
        batch = tokenized(tokenizer, texts)
        example = {"ids": batch.ids, "mask": batch.mask}
        _export(_Averaged(model_folder, weights).eval(), example, "vectors", path)


class _Averaged(nn.Module):
    def __init__(self, model_folder: Path, weights: Path | None) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(
            model_folder, add_pooling_layer=False, attn_implementation="eager"
        )
        if weights is not None:
            load_weights(self.bert, weights)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        tokens: Tensor = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(tokens.dtype)
        return (tokens * weights).sum(1) / weights.sum(1)


def _export(
    model: nn.Module, example: Mapping[str, NDArray[np.int64]], output: str, path: Path
) -> None:
    """Write ``model`` to ``path`` atomically.

    ``example``, an input of the model, shows which channels are so large that they stay in 32 bits.
    Weights become 8 bits by channel, activations are quantised dynamically. ``reduce_range`` limits
    weights to 7 bits: processors without VNNI saturate at 8.
    """
    inputs = {name: torch.from_numpy(values) for name, values in example.items()}
    split_outlier_channels(model, inputs)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as aside:
        whole, small = Path(aside) / "fp32.onnx", Path(aside) / "int8.onnx"
        with torch.no_grad():
            # The tracing exporter: the newer one needs another package and gives the same graph.
            torch.onnx.export(
                model,
                tuple(values[:2] for values in inputs.values()),
                str(whole),
                input_names=list(inputs),
                output_names=[output],
                dynamic_axes={name: {0: "texts", 1: "tokens"} for name in inputs},
                opset_version=OPSET,
                dynamo=False,
            )
        quantize_dynamic(
            whole,
            small,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gather"],
            per_channel=True,
            reduce_range=True,
            nodes_to_exclude=_apart(whole),
        )
        small.replace(path)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep four libraries' notices off people's terminals and out of the log."""
    quieten()
    root, nowhere = logging.getLogger(), logging.NullHandler()
    # Without a handler the first of those notices would configure logging for the whole process.
    root.addHandler(nowhere)
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        root.removeHandler(nowhere)


def _apart(path: Path) -> list[str]:
    nodes = onnx.load(path, load_external_data=False).graph.node
    return [node.name for node in nodes if f"/{NAME}/" in node.name]
