"""Store the trained weights of a model's layers as 4-bit differences from the bundled ones.

A table of weights is stored as its difference from the bundled one at 4 bits, in groups of
``GROUP`` values that share a scale (Liu et al. 2024, "BitDelta", keep such differences at one bit):
half the size of whole weights at 8 bits. Tables that the bundled model lacks (heads, marks) are
stored the same way, and small ones (norms, biases) whole, in half precision. Embedding tables are
never trained, so never stored.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from embeddings.weights import DIGEST_FILE, FILE, sha256

#: Parts of the names of untrained tables.
TABLES: Final = ("word_embeddings", "position_embeddings", "token_type_embeddings")
#: Values that share a scale.
GROUP: Final = 64
#: Prefix of the name of a table's scales.
_SCALE: Final = "scale:"
#: Steps on each side of zero that 4 bits have.
_STEPS: Final = 7
_ZERO: Final = 8


def save_weights(
    weights: Mapping[str, Tensor], bundled: Mapping[str, Tensor], folder: Path
) -> None:
    """Write ``weights`` by name into ``folder``, relative to those of the ``bundled`` model."""
    folder.mkdir(parents=True, exist_ok=True)
    kept: dict[str, Tensor] = {}
    for name, values in weights.items():
        whole = values.detach().float()
        if whole.dim() < 2 or whole.numel() % GROUP:
            kept[name] = whole.half().contiguous()
            continue
        groups = (whole - bundled.get(name, torch.zeros(()))).reshape(-1, GROUP)
        scales = (groups.abs().amax(1, keepdim=True) / _STEPS).half().float()
        steps = (groups / scales.clamp_min(1e-8)).round().clamp(-_STEPS, _STEPS) + _ZERO
        pairs = steps.to(torch.uint8).reshape(-1, 2)
        kept[name] = pairs[:, 0] | (pairs[:, 1] << 4)
        kept[_SCALE + name] = scales.half().squeeze(1).contiguous()
    aside = folder / f"{FILE}.tmp"
    save_file(kept, aside)
    # safetensors makes its files readable by the owner only; a package is for everybody.
    aside.chmod(0o644)
    written = sha256(aside)
    aside.replace(folder / FILE)
    (folder / DIGEST_FILE).write_text(f"{written}\n", "ascii")


def load_weights(model: nn.Module, folder: Path) -> None:
    """Add what is stored in ``folder`` to the bundled weights of ``model``.

    Tables that the bundled model lacks must be zero there. Raises ``ValueError`` if it is another
    model's.
    """
    kept = load_file(folder / FILE)
    own = model.state_dict()
    names = {name for name in kept if not name.startswith(_SCALE)}
    left = {name for name in own if not any(table in name for table in TABLES)} ^ names
    if left:
        raise ValueError(f"weights of another model: {sorted(left)[:3]}")
    with torch.no_grad():
        for name in names:
            scales = kept.get(_SCALE + name)
            if scales is None:
                own[name].copy_(kept[name])
                continue
            steps = torch.stack([kept[name] & 15, kept[name] >> 4], 1).float() - _ZERO
            differs = steps.reshape(-1, GROUP) * scales.float().unsqueeze(1)
            own[name].add_(differs.reshape(own[name].shape))
