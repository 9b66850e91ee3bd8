"""FAISS's indexes as files: what the disk does not take is an error."""

from pathlib import Path
from typing import Any

import faiss


def write(index: Any, path: Path) -> None:
    """Write ``index`` to ``path``. Raises OSError if the disk does not take it."""
    # What comes with FAISS about its types leaves this out.
    library: Any = faiss
    # FAISS only prints what closing its own file says, and that may be that the disk is full.
    with path.open("wb") as file:
        library.write_index(index, library.PyCallbackIOWriter(file.write))
