"""Start and control a parser process."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from bot.parsing import message_framing
from bot.parsing.errors import ParserUnavailable
from bot.parsing.parser_worker import DONE, MAX_ANSWER, READY, REFUSED, Limits

#: Environment variables that it inherits: those needed to find and run programs. Others may be
#: secrets.
_PASSED: Final = ("PATH", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "TZ")
_CALL: Final = (sys.executable, "-P", "-s", "-B", "-m", "bot.parsing.parser_worker")


class Refusal(Exception):
    """The process refuses a document: the error's ``kind``, and ``why`` in words."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(kind)
        self.kind, self.why = kind, why


class ProcessFailed(Exception):
    """The process died or sent an invalid answer; ``signal`` killed it, if one did."""

    def __init__(self, signal: int | None) -> None:
        super().__init__(f"ended by {signal}")
        self.signal = signal


class Worker:
    """A process that reads documents, one at a time."""

    def __init__(self, limits: Limits) -> None:
        """Start the process. Raises ParserUnavailable."""
        self._channel, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - the call is ours
                    (*_CALL, str(limits.cpu_s), str(limits.memory)),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=_make_environment(),
                    cwd="/",
                    # Its own process group: children are killed with it; Ctrl-C does not reach it.
                    start_new_session=True,
                )
        except OSError as error:
            self._channel.close()
            raise ParserUnavailable("documents cannot be read now; try again later") from error
        #: Number of documents that it was asked to read.
        self.asked = 0
        self._is_ready = self._is_killed = False

    def await_ready(self, seconds: float) -> None:
        """Wait until the process is ready. Raises ParserUnavailable after ``seconds``."""
        if self._is_ready:
            return
        ends = time.monotonic() + seconds
        try:
            self._is_ready = message_framing.receive(self._channel, MAX_ANSWER, ends) == READY
            message_framing.receive(self._channel, MAX_ANSWER, ends)
        except (OSError, EOFError, message_framing.TooLong) as error:
            raise ParserUnavailable("documents cannot be read now; try again later") from error

    def ask(self, job: str, arguments: bytes, data: bytes, seconds: float) -> bytes:
        """Return the answer as JSON.

        Raises Refusal, TimeoutError after ``seconds``, or Broken; after the latter two the process
        cannot be used again.
        """
        ends = time.monotonic() + seconds
        self.asked += 1
        try:
            message_framing.send(self._channel, (job.encode(), arguments, data), ends)
            outcome = message_framing.receive(self._channel, MAX_ANSWER, ends)
            answer = message_framing.receive(self._channel, MAX_ANSWER, ends)
        except TimeoutError:
            raise
        except (OSError, EOFError, message_framing.TooLong) as error:
            raise ProcessFailed(self._find_signal()) from error
        if outcome == REFUSED:
            raise _decode_refusal(answer)
        if outcome != DONE:
            raise ProcessFailed(None)
        return answer

    @property
    def number(self) -> int:
        """The process id (pid)."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process is still running."""
        return not self._is_killed and self._process.poll() is None

    def kill(self) -> None:
        """Kill the process; may be called from any thread, and repeatedly."""
        self._is_killed = True
        # After a dead process is reaped, its pid may be reused.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill the process and wait until it is gone."""
        self.kill()
        self._process.wait()
        self._channel.close()

    def _find_signal(self) -> int | None:
        # If it is dead already, killing it does not change the signal that ended it.
        self.kill()
        code = self._process.wait()
        return -code if code < 0 else None


def _decode_refusal(answer: bytes) -> Exception:
    try:
        kind, why = json.loads(answer)
        return Refusal(str(kind), str(why))
    except (ValueError, TypeError, RecursionError):
        return ProcessFailed(None)


def _make_environment() -> dict[str, str]:
    found = {name: os.environ[name] for name in _PASSED if name in os.environ}
    # The process must import this very code, wherever it is.
    return {
        **found,
        "PYTHONPATH": os.pathsep.join(str(Path(place).absolute()) for place in sys.path),
        "PYTHONUTF8": "1",
        # The memory limit is on address space, of which each malloc arena reserves much.
        "MALLOC_ARENA_MAX": "1",
    }
