"""The supervisor of several processes: what it replaces, and when everything ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.forking import SILENCE_S

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


@contextmanager
def forking(how: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.e2e.forking", how]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def read(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def read_pid(program: subprocess.Popen[str], number: int) -> int:
    """Return the pid of the next child of this number."""
    while True:
        found, pid = read(program).split()
        if int(found) == number:
            return int(pid)


def test_who_is_killed_is_replaced_and_a_signal_ends_all() -> None:
    with forking("wait") as program:
        for _ in range(3):
            os.kill(read_pid(program, 1), signal.SIGKILL)
        read_pid(program, 1)
        program.send_signal(signal.SIGTERM)
        assert read(program) == "all ended"
        assert program.wait(PATIENCE) == 0


def test_a_signal_ends_all_whatever_thread_is_left_beside_the_supervisor() -> None:
    with forking("thread") as program:
        read_pid(program, 1)
        program.send_signal(signal.SIGTERM)
        assert read(program) == "all ended"
        assert program.wait(PATIENCE) == 0


def test_who_hangs_is_replaced_and_who_has_not_begun_is_left() -> None:
    with forking("beat") as program:
        stopped = read_pid(program, 1)
        os.kill(stopped, signal.SIGSTOP)
        assert read_pid(program, 1) != stopped
        program.send_signal(signal.SIGTERM)
        assert read(program) == "all ended"


def test_nobody_is_replaced_because_the_machine_stood_still() -> None:
    with forking("beat") as program:
        pids = [program.pid, *(int(read(program).split()[1]) for _ in range(2))]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(2 * SILENCE_S)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.2)
        program.send_signal(signal.SIGTERM)
        assert read(program) == "all ended"


def test_a_hangup_ends_all_unless_it_is_ignored() -> None:
    with forking("wait") as program:
        read(program), read(program)
        program.send_signal(signal.SIGHUP)
        assert read(program) == "all ended"
        assert program.wait(PATIENCE) == 0
    with forking("nohup") as program:
        first = read_pid(program, 1)
        program.send_signal(signal.SIGHUP)
        os.kill(first, signal.SIGKILL)
        assert read_pid(program, 1) != first


def test_who_says_why_it_cannot_go_on_ends_all() -> None:
    with forking("refuse") as program:
        assert program.wait(PATIENCE) == 1


def test_who_breaks_at_every_start_ends_all_with_a_sentence() -> None:
    with forking("break") as program:
        said = program.communicate(timeout=PATIENCE)
        assert program.returncode == 1
    assert "process 1 of the bot ends soon after each start (exit code 70)" in said[1]
    # More often than an update may kill processes before it is answered with an apology.
    assert sum(line.startswith("1 ") for line in said[0].splitlines()) == 15


def test_nothing_outlives_the_supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with forking("wait") as program:
        read(program), read(program)
        assert len(list(tmp_path.iterdir())) == 1
        program.kill()
        assert [read(program), read(program)] == ["orphaned", "orphaned"]
        assert read(program) == ""
        assert list(tmp_path.iterdir()) == []
