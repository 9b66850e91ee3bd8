"""Set the permissions of written files: owner only for data, the user's umask for results."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import click

#: Permissions that only the owner gets: files are 0600 and folders 0700.
_OTHERS: Final = 0o077
_ROOT: Final = 0
#: Maximum entries of a folder that are checked: it may hold any number.
MOST_ENTRIES: Final = 100_000
#: Errors of checking an entry that has just been removed.
_VANISHED: Final = (FileNotFoundError, NotADirectoryError)

_users_mask: Final[ContextVar[int]] = ContextVar("users_mask")


@contextmanager
def restrict_to_owner() -> Iterator[None]:
    """Make files that the body writes readable for their owner only, whatever the umask."""
    before = os.umask(_OTHERS)
    token = _users_mask.set(before)
    try:
        yield
    finally:
        _users_mask.reset(token)
        os.umask(before)


@contextmanager
def use_users_umask() -> Iterator[None]:
    """Make files that the body writes follow the umask that the command was called with.

    For results that are written to a place of the user's choice.
    """
    before = os.umask(get_users_umask())
    try:
        yield
    finally:
        os.umask(before)


def get_users_umask() -> int:
    """Return the umask that the command was called with."""
    mask = _users_mask.get(None)
    if mask is None:
        # Reading the umask means setting it: meanwhile to the strictest one.
        mask = os.umask(_OTHERS)
        os.umask(mask)
    return mask


def require_own_folder(folder: Path) -> None:
    """Raise ClickException if root would write files into another user's folder.

    That user could not read them. A folder that does not exist yet is nobody's.
    """
    owner = _find_owner(folder)
    if os.geteuid() != _ROOT or owner in (None, _ROOT):
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"'#{owner}'"
    raise click.ClickException(
        f"{folder} belongs to another user, who could not read what root writes there; run it as"
        f" that user: `sudo -u {name} tathabbat …`"
    )


def _find_owner(folder: Path) -> int | None:
    try:
        return folder.stat().st_uid
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Exposure:
    """The entries of a folder that others may read: their number, and one of them."""

    looked_at: int
    readable: int = 0
    first_readable: Path | None = None
    foreign: int = 0
    first_foreign: Path | None = None


def measure_exposure(folder: Path) -> Exposure:
    """Find entries that others may read, among the first ``MOST_ENTRIES`` of a folder.

    Symbolic links below it are skipped, since their targets are somewhere else, and so are entries
    that vanish in the meantime. Raises OSError if it cannot be read, FileNotFoundError only if the
    folder itself does not exist.
    """
    owner = folder.stat().st_uid
    found = Exposure(0)
    for path in islice(_walk(folder.resolve()), MOST_ENTRIES):
        try:
            about = path.lstat()
        except _VANISHED:
            continue
        readable, foreign = bool(about.st_mode & _OTHERS), about.st_uid != owner
        found = Exposure(
            found.looked_at + 1,
            found.readable + readable,
            found.first_readable or (path if readable else None),
            found.foreign + foreign,
            found.first_foreign or (path if foreign else None),
        )
    return found


def _walk(folder: Path) -> Iterator[Path]:
    yield folder
    try:
        entries = sorted(folder.iterdir())
    except _VANISHED:
        return
    for entry in entries:
        if entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry
