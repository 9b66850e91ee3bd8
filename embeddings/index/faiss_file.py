"""Write FAISS indexes to files, raising an error if the disk does not take them."""

from pathlib import Path
from typing import Any

import faiss


def write(index: Any, path: Path) -> None:
    """Write ``index`` to ``path``. Raises OSError if that fails."""
    # What comes with FAISS about its types leaves this out.
    library: Any = faiss
    # FAISS only prints an error of closing its own file, which may be that the disk is full.
    with path.open("wb") as file:
        library.write_index(index, library.PyCallbackIOWriter(file.write))
