"""Progress on a terminal."""

import sys
from collections.abc import Callable

import click


def reporter(label: str) -> Callable[[str, float], None] | None:
    """Return what shows a bar as work reports its share done (0..1); None off a terminal."""
    if not sys.stderr.isatty():
        return None
    bar = click.progressbar(length=1000, label=label, file=sys.stderr)

    def report(_stage: str, share: float) -> None:
        bar.update(max(0, round(share * 1000) - bar.pos))
        if share >= 1.0:
            bar.render_finish()

    return report


def show_count(text: str) -> None:
    """Show how far work of unknown length has come, on a line that is written over."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", nl=False, err=True)
