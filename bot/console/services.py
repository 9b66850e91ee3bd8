"""Hold the console's dependencies; ``bot/app.py`` creates them."""

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

#: Number of cached periods.
_SPANS: Final = 3


class TrendsCache:
    """A cache of trends: several requests of one page need the same figures."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[tuple[int, datetime], Trends] = LRUCache(_SPANS)

    def get(self, key: tuple[int, datetime], count: Callable[[], Trends]) -> Trends:
        """Return the trends for (days, minute), counting them once; old entries are dropped."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = count()
            return self._kept[key]


@dataclass(frozen=True, slots=True)
class Services:
    """The services behind the pages.

    ``first_admins`` are the keys of the admins that the settings name; ``key_of`` hashes a Telegram
    id; ``url`` is the public address, which decides whether cookies are for https only.
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
    #: Whether changes to what people are told need a second person's approval.
    two_people: bool = False
    #: How long an answer or a rejection can be undone before people are notified.
    undo_for: timedelta = UNDO_FOR
    now: Callable[[], datetime] = this_moment
    remembered: TrendsCache = field(default_factory=TrendsCache, repr=False)

    @property
    def policy(self) -> Policy:
        """The approval policy."""
        return Policy(self.two_people, self.first_admins, self.undo_for)

    @property
    def held_seconds(self) -> int:
        """``undo_for`` in seconds."""
        return int(self.undo_for.total_seconds())

    @property
    def secure(self) -> bool:
        """Whether browsers reach the console by https."""
        return urlsplit(self.url).scheme == "https"
