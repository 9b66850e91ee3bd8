"""Requests over aiohttp to servers on loopback that answer, hang, break or are not there."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from telegram import Bot
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.telegram.outgoing.aiohttp_request import AiohttpRequest
from bot.telegram.outgoing.send_errors import SendFailure, classify_error

TOKEN = "123456:a-token-that-nobody-may-read"
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{"ok": true, "result": true}'

#: What a server does with one connection.
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Return the head of a request and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return head + (await reader.readexactly(int(length)) if length else b"")


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(ANSWER)


async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.close()


async def break_off_halfway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(ANSWER[:-5])
    writer.close()


def carried_out(
    serve: Serve | None,
    act: Callable[[AiohttpRequest, str], Awaitable[Any]],
    connections: int = 1,
    scheme: str = "http",
) -> Any:
    """Return what ``act`` returns, given a request and the address of a server (None: of none)."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await (serve or hang)(reader, writer)
        finally:
            writer.close()

    async def all_of_it() -> Any:
        server = await asyncio.start_server(closing, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        if serve is None:
            server.close()
            await server.wait_closed()
        request = AiohttpRequest(connections, pool_timeout=0.01)
        await request.initialize()
        try:
            return await act(request, f"{scheme}://127.0.0.1:{port}/bot{TOKEN}/sendMessage")
        finally:
            await request.shutdown()
            server.close()

    return asyncio.run(all_of_it())


def failure(serve: Serve | None, scheme: str = "http", read_timeout: float = 5.0) -> TelegramError:
    """Return the error of a request, which names neither address nor token."""
    with pytest.raises(TelegramError) as raised:
        carried_out(
            serve, lambda request, url: request.post(url, read_timeout=read_timeout), scheme=scheme
        )
    assert "token" not in str(raised.value)
    assert "127.0.0.1" not in str(raised.value)
    return raised.value


def bot(request: AiohttpRequest, url: str) -> Bot:
    """Return a bot whose calls go to the server at ``url``."""
    return Bot(TOKEN, base_url=url.partition(TOKEN)[0], request=request)


def test_an_answer_is_given_back() -> None:
    assert carried_out(answer, lambda request, url: request.post(url)) is True


def test_a_refused_connection_was_not_sent() -> None:
    error = failure(None)
    assert isinstance(error, NetworkError)
    assert not isinstance(error, TimedOut)
    assert classify_error(error) is SendFailure.UNSENT


def test_a_failed_handshake_was_not_sent() -> None:
    async def speak_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ANSWER)

    assert classify_error(failure(speak_plainly, "https")) is SendFailure.UNSENT


def test_without_a_free_connection_nothing_was_sent() -> None:
    async def ask_twice(request: AiohttpRequest, url: str) -> TelegramError:
        first = asyncio.create_task(request.post(url))
        await asyncio.sleep(0)
        with pytest.raises(TimedOut) as raised:
            await request.post(url, connect_timeout=0.01)
        first.cancel()
        with suppress(asyncio.CancelledError):
            await first
        return raised.value

    assert classify_error(carried_out(hang, ask_twice)) is SendFailure.UNSENT


def test_without_an_answer_it_may_have_arrived() -> None:
    error = failure(hang, read_timeout=0.01)
    assert isinstance(error, TimedOut)
    assert classify_error(error) is SendFailure.UNSURE


@pytest.mark.parametrize("serve", [break_off, break_off_halfway])
def test_a_connection_that_breaks_may_have_carried_it(serve: Serve) -> None:
    error = failure(serve)
    assert isinstance(error, NetworkError)
    assert not isinstance(error, TimedOut)
    assert classify_error(error) is SendFailure.UNSURE


def test_a_file_that_is_not_taken_ends() -> None:
    async def read_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.get_running_loop().create_future()

    async def upload(request: AiohttpRequest, url: str) -> None:
        await bot(request, url).send_document(
            5, b"x" * 50_000_000, read_timeout=0.1, write_timeout=0.1, connect_timeout=0.1
        )

    with pytest.raises(TimedOut) as raised:
        carried_out(read_nothing, upload)
    assert classify_error(raised.value) is SendFailure.UNSURE


def recorded(act: Callable[[AiohttpRequest, str], Awaitable[Any]]) -> bytes:
    """Return a request as the server gets it."""
    got = []

    async def record(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await read_request(reader))
        writer.write(ANSWER)

    carried_out(record, act)
    return got[0]


def test_parameters_are_a_form() -> None:
    sent = recorded(lambda request, url: bot(request, url).send_message(5, "نص & more"))
    head, _, body = sent.partition(b"\r\n\r\n")
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert b"User-Agent: python-telegram-bot" in head
    assert body == b"chat_id=5&text=%D9%86%D8%B5+%26+more"


def test_files_go_with_their_names_and_kinds() -> None:
    name = 'الصورة "1".png'
    sent = recorded(lambda request, url: bot(request, url).send_photo(5, b"\x89PNG", filename=name))
    assert b"multipart/form-data; boundary=" in sent
    assert 'name="photo"; filename="الصورة \\"1\\".png"'.encode() in sent
    assert b"Content-Type: image/png" in sent
    assert b'name="chat_id"' in sent
    assert b"\r\n\r\n\x89PNG\r\n" in sent


class TestProxies:
    @pytest.fixture(autouse=True)
    def _no_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)

    @pytest.mark.parametrize("name", ["http_proxy", "all_proxy"])
    def test_the_one_of_the_environment_is_asked(
        self, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        async def ask(request: AiohttpRequest, url: str) -> None:
            monkeypatch.setenv(name, url.split("/bot")[0].replace("://", "://me:pass@"))
            await request.post("http://telegram.invalid/bot/getMe")

        sent = recorded(ask)
        assert sent.startswith(b"POST http://telegram.invalid/bot/getMe HTTP/1.1")
        assert b"Proxy-Authorization: Basic bWU6cGFzcw==" in sent

    def test_none_is_asked_for_hosts_that_are_left_out(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", "http://proxy.invalid:1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert carried_out(answer, lambda request, url: request.post(url)) is True
