"""The bundled encoder and the merged cross-encoder to int8 ONNX files.

Imports torch; used once for each model.
"""

import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from transformers import BertModel

from embeddings.cross_encoder import merged
from embeddings.encoder import quieten
from embeddings.pair_tokens import MARKS

OPSET: Final = 17


def export_pairs(model_folder: Path, adapters: Path, path: Path) -> None:
    """Write the cross-encoder of ``adapters`` over the model in ``model_folder`` to ``path``.

    On 160 ANS train pairs 98 % of the relations stay as in 32 bits; with weights by tensor and the
    layers of ``_outliers`` quantised too, a quarter of them change.
    """
    with _quiet():
        example = (
            torch.full((2, 9), 5),
            torch.arange(18).reshape(2, 9) % MARKS,
            torch.ones((2, 9), dtype=torch.long),
        )
        model = merged(model_folder, adapters)
        _export(model, dict(zip(("ids", "marks", "mask"), example, strict=True)), "logits", path)


def export_encoder(model_folder: Path, path: Path) -> None:
    """Write the encoder in ``model_folder``, its token vectors averaged, to ``path``."""
    with _quiet():
        example = {
            "ids": torch.full((2, 9), 5),
            "mask": torch.ones((2, 9), dtype=torch.long),
        }
        _export(_Averaged(model_folder).eval(), example, "vectors", path)


class _Averaged(nn.Module):
    def __init__(self, model_folder: Path) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(
            model_folder, add_pooling_layer=False, attn_implementation="eager"
        )

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        tokens: Tensor = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(tokens.dtype)
        return (tokens * weights).sum(1) / weights.sum(1)


def _export(model: nn.Module, example: dict[str, Tensor], output: str, path: Path) -> None:
    """Write ``model`` to ``path``, whole or not at all.

    Weights become 8 bits by channel, activations are quantised as they come. ``reduce_range`` keeps
    weights to 7 bits: processors without VNNI saturate at 8.
    """
    names: Sequence[str] = list(example)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as aside:
        whole, small = Path(aside) / "fp32.onnx", Path(aside) / "int8.onnx"
        with torch.no_grad():
            # The tracing exporter: the newer one needs a package more and gives the same graph.
            torch.onnx.export(
                model,
                tuple(example.values()),
                str(whole),
                input_names=names,
                output_names=[output],
                dynamic_axes={name: {0: "texts", 1: "tokens"} for name in names},
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
            nodes_to_exclude=_outliers(whole),
        )
        small.replace(path)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep four libraries' notices off people's terminals and out of the log."""
    quieten()
    root, nowhere = logging.getLogger(), logging.NullHandler()
    # Without a handler the first of those notices would set up logging for the whole process.
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


def _outliers(path: Path) -> list[str]:
    """Return the layers kept in 32 bits: what leaves the feed-forward blocks has a few huge values.

    (Bondarenko, Nagel & Blankevoort 2021, "Understanding and overcoming the challenges of efficient
    transformer quantization".)
    """
    nodes = onnx.load(path, load_external_data=False).graph.node
    return [
        node.name
        for node in nodes
        if node.op_type == "MatMul"
        and "/output/dense/" in node.name
        and "/attention/" not in node.name
    ]
