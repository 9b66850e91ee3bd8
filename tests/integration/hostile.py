"""Documents made to cost whoever reads them as much as they can."""

import threading
from typing import Final

import pytest

from bot.parsing.parser_process import Worker

_LINK: Final = "<link>https://n.example/1</link>"


def feed(item: str) -> bytes:
    return f'<rss version="2.0"><channel><item>{item}{_LINK}</item></channel></rss>'.encode()


#: One item with tens of thousands of attributes: their number squared.
ATTRIBUTES: Final = feed("<b " + " ".join(f'a{n}=""' for n in range(40_000)) + "/>")
#: Within every bound that is counted, and yet minutes: white space that is tried from each end.
ENDLESS_FEED: Final = feed(f"<title>{' ' * 2_000_000}x</title>")
#: The same of a page: cells without a row.
ENDLESS_PAGE: Final = b"<html><body><table>" + b"<td>x" * 90_000
#: A few megabytes that become hundreds.
GREEDY_ROWS: Final = b'[{"publisher": "P", "body": "x", "more": [' + b"[[]]," * 3_000_000 + b"0]}]"


class ProcessWatch:
    """Says when a process is asked, and which."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.event = threading.Event()
        self.worker: Worker | None = None
        ask = Worker.ask

        def noted(worker: Worker, job: str, arguments: bytes, data: bytes, seconds: float) -> bytes:
            self.worker = worker
            self.event.set()
            return ask(worker, job, arguments, data, seconds)

        monkeypatch.setattr(Worker, "ask", noted)

    def ended(self) -> int:
        """Wait until the process is gone; returns how it ended."""
        assert self.worker is not None
        return self.worker._process.wait(20)
