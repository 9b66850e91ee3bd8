"""The console on a listener of its own, for a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.console.server import serve_beside
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.schema import upgrade
from tests.bag_of_words import BagOfWords
from tests.e2e.balanced_server import free_ports
from tests.integration.console import Console, console_on


@contextmanager
def served_console(folder: Path) -> Iterator[Console]:
    """Serve a console with an empty database while the body runs."""
    engine = open_engine(f"sqlite:///{folder / 'tathabbat.db'}")
    upgrade(engine)
    (port,) = free_ports(1)
    bind = f"127.0.0.1:{port}"
    console = console_on(Sessions(engine), BagOfWords(), folder, f"http://{bind}")
    console.clock.now = datetime.now(UTC)
    with serve_beside(console.app, bind, ()):
        yield console
    engine.dispose()
