"""Kill `db restore` a hundred times at random moments; check what is left.

    python -m benchmarks.restore_kills [--kills N] [--seed N]

For SQLite, and for PostgreSQL where it is installed (a server of its own). After each kill the
database must hold all of the old state or all of the new one, byte for byte of every row, and a
program that follows must serve what is published. Prints how many kills left which.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.integration.postgres import binaries, command, running


def main() -> None:
    """Run the benchmark and print its figures; exits 1 where anything was lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    failed = _kill("SQLite", given.kills, given.seed)
    programs = binaries()
    if programs is not None:
        with running(programs) as address:
            command(address, "CREATE DATABASE killed")
            failed += _kill("PostgreSQL", given.kills, given.seed, address.format("killed"))
    sys.exit(1 if failed else 0)


def _kill(name: str, kills: int, seed: int, url: str | None = None) -> int:
    with tempfile.TemporaryDirectory() as folder:
        arguments = [str(Path(folder)), str(seed), str(kills)]
        database = ["--database", url] if url else []
        print(f"{name}: ", end="", flush=True)
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "tests.e2e.killed_restore", *arguments, *database], check=False
        )
    return done.returncode


if __name__ == "__main__":
    main()
