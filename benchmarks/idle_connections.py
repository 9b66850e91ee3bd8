"""Measure what held connections cost other peers, and how long they last, at the real limits.

    python -m benchmarks.idle_connections [--connections 500]

A small application is served as the console and the webhook are. First one address opens many
connections and leaves them, and others ask; then one peer of each slow kind is timed until the
server closes its connection.
"""

import argparse
import http.client
import socket
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.serving import listen, serve_in_thread

HOST: Final = "127.0.0.1"
#: All of 127.0.0.0/8 is this machine on Linux.
OTHER: Final = "127.0.0.2"
ASKED: Final = 200
#: More than the kernel keeps for a peer that does not read.
LARGE: Final = 32 * 2**20
#: After that long a connection is said to be held for ever.
LONG_SECONDS: Final = 60.0
_POST: Final = b"POST / HTTP/1.1\r\nHost: here\r\n"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the request and answer, at length where the path says so."""
    try:
        await Request(scope, receive).body()
    except ClientDisconnect:
        return
    body = bytes(LARGE) if scope["path"] == "/large" else b"answered"
    await Response(body)(scope, receive, send)


def ask(port: int, source: str) -> tuple[int, float]:
    """Return the status of a request of its own connection (0: none), and the milliseconds."""
    begun = time.perf_counter()
    connection = http.client.HTTPConnection(HOST, port, 10, (source, 0))
    try:
        connection.request("GET", "/")
        status = connection.getresponse().status
    except OSError:
        status = 0
    finally:
        connection.close()
    return status, (time.perf_counter() - begun) * 1000


def crowd(port: int, connections: int) -> None:
    """Open many connections from one address, leave them, and ask from it and from another."""
    with ExitStack() as open_until_the_end:
        for _ in range(connections):
            peer = socket.create_connection((HOST, port))
            open_until_the_end.enter_context(peer)
        for source in (HOST, OTHER):
            answers = [ask(port, source) for _ in range(ASKED)]
            good = sum(status == 200 for status, _ in answers)
            median = statistics.median(took for _, took in answers)
            print(
                f"{connections} idle from {HOST}: {good} of {ASKED} requests from {source}"
                f" answered, {median:.1f} ms"
            )


def held(port: int, begin: bytes, drip: bytes = b"", *, answered: bool = False) -> float:
    """Return the seconds until the server ends a connection that sends ``drip`` a second."""
    with socket.create_connection((HOST, port)) as peer:
        peer.sendall(begin)
        if answered:
            peer.recv(2**16)
        peer.settimeout(1.0)
        begun = time.perf_counter()
        while time.perf_counter() - begun < LONG_SECONDS:
            try:
                if not peer.recv(2**16):
                    break
            except TimeoutError:
                pass
            except OSError:
                break
            try:
                peer.sendall(drip)
            except OSError:
                break
        return time.perf_counter() - begun


def unread(port: int) -> float:
    """Return the seconds until the server ends a connection that takes nothing of its answer."""
    with socket.create_connection((HOST, port)) as peer:
        peer.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        begun = time.perf_counter()
        while time.perf_counter() - begun < LONG_SECONDS:
            time.sleep(1.0)
            try:
                peer.sendall(b"\r\n")
            except OSError:
                break
        return time.perf_counter() - begun


def main() -> None:
    """Print what the others get, and how long each kind of slow peer is waited for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=500)
    arguments = parser.parse_args()
    listener = listen(HOST, 0)
    port: int = listener.getsockname()[1]
    begun_body = _POST + b"Content-Length: 1000\r\n\r\nab"
    chunked = _POST + b"Transfer-Encoding: chunked\r\n\r\n"
    kinds: dict[str, Callable[[], float]] = {
        "nothing is sent": lambda: held(port, b""),
        "headers, a byte a second": lambda: held(port, b"GET / HTTP/1.1\r\nX: ", b"x"),
        "2 of 1,000 bytes of a body": lambda: held(port, begun_body),
        "a body, a byte a second": lambda: held(port, begun_body, b"x"),
        "a body, 4 kB a second": lambda: held(
            port, _POST + b"Content-Length: 8000000\r\n\r\n", bytes(4096)
        ),
        "a chunked body, a byte a second": lambda: held(port, chunked, b"1\r\nx\r\n"),
        "no request after the first": lambda: held(
            port, b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", answered=True
        ),
        "an answer that is not read": lambda: unread(port),
    }
    with serve_in_thread(application, listener, 5):
        crowd(port, arguments.connections)
        with ThreadPoolExecutor(len(kinds)) as threads:
            waited = {kind: threads.submit(wait) for kind, wait in kinds.items()}
            for kind, seconds in waited.items():
                ended = seconds.result()
                print(f"{kind}: {f'{ended:.1f} s' if ended < LONG_SECONDS else 'held'}")
        begun = time.perf_counter()
    print(f"stop: {time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
