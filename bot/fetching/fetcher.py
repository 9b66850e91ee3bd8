"""One method as the whole boundary to the web: an address in, a bounded document out."""

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
#: Seconds for one document, redirects and all.
TOTAL_S: Final = 20.0
_CONNECT_S: Final = 8.0
_AGENT: Final = "Tathabbat (reads public reports)"
_SHOWN: Final = 120
_PORTS: Final = 65_535
#: Answers that say "another time".
_LATER: Final = frozenset({408, 425, 429, 500, 502, 503, 504})

_XML: Final = frozenset({
    "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml",
    "text/xml",
})  # fmt: skip
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
_JSON: Final = frozenset({"application/json", "application/ld+json", "text/json"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What kind of document is asked for, and how much of it is taken."""

    name: str
    types: frozenset[str]
    limit: int


ARTICLE: Final = Wanted("a page", _PAGES, 16 * 2**20)
#: What a person names by hand may also hold rows or reviews.
DOCUMENT: Final = Wanted("a page, JSON or CSV", _PAGES | _JSON | {"text/csv"}, 32 * 2**20)
#: Servers name feeds as they like; what it is shows when it is parsed.
FEED: Final = Wanted("a feed", _XML | _PAGES, 8 * 2**20)
REVIEWS: Final = Wanted("a list of reviews", _JSON | _PAGES, 32 * 2**20)


@dataclass(frozen=True, slots=True)
class Known:
    """What a server said of the copy it gave last, so that it need not give it again."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as it came: where it was found in the end, its type, its bytes."""

    url: str
    content_type: str
    charset: str | None
    data: bytes
    known: Known


class Fetcher:
    """Fetches documents of the public internet.

    Nothing a user can set loosens ``policy``; tests hand in one that lets in their own server.
    """

    def __init__(
        self,
        policy: AddressPolicy = public_only,
        resolver: Resolver = resolve,
        total_s: float = TOTAL_S,
    ) -> None:
        self._policy, self._resolver, self._total_s = policy, resolver, total_s
        self._tls = httpx.create_ssl_context(trust_env=False)

    async def fetch(self, url: str, wanted: Wanted) -> Fetched:
        """Return the document at ``url``.

        Raises FetchError: see ``errors`` for which.
        """
        fetched = await self.fetch_if_changed(url, wanted, Known())
        if fetched is None:
            raise Refused(
                f"{_shown(url)} answers that nothing changed, to a first request; open it in a"
                " browser"
            )
        return fetched

    async def fetch_if_changed(self, url: str, wanted: Wanted, known: Known) -> Fetched | None:
        """Return the document at ``url``, None if the copy that ``known`` describes is current.

        Raises FetchError: see ``errors`` for which.
        """
        try:
            async with asyncio.timeout(self._total_s), self._client() as client:
                return await _follow(client, url, wanted, known)
        except TimeoutError as error:
            raise TooSlow(f"{_shown(url)} did not answer in time; try again later") from error
        except httpx.TimeoutException as error:
            raise TooSlow(f"{_shown(url)} did not answer in time; try again later") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise Unreachable(
                f"{_shown(url)} cannot be reached ({_reason(error)}); try again later"
            ) from error

    def _client(self) -> httpx.AsyncClient:
        # A client for one document: no cookie and no connection outlives it. No proxy either: it
        # would resolve names by itself.
        through = httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False)
        return httpx.AsyncClient(
            transport=CheckedTransport(through, self._policy, self._resolver),
            timeout=httpx.Timeout(self._total_s, connect=min(_CONNECT_S, self._total_s)),
            headers={"user-agent": _AGENT, "accept-encoding": ENCODING},
            follow_redirects=False,
            trust_env=False,
        )


async def _follow(
    client: httpx.AsyncClient, url: str, wanted: Wanted, known: Known
) -> Fetched | None:
    """Fetch from ``url`` and wherever it leads; each address is checked like the first."""
    conditions = {"if-none-match": known.etag, "if-modified-since": known.last_modified}
    headers = {name: value for name, value in conditions.items() if value}
    address = _checked(url)
    for _ in range(MAX_REDIRECTS + 1):
        async with client.stream("GET", address, headers=headers) as answer:
            if answer.status_code == HTTPStatus.NOT_MODIFIED and headers:
                return None
            if not answer.has_redirect_location:
                return await _document(answer, wanted)
            address = _checked(_joined(address, answer.headers["location"]))
    raise Refused(f"{_shown(url)} redirects more than {MAX_REDIRECTS} times; open it in a browser")


async def _document(answer: httpx.Response, wanted: Wanted) -> Fetched:
    url = str(answer.url)
    status = answer.status_code
    if status != HTTPStatus.OK:
        kind: Callable[[str], FetchError] = Unreachable if status in _LATER else Refused
        raise kind(f"{_shown(url)} answers with status {status}; open it in a browser")
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in wanted.types:
        raise WrongContent(
            f"{_shown(url)} is {_shown(content_type) or 'of no stated type'}, not {wanted.name};"
            " check the address"
        )
    data = await read_body(
        answer.aiter_raw(), answer.headers.get("content-encoding", ""), wanted.limit, _shown(url)
    )
    known = Known(_kept(answer.headers.get("etag")), _kept(answer.headers.get("last-modified")))
    return Fetched(url, content_type, answer.charset_encoding, data, known)


def _checked(url: str) -> httpx.URL:
    """``url`` if it may be fetched at all. Raises BadAddress."""
    if len(url) > MAX_ADDRESS:
        raise BadAddress(f"the address {_shown(url)} is too long; check it")
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise BadAddress(f"{_shown(url)!r} is not an address; check it") from error
    if address.scheme not in ("http", "https") or not _names_host(address):
        raise BadAddress(f"{_shown(url)!r} is not an http or https address; check it")
    if address.userinfo:
        raise BadAddress("an address with a name or password in it is not fetched; leave them out")
    return address.copy_with(fragment=None)


def _names_host(address: httpx.URL) -> bool:
    # What no host's name may hold is percent-encoded by now.
    return bool(address.host) and b"%" not in address.raw_host and (address.port or 0) <= _PORTS


def _joined(address: httpx.URL, location: str) -> str:
    try:
        return str(address.join(location))
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise BadAddress(
            f"{_shown(str(address))} redirects to something that is not an address; open it in a"
            " browser"
        ) from error


def _kept(value: str | None) -> str | None:
    """A validator worth keeping: one that fits a header and the database."""
    return value if value and len(value) <= _SHOWN and value.isascii() else None


def _reason(error: Exception) -> str:
    return type(error).__name__ if not str(error) else _shown(str(error))


def _shown(text: str) -> str:
    """``text`` for a message: on one line, short, nothing invisible."""
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "…"
