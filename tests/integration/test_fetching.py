"""The safe fetcher against a real server that behaves badly in every way it can."""

import gzip
import ipaddress
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler

import pytest

from bot.fetching import ARTICLE, FEED, CacheValidators, Fetcher
from bot.fetching.addresses import public_only
from bot.fetching.errors import (
    BadAddress,
    PrivateAddress,
    Refused,
    TooLarge,
    TooSlow,
    Unreachable,
    WrongContent,
)
from tests.integration.web import Web, answer, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as started:
        yield started


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fec0::1",
        "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
        "2001:0:7f00:1::", "192.88.99.1", "3fff::1", "64:ff9b:1:a00:0:100::", "::8.8.8.8",
        "::ffff:0:8.8.8.8", "2001:0:808:808::f7f7:f7f7",
    ],
)  # fmt: skip
def test_what_is_not_public(address: str) -> None:
    assert not public_only(ipaddress.ip_address(address), 80)


#: Where cloud providers answer their own machines; the first are addresses like any other.
INSIDE = ["168.63.129.16", "192.0.0.192", "161.26.0.10", "166.9.8.7", "199.36.153.9",
          "100.100.100.200", "169.254.169.254", "169.254.0.23"]  # fmt: skip


@pytest.mark.parametrize("inside", INSIDE)
@pytest.mark.parametrize(
    "form",
    ["{0}", "::ffff:{0}", "::{0}", "::ffff:0:{0}", "64:ff9b::{0}", "64:ff9b:1::{0}",
     "2001:470::5efe:{0}", "2001:470::200:5efe:{0}", "fe80::5efe:{0}", "2002:{1}:{2}::1",
     "2001:0:{1}:{2}::1", "2001:0:4136:e378:8000:63bf:{3}:{4}"],
)  # fmt: skip
def test_what_clouds_answer_from_is_not_public_in_any_form(inside: str, form: str) -> None:
    number = int(ipaddress.IPv4Address(inside))
    high, low = number >> 16, number & 0xFFFF
    hexadecimal = (f"{part:x}" for part in (high, low, high ^ 0xFFFF, low ^ 0xFFFF))
    assert not public_only(ipaddress.ip_address(form.format(inside, *hexadecimal)), 80)


@pytest.mark.parametrize("address", ["fd00:ec2::254", "fd20:ce::254", "fd00:42::42"])
def test_nor_from_addresses_of_their_own_networks(address: str) -> None:
    assert not public_only(ipaddress.ip_address(address), 80)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "168.63.129.17", "2606:4700::1111", "64:ff9b::808:808", "64:ff9b:1::808:808",
     "2002:808:808::1", "::ffff:8.8.8.8", "2001:470::5efe:8.8.8.8", "2001:4860:4860::8888"],
)  # fmt: skip
def test_what_is_public(address: str) -> None:
    assert public_only(ipaddress.ip_address(address), 80)
    assert public_only(ipaddress.ip_address(address), 443)


