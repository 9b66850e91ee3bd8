"""Split outlier channels from a transformer's layers, to compute them in 32 bits beside 8.

A few input channels of BERT's feed-forward blocks are many times larger than all others, and 8 bits
for the whole input leave nothing for the others (Dettmers et al. 2022, "LLM.int8(): 8-bit matrix
multiplication for transformers at scale").
"""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

#: Channels split from each layer. Any number from 2 to 32 brings the outputs for 400 ANS train
#: pairs closer to 32 bits than leaving half of those layers unquantised.
APART: Final = 8
#: Part of the names of what must stay in 32 bits.
NAME: Final = "apart"


class _Parted(nn.Module):
    channels: Tensor
    others: Tensor

    def __init__(self, dense: nn.Linear, largest: Tensor) -> None:
        super().__init__()
        channels = largest.topk(min(APART, len(largest))).indices.sort().values
        weights = dense.weight.detach()
        others = torch.ones_like(largest)
        others[channels] = 0.0
        self.register_buffer("channels", channels)
        self.register_buffer("others", others)
        self.dense = dense
        self.add_module(NAME, nn.Linear(len(channels), dense.out_features, bias=False))
        self.get_submodule(NAME).weight.data = weights[:, channels].clone()
        dense.weight.data = weights * others

    def forward(self, inputs: Tensor) -> Tensor:
        apart = inputs.index_select(-1, self.channels)
        result: Tensor = self.dense(inputs * self.others) + self.get_submodule(NAME)(apart)
        return result


def split_outlier_channels(model: nn.Module, example: Mapping[str, Tensor]) -> None:
    """Split the feed-forward layers of ``model`` in place, by their inputs on ``example``.

    ``example`` is an input of the model, by name. The model's output stays the same.
    """
    largest: dict[str, Tensor] = {}
    layers = {name: each for name, each in model.named_modules() if _feeds_forward(name, each)}

    def note(name: str, inputs: Tensor) -> None:
        largest[name] = inputs.detach().abs().flatten(0, -2).amax(0)

    hooks = [
        each.register_forward_pre_hook(lambda _, inputs, name=name: note(name, inputs[0]))
        for name, each in layers.items()
    ]
    with torch.no_grad():
        model(**example)
    for hook in hooks:
        hook.remove()
    for name, layer in layers.items():
        parent, _, own = name.rpartition(".")
        setattr(model.get_submodule(parent), own, _Parted(layer, largest[name]))


def _feeds_forward(name: str, module: nn.Module) -> bool:
    """Return whether it is a layer of BERT's feed-forward blocks, by transformers' names."""
    return isinstance(module, nn.Linear) and name.endswith(".dense") and ".attention." not in name
