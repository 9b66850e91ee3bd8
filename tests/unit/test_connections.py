"""Which connection makes room for another, and what counts as one peer."""

from dataclasses import dataclass, field

import pytest

from bot.observability.telemetry import CloseReason
from bot.serving import Limits, network_of
from bot.serving.connections import Connections

LIMITS = Limits(connections=4, per_address=2)


@dataclass(eq=False)
class FakeConnection:
    """A connection; without a deadline it waits for an answer."""

    address: str
    deadline: float | None
    dropped: list[CloseReason] = field(default_factory=list)

    def drop(self, why: CloseReason) -> None:
        self.dropped.append(why)


def admitted(connections: Connections, *held: FakeConnection) -> list[list[CloseReason]]:
    """Return why each was dropped once all were admitted, in order."""
    for each in held:
        connections.admit(each)
    return [each.dropped for each in held]


def test_the_one_nearest_to_its_deadline_makes_room() -> None:
    held = [
        FakeConnection("192.0.2.1", 20.0),
        FakeConnection("192.0.2.1", 10.0),
        FakeConnection("192.0.2.1", 30.0),
    ]
    assert admitted(Connections(LIMITS), *held) == [[], [CloseReason.DISPLACED], []]


def test_one_that_waits_for_an_answer_makes_no_room_for_its_own_address() -> None:
    held = [
        FakeConnection("192.0.2.1", None),
        FakeConnection("192.0.2.1", None),
        FakeConnection("192.0.2.1", 30.0),
    ]
    connections = Connections(LIMITS)
    assert admitted(connections, *held) == [[], [], [CloseReason.REFUSED]]
    assert len(connections) == 2
    connections.discard(held[2])
    connections.discard(held[0])
    assert admitted(connections, FakeConnection("192.0.2.1", 30.0)) == [[]]


def test_one_of_the_address_that_holds_most_makes_room_in_all() -> None:
    held = [
        FakeConnection("192.0.2.9", 1.0),
        FakeConnection("192.0.2.2", 20.0),
        FakeConnection("192.0.2.1", 40.0),
        FakeConnection("192.0.2.1", 30.0),
        FakeConnection("192.0.2.7", 50.0),
    ]
    assert admitted(Connections(LIMITS), *held) == [[], [], [], [CloseReason.DISPLACED], []]


def test_where_nobody_owes_anything_the_address_that_holds_most_makes_room() -> None:
    held = [FakeConnection(f"192.0.2.{each}", None) for each in (1, 2, 2, 3)]
    new = FakeConnection("192.0.2.9", 10.0)
    assert admitted(Connections(LIMITS), *held, new) == [[], [CloseReason.DISPLACED], [], [], []]


def test_one_who_holds_as_much_takes_nobodys_place() -> None:
    held = [FakeConnection(f"192.0.2.{each}", None) for each in (1, 2, 3, 4)]
    assert admitted(Connections(LIMITS), *held, FakeConnection("192.0.2.9", 1.0))[-1] == [
        CloseReason.REFUSED
    ]


def test_the_networks_of_one_host_are_one_peer() -> None:
    held = [FakeConnection(f"2001:db8::{number}", float(number)) for number in (1, 2, 3)]
    assert admitted(Connections(LIMITS), *held) == [[CloseReason.DISPLACED], [], []]


def test_a_proxy_is_held_to_the_bound_on_all_alone() -> None:
    held = [FakeConnection("::1", float(number)) for number in range(5)]
    dropped = admitted(Connections(LIMITS, ("::1/128", "192.0.2.0/24")), *held)
    assert dropped == [[CloseReason.DISPLACED], [], [], [], []]


def test_peers_that_are_gone_already_are_bounded_too() -> None:
    held = [FakeConnection("", float(number)) for number in range(3)]
    assert admitted(Connections(LIMITS), *held) == [[CloseReason.DISPLACED], [], []]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_a_peer_is_an_address_or_the_network_of_a_host(address: str, network: str) -> None:
    assert network_of(address) == network
