"""Send python-telegram-bot's requests with aiohttp: half of the processor time of httpx.

What a request may take, the proxies that the environment names, the certificates that are trusted
and the errors that are raised are those of python-telegram-bot's own ``HTTPXRequest``.
"""

import asyncio
import io
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

#: Raised before the request was sent: it cannot have arrived.
NEVER_LEFT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)

# Seconds, as ``HTTPXRequest`` has them: to connect, for each read and write, to upload a file.
_CONNECT_S: Final = 5.0
_READ_S: Final = 5.0
_WRITE_S: Final = 5.0
_UPLOAD_S: Final = 20.0
_POOL_S: Final = 1.0

_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_AGENT: Final = {"User-Agent": BaseRequest.USER_AGENT}

#: A timeout as python-telegram-bot gives it, which has an object of its own for "as usual".
_Seconds: TypeAlias = Any


class AiohttpRequest(BaseRequest):
    """Requests on at most ``connections`` at once; others wait ``pool_timeout`` seconds for one."""

    def __init__(self, connections: int = 1, pool_timeout: float = _POOL_S) -> None:
        self._connections, self._pool_timeout = connections, pool_timeout
        self._session: aiohttp.ClientSession | None = None
        self._proxies: dict[tuple[str, str], str | None] = {}

    @property
    def read_timeout(self) -> float | None:
        """Seconds that a read may take unless a request says otherwise."""
        return _READ_S

    async def initialize(self) -> None:
        """Open the pool of connections, unless it is open."""
        if self._session is not None:
            return
        # httpx knows the certificates of certifi, and SSL_CERT_FILE, on every machine.
        connector = aiohttp.TCPConnector(limit=self._connections, ssl=httpx.create_ssl_context())
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers=_AGENT
        )

    async def shutdown(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: _Seconds = BaseRequest.DEFAULT_NONE,
        write_timeout: _Seconds = BaseRequest.DEFAULT_NONE,
        connect_timeout: _Seconds = BaseRequest.DEFAULT_NONE,
        pool_timeout: _Seconds = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Return the status and the content that answer a request.

        Raises TimedOut or NetworkError, caused by one of ``NEVER_LEFT`` if nothing was sent. Their
        messages name no address: it holds the token.
        """
        session = self._session
        if session is None:
            raise RuntimeError("this request is not initialised")
        files = request_data.multipart_data if request_data is not None else None
        data, headers = _encode(request_data, files)
        read_s = _seconds(read_timeout, _READ_S)
        write_s = _seconds(write_timeout, _UPLOAD_S if files else _WRITE_S)
        connect_s = _seconds(connect_timeout, _CONNECT_S)
        free_s = _seconds(pool_timeout, self._pool_timeout)
        timeout = aiohttp.ClientTimeout(
            total=None,
            connect=_sum(free_s, connect_s),
            sock_connect=connect_s,
            sock_read=read_s,
        )
        try:
            # aiohttp limits no writing: a message fits the socket's buffer, a file may not.
            longest = _sum(free_s, connect_s, write_s, read_s) if files else None
            async with asyncio.timeout(longest):
                response = await session.request(
                    method,
                    url,
                    data=data,
                    headers=headers,
                    timeout=timeout,
                    proxy=self._find_proxy(url),
                    allow_redirects=False,
                )
            async with response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut(f"aiohttp.{type(error).__name__}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"aiohttp.{type(error).__name__}") from error

    def _find_proxy(self, url: str) -> str | None:
        """Return the proxy that the environment names for an address, if any."""
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        if place not in self._proxies:
            self._proxies[place] = _read_proxy(*place)
        return self._proxies[place]


def _read_proxy(scheme: str, host: str) -> str | None:
    if proxy_bypass(host):
        return None
    named = getproxies()
    proxy = named.get(scheme) or named.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def _encode(
    request_data: RequestData | None, files: dict[str, Any] | None
) -> tuple[aiohttp.FormData | bytes | None, dict[str, str]]:
    """Return a request's body and the headers that say what it is."""
    if request_data is None:
        return None, {}
    if not files:
        encoded = request_data.url_encoded_parameters().encode()
        return (encoded, _FORM) if encoded else (None, {})
    # Names as they are: Telegram decodes none.
    form = aiohttp.FormData(quote_fields=False)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, kind) in files.items():
        # As a file: bytes are written at once.
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, file, filename=file_name, content_type=kind)
    return form, {}


def _seconds(given: _Seconds, usual: float) -> float | None:
    return usual if isinstance(given, type(BaseRequest.DEFAULT_NONE)) else given


def _sum(*seconds: float | None) -> float | None:
    """Return the sum, None (for ever) if one is."""
    known = [each for each in seconds if each is not None]
    return sum(known) if len(known) == len(seconds) else None
