"""Fork the processes of one bot, and replace each that dies or hangs.

The supervisor has loaded models and index, which its children share until they change them. It
does nothing but wait, so a process that replaces another begins as the first ones did.
"""

import atexit
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, NoReturn

from bot.errors import ProcessesKeepEnding, SettingsError
from bot.stopping import list_stop_signals
from bot.supervision.shared_signals import SharedSignals
from knowledge.backoff import Backoff

#: The number of the process that takes updates in. Those that answer are numbered from 1.
FRONT: Final = 0
#: The exit code of a process that has said why the bot cannot go on.
CANNOT_GO_ON: Final = 1
#: The exit code of a process that an unexpected error ended; another takes its place.
BROKEN: Final = 70
#: Seconds that the processes have to end by themselves.
PATIENCE_S: Final = 25.0
#: Seconds without a heartbeat after which a process hangs and is killed. Heartbeats come each
#: second, whatever the database does.
SILENCE_S: Final = 30.0
#: Seconds after which a process counts as one that works.
_STEADY_S: Final = 60.0
#: Ends within that time, one after the other, after which the bot gives up. More than the deaths
#: after which an update is answered with an apology, so that no update ends the bot.
_MOST_ENDS: Final = 15
_BACKOFF: Final = Backoff(timedelta(seconds=1), timedelta(seconds=15))
_LOOK_S: Final = 1.0
#: A thread that is to end looks up at least this often.
_ENDING_S: Final = 0.7
_THREADS: Final = Path("/proc/self/task")

_log = logging.getLogger(__name__)


def require_fork() -> None:
    """Raise SettingsError unless a process with loaded models may fork on this system."""
    if sys.platform != "linux":
        raise SettingsError(
            "WORKERS above 1 needs Linux, where processes share loaded models; set WORKERS=1"
        )


def wait_for_threads() -> int:
    """Wait until the threads that were told to end have; returns how many others there are.

    Those are of libraries: they do nothing, and nothing of what is forked needs them.
    """
    count, since = _count_threads(), time.monotonic()
    while time.monotonic() - since < _ENDING_S:
        time.sleep(_ENDING_S / 10)
        left = _count_threads()
        if left != count:
            count, since = left, time.monotonic()
    return count - 1


def _count_threads() -> int:
    return len(list(_THREADS.iterdir()))


def end_child(code: int) -> NoReturn:
    """End a forked process as the interpreter would, but for what libraries do at an exit.

    They would wait for threads that a fork does not take along.
    """
    atexit._run_exitfuncs()  # as multiprocessing does in its children
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@dataclass(slots=True)
class _Slot:
    """A place for one process, and how those before it fared."""

    number: int
    pid: int | None = None
    began: float = 0.0
    ends: int = 0
    due: float = 0.0
    beat: float = 0.0
    silent_s: float = 0.0


class Supervisor:
    """Keeps one process that takes updates in, and ``count`` that answer, until it is told to stop.

    ``signals`` were made for the same ``count``. Make it before models load: from then on signals
    to stop wait for ``run``. A process whose heartbeat is silent for
    ``silence_s`` is killed.
    """

    def __init__(
        self,
        count: int,
        signals: SharedSignals,
        patience_s: float = PATIENCE_S,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._slots = [_Slot(number) for number in range(count + 1)]
        self._signals, self._patience_s, self._silence_s = signals, patience_s, silence_s
        self._looked_at = time.monotonic()
        # They are waited for, never handled: nothing interrupts a fork. Threads that libraries
        # start from now on leave them alone, too: one that did not would end all at SIGTERM.
        self._waited = {signal.SIGCHLD, *list_stop_signals()}
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, self._waited)

    def run(self) -> int | None:
        """Return its number in each child, and None here once a signal to stop ended all.

        Raises SystemExit if a child has said why the bot cannot go on, and ProcessesKeepEnding.
        """
        waited, before = self._waited, self._before
        while True:
            for slot in self._slots:
                if slot.pid is None and slot.due <= time.monotonic() and self._fork(slot):
                    signal.pthread_sigmask(signal.SIG_SETMASK, before)
                    return slot.number
            caught = signal.sigtimedwait(waited, _LOOK_S)
            if caught is not None and caught.si_signo != signal.SIGCHLD:
                self._end_all()
                return None
            for slot in self._slots:
                self._look_after(slot)
            self._kill_silent()

    def _fork(self, slot: _Slot) -> bool:
        """Fork a process; returns whether this is it."""
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._signals.leave_supervisor()
            return True
        slot.pid, slot.began, slot.silent_s = pid, time.monotonic(), 0.0
        _log.info("process_started", extra={"worker": slot.number, "pid": pid})
        return False

    def _look_after(self, slot: _Slot) -> None:
        code = self._reap(slot)
        if code is None:
            return
        if code == CANNOT_GO_ON:
            self._end_all()
            raise SystemExit(CANNOT_GO_ON)
        steady = time.monotonic() - slot.began > _STEADY_S
        slot.ends = 1 if steady else slot.ends + 1
        if slot.ends >= _MOST_ENDS:
            self._end_all()
            raise ProcessesKeepEnding(slot.number, code)
        pause = 0.0 if slot.ends == 1 else _BACKOFF.pause(slot.ends - 2).total_seconds()
        slot.due = time.monotonic() + pause
        extra = {"worker": slot.number, "exit_code": code, "retry_in_s": pause}
        _log.error("process_ended", extra=extra)

    def _reap(self, slot: _Slot) -> int | None:
        """Return the exit code of a process that has ended (negative: a signal's number)."""
        if slot.pid is None:
            return None
        pid, status = os.waitpid(slot.pid, os.WNOHANG)
        if pid == 0:
            return None
        slot.pid = None
        self._signals.note_ended(slot.number)
        return os.waitstatus_to_exitcode(status)

    def _kill_silent(self) -> None:
        """Kill each process that hangs: another takes its place as if it had died."""
        now = time.monotonic()
        # If this process was stopped itself, or the machine stood still, so were the others.
        passed, self._looked_at = min(now - self._looked_at, 2 * _LOOK_S), now
        for slot in self._slots:
            beat = self._signals.last_beat(slot.number)
            # Before its first heartbeat it loads what it needs, however long that takes.
            slot.silent_s = slot.silent_s + passed if beat and beat == slot.beat else 0.0
            slot.beat = beat
            if slot.pid is not None and slot.silent_s > self._silence_s:
                extra = {"worker": slot.number, "silent_s": round(slot.silent_s)}
                _log.error("process_hangs", extra=extra)
                os.kill(slot.pid, signal.SIGKILL)
                slot.silent_s = 0.0

    def _end_all(self) -> None:
        """Tell all processes to end, wait for them, and kill those that do not."""
        self._send(signal.SIGTERM)
        until = time.monotonic() + self._patience_s
        while any(slot.pid for slot in self._slots):
            signal.sigtimedwait({signal.SIGCHLD}, _LOOK_S)
            for slot in self._slots:
                self._reap(slot)
            if time.monotonic() > until:
                _log.error("processes_killed")
                self._send(signal.SIGKILL)
                until += self._patience_s

    def _send(self, number: signal.Signals) -> None:
        for slot in self._slots:
            if slot.pid is not None:
                os.kill(slot.pid, number)
