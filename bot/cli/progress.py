"""Progress on a terminal."""

import sys
import time
from typing import TYPE_CHECKING, Final

import click

from embeddings.progress import Progress

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

#: Seconds before a rate says anything.
_SETTLED_S: Final = 1.0


def reporter(label: str) -> Progress | None:
    """Return what shows a bar with rate and time left as work reports; None off a terminal."""
    if not sys.stderr.isatty():
        return None
    return _Bar(label)


class _Bar:
    """One bar a total: what is done in several steps has several."""

    def __init__(self, label: str) -> None:
        self._label, self._begun, self._since = label, 0, 0.0
        self._bar: ProgressBar[int] | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None or self._bar.length != total:
            self._begun, self._since = done, time.monotonic()
            self._bar = click.progressbar(length=total, file=sys.stderr, show_pos=True)
        seconds = time.monotonic() - self._since
        if seconds >= _SETTLED_S:
            self._bar.label = f"{self._label}, {(done - self._begun) / seconds:.0f} a second"
        else:
            self._bar.label = self._label
        self._bar.update(max(0, done - self._bar.pos))
        if done >= total:
            self._bar.render_finish()
            self._bar = None


def show_count(text: str) -> None:
    """Show how far work of unknown length has come, on a line that is written over."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", nl=False, err=True)
