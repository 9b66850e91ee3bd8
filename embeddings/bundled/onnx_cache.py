"""Cache models as ONNX files: exported once from the bundled model, then run without torch."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from embeddings.disk_sync import sync
from embeddings.progress import Progress

if TYPE_CHECKING:
    import onnxruntime

#: A fusion of the runtime that does harm: adding and normalising at once takes seven times as long
#: as one after the other (runtime 1.32; a whole run an eighth longer), and is no closer to float32.
_NOT_FUSED: Final = ("SkipLayerNormFusion",)

_LOCK_SECONDS: Final = 600.0

_log = logging.getLogger(__name__)


def open_or_make(
    path: Path, make: Callable[[Path], None], progress: Progress | None
) -> "onnxruntime.InferenceSession":
    """Return a session on the model in ``path``, which ``make`` writes if it is missing.

    A file that cannot be opened, truncated by a full disk or a power cut, is written again, once.
    Several processes may come at once: one writes it. Raises whatever exporter, quantiser and
    runtime raise.
    """
    session = _open_whole(path)
    if session is None:
        with FileLock(path.with_suffix(".lock"), timeout=_LOCK_SECONDS):
            # Another process may have made it while this one waited.
            session = _open_whole(path)
            if session is None:
                _make(path, make, progress)
                session = _open(path)
    return session


def _open_whole(path: Path) -> "onnxruntime.InferenceSession | None":
    """Return a session, or None if there is no file or it cannot be opened."""
    if not path.exists():
        return None
    try:
        return _open(path)
    # The runtime has a dozen errors for incomplete files.
    except Exception as error:  # noqa: BLE001
        _log.warning("%s cannot be opened (%s); it is made again", path, type(error).__name__)
        return None


def _open(path: Path) -> "onnxruntime.InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # A run stays in its calling thread; ``thread_pool`` divides what is worth dividing.
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(_NOT_FUSED)
    )


def _make(path: Path, make: Callable[[Path], None], progress: Progress | None) -> None:
    if progress is not None:
        progress(0, 1)
    aside = path.with_suffix(".aside")
    make(aside)
    sync(aside)
    aside.replace(path)
    sync(path.parent)
    if progress is not None:
        progress(1, 1)
