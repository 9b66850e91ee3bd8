"""Killed a hundred times at any moment of its work, nothing acknowledged is ever lost."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KILLS = 100


def test_a_hundred_kills_leave_everything_whole(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.killing", str(tmp_path), "1", str(KILLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"whole after {KILLS} kills" in done.stdout
