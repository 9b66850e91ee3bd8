"""Fetch documents from the web; every request of the program to the web goes through here."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx

from bot.fetching.addresses import AddressPolicy, Resolver, public_only, resolve
from bot.fetching.body import ENCODING, read_body
from bot.fetching.errors import (
    BadAddress,
    FetchError,
    Refused,
    TooSlow,
    Unreachable,
    WrongContent,
)
from bot.fetching.transport import CheckedTransport

MAX_ADDRESS: Final = 2_000
MAX_REDIRECTS: Final = 5
#: Seconds for one document, including redirects.
TOTAL_S: Final = 20.0
_CONNECT_S: Final = 8.0
_AGENT: Final = "Tathabbat (reads public reports)"
_SHOWN: Final = 120
_PORTS: Final = 65_535
#: HTTP statuses after which a later attempt may succeed.
_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})

_XML: Final = frozenset({
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml",
    "text/xml",
})  # fmt: skip
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
_JSON: Final = frozenset({"application/json", "application/ld+json", "text/json"})


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The accepted content types of a document, and its maximum size."""

    name: str
    types: frozenset[str]
    limit: int


ARTICLE: Final = DocumentLimits("a page", _PAGES, 16 * 2**20)
#: A URL that a person gives may also lead to report rows or reviews.
DOCUMENT: Final = DocumentLimits("a page, JSON or CSV", _PAGES | _JSON | {"text/csv"}, 32 * 2**20)
#: Servers give feeds any content type, so the parser decides.
FEED: Final = DocumentLimits("a feed", _XML | _PAGES, 8 * 2**20)
REVIEWS: Final = DocumentLimits("a list of reviews", _JSON | _PAGES, 32 * 2**20)


@dataclass(frozen=True, slots=True)
class CacheValidators:
    """The cache validators (ETag, Last-Modified) that a server gave with its last copy."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched document: its final URL, its content type, its bytes."""

    url: str
    content_type: str
    charset: str | None
    data: bytes
    known: CacheValidators


class Fetcher:
    """Fetches documents from the public internet.

    No setting loosens ``policy``; only tests pass one that allows their own server.
    """

    def __init__(
        self,
        policy: AddressPolicy = public_only,
        resolver: Resolver = resolve,
        total_s: float = TOTAL_S,
    ) -> None:
        self._policy, self._resolver, self._total_s = policy, resolver, total_s
        self._tls = httpx.create_ssl_context(trust_env=False)

    async def fetch(self, url: str, wanted: DocumentLimits) -> Fetched:
        """Return the document at ``url``.

        Raises FetchError: see ``errors`` for which.
        """
        fetched = await self.fetch_if_changed(url, wanted, CacheValidators())
        if fetched is None:
            raise Refused(
                f"{_shorten(url)} answers that nothing changed, to a first request; open it in a"
                " browser"
            )
        return fetched

    async def fetch_if_changed(
        self, url: str, wanted: DocumentLimits, known: CacheValidators
    ) -> Fetched | None:
        """Return the document at ``url``, None if the copy that ``known`` describes is current.

        Raises FetchError: see ``errors`` for which.
        """
        try:
            async with asyncio.timeout(self._total_s), self._client() as client:
                return await _follow(client, url, wanted, known)
        except TimeoutError as error:
            raise TooSlow(f"{_shorten(url)} did not answer in time; try again later") from error
        except httpx.TimeoutException as error:
            raise TooSlow(f"{_shorten(url)} did not answer in time; try again later") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise Unreachable(
                f"{_shorten(url)} cannot be reached ({_describe_error(error)}); try again later"
            ) from error

    def _client(self) -> httpx.AsyncClient:
        # One client per document: no cookie or connection outlives it. No proxy either: it would
        # resolve names by itself.
        through = httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False)
        return httpx.AsyncClient(
            transport=CheckedTransport(through, self._policy, self._resolver),
            timeout=httpx.Timeout(self._total_s, connect=min(_CONNECT_S, self._total_s)),
            headers={"user-agent": _AGENT, "accept-encoding": ENCODING},
            follow_redirects=False,
            trust_env=False,
        )


async def _follow(
    client: httpx.AsyncClient, url: str, wanted: DocumentLimits, known: CacheValidators
) -> Fetched | None:
    """Fetch ``url`` and follow redirects; each URL is checked like the first."""
    conditions = {"if-none-match": known.etag, "if-modified-since": known.last_modified}
    headers = {name: value for name, value in conditions.items() if value}
    address = _parse_url(url)
    for _ in range(MAX_REDIRECTS + 1):
        async with client.stream("GET", address, headers=headers) as answer:
            if answer.status_code == HTTPStatus.NOT_MODIFIED and headers:
                return None
            if not answer.has_redirect_location:
                return await _read_document(answer, wanted)
            address = _parse_url(_join_url(address, answer.headers["location"]))
    raise Refused(
        f"{_shorten(url)} redirects more than {MAX_REDIRECTS} times; open it in a browser"
    )


async def _read_document(answer: httpx.Response, wanted: DocumentLimits) -> Fetched:
    url = str(answer.url)
    status = answer.status_code
    if status != HTTPStatus.OK:
        kind: Callable[[str], FetchError] = Unreachable if status in _LATER else Refused
        raise kind(f"{_shorten(url)} answers with status {status}; open it in a browser")
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = answer.headers.get("content-encoding", "")
    if content_type not in wanted.types:
        raise WrongContent(
            f"{_shorten(url)} is {_shorten(content_type) or 'of no stated type'}, not"
            f" {wanted.name}; check the address"
        )
    data = await read_body(answer.aiter_raw(), encoding, wanted.limit, _shorten(url))
    known = CacheValidators(
        _bound_validator(answer.headers.get("etag")),
        _bound_validator(answer.headers.get("last-modified")),
    )
    return Fetched(url, content_type, answer.charset_encoding, data, known)


def _parse_url(url: str) -> httpx.URL:
    """Return the parsed ``url`` if it may be fetched. Raises BadAddress."""
    if len(url) > MAX_ADDRESS:
        raise BadAddress(f"the address {_shorten(url)} is too long; check it")
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise BadAddress(f"{_shorten(url)!r} is not an address; check it") from error
    if address.scheme not in ("http", "https") or not _names_host(address):
        raise BadAddress(f"{_shorten(url)!r} is not an http or https address; check it")
    if address.userinfo:
        raise BadAddress("an address with a name or password in it is not fetched; leave them out")
    return address.copy_with(fragment=None)


def _names_host(address: httpx.URL) -> bool:
    # httpx percent-encodes characters that are invalid in a host's name.
    return bool(address.host) and b"%" not in address.raw_host and (address.port or 0) <= _PORTS


def _join_url(address: httpx.URL, location: str) -> str:
    try:
        return str(address.join(location))
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise BadAddress(
            f"{_shorten(str(address))} redirects to something that is not an address; open it in a"
            " browser"
        ) from error


def _bound_validator(value: str | None) -> str | None:
    """Return a cache validator if it fits a header and the database."""
    return value if value and len(value) <= _SHOWN and value.isascii() else None


def _describe_error(error: Exception) -> str:
    return type(error).__name__ if not str(error) else _shorten(str(error))


def _shorten(text: str) -> str:
    """Return ``text`` for an error message: on one line, short, without invisible characters."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "…"
