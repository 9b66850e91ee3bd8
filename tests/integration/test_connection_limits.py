"""What peers may hold of a server, and for how long: real connections, on a clock that jumps."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bot.observability import telemetry
from bot.observability.telemetry import CloseReason
from bot.serving import Limits, listen, serve_in_loop

HERE: Final = "127.0.0.1"
#: All of 127.0.0.0/8 is this machine.
OTHER: Final = "127.0.0.2"
LIMITS: Final = Limits()
#: More than the kernel keeps for a peer that does not read.
LARGE: Final = 32 * 2**20
#: More than it keeps where it is told to keep little, and less than a server writes ahead.
PAGE: Final = 48 * 2**10
LITTLE: Final = 4096
GET: Final = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


def post(path: str, length: int, *headers: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: {length}\r\n".encode()
    return head + b"".join(header + b"\r\n" for header in headers) + b"\r\n"


class Peer:
    """One connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> bytes:
        """Return the body of the next answer; it ends where the connection does."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await self._reader.readexactly(1)
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return await self._reader.readexactly(int(length))

    async def told_to_continue(self) -> None:
        assert (await self._reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")

    def is_open(self) -> bool:
        return not self._reader.at_eof() and self._reader.exception() is None

    async def rest(self) -> int:
        """Return how many bytes still come before the connection ends."""
        count = 0
        try:
            while part := await self._reader.read(2**20):
                count += len(part)
        except ConnectionError:
            pass
        return count

    async def close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


@dataclass
class Server:
    """An application that is served, the clock it is served by, and who is connected."""

    port: int
    peers: AsyncExitStack
    ahead: float = 0.0
    #: While a test runs only ``skip`` moves the clock: how long a machine takes does not count.
    stands_still: bool = True
    #: Lets the requests go on that wait for it.
    released: asyncio.Event = field(default_factory=asyncio.Event)
    #: Counts the requests that came to the application.
    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun.release()
        request, body = Request(scope, receive), b"answered"
        if scope["path"] == "/held":
            await self.released.wait()
        if scope["path"] != "/unasked":
            try:
                body += str(len(await request.body())).encode()
            except ClientDisconnect:
                return
        if size := {"/large": LARGE, "/page": PAGE}.get(scope["path"]):
            body = bytes(size)
        await PlainTextResponse(body)(scope, receive, send)

    async def peer(self, source: str = HERE, *, reads: bool = True) -> Peer:
        """Connect from an address; one that does not read takes a few bytes at most."""
        client = socket.socket()
        client.setblocking(False)
        client.bind((source, 0))
        if not reads:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LITTLE)
        await asyncio.get_running_loop().sock_connect(client, (HERE, self.port))
        reader, writer = await asyncio.open_connection(sock=client, limit=2**16 if reads else 1)
        peer = Peer(reader, writer)
        self.peers.push_async_callback(peer.close)
        return peer

    async def ask(self, source: str = HERE) -> bytes:
        """Return what a request of its own connection is answered with."""
        peer = await self.peer(source)
        peer.send(GET)
        answer = await peer.answer()
        await peer.close()
        return answer

    async def skip(self, seconds: float) -> None:
        """Let time pass; what was sent before has come, and what fell due is done."""
        await self.ask(OTHER)
        self.ahead += seconds
        await self.ask(OTHER)


@asynccontextmanager
async def serving(
    monkeypatch: pytest.MonkeyPatch,
    *,
    patience: int = 5,
    proxies: tuple[str, ...] = (),
    limits: Limits = LIMITS,
) -> AsyncIterator[Server]:
    loop = asyncio.get_running_loop()
    real, start = loop.time, loop.time()
    listener = listen(HERE, 0)
    # Its connections inherit it.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LITTLE)
    async with AsyncExitStack() as peers:
        server = Server(listener.getsockname()[1], peers)
        monkeypatch.setattr(
            loop, "time", lambda: (start if server.stands_still else real()) + server.ahead
        )
        async with serve_in_loop(server, listener, patience, proxies, limits):
            try:
                yield server
            finally:
                server.stands_still = False
            server.released.set()


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    async with serving(monkeypatch) as started:
        yield started


@pytest.fixture
def closed() -> Callable[[CloseReason], float]:
    """Say how many connections were closed for a reason since the test began."""

    def count(why: CloseReason) -> float:
        name = "tathabbat_connections_closed_total"
        return telemetry.REGISTRY.get_sample_value(name, {"why": why.value}) or 0.0

    before = {why: count(why) for why in CloseReason}
    return lambda why: count(why) - before[why]


class TestDeadlines:
    async def test_a_connection_that_asks_nothing_ends(self, server: Server) -> None:
        peer = await server.peer()
        await server.skip(9)
        assert peer.is_open()
        await server.skip(2)
        assert not peer.is_open()

    async def test_headers_are_not_waited_for_longer_because_some_come(
        self, server: Server
    ) -> None:
        peer = await server.peer()
        peer.send(b"GET / HTTP/1.1\r\nX: ")
        for _ in range(9):
            await server.skip(1)
            peer.send(b"x")
        assert peer.is_open()
        await server.skip(2)
        assert not peer.is_open()

    async def test_a_connection_is_kept_for_another_request_for_a_while(
        self, server: Server
    ) -> None:
        peer = await server.peer()
        for _ in range(3):
            peer.send(GET)
            assert await peer.answer() == b"answered0"
            await server.skip(9)
        assert peer.is_open()
        await server.skip(2)
        assert not peer.is_open()

    async def test_the_headers_of_a_later_request_have_as_long_as_the_first(
        self, server: Server
    ) -> None:
        peer = await server.peer()
        peer.send(GET)
        await peer.answer()
        await server.skip(9)
        peer.send(GET[:5])
        await server.skip(9)
        assert peer.is_open()
        peer.send(GET[5:6])
        await server.skip(2)
        assert not peer.is_open()

    async def test_a_request_begun_with_the_one_before_has_no_longer(self, server: Server) -> None:
        peer = await server.peer()
        peer.send(GET + GET[:5])
        await peer.answer()
        await server.skip(9)
        peer.send(GET[5:6])
        await server.skip(2)
        assert not peer.is_open()

    @pytest.mark.parametrize(
        ("begin", "drip"),
        [
            (post("/", 1000) + b"ab", b""),
            (post("/", 1000) + b"ab", b"x"),
            (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        ],
        ids=["silence", "a byte a second", "a chunk a second"],
    )
    async def test_a_body_that_hardly_comes_ends_the_connection(
        self, server: Server, begin: bytes, drip: bytes, closed: Callable[[CloseReason], float]
    ) -> None:
        peer = await server.peer()
        peer.send(begin)
        for _ in range(9):
            await server.skip(1)
            peer.send(drip)
        assert peer.is_open()
        await server.skip(2)
        assert not peer.is_open()
        assert closed(CloseReason.BODY) == 1

    async def test_a_body_that_comes_slowly_is_taken(self, server: Server) -> None:
        peer = await server.peer()
        peer.send(post("/", 15_000))
        for _ in range(15):
            peer.send(bytes(1000))
            await server.skip(1)
        assert await peer.answer() == b"answered15000"
        # And what follows has its own time, neither more nor less.
        await server.skip(8)
        assert peer.is_open()
        await server.skip(2)
        assert not peer.is_open()

    async def test_no_body_may_take_longer_than_half_a_minute(self, server: Server) -> None:
        peer = await server.peer()
        peer.send(post("/", 10**9))
        for _ in range(29):
            peer.send(bytes(10_000))
            await server.skip(1)
        assert peer.is_open()
        await server.skip(2)
        assert not peer.is_open()

    async def test_a_body_nobody_asked_for_is_not_waited_for_longer(self, server: Server) -> None:
        peer = await server.peer()
        peer.send(post("/unasked", 1000))
        assert await peer.answer() == b"answered"
        await server.skip(11)
        assert not peer.is_open()

    async def test_what_the_application_takes_is_not_the_peers_time(self, server: Server) -> None:
        asks, sends, waits = [await server.peer() for _ in range(3)]
        asks.send(GET.replace(b"/", b"/held", 1))
        # More than is taken before the application asks for it.
        sends.send(post("/held", 2**20) + bytes(2**20))
        waits.send(post("/held", 4, b"Expect: 100-continue"))
        for _ in range(4):
            await server.skip(20)
        server.released.set()
        await waits.told_to_continue()
        waits.send(b"four")
        assert await asks.answer() == b"answered0"
        assert await sends.answer() == b"answered1048576"
        assert await waits.answer() == b"answered4"

    async def test_the_peers_time_begins_when_it_is_asked(self, server: Server) -> None:
        peer = await server.peer()
        peer.send(post("/held", 4, b"Expect: 100-continue"))
        await server.skip(9)
        server.released.set()
        await peer.told_to_continue()
        await server.skip(8)
        peer.send(b"four")
        assert await peer.answer() == b"answered4"

    async def test_what_is_asked_for_late_has_to_come_then(self, server: Server) -> None:
        sends, waits = await server.peer(), await server.peer()
        sends.send(post("/held", 2**20) + bytes(2**19))
        waits.send(post("/held", 4, b"Expect: 100-continue"))
        await server.skip(60)
        server.released.set()
        await waits.told_to_continue()
        await server.skip(31)
        await server.skip(31)
        assert not sends.is_open()
        assert not waits.is_open()

    async def test_who_does_not_read_the_answer_is_not_waited_for(
        self, server: Server, closed: Callable[[CloseReason], float]
    ) -> None:
        peer = await server.peer(reads=False)
        peer.send(GET.replace(b"/", b"/large", 1) * 3)
        await server.skip(29)
        assert closed(CloseReason.UNREAD) == 0
        await server.skip(2)
        assert closed(CloseReason.UNREAD) == 1
        assert await peer.rest() < LARGE

    @pytest.mark.parametrize("header", [b"", b"Connection: close\r\n"], ids=["kept", "last"])
    async def test_a_page_that_is_not_read_is_not_kept_either(
        self, server: Server, header: bytes, closed: Callable[[CloseReason], float]
    ) -> None:
        peer = await server.peer(reads=False)
        peer.send(b"GET /page HTTP/1.1\r\nHost: here\r\n" + header + b"\r\n")
        await server.skip(29)
        assert closed(CloseReason.UNREAD) == 0
        await server.skip(2)
        assert closed(CloseReason.UNREAD) == 1
        assert await peer.rest() < PAGE

    async def test_who_reads_late_gets_all_of_it_and_may_ask_again(self, server: Server) -> None:
        peer = await server.peer(reads=False)
        for _ in range(2):
            peer.send(GET.replace(b"/", b"/large", 1))
            await server.skip(15)
            assert len(await peer.answer()) == LARGE
        await server.skip(9)
        assert peer.is_open()
        await server.skip(2)
        assert not peer.is_open()

    async def test_hanging_up_is_no_fault(
        self, server: Server, caplog: pytest.LogCaptureFixture
    ) -> None:
        for begin in (b"", GET[:5], post("/", 1000) + b"ab", post("/held", 1000)):
            peer = await server.peer()
            peer.send(begin)
            await peer.close()
        server.released.set()
        await server.skip(60)
        assert not [each for each in caplog.records if each.levelno > logging.INFO]


class TestBounds:
    @pytest.mark.parametrize(
        "begin", [b"", GET[:5], GET, post("/", 1000) + b"ab"],
        ids=["nothing", "headers", "a request", "a body"],
    )  # fmt: skip
    async def test_many_from_one_address_shut_nobody_out(
        self, server: Server, begin: bytes, closed: Callable[[CloseReason], float]
    ) -> None:
        peers = [await server.peer() for _ in range(500)]
        for peer in peers:
            peer.send(begin)
        assert await server.ask(OTHER) == b"answered0"
        assert await server.ask(HERE) == b"answered0"
        # Those that said something to a closed connection may not know yet.
        assert closed(CloseReason.DISPLACED) >= 500 - LIMITS.per_address
        assert all(peer.is_open() for peer in peers[-LIMITS.per_address + 2 :])

    async def test_who_waits_for_an_answer_is_not_displaced(
        self, server: Server, closed: Callable[[CloseReason], float]
    ) -> None:
        peers = [await server.peer() for _ in range(LIMITS.per_address)]
        for peer in peers:
            peer.send(GET.replace(b"/", b"/held", 1))
            await server.begun.acquire()
        refused = await server.peer()
        assert await refused.rest() == 0
        assert closed(CloseReason.REFUSED) == 1
        assert await server.ask(OTHER) == b"answered0"
        server.released.set()
        assert [await peer.answer() for peer in peers] == [b"answered0"] * len(peers)
        assert await server.ask() == b"answered0"

    async def test_many_from_many_addresses_are_bounded_in_all(
        self, server: Server, closed: Callable[[CloseReason], float]
    ) -> None:
        addresses = [f"127.0.1.{number}" for number in range(1, 6)]
        alone = await server.peer("127.0.2.1")
        for address in addresses:
            for _ in range(LIMITS.per_address):
                await server.peer(address)
        assert await server.ask(OTHER) == b"answered0"
        held = 1 + len(addresses) * LIMITS.per_address
        assert closed(CloseReason.DISPLACED) >= held - LIMITS.connections
        # The oldest of all, and the only one of its address.
        alone.send(GET)
        assert await alone.answer() == b"answered0"

    async def test_a_proxys_connections_are_many_peoples(
        self, monkeypatch: pytest.MonkeyPatch, closed: Callable[[CloseReason], float]
    ) -> None:
        async with serving(monkeypatch, proxies=("127.0.0.1/32",)) as server:
            peers = [await server.peer() for _ in range(2 * LIMITS.per_address)]
            for peer in peers:
                peer.send(GET.replace(b"/", b"/held", 1))
                await server.begun.acquire()
            server.released.set()
            assert [await peer.answer() for peer in peers] == [b"answered0"] * len(peers)
            assert closed(CloseReason.REFUSED) == closed(CloseReason.DISPLACED) == 0
            # The bound on all holds for it as well.
            for _ in range(500):
                await server.peer()
            assert await server.ask() == await server.ask(OTHER) == b"answered0"

    async def test_coming_and_going_leaves_nothing_behind(
        self, server: Server, closed: Callable[[CloseReason], float]
    ) -> None:
        for _ in range(10 * LIMITS.per_address):
            await (await server.peer()).close()
        peers = [await server.peer() for _ in range(LIMITS.per_address)]
        await server.ask(OTHER)
        assert all(peer.is_open() for peer in peers)


class TestStop:
    async def test_who_owes_a_request_is_not_waited_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limits = Limits(1000.0, 1000.0, 1000.0, 1000.0)
        async with asyncio.timeout(60):
            async with serving(monkeypatch, patience=1000, limits=limits) as server:
                for begin in (b"", GET[:5], GET, GET + GET[:5], post("/", 1000) + b"ab"):
                    peer = await server.peer()
                    peer.send(begin)
                await server.ask()

    async def test_who_does_not_read_is_let_go_at_the_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with serving(monkeypatch, patience=1) as server:
            peer = await server.peer(reads=False)
            peer.send(GET.replace(b"/", b"/large", 1))
            await server.ask()
        assert await peer.rest() < LARGE


class TestNonsense:
    @pytest.mark.parametrize(
        "sent",
        [
            b"\x00\xff\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            GET.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
            GET[:-2] + b"X: " + b"x" * 2**20,
            b"POST /unasked HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
        ],
        ids=["no HTTP", "no host", "another protocol", "much", "a broken body"],
    )
    async def test_it_ends_the_connection_and_leaves_no_line(
        self, server: Server, sent: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        peer = await server.peer()
        for part in (sent, b"none\r\n\r\n"):
            peer.send(part)
            await server.ask(OTHER)
        await server.skip(60)
        await peer.rest()
        assert not [each for each in caplog.records if each.levelno > logging.INFO]
