"""Trained weights that come with the package, a folder each with its model card."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

#: The file in each folder.
FILE: Final = "weights.safetensors"
#: Of the encoder that finds statements, and of the cross-encoder that reads them with a claim.
ENCODER: Final = Path(__file__).with_name("encoder")
CROSS_ENCODER: Final = Path(__file__).with_name("cross_encoder")


@cache
def digest(folder: Path) -> str:
    """Return the SHA-256 (hex) of the weights in ``folder``. Raises OSError if there are none."""
    with (folder / FILE).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
