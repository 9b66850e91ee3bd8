"""Keep the metrics of a bot's processes in one folder, so that one of them can serve the sums.

Enter ``share_metrics`` before ``telemetry`` is imported: the library reads the environment once.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import mkdtemp
from typing import Final

#: Names the folder to the library.
VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def share_metrics() -> Iterator[None]:
    """Share metrics among this process and those that it forks in the body."""
    owner = os.getpid()
    os.environ[VARIABLE] = mkdtemp(prefix="tathabbat-metrics-")
    try:
        yield
    finally:
        if os.getpid() == owner:
            remove_metrics()


def remove_metrics() -> None:
    """Remove the shared folder, if there is one."""
    folder = os.environ.get(VARIABLE)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
