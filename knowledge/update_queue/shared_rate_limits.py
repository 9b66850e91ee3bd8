"""Keep rate limits in the database, for several processes together.

A limit is one number a key, the theoretical arrival time of the generic cell rate algorithm
(https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). One statement, committed by itself,
counts all turns of a batch and returns what is used up: a process that is cut off never holds a
row that others need. Turns that turn out to be refused are given back by a second statement.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, TypeAlias

from sqlalchemy import Connection, TextClause, delete, text
from sqlalchemy.orm import Session

from knowledge.models import RateLimit
from knowledge.storage.database import Sessions
from knowledge.storage.database_failures import FAILURES, translate

#: Waits below this many seconds are none: seconds since 1970 have no exact fractions.
_NO_WAIT: Final = 1e-4
#: Keys in one statement at most, well below what a driver can bind.
_ROWS: Final = 200

#: A limit's kind and the key of what it is about.
Place: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Turn:
    """One event that counts against a limit, with the algorithm's two numbers of that limit."""

    kind: str
    key: str
    interval: float
    slack: float

    @property
    def place(self) -> Place:
        """What is counted."""
        return self.kind, self.key


@dataclass(frozen=True, slots=True)
class Request:
    """Turns that are taken together: none of them if one is more than ``longest`` seconds away."""

    turns: tuple[Turn, ...]
    longest: float = 0.0


@dataclass(frozen=True, slots=True)
class Taken:
    """The seconds until each request's turns, and by place when nothing is used up any more."""

    waits: tuple[float, ...]
    even_at: Mapping[Place, float] = field(default_factory=dict)


def compute_wait(even_at: float, slack: float, at: float) -> float:
    """Return the seconds until the next event is allowed; 0 if it is allowed now (pure)."""
    wait = even_at - slack - at
    return wait if wait > _NO_WAIT else 0.0


def decide(requests: Sequence[Request], even_at: Mapping[Place, float], at: float) -> Taken:
    """Decide requests in order, given when each place is even before them (pure)."""
    even, waits = dict(even_at), []
    for request in requests:
        known = [(turn, max(even.get(turn.place, at), at)) for turn in request.turns]
        wait = max((compute_wait(e, turn.slack, at) for turn, e in known), default=0.0)
        waits.append(wait)
        if wait <= request.longest:
            even |= {turn.place: e + turn.interval for turn, e in known}
    return Taken(tuple(waits), even)


class SharedRateLimits:
    """The limits that the processes of one database keep together. Not thread-safe.

    Every method but ``close`` raises DatabaseFailed if the database fails. Times are seconds since
    1970; the clocks of the hosts have to agree, as they do for leases.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._engine = sessions.engine
        # Kept, because this runs for each message: a pool asks the server before it lends one.
        self._connection: Connection | None = None

    def take(self, requests: Sequence[Request], at: float) -> Taken:
        """Take the turns of requests, in order, as far as the limits allow them."""
        asked: dict[Place, float] = defaultdict(float)
        for turn in (turn for request in requests for turn in request.turns):
            asked[turn.place] += turn.interval
        with self._connected() as connection:
            found = _count(connection, asked, at)
            before = {place: found[place] - asked[place] for place in asked}
            taken = decide(requests, before, at)
            refused = {p: taken.even_at[p] - found[p] for p in asked}
            _count(connection, {p: less for p, less in refused.items() if less < -_NO_WAIT}, at)
        return taken

    def hold(self, place: Place, even_at: float) -> None:
        """Let nothing be taken at a place before it is even at a moment, or later already."""
        kind, key = place
        with self._connected() as connection:
            connection.execute(_HOLD, {"kind0": kind, "key0": key, "even0": even_at})

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            if self._connection is None:
                opened = self._engine.connect()
                self._connection = opened.execution_options(isolation_level="AUTOCOMMIT")
            yield self._connection
        except FAILURES as error:
            broken, self._connection = self._connection, None
            if broken is not None:
                with contextlib.suppress(*FAILURES):
                    broken.invalidate()
                    broken.close()
            raise translate(error) from error


def forget_even(session: Session, at: float) -> int:
    """Delete what says nothing any more: nothing of the limit is used up. Returns how many rows."""
    gone = delete(RateLimit).where(RateLimit.even_at < at).returning(RateLimit.kind)
    return len(session.scalars(gone, execution_options={"synchronize_session": False}).all())


def _count(connection: Connection, added: Mapping[Place, float], at: float) -> dict[Place, float]:
    """Add seconds (below 0: give them back) to each place; returns when each is even then."""
    # In one order, so that two processes never wait for each other.
    places = sorted(added)
    even: dict[Place, float] = {}
    for begin in range(0, len(places), _ROWS):
        batch = places[begin : begin + _ROWS]
        given: dict[str, str | float] = {"at": at}
        for number, place in enumerate(batch):
            given[f"kind{number}"], given[f"key{number}"] = place
            given[f"even{number}"] = at + added[place]
        rows = connection.execute(_counting(len(batch)), given).all()
        even |= {(row.kind, row.key): float(row.even_at) for row in rows}
    return even


@cache
def _counting(rows: int) -> TextClause:
    # Written out: SQLAlchemy compiles an INSERT of several rows anew each time.
    return text(
        f"{_inserting(rows)} even_at = excluded.even_at - :at +"
        " CASE WHEN rate_limits.even_at > :at THEN rate_limits.even_at ELSE :at END"
        " RETURNING kind, key, even_at"
    )


def _inserting(rows: int) -> str:
    values = ", ".join(f"(:kind{n}, :key{n}, :even{n})" for n in range(rows))
    return (
        f"INSERT INTO rate_limits (kind, key, even_at) VALUES {values}"  # noqa: S608 - names only
        " ON CONFLICT (key, kind) DO UPDATE SET"
    )


_HOLD: Final = text(
    f"{_inserting(1)} even_at = CASE WHEN rate_limits.even_at > excluded.even_at"
    " THEN rate_limits.even_at ELSE excluded.even_at END"
)