@pytest.mark.parametrize("port", [0, 1, 22, 25, 79, 81, 444, 5432, 6379, 8080, 8443, 65_535])
def test_only_the_ports_of_the_web_are_public(port: int) -> None:
    assert not public_only(ipaddress.ip_address("8.8.8.8"), port)


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "", "no address", "file:///etc/passwd", "ftp://example.org/", "http://", "//a.org",
            "javascript:alert(1)", "http://user:secret@example.org/", "http://[::1", "http://a b/",
            "http://example.org:99999999/", "http://" + "x" * 3_000, "http://" + "a" * 70 + ".org/",
            "http://\u202eexample.org/",
        ],
    )  # fmt: skip
    async def test_what_cannot_be_fetched(self, url: str) -> None:
        with pytest.raises(BadAddress) as told:
            await Fetcher().fetch(url, ARTICLE)
        assert "secret" not in str(told.value)
        assert len(str(told.value)) < 300

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0",
         "10.0.0.1", "192.168.0.1", "169.254.169.254", "[fe80::1]", "[fc00::1]"],
    )  # fmt: skip
    async def test_a_private_one_is_never_asked(self, web: Web, host: str) -> None:
        web.serve("/", "secret")
        with pytest.raises((PrivateAddress, Unreachable)):
            await Fetcher().fetch(web.url("/", host), ARTICLE)
        assert not web.asked

    @pytest.mark.parametrize(
        "addresses",
        [["10.0.0.1"], ["127.0.0.1"], ["::ffff:10.0.0.1"], ["8.8.8.8", "192.168.0.1"],
         ["fe80::1%2"]],
    )  # fmt: skip
    async def test_a_name_that_leads_to_a_private_one(self, addresses: list[str]) -> None:
        async def resolver(host: str, port: int) -> Sequence[str]:
            return addresses

        with pytest.raises(PrivateAddress, match=r"inner\.example is not on the public internet"):
            await Fetcher(resolver=resolver).fetch("http://inner.example/", ARTICLE)

    async def test_the_connection_goes_to_the_address_that_was_checked(self, web: Web) -> None:
        """A name that changes its answer is resolved once, and nobody else resolves it."""
        answers = iter([["127.0.0.1"], ["10.0.0.1"]])

        async def resolver(host: str, port: int) -> Sequence[str]:
            return next(answers)

        hosts: list[str] = []

        def note(handler: BaseHTTPRequestHandler) -> None:
            hosts.append(handler.headers["host"])
            answer(handler, 200, b"here")

        web.answers["/"] = note
        fetched = await web.fetcher(resolver).fetch(web.url("/", "news.example"), ARTICLE)
        assert fetched.data == b"here"
        assert fetched.url == web.url("/", "news.example")
        assert hosts == [f"news.example:{web.port}"]
        assert next(answers) == ["10.0.0.1"]

    @pytest.mark.parametrize(
        ("url", "port"),
        [("http://news.example:8080/", 8080), ("https://news.example:22/", 22),
         ("http://8.8.8.8:6379/", 6379), ("https://[2606:4700::1111]:5432/", 5432)],
    )  # fmt: skip
    async def test_another_port_than_the_webs_is_never_asked(self, url: str, port: int) -> None:
        async def resolver(host: str, port: int) -> Sequence[str]:
            return ["8.8.8.8"]

        with pytest.raises(BadAddress, match=rf"at port {port}; only ports 80 and 443"):
            await Fetcher(resolver=resolver).fetch(url, ARTICLE)

    async def test_a_name_that_is_not_known(self) -> None:
        async def resolver(host: str, port: int) -> Sequence[str]:
            raise OSError("no such name")

        with pytest.raises(Unreachable, match=r"the host nowhere\.example is not known"):
            await Fetcher(resolver=resolver).fetch("https://nowhere.example/", ARTICLE)

    async def test_an_address_that_does_not_answer_gives_way_to_the_next(self, web: Web) -> None:
        async def resolver(host: str, port: int) -> Sequence[str]:
            return ["127.0.0.1"] if port == web.port else ["127.0.0.1", "127.0.0.1"]

        with serving() as gone:
            pass
        web.serve("/", "here")
        fetcher = Fetcher(lambda address, port: True, resolver)
        with pytest.raises(Unreachable):
            await fetcher.fetch(gone.url("/", "news.example"), ARTICLE)
        assert (await fetcher.fetch(web.url("/", "news.example"), ARTICLE)).data == b"here"


class TestRedirects:
    async def test_are_followed(self, web: Web) -> None:
        web.redirect("/old", "/new#part")
        web.serve("/new", "here")
        fetched = await web.fetcher().fetch(web.url("/old"), ARTICLE)
        assert (fetched.url, fetched.data) == (web.url("/new"), b"here")

    @pytest.mark.parametrize(
        "target",
        ["http://127.0.0.1:9/", "http://localhost:9/", "http://10.0.0.1/", "http://192.168.0.1/",
         "http://169.254.169.254/latest/", "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/",
         "http://[::ffff:a00:1]/", "http://[fe80::1]/", "http://0/", "http://168.63.129.16/",
         "http://192.0.0.192/opc/v1/", "http://8.8.8.8:8080/", "https://8.8.8.8:22/"],
    )  # fmt: skip
    async def test_to_a_private_address_or_another_port_are_not(
        self, web: Web, target: str
    ) -> None:
        with pytest.raises((BadAddress, Unreachable)):
            await web.fetcher().fetch(web.redirect("/", target), FEED)
        assert web.asked == {"/": 1}

    @pytest.mark.parametrize(
        "target", ["file:///etc/passwd", "ftp://example.org/", "http://[", "http://a:b@127.0.0.1/"]
    )
    async def test_to_what_cannot_be_fetched_are_not(self, web: Web, target: str) -> None:
        with pytest.raises(BadAddress):
            await web.fetcher().fetch(web.redirect("/", target), FEED)

    async def test_in_a_circle_end(self, web: Web) -> None:
        with pytest.raises(Refused, match="redirects more than 5 times"):
            await web.fetcher().fetch(web.redirect("/", "/"), ARTICLE)
        assert web.asked == {"/": 6}


