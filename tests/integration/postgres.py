"""A PostgreSQL server of the tests' own: on a socket in a folder, thrown away afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

#: Where Debian puts what it does not put on the path.
_DEBIAN = Path("/usr/lib/postgresql")
_USER = "postgres"


def binaries() -> Path | None:
    """Return the folder of the server's programs, the newest version's; None where none can run."""
    if os.geteuid() == 0 and not any(user.pw_name == _USER for user in pwd.getpwall()):
        return None
    found = shutil.which("pg_ctl")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(_DEBIAN.glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def running(programs: Path) -> Iterator[str]:
    """Run a server; gives its address without the database's name at the end."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        # The server refuses to run as root.
        owner = _USER if os.geteuid() == 0 else None
        if owner is not None:
            account = pwd.getpwnam(owner)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data, log = folder / "data", folder / "log"

        def run(*command: str) -> None:
            subprocess.run(command, check=True, user=owner, cwd=folder, stdout=subprocess.DEVNULL)

        run(
            str(programs / "initdb"), "--no-sync", "-U", _USER, "-A", "trust", "-E", "UTF8",
            "--locale=C", "-D", str(data),
        )  # fmt: skip
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c full_page_writes=off"
        run(
            str(programs / "pg_ctl"), "-D", str(data), "-l", str(log), "-w", "-o", options, "start",
        )  # fmt: skip
        try:
            yield f"postgresql+psycopg://{_USER}@/{{}}?host={folder}"
        finally:
            run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


def command(address: str, sql: str) -> None:
    """Run one statement outside any transaction (making and dropping databases must be)."""
    plain = address.format("postgres").replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.encode())
