"""A web server on loopback whose answers a test writes, and a fetcher that may ask only it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bot.fetching import Fetcher
from bot.fetching.addresses import IPAddress, Resolver, public_only, resolve

#: Writes one answer.
Answer = Callable[[BaseHTTPRequestHandler], None]


class Web:
    """What is served, by path, and how often each path was asked for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, Answer] = {}
        self.asked: Counter[str] = Counter()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def serve(
        self, path: str, body: bytes | str, kind: str = "text/html; charset=utf-8", **more: str
    ) -> str:
        """Serve ``body`` at ``path``; returns the address."""
        data = body.encode() if isinstance(body, str) else body
        self.answers[path] = lambda handler: answer(handler, 200, data, kind, **more)
        return self.url(path)

    def redirect(self, path: str, target: str) -> str:
        self.answers[path] = lambda handler: answer(handler, 302, b"", location=target)
        return self.url(path)

    def fetcher(self, resolver: Resolver = resolve, total_s: float = 20.0) -> Fetcher:
        """Return a fetcher that holds this server, and no other of this machine, for public."""

        def policy(address: IPAddress, port: int) -> bool:
            here = str(address) == "127.0.0.1" and port == self.port
            return here or public_only(address, port)

        return Fetcher(policy, resolver, total_s)


def answer(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    kind: str = "text/html; charset=utf-8",
    **more: str,
) -> None:
    """Write a whole answer; ``more`` are headers, with underscores for hyphens."""
    handler.send_response(status)
    handler.send_header("content-type", kind)
    handler.send_header("content-length", str(len(body)))
    for name, value in more.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def _not_there(handler: BaseHTTPRequestHandler) -> None:
    answer(handler, 404, b"")


@contextmanager
def serving() -> Iterator[Web]:
    """Serve on a free port of loopback."""
    web: Web

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked[self.path] += 1
            try:
                web.answers.get(self.path, _not_there)(self)
            except ConnectionError:
                self.close_connection = True  # The client had enough.

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    web = Web(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
