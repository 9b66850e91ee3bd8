"""The program as people run it: the `tathabbat` command, on a data folder and settings of its own.

For tests, and for whatever measures the running bot.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.e2e.bot_api_server import TOKEN, BotApiServer

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "knowledge" / "samples" / "last-isis-pocket.txt"

#: Far longer than loading the model takes; reached only where it never ends.
_PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder the program works in. Nothing else is read: no .env, no settings of who runs it."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def call(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [_command(), *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            encoding="utf-8",
            timeout=_PATIENCE,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one command and do not wait for it."""
        return subprocess.Popen(
            [_command(), *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    @contextmanager
    def running(self, server: BotApiServer, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run the bot for the body, from when it asks for updates; ``log`` gets all it prints."""
        # One that ran before asked as well.
        before = len(server.calls)
        with log.open("wb") as output:
            process = self.launch(server, output)
        try:
            while True:
                try:
                    server.wait_for_call("getUpdates", after=before, timeout=1.0)
                    break
                except AssertionError:
                    if process.poll() is not None:
                        raise AssertionError(log.read_text("utf-8")) from None
            yield process
        finally:
            process.terminate()
            process.wait(_PATIENCE)

    def launch(self, server: BotApiServer, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the bot, with all it prints into ``output``, and do not wait for it."""
        environment = self.environment() | {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_URL": server.url,
        }
        return subprocess.Popen(
            [_command(), "run"], cwd=self.folder, env=environment, stdout=output, stderr=output
        )

    def environment(self) -> dict[str, str]:
        kept = {
            name: os.environ[name]
            for name in ("PATH", "PYTHONPATH", "SYSTEMROOT")
            if name in os.environ
        }
        return {**kept, "HF_HUB_OFFLINE": "1", "DATA_DIR": "data", **self.settings}


def installation(folder: Path, models: Path | None = None) -> Installation:
    """Return the program in ``folder``; ``models`` is where the unpacked model already lies."""
    (folder / "data").mkdir(parents=True)
    if models is not None:
        (folder / "data" / "models").symlink_to(models, target_is_directory=True)
    return Installation(folder)


def _command() -> str:
    return str(Path(sys.executable).with_name("tathabbat"))
