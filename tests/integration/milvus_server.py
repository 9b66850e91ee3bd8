"""A Milvus server of the tests' own: Milvus Lite on loopback, killed and started at will."""

import importlib.util
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_RUN = "import sys; from milvus_lite.cmdline import main; sys.exit(main(sys.argv[1:]))"
_STARTS_WITHIN_S = 60.0


def require_milvus_lite() -> None:
    """Skip where the tests' engine is not installed."""
    for name in ("pymilvus", "milvus_lite"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed (pip install 'tathabbat[test]')")


class MilvusServer:
    """One data folder and one port, and the process that serves them while it runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, and wait until it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        place = ["--data-dir", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        log = self.folder.with_suffix(".log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _RUN, "server", *place], stdout=log, stderr=log
            )
        until = time.monotonic() + _STARTS_WITHIN_S
        while time.monotonic() < until:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._process.poll() is None, self.folder.with_suffix(".log").read_text()
            time.sleep(0.1)
        raise AssertionError("milvus-lite does not start")

    def kill(self) -> None:
        """End the process as a power cut does."""
        self._signal(signal.SIGKILL)

    def pause(self) -> None:
        """Have the process answer nothing, with its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the process go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None


@contextmanager
def running(folder: Path) -> Iterator[MilvusServer]:
    """Run a server on a folder of its own."""
    server = MilvusServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
