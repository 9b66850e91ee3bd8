"""Models as ONNX files: made once from the bundled model, then run without torch."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from embeddings.bundled import Progress
from embeddings.durable import sync

if TYPE_CHECKING:
    import onnxruntime

_LOCK_SECONDS: Final = 600.0


def open_made(
    path: Path, make: Callable[[Path], None], step: str, progress: Progress | None
) -> "onnxruntime.InferenceSession":
    """Return a session on the model in ``path``, which ``make`` writes whole if it is not there.

    Several processes may come at once: one makes it. Raises whatever exporter, quantiser and
    runtime raise.
    """
    import onnxruntime

    if not path.exists():
        with FileLock(path.with_suffix(".lock"), timeout=_LOCK_SECONDS):
            # Another process may have made it while this one waited.
            if not path.exists():
                _make(path, make, step, progress)
    options = onnxruntime.SessionOptions()
    # Threads that never spin make one short text a half slower; those that go on spinning after it
    # starve whatever else runs on a small machine.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _make(path: Path, make: Callable[[Path], None], step: str, progress: Progress | None) -> None:
    if progress is not None:
        progress(step, 0.0)
    make(path)
    sync(path)
    sync(path.parent)
    if progress is not None:
        progress(step, 1.0)
