"""Limit a listener's connections, and choose which one to close for a new one."""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from bot.observability.telemetry import CloseReason
from bot.serving.connection_limits import Limits


class Connection(Protocol):
    """A connection, as the limits need to see it."""

    @property
    def address(self) -> str:
        """The peer's address; empty if it has gone."""

    @property
    def deadline(self) -> float | None:
        """When the peer's time runs out; None while it waits for an answer."""

    def drop(self, why: CloseReason) -> None:
        """Close the connection at once."""


class Connections:
    """The open connections of one listener.

    If there is no room, a new connection replaces one whose peer has to act: so idle connections
    keep nobody out. The one nearest to its deadline is closed, because it has been silent for
    longest; a body that arrives extends its deadline. If every peer waits for an answer
    (pipelining requests), the address with the most connections loses one, unless the new one is
    its own.
    """

    def __init__(self, limits: Limits, proxies: Sequence[str] = ()) -> None:
        self._limits = limits
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._open: dict[Connection, str] = {}
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return the number of open connections."""
        return len(self._open)

    def admit(self, new: Connection) -> None:
        """Register a new connection, or close it if no room can be made."""
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
            new.drop(CloseReason.REFUSED)

    def discard(self, closed: Connection) -> None:
        """Remove a closed connection, if it is registered."""
        network = self._open.pop(closed, None)
        if network is not None:
            self._counts[network] -= 1
            if not self._counts[network]:
                del self._counts[network]

    def _make_room(self, among: Iterable[Connection]) -> bool:
        """Close a connection of the address with the most; returns whether there was one."""
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
        """Close the oldest one of the address with the most, if it has more than ``newcomer``."""
        busiest, held = self._counts.most_common(1)[0]
        if held <= self._counts[newcomer] + 1:
            return False
        self._displace(next(each for each, its in self._open.items() if its == busiest))
        return True

    def _displace(self, connection: Connection) -> None:
        self.discard(connection)
        connection.drop(CloseReason.DISPLACED)

    def _is_proxy(self, address: str) -> bool:
        try:
            parsed = _parse(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._proxies)


def network_of(address: str) -> str:
    """Return a peer's network: an IPv4 address, or the /64 prefix of an IPv6 address.

    Any other text is returned unchanged.
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
