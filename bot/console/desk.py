"""What the console works with; ``bot/app.py`` puts it together."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.fetching import Fetcher
from embeddings.encoder import Encoder
from knowledge.database import Sessions
from knowledge.indexing import ServingIndex


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """The services behind the pages.

    ``first_admins`` are the keys of those whom the settings make admins; ``key_of`` makes a key of
    a Telegram id; ``url`` is the public address, which decides whether cookies are for https only.
    """

    sessions: Sessions
    encoder: Encoder = field(repr=False)
    index: ServingIndex = field(repr=False)
    index_dir: Path
    first_admins: frozenset[str] = field(repr=False)
    key_of: Callable[[int], str] = field(repr=False)
    url: str
    fetcher: Fetcher = field(repr=False)
    #: Whether another person reviews a statement before one publishes it.
    two_people: bool = False
    now: Callable[[], datetime] = _now

    @property
    def secure(self) -> bool:
        """Whether browsers reach the console by https."""
        return urlsplit(self.url).scheme == "https"
