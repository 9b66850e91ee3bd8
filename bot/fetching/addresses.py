"""Which machines may be asked, and names into their addresses."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Whether an address and port may be connected to.
AddressPolicy = Callable[[IPAddress, int], bool]
#: A host's name and port into its addresses, as text.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

#: Where IPv6-only networks put IPv4 addresses (RFC 6052, RFC 8215).
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))


def public_only(address: IPAddress, port: int) -> bool:
    """Return whether ``address`` is one of the public internet, whatever the port.

    An IPv4 address within an IPv6 one counts as itself: ``::ffff:127.0.0.1`` is this machine.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return public_only(inner, port)
        if address.teredo is not None or address.is_site_local:
            return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host. Raises OSError if it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for, if it stands for one."""
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour
