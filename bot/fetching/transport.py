"""Connect to checked addresses only, to prevent SSRF and DNS rebinding.

The name is resolved here, each address is checked, and the connection goes to that very address:
a name that resolves differently a moment later (DNS rebinding) changes nothing. TLS still verifies
the certificate of the name.
"""

import ipaddress

import httpx

from bot.fetching.addresses import AddressPolicy, Resolver
from bot.fetching.errors import BadAddress, PrivateAddress, Unreachable

_PORTS = {"http": 80, "https": 443}
#: Maximum addresses of a host that are tried.
_TRIES = 4


class CheckedTransport(httpx.AsyncBaseTransport):
    """Sends each request to an address that ``policy`` allows."""

    def __init__(
        self, through: httpx.AsyncBaseTransport, policy: AddressPolicy, resolver: Resolver
    ) -> None:
        self._through, self._policy, self._resolver = through, policy, resolver

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``.

        Raises BadAddress unless its port and all its host's addresses are allowed.
        """
        host = request.url.raw_host.decode("ascii")
        usual = _PORTS[request.url.scheme]
        port = usual if request.url.port is None else request.url.port
        addresses = await self._resolve_checked(host, port, usual)
        extensions = {**request.extensions, "sni_hostname": host}
        failure: httpx.ConnectError | None = None
        for address in addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                extensions=extensions,
            )
            try:
                return await self._through.handle_async_request(pinned)
            except httpx.ConnectError as error:
                failure = error
        raise failure or Unreachable(f"{host} has no address; check its spelling")

    async def aclose(self) -> None:
        """Close every connection."""
        await self._through.aclose()

    async def _resolve_checked(self, host: str, port: int, usual: int) -> list[str]:
        try:
            found = [ipaddress.ip_address(each) for each in await self._resolver(host, port)]
        except UnicodeError as error:
            raise BadAddress(f"{host[:60]!r} is not a host name; check it") from error
        except (OSError, ValueError) as error:
            raise Unreachable(f"the host {host} is not known; check its spelling") from error
        # A private address among public ones is a sign of rebinding: refuse all of them.
        if not all(self._policy(address, port) for address in found):
            if all(self._policy(address, usual) for address in found):
                raise BadAddress(
                    f"{host} would be asked at port {port}; only ports 80 and 443 are fetched"
                )
            raise PrivateAddress(
                f"{host} is not on the public internet; only public addresses are fetched"
            )
        return [str(address) for address in found[:_TRIES]]
