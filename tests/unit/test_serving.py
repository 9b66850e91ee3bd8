"""Applications on sockets of their own: who is believed about who asks, and how it ends."""

import asyncio
import http.client
from collections.abc import Mapping

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bot.serving import CannotListen, listen, parse_address, serve_in_loop, serve_in_thread

HERE = "127.0.0.1"


async def who(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the address of who asks."""
    client = Request(scope).client
    await PlainTextResponse(client.host if client else "")(scope, receive, send)


@pytest.mark.parametrize(
    ("proxies", "said"),
    [
        # Nobody is believed, whatever the environment says to the server.
        ((), {"203.0.113.9": HERE, "127.0.0.1": HERE}),
        # Nor is somebody else than the proxy.
        (("10.0.0.0/8",), {"203.0.113.9": HERE}),
        # The proxy is: in what it wrote itself, which is the last.
        (
            ("127.0.0.1/32", "10.0.0.0/8"),
            {
                "203.0.113.9": "203.0.113.9",
                "198.51.100.1, 203.0.113.9": "203.0.113.9",
                "127.0.0.1, 203.0.113.9": "203.0.113.9",
                "198.51.100.1, 203.0.113.9, 10.1.2.3": "203.0.113.9",
                "203.0.113.9:4711": "203.0.113.9",
                "198.51.100.1, 2001:db8::7": "2001:db8::7",
            },
        ),
    ],
    ids=["nobody", "another", "the proxy"],
)
def test_only_a_proxy_is_believed_about_who_asks(
    proxies: tuple[str, ...], said: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    listener = listen(HERE, 0)
    port = listener.getsockname()[1]
    with serve_in_thread(who, listener, 5, proxies):
        connection = http.client.HTTPConnection(HERE, port)
        for header, seen in said.items():
            connection.request("GET", "/", headers={"X-Forwarded-For": header})
            assert connection.getresponse().read().decode() == seen, header
        connection.close()


async def test_a_request_in_hand_is_answered_before_the_end() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await may_end.wait()
        await PlainTextResponse("answered")(scope, receive, send)

    listener = listen(HERE, 0)
    port = listener.getsockname()[1]
    async with serve_in_loop(slow, listener, 5):
        reader, writer = await asyncio.open_connection(HERE, port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await begun.wait()
        # Once the end has begun.
        asyncio.get_running_loop().call_soon(may_end.set)
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"answered")
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection(HERE, port)


@pytest.mark.parametrize("bind", ["", "8080", ":8080", "127.0.0.1", "127.0.0.1:http", "h:99999"])
def test_what_is_not_host_and_port_is_said_to_be_none(bind: str) -> None:
    with pytest.raises(CannotListen, match="not host:port"):
        parse_address(bind)


def test_a_host_may_be_of_the_new_kind() -> None:
    assert parse_address("[::1]:8080") == ("::1", 8080)


def test_a_place_that_is_taken_is_said_to_be() -> None:
    with listen(HERE, 0) as taken, pytest.raises(CannotListen, match="in use"):
        listen(HERE, taken.getsockname()[1])
