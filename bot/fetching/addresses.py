"""Resolve host names, and allow connections to public addresses only (against SSRF)."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Decides whether an address and port may be connected to.
AddressPolicy = Callable[[IPAddress, int], bool]
#: Resolves a host's name and port to its addresses, as text.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

#: Allowed ports: those of http and https. Others belong to databases and admin pages.
WEB_PORTS: Final = frozenset({80, 443})

#: Not reachable from everywhere (https://www.iana.org/assignments/iana-ipv4-special-registry and
#: -ipv6-), though ``is_global`` of some Pythons says so; and what cloud providers answer from to
#: their own machines only, with metadata, credentials or services of the host. Most of them use
#: link-local (169.254.0.0/16), shared (100.64.0.0/10) or unique local addresses (fc00::/7), which
#: are not global anyway.
_INSIDE: Final = tuple(map(ipaddress.ip_network, (
    "192.0.0.0/24",  # IETF protocol assignments; Oracle Cloud's metadata at 192.0.0.192
    "192.88.99.0/24",  # relays of 6to4, given up (RFC 7526)
    "168.63.129.16/32",  # Azure: learn.microsoft.com, "What is IP address 168.63.129.16?"
    "161.26.0.0/16",  # IBM Cloud: cloud.ibm.com/docs/vpc?topic=vpc-service-endpoints-for-vpc
    "166.8.0.0/14",  # IBM Cloud's service endpoints: the same page
    "199.36.153.4/30",  # Google Cloud: cloud.google.com/vpc/docs/configure-private-google-access
    "199.36.153.8/30",  # the same, private.googleapis.com
    "3fff::/20",  # documentation (RFC 9637)
)))  # fmt: skip
#: The part of IPv6 that is assigned for the public internet (RFC 4291). The rest is private,
#: reserved, or a form of IPv4 addresses by which no host is reached (``::a.b.c.d``).
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
#: Prefixes with which IPv6-only networks embed IPv4 addresses (RFC 6052, RFC 8215). Of the second
#: only the part where the IPv4 address comes last: elsewhere each network chooses its position.
_TRANSLATED: Final = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/96"),
)
#: The bits before the IPv4 address in an ISATAP address (RFC 5214), in any network.
_ISATAP: Final = (b"\0\0\x5e\xfe", b"\2\0\x5e\xfe")


def public_only(address: IPAddress, port: int) -> bool:
    """Return whether ``address`` is public and ``port`` is one of http or https.

    An IPv4 address embedded in an IPv6 one counts as itself: ``::ffff:127.0.0.1`` is this machine.
    """
    return port in WEB_PORTS and _is_public(address)


def _is_public(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = _find_embedded_ipv4(address)
        if inner is not None:
            return _is_public(inner)
        if address not in _GLOBAL_UNICAST or address.teredo is not None:
            return False
        if address.packed[8:12] in _ISATAP and not _is_public(_take_last_32_bits(address)):
            return False
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved)
        and not any(address in network for network in _INSIDE)
    )


async def resolve(host: str, port: int) -> Sequence[str]:
    """Resolve a host to its addresses. Raises OSError if it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _find_embedded_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address embedded in an IPv6 one, if any."""
    if any(address in network for network in _TRANSLATED):
        return _take_last_32_bits(address)
    return address.ipv4_mapped or address.sixtofour


def _take_last_32_bits(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(address.packed[-4:])
