"""The cross-encoder: the bundled encoder with LoRA adapters, reading two texts at once.

One reading gives four numbers (``Output``): three logits of the relation and one of relevance. The
adapters lie beside this file with their model card; ``benchmarks/training/judge.py`` trains them.
"""

import warnings
from pathlib import Path
from typing import Final

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import BertModel

from embeddings.pair_reader import Output
from embeddings.pair_tokens import MARKS

_HEADS = "heads.safetensors"
#: What the bundled weights are the 4-bit form of.
BASE: Final = "intfloat/multilingual-e5-small"

#: Rank and scale of the adapters (Hu et al. 2021), on every linear layer of the encoder.
RANK: Final = 32
ALPHA: Final = 64
_TARGETS = ["query", "key", "value", "dense"]
_HIDDEN = 256


class CrossEncoder(nn.Module):
    """Token ids, marks and mask, each (pairs, tokens), to logits (pairs, 4)."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.marks = nn.Embedding(MARKS, width)
        nn.init.zeros_(self.marks.weight)
        self.head = nn.Sequential(
            nn.Linear(2 * width, _HIDDEN), nn.GELU(), nn.Linear(_HIDDEN, len(Output))
        )

    def forward(self, ids: Tensor, marks: Tensor, mask: Tensor) -> Tensor:
        """Return the logits (pairs, 4), columns as in ``Output``."""
        words = self.encoder.get_input_embeddings()(ids)  # type: ignore[operator]
        states = self.encoder(
            inputs_embeds=words + self.marks(marks), attention_mask=mask
        ).last_hidden_state
        weight = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1)
        logits: Tensor = self.head(torch.cat([states[:, 0], mean], dim=-1))
        return logits


def untrained(model_folder: Path) -> CrossEncoder:
    """Return a cross-encoder with fresh adapters over the encoder in ``model_folder``."""
    encoder = _encoder(model_folder)
    # Torch's fused attention goes back through short texts on a CPU at half this one's speed.
    encoder.set_attn_implementation("eager")
    use_dropout(encoder, 0.0)
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=_TARGETS)
    return CrossEncoder(get_peft_model(encoder, config), encoder.config.hidden_size)


def use_dropout(model: nn.Module, share: float) -> None:
    """Drop ``share`` of what each block puts out; attention is never dropped, to save time."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0 if name.endswith("self.dropout") else share


def save_adapters(model: CrossEncoder, folder: Path) -> None:
    """Write what was trained: the adapters as peft keeps them, and the heads; half precision."""
    folder.mkdir(parents=True, exist_ok=True)
    # The folder it was unpacked to is nobody's business.
    model.encoder.peft_config["default"].base_model_name_or_path = BASE  # type: ignore[index,union-attr]
    model.encoder.save_pretrained(str(folder))  # type: ignore[operator]
    path = folder / "adapter_model.safetensors"
    save_file({name: tensor.half() for name, tensor in load_file(path).items()}, path)
    heads = {
        name: tensor.detach().half().contiguous()
        for name, tensor in model.state_dict().items()
        if name.startswith(("marks.", "head."))
    }
    save_file(heads, folder / _HEADS)


def merged(model_folder: Path, adapters: Path) -> CrossEncoder:
    """Return the trained cross-encoder, its adapters merged into the encoder's own weights."""
    encoder = _encoder(model_folder)
    # As ONNX this is a twentieth faster than torch's fused attention, which has to be written out.
    encoder.set_attn_implementation("eager")
    width = encoder.config.hidden_size
    with warnings.catch_warnings():
        # peft 0.21 asks transformers 5 by a name it is about to drop.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        adapted = PeftModel.from_pretrained(encoder, str(adapters)).merge_and_unload()
    model = CrossEncoder(adapted, width)
    heads = {name: tensor.float() for name, tensor in load_file(adapters / _HEADS).items()}
    model.marks.load_state_dict(_part(heads, "marks."))
    model.head.load_state_dict(_part(heads, "head."))
    return model.eval()


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)
    }


def _encoder(model_folder: Path) -> BertModel:
    return BertModel.from_pretrained(
        str(model_folder), add_pooling_layer=False, local_files_only=True
    )
