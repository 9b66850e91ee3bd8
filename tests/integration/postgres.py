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
from psycopg.rows import TupleRow

#: Where Debian puts what it does not put on the path.
_DEBIAN = Path("/usr/lib/postgresql")
_USER = "postgres"
#: Nothing of it outlives the tests, so nothing needs to be safe on a disk.
_SETTINGS = (
    "listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
    "wal_level=minimal", "max_wal_senders=0", "autovacuum=off", "checkpoint_timeout=1h", "jit=off",
)  # fmt: skip

#: What a database is made of, and which revision it says it is; TRUNCATE changes nothing of it.
_STRUCTURE = """
WITH tables AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace)
SELECT (SELECT array_agg((oid, relname, relkind, relnatts) ORDER BY oid) FROM tables)::text,
  (SELECT array_agg((a.xmin, attrelid, attnum) ORDER BY attrelid, attnum)
    FROM pg_attribute a JOIN tables t ON t.oid = attrelid)::text,
  (SELECT array_agg((c.xmin, c.oid) ORDER BY c.oid)
    FROM pg_constraint c WHERE connamespace = 'public'::regnamespace)::text,
  (SELECT array_agg((xmin, oid) ORDER BY oid) FROM pg_trigger)::text,
  (SELECT array_agg(version_num) FROM alembic_version)::text
"""
_CLEAR = """
DO $$
DECLARE
  name text;
  is_filled boolean;
  filled text[] := '{}';
BEGIN
  FOR name IN SELECT oid::regclass FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO is_filled;
    IF is_filled THEN filled := filled || name; END IF;
  END LOOP;
  IF filled <> '{}' THEN EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE'; END IF;
END $$
"""
#: All of them: of one that was set and not used since (a restore does so) none can tell.
_RESTART = """
SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false)
FROM pg_sequences WHERE schemaname = 'public'
"""
#: Each is waited for: one that is still at work would take numbers after they begin anew.
_END_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


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
        options = " ".join((f"-k {folder}", *(f"-c {each}" for each in _SETTINGS)))
        run(
            str(programs / "pg_ctl"), "-D", str(data), "-l", str(log), "-w", "-o", options, "start",
        )  # fmt: skip
        try:
            yield f"postgresql+psycopg://{_USER}@/{{}}?host={folder}"
        finally:
            run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")


class Reused:
    """A copy of the database `migrated` that tests use one after the other.

    Emptying it takes a tenth of what making and dropping one takes. It is made anew where a test
    left other tables than it found.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self.address = server.format("reused")
        self._make()

    def restart_numbers(self) -> None:
        """Have numbers begin anew: a thread of an earlier test may have taken one since."""
        self._connection.execute(_RESTART)

    def reset(self) -> None:
        """Leave it as it was made; who is still connected is cut off."""
        try:
            self._connection.execute(_END_OTHERS)
            if self._structure() == self._made:
                self._connection.execute(_CLEAR)
                return
        except psycopg.Error:
            # What cannot be looked at is not what was made.
            pass
        self.close()
        self._make()

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()
        command(self._server, "DROP DATABASE reused WITH (FORCE)")

    def _make(self) -> None:
        command(self._server, "CREATE DATABASE reused TEMPLATE migrated")
        plain = self.address.replace("+psycopg", "")
        self._connection = psycopg.connect(plain, autocommit=True)
        self._made = self._structure()

    def _structure(self) -> TupleRow | None:
        return self._connection.execute(_STRUCTURE).fetchone()


def command(address: str, sql: str) -> None:
    """Run one statement outside any transaction (making and dropping databases must be)."""
    plain = address.format("postgres").replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql.encode())
