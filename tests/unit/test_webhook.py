"""The webhook's door: what comes in is stored before it is answered, all else is refused."""

import json
from collections.abc import Sequence

import pytest
from starlette.types import Message

from bot.telegram.incoming.webhook import SECRET_HEADER, WebhookEndpoint
from knowledge.errors import DatabaseUnavailable

PATH, SECRET = "/hook-1.a", "the-secret"
WORDS = "words of a person"
UPDATE = json.dumps({"update_id": 7, "message": {"text": WORDS}}).encode()
MEBIBYTE = 1 << 20


class Stored:
    """What was stored; fails with ``error`` if there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.updates: list[object] = []
        self.error = error

    async def __call__(self, updates: Sequence[object]) -> None:
        if self.error is not None:
            raise self.error
        self.updates += updates


class Sending:
    """A request as its parts arrive; ``read`` is how many the other side took."""

    def __init__(self, *parts: bytes, hangs_up: bool = False) -> None:
        self._parts, self._hangs_up = parts, hangs_up
        self.read = 0

    async def receive(self) -> Message:
        if self.read == len(self._parts):
            return {"type": "http.disconnect"}
        part = self._parts[self.read]
        self.read += 1
        more = self.read < len(self._parts) or self._hangs_up
        return {"type": "http.request", "body": part, "more_body": more}


async def ask(
    endpoint: WebhookEndpoint,
    sending: Sending,
    *,
    path: str = PATH,
    method: str = "POST",
    **headers: str,
) -> tuple[int, dict[bytes, bytes]]:
    """Return the status and the headers of the answer."""
    given = {SECRET_HEADER: SECRET} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    answered: list[Message] = []

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
    }
    await endpoint(scope, sending.receive, send)
    return answered[0]["status"], dict(answered[0]["headers"])


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture
def endpoint(stored: Stored) -> WebhookEndpoint:
    return WebhookEndpoint(stored, PATH, SECRET)


async def test_an_update_is_stored_and_then_answered(
    endpoint: WebhookEndpoint, stored: Stored
) -> None:
    assert (await ask(endpoint, Sending(UPDATE[:9], UPDATE[9:])))[0] == 200
    assert stored.updates == [json.loads(UPDATE)]


@pytest.mark.parametrize("secret", ["", "wrong", "the-secre", "the-secret ", "ه"])
async def test_who_does_not_know_the_secret_is_not_read(
    endpoint: WebhookEndpoint, stored: Stored, secret: str
) -> None:
    sending = Sending(UPDATE)
    assert (await ask(endpoint, sending, **{SECRET_HEADER: secret}))[0] == 403
    assert (sending.read, stored.updates) == (0, [])


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b'"text"', b'{"update_id": "1"}', b'{"update_id": -1}', b"\xff",
     b"[" * 100_000],
    ids=["empty", "text", "list", "word", "worded number", "below zero", "no text", "deep"],
)  # fmt: skip
async def test_what_is_no_update_is_a_bad_request(
    endpoint: WebhookEndpoint, stored: Stored, body: bytes
) -> None:
    assert (await ask(endpoint, Sending(body)))[0] == 400
    assert stored.updates == []


async def test_who_hangs_up_half_way_has_sent_nothing(
    endpoint: WebhookEndpoint, stored: Stored
) -> None:
    assert (await ask(endpoint, Sending(UPDATE[:20], hangs_up=True)))[0] == 400
    assert stored.updates == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_only_posts_are_taken(endpoint: WebhookEndpoint, method: str) -> None:
    status, headers = await ask(endpoint, Sending(UPDATE), method=method)
    assert (status, headers[b"allow"]) == (405, b"POST")


@pytest.mark.parametrize("path", ["/", "/hook-1xa", "/hook-1.a/", "/hook-1.a/x", "/HOOK-1.A"])
async def test_nothing_else_is_there(endpoint: WebhookEndpoint, path: str) -> None:
    assert (await ask(endpoint, Sending(UPDATE), path=path))[0] == 404


async def test_what_says_that_it_is_too_large_is_not_read(endpoint: WebhookEndpoint) -> None:
    sending = Sending(UPDATE)
    assert (await ask(endpoint, sending, Content_Length=str(MEBIBYTE + 1)))[0] == 413
    assert (await ask(endpoint, sending, Content_Length="9" * 5000))[0] == 413
    assert sending.read == 0


async def test_what_turns_out_too_large_is_read_no_further(endpoint: WebhookEndpoint) -> None:
    sending = Sending(*[b" " * 2**18] * 100)
    assert (await ask(endpoint, sending))[0] == 413
    assert sending.read == 5


async def test_a_whole_mebibyte_is_taken(endpoint: WebhookEndpoint) -> None:
    assert (await ask(endpoint, Sending(UPDATE.ljust(MEBIBYTE))))[0] == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [(DatabaseUnavailable(WORDS), 503), (ValueError(WORDS), 500)],
    ids=["the database", "a fault"],
)
async def test_what_cannot_be_stored_is_brought_again_and_never_logged(
    error: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = WebhookEndpoint(Stored(error), PATH, SECRET)
    assert (await ask(endpoint, Sending(UPDATE)))[0] == status
    assert [record.message for record in caplog.records] == ["update_not_stored", "webhook_refused"]
    said = " ".join(str(vars(record)) for record in caplog.records)
    assert WORDS not in said
    assert SECRET not in said
