"""Write output files atomically."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import click

from bot.cli.file_permissions import get_users_umask


@contextmanager
def open_atomically(target: Path) -> Iterator[IO[str]]:
    """Yield a file to write that replaces ``target`` only if the body succeeds.

    A symbolic link's target is replaced, not the link; a device or pipe is written to directly.
    The user's umask sets the permissions.
    """
    place = target.resolve()
    try:
        if place.exists() and not place.is_file() and not place.is_dir():
            with place.open("w", encoding="utf-8", newline="") as out:
                yield out
            return
        if place.is_dir():
            raise click.ClickException(f"{target} is a folder; name a file")
        with NamedTemporaryFile(
            "w",
            encoding="utf-8",
            newline="",
            dir=place.parent,
            prefix=".tathabbat-",
            delete=False,
        ) as out:
            aside = Path(out.name)
            try:
                yield out
                out.flush()
                aside.chmod(0o666 & ~get_users_umask())
                aside.replace(place)
            finally:
                aside.unlink(missing_ok=True)
    except OSError as error:
        raise click.ClickException(f"{target} cannot be written: {error.strerror}") from error