class TestBounds:
    async def test_fifty_megabytes_are_not_taken(self, web: Web) -> None:
        with pytest.raises(TooLarge, match="larger than 16 MiB"):
            await web.fetcher().fetch(web.serve("/", b"x" * 50 * 2**20), ARTICLE)

    async def test_an_endless_answer_ends(self, web: Web) -> None:
        def endless(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("content-type", "application/rss+xml")
            handler.end_headers()
            while True:
                handler.wfile.write(b"<item><title>more</title></item>" * 1000)

        web.answers["/"] = endless
        with pytest.raises(TooLarge, match="larger than 8 MiB"):
            await web.fetcher().fetch(web.url("/"), FEED)

    @pytest.mark.parametrize("layers", [1, 2])
    async def test_a_gzip_bomb_does_not_open(self, web: Web, layers: int) -> None:
        bomb = b"\0" * 200 * 2**20
        for _ in range(layers):
            bomb = gzip.compress(bomb)
        coding = ", ".join(["gzip"] * layers)
        with pytest.raises((TooLarge, WrongContent)):
            await web.fetcher().fetch(web.serve("/", bomb, content_encoding=coding), ARTICLE)

    async def test_gzip_is_read(self, web: Web) -> None:
        page = b"<p>" + bytes(range(256)) * 5_000
        url = web.serve("/", gzip.compress(page), content_encoding="gzip")
        assert (await web.fetcher().fetch(url, ARTICLE)).data == page

    @pytest.mark.parametrize(
        ("body", "coding"),
        [
            (b"plain", "gzip"),
            (gzip.compress(b"x" * 999, mtime=0)[:-9], "gzip"),
            (b"", "gzip"),
            (b"x", "br"),
        ],
    )
    async def test_broken_or_other_compression(self, web: Web, body: bytes, coding: str) -> None:
        with pytest.raises(WrongContent, match=r"(uses a|has broken) compression"):
            await web.fetcher().fetch(web.serve("/", body, content_encoding=coding), ARTICLE)

    @pytest.mark.parametrize("part", [b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\n\r\n"])
    async def test_a_server_that_drips_is_left(self, web: Web, part: bytes) -> None:
        """Each byte comes in time, all of them never do: in the headers, and in the body."""
        left = threading.Event()

        def drip(handler: BaseHTTPRequestHandler) -> None:
            start = part.replace(b"\r\n\r\n", b"\r\ncontent-type: text/html\r\n\r\n")
            handler.wfile.write(start)
            while not left.wait(0.02):
                handler.wfile.write(b"x")

        web.answers["/"] = drip
        with pytest.raises(TooSlow, match="did not answer in time"):
            await web.fetcher(total_s=0.5).fetch(web.url("/"), ARTICLE)
        left.set()

    async def test_headers_without_end_are_not_taken(self, web: Web) -> None:
        def headers(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                handler.wfile.write(b"x-more: " + b"y" * 1000 + b"\r\n")

        web.answers["/"] = headers
        with pytest.raises(Unreachable):
            await web.fetcher().fetch(web.url("/"), ARTICLE)


class TestAnswers:
    @pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "", "x\x1b[2J"])
    async def test_another_kind_of_document_is_not_taken(self, web: Web, kind: str) -> None:
        with pytest.raises(WrongContent, match="not a page") as told:
            await web.fetcher().fetch(web.serve("/", b"x", kind), ARTICLE)
        assert "\x1b" not in str(told.value)

    @pytest.mark.parametrize(
        ("status", "error"),
        [(404, Refused), (403, Refused), (410, Refused), (204, Refused), (304, Refused),
         (429, Unreachable), (500, Unreachable), (503, Unreachable)],
    )  # fmt: skip
    async def test_a_status_says_whether_to_come_again(
        self, web: Web, status: int, error: type[Exception]
    ) -> None:
        web.answers["/"] = lambda handler: answer(handler, status, b"")
        with pytest.raises(error, match=f"status {status}") as told:
            await web.fetcher().fetch(web.url("/"), ARTICLE)
        assert type(told.value) is error

    async def test_what_is_no_http_is_unreachable(self, web: Web) -> None:
        def greet(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")

        web.answers["/"] = greet
        with pytest.raises(Unreachable, match="cannot be reached"):
            await web.fetcher().fetch(web.url("/"), ARTICLE)

    async def test_what_has_not_changed_is_not_sent_again(self, web: Web) -> None:
        def conditional(handler: BaseHTTPRequestHandler) -> None:
            if handler.headers["if-none-match"] == '"1"':
                answer(handler, 304, b"")
            else:
                answer(handler, 200, b"<rss/>", "text/xml", etag='"1"')

        web.answers["/"] = conditional
        fetcher = web.fetcher()
        first = await fetcher.fetch_if_changed(web.url("/"), FEED, CacheValidators())
        assert first is not None
        assert first.known == CacheValidators('"1"')
        assert await fetcher.fetch_if_changed(web.url("/"), FEED, first.known) is None
        assert (
            await fetcher.fetch_if_changed(web.url("/"), FEED, CacheValidators('"0"')) is not None
        )

    async def test_no_cookie_or_proxy_is_taken_along(
        self, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        cookies: list[str | None] = []

        def note(handler: BaseHTTPRequestHandler) -> None:
            cookies.append(handler.headers["cookie"])
            answer(handler, 200, b"x", set_cookie="a=1")

        web.answers["/"] = note
        fetcher = web.fetcher()
        await fetcher.fetch(web.url("/"), ARTICLE)
        await fetcher.fetch(web.url("/"), ARTICLE)
        assert cookies == [None, None]
