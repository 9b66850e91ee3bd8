"""A proxy before a Bot API server that answers some calls itself, repeating what it was sent."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError

from tests.e2e.bot_api_server import PATIENCE


class RepeatingProxy(ThreadingHTTPServer):
    """Passes calls on to ``api_url``, but for those in ``broken``, by method.

    These are answered with a status and a page, in which "PATH" stands for what was asked for and
    "BODY" for what came with it.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, api_url: str, broken: dict[str, tuple[int, str]]) -> None:
        self.api_url, self.broken = api_url, broken
        self._changed = threading.Condition()
        self._answered: dict[str, int] = {}
        super().__init__(("127.0.0.1", 0), _Call)

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.server_port}"

    def note(self, method: str) -> None:
        """Note that a call was answered here."""
        with self._changed:
            self._answered[method] = self._answered.get(method, 0) + 1
            self._changed.notify_all()

    def wait_for(self, method: str, times: int) -> None:
        """Return once so many calls of a method were answered here."""
        with self._changed:
            seen = self._changed.wait_for(lambda: self._answered.get(method, 0) >= times, PATIENCE)
        assert seen, self._answered


class _Call(BaseHTTPRequestHandler):
    server: RepeatingProxy

    def do_POST(self) -> None:
        """Answer one call."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        method = self.path.rpartition("/")[2].partition("?")[0]
        broken = self.server.broken.get(method, self.server.broken.get("*"))
        if broken is None:
            status, answer = self._passed_on(body)
        else:
            status, page = broken
            filled = page.replace("PATH", self.path).replace("BODY", body.decode(errors="replace"))
            answer = filled.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        if broken is not None:
            self.server.note(method)

    def _passed_on(self, body: bytes) -> tuple[int, bytes]:
        kind = {"Content-Type": self.headers.get("Content-Type", "")}
        asked = urllib.request.Request(self.server.api_url + self.path, body, kind)  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as given:  # noqa: S310 - loopback
                return given.status, given.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def repeating(api_url: str, broken: dict[str, tuple[int, str]]) -> Iterator[RepeatingProxy]:
    """Run a proxy while the body runs."""
    with RepeatingProxy(api_url, broken) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
