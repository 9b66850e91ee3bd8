"""Bound the connections of a listener, and choose which one makes room for another."""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from bot.observability.telemetry import Closing
from bot.serving.connection_limits import Limits


class Connection(Protocol):
    """What the bounds need to know of a connection."""

    @property
    def address(self) -> str:
        """The peer's address, empty if it is gone already."""

    @property
    def deadline(self) -> float | None:
        """By when the peer has to do something; None while it waits for an answer."""

    def drop(self, why: Closing) -> None:
        """Close at once."""


class Connections:
    """The open connections of one listener.

    Where there is no room the new one takes the place of another whose peer owes us something: so
    whoever opens connections and leaves them shuts nobody out. The one nearest to its deadline
    goes: it has been silent for longest, while a body that arrives puts its deadline off. Where no
    peer owes us anything (each sends its next request before it has its answer), the address that
    holds most gives one up, unless the new one is its own.
    """

    def __init__(self, limits: Limits, proxies: Sequence[str] = ()) -> None:
        self._limits = limits
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._open: dict[Connection, str] = {}
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._open)

    def admit(self, new: Connection) -> None:
        """Take in a connection that was just opened, or drop it where none can make room."""
        network = network_of(new.address)
        room = True
        if self._counts[network] >= self._limits.per_address and not self._is_proxy(new.address):
            room = self._make_room(each for each, its in self._open.items() if its == network)
        elif len(self._open) >= self._limits.connections:
            room = self._make_room(self._open) or self._make_room_at_busiest(network)
        if room:
            self._open[new] = network
            self._counts[network] += 1
        else:
            new.drop(Closing.REFUSED)

    def discard(self, closed: Connection) -> None:
        """Forget a connection, if it is known."""
        network = self._open.pop(closed, None)
        if network is not None:
            self._counts[network] -= 1
            if not self._counts[network]:
                del self._counts[network]

    def _make_room(self, among: Iterable[Connection]) -> bool:
        """Drop one of the address that holds most, and say whether there was one to drop."""
        waited_for = [
            (-self._counts[self._open[each]], each.deadline, each)
            for each in among
            if each.deadline is not None
        ]
        if not waited_for:
            return False
        *_, first = min(waited_for, key=lambda ranked: ranked[:2])
        self._displace(first)
        return True

    def _make_room_at_busiest(self, newcomer: str) -> bool:
        """Drop the oldest of the address that holds most, if it holds more than the newcomer."""
        busiest, held = self._counts.most_common(1)[0]
        if held <= self._counts[newcomer] + 1:
            return False
        self._displace(next(each for each, its in self._open.items() if its == busiest))
        return True

    def _displace(self, connection: Connection) -> None:
        self.discard(connection)
        connection.drop(Closing.DISPLACED)

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = _parse(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._proxies)


def network_of(address: str) -> str:
    """Return what one peer holds: an IPv4 address, or the 64 bits that an IPv6 host is given.

    What is neither is returned as it is.
    """
    try:
        parsed = _parse(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    parsed = ipaddress.ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed
