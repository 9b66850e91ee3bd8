"""Trained weights that come with the package, a folder each with its model card."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from embeddings.errors import ModelUnavailable

#: The file in each folder, and the file that holds its SHA-256 (hex).
FILE: Final = "weights.safetensors"
DIGEST_FILE: Final = "weights.sha256"
#: Of the encoder that finds statements, and of the cross-encoder that reads them with a claim.
ENCODER: Final = Path(__file__).with_name("encoder")
CROSS_ENCODER: Final = Path(__file__).with_name("cross_encoder")


def sha256(path: Path) -> str:
    """Return the SHA-256 (hex) of a file. Raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def digest(folder: Path) -> str:
    """Return the SHA-256 (hex) of the weights in ``folder``.

    Raises ``ModelUnavailable`` if they are missing, or not those that were written there.
    """
    path = folder / FILE
    try:
        found = sha256(path)
        written = (folder / DIGEST_FILE).read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"The trained weights {path} cannot be read ({type(error).__name__}):"
            " install the program again."
        ) from error
    if found != written:
        raise ModelUnavailable(
            f"The trained weights {path} are damaged: install the program again."
        )
    return found
