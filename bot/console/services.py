"""Hold what the console works with; ``bot/app.py`` puts it together."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cachetools import LRUCache

from bot.fetching import Fetcher
from bot.parsing.parser_pool import ParserPool
from embeddings.encoders.encoder import Encoder
from knowledge.approvals import Policy
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue.claim_equivalence import Comparing
from knowledge.curation.resolution import UNDO_FOR
from knowledge.domain import now as this_moment
from knowledge.index.index_builds import IndexBuilds
from knowledge.index.serving_index import Serving
from knowledge.statistics.trends import Trends
from knowledge.storage.database import Sessions

#: Spans of time that pages show side by side.
_SPANS: Final = 3


class Remembered:
    """Figures that several requests ask for at once: counted by the first, kept for the others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[tuple[int, datetime], Trends] = LRUCache(_SPANS)

    def get(self, key: tuple[int, datetime], count: Callable[[], Trends]) -> Trends:
        """Return the trends of so many days until a minute; those asked before go in time."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = count()
            return self._kept[key]


@dataclass(frozen=True, slots=True)
class Services:
    """The services behind the pages.

    ``first_admins`` are the keys of those whom the settings make admins; ``key_of`` makes a key of
    a Telegram id; ``url`` is the public address, which decides whether cookies are for https only.
    """

    sessions: Sessions
    encoder: Encoder = field(repr=False)
    index: Serving = field(repr=False)
    checker: ClaimChecker = field(repr=False)
    meanings: Comparing = field(repr=False)
    builds: IndexBuilds = field(repr=False)
    first_admins: frozenset[str] = field(repr=False)
    key_of: Callable[[int], str] = field(repr=False)
    url: str
    fetcher: Fetcher = field(repr=False)
    parsers: ParserPool = field(repr=False)
    #: Whether what changes what people are told waits for a second person.
    two_people: bool = False
    #: How long an answer or a rejection can be taken back, before people are told of it.
    undo_for: timedelta = UNDO_FOR
    now: Callable[[], datetime] = this_moment
    remembered: Remembered = field(default_factory=Remembered, repr=False)

    @property
    def policy(self) -> Policy:
        """What the gate before what people are told asks for."""
        return Policy(self.two_people, self.first_admins, self.undo_for)

    @property
    def held_seconds(self) -> int:
        """How many seconds that is."""
        return int(self.undo_for.total_seconds())

    @property
    def secure(self) -> bool:
        """Whether browsers reach the console by https."""
        return urlsplit(self.url).scheme == "https"
