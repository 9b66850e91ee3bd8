"""Show progress bars on a terminal."""

import atexit
import sys
import time
from typing import TYPE_CHECKING, Final

import click

from embeddings.progress import Progress

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

#: Seconds before a rate is shown.
_SETTLED_S: Final = 1.0


def make_reporter(label: str) -> Progress | None:
    """Return a callback that shows a bar with rate and time left; None without a terminal."""
    if not sys.stderr.isatty():
        return None
    return _Bar(label)


class _Bar:
    """A bar for each total: work in several steps has several."""

    def __init__(self, label: str) -> None:
        self._label, self._since = label, time.time()
        self._bar: ProgressBar[int] | None = None
        # A bar hides the cursor: restore it if the work is interrupted.
        atexit.register(self._end)

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None or self._bar.length != total:
            self._end()
            self._bar = click.progressbar(length=total, file=sys.stderr, show_pos=True)
            # The work before the first report took time too.
            self._bar.start = self._bar.last_eta = self._since
            self._bar.render_progress()
        seconds = time.time() - self._since
        rate = f", {done / seconds:.0f} a second" if seconds >= _SETTLED_S and total > 1 else ""
        self._bar.label = self._label + rate
        self._bar.update(max(0, done - self._bar.pos))
        if done >= total:
            self._end()

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar, self._since = None, time.time()


def show_count(text: str) -> None:
    """Show the progress of work of unknown length, on one line that is overwritten."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", nl=False, err=True)
