"""Detect which processes of this host are alive, so that leases of dead ones end at once.

Each process holds a lock on a file of its own, named like the holder of its leases. The kernel
frees the lock however the process ends, so whoever can lock another's file knows that its owner is
dead; neither pids, which are reused, nor clocks are needed. Names are random and never reused.
Processes that share a database but no folder wait for each other's leases to end.

A folder may be copied to another host that uses the same database: nobody locks the copies, though
their owners live. So each file holds an identity of machine and inode; a file with another identity
is a copy: it is removed, and no lease ends. When in doubt this waits, as after a restart that
numbers the disks anew. One case is left: a file system that two hosts share but that keeps locks to
each (NFS with ``local_lock``), where both have one machine id or none and number the disk alike;
give each host a DATA_DIR of its own there.
"""

import contextlib
import hashlib
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

_log = logging.getLogger(__name__)

_SUFFIX: Final = ".lock"
#: Must not be exposed as it is: https://www.freedesktop.org/software/systemd/man/machine-id.html
_MACHINE_ID: Final = Path("/etc/machine-id")


class ProcessLock:
    """This process's ``name``, and the lock that shows that it is alive.

    If the folder cannot be written or its file system has no locks, there is only the name: the
    process's leases end by themselves.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = secrets.token_hex(16)
        self._lock: FileLock | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            while self._lock is None:
                self._lock = _locked(folder / f"{self.name}{_SUFFIX}")
                if self._lock is None:
                    # Another process reaped the file between its creation and its locking.
                    self.name = secrets.token_hex(16)
            file = folder / f"{self.name}{_SUFFIX}"
            file.write_text(_identity(file), "utf-8")
        except (OSError, NotImplementedError) as error:
            _log.warning("process_not_locked", extra={"error": type(error).__name__})

    def reap(self, release: Callable[[str], None]) -> int:
        """Call ``release`` with the name of each dead process, and forget it; returns how many.

        Copies of files, whose owners may live elsewhere, are only removed. If ``release`` raises,
        that process and those after it are left for the next time.
        """
        count = 0
        for file in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if file.stem == self.name:
                continue
            try:
                lock = _locked(file)
            except (OSError, NotImplementedError):
                continue
            if lock is None:
                continue
            try:
                if _is_original(file):
                    release(file.stem)
                    count += 1
                # If an open file cannot be deleted, it is found again and holds nothing.
                with contextlib.suppress(OSError):
                    file.unlink()
            finally:
                lock.release()
        return count

    def close(self) -> None:
        """Release the lock, as death does."""
        if self._lock is not None:
            self._lock.release()


def _is_original(file: Path) -> bool:
    try:
        # An empty file belongs to a process that never leased anything.
        return file.read_bytes() == _identity(file).encode()
    except OSError:
        return False


def _identity(file: Path) -> str:
    """Return an identity that no other file has, nor a copy of this one, on any host."""
    machine = b""
    with contextlib.suppress(OSError):
        machine = _MACHINE_ID.read_bytes()
    about = file.stat()
    return hashlib.sha256(b"%d:%d:%b" % (about.st_dev, about.st_ino, machine)).hexdigest()


def _locked(file: Path) -> FileLock | None:
    """Return a lock on ``file``, None if another process holds it. Raises OSError."""
    # A soft lock would outlive its process.
    lock = FileLock(file, timeout=0, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock
