"""The cross-encoder in torch: the bundled encoder's layers retrained on claim and statement.

One reading gives five numbers (``Output``). The embedding table is the bundled model's own; the
layers' weights are beside this file with their model card (``benchmarks/training/judge.py`` trains
them).
"""

from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from transformers import BertModel

from embeddings.build.layer_weights import TABLES, load_weights
from embeddings.text.pair_encoding import MARKS, Output

_HIDDEN: Final = 256


class TorchCrossEncoder(nn.Module):
    """Token ids, marks and mask, each (pairs, tokens), to logits (pairs, 5)."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.marks = nn.Embedding(MARKS, width)
        nn.init.zeros_(self.marks.weight)
        self.head = nn.Sequential(
            nn.Linear(2 * width, _HIDDEN), nn.GELU(), nn.Linear(_HIDDEN, len(Output))
        )

    def forward(self, ids: Tensor, marks: Tensor, mask: Tensor) -> Tensor:
        """Return the logits (pairs, 5), columns as in ``Output``."""
        words = self.encoder.get_input_embeddings()(ids)  # type: ignore[operator]
        states = self.encoder(
            inputs_embeds=words + self.marks(marks), attention_mask=mask
        ).last_hidden_state
        weight = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1)
        logits: Tensor = self.head(torch.cat([states[:, 0], mean], dim=-1))
        return logits


def build_untrained(model_folder: Path) -> TorchCrossEncoder:
    """Return a cross-encoder over the encoder in ``model_folder``; its embeddings stay fixed."""
    encoder = BertModel.from_pretrained(
        str(model_folder),
        add_pooling_layer=False,
        local_files_only=True,
        # Torch's fused attention takes twice as long backwards for short texts on a CPU, and is a
        # twentieth slower as ONNX.
        attn_implementation="eager",
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    for name, weights in encoder.named_parameters():
        weights.requires_grad = not any(table in name for table in TABLES)
    return TorchCrossEncoder(encoder, encoder.config.hidden_size)


def load_trained(model_folder: Path, weights: Path) -> TorchCrossEncoder:
    """Return the cross-encoder with the trained weights in the folder ``weights``."""
    model = build_untrained(model_folder)
    with torch.no_grad():
        for part in (model.marks, model.head):
            for values in part.parameters():
                values.zero_()
    load_weights(model, weights)
    return model.eval()
