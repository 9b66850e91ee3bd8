"""A Bot API server on loopback: the Telegram a bot under test talks to, in this process or another.

It keeps Telegram's contract where this bot depends on it: an update stays until the *next*
``getUpdates`` with a higher offset (or the webhook's 200) acknowledges it, a second poller ends the
first with 409, a wrong token is 401, an unknown method 404. What Telegram would refuse is refused
and noted in ``problems``; a test that expects a well-behaved bot asserts that it stays empty.

It runs in a thread with a loop of its own. All methods may be called from any thread and wait for
conditions, never for time to pass.
"""

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from tests.e2e.bot_api_chats import AS_A_GROUP, BOT_ID, BOT_NAME, Chats, Offered, Sent
from tests.e2e.bot_api_profile import BotProfile
from tests.e2e.bot_api_rules import PARAMETERS, Refused, SentButton, SentCard, check_webhook

__all__ = [
    "BOT_ID",
    "BOT_NAME",
    "PLACEHOLDER",
    "TOKEN",
    "BotApiServer",
    "Call",
    "Sent",
    "SentButton",
]

TOKEN = "123456:loopback-token_for-tests"
#: Far longer than anything takes here; reached only when the bot under test is broken.
PATIENCE = 30.0
#: What a message opens with that only stands in for an answer.
PLACEHOLDER = "⏳"
_MARKS = "\u200e\u200f\u2068"
_WEBHOOK_TRIES = 3
_HANDLED = ("not modified", "query is too old")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the bot, as it came. ``number`` counts them from 1."""

    number: int
    method: str
    parameters: Mapping[str, str]


class BotApiServer:
    """The server; use it as a context manager, then give ``url`` and ``token`` to the bot."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.url = ""
        self.problems: list[str] = []
        self.calls: list[Call] = []
        self.chats = Chats()
        #: Whether the bot gets only what is said to it where it is no admin (privacy mode).
        self.private = False
        #: The files that ``getFile`` knows, by their ids.
        self.files: dict[str, bytes] = {}
        self.profile = BotProfile()
        #: What @BotFather was told that the bot may do, as ``getMe`` says it.
        self.abilities: dict[str, bool] = {}
        self._changed = threading.Condition()
        self._failures: dict[str, deque[Told]] = {}
        self._updates: list[dict[str, Any]] = []
        self._said: dict[int, int] = {}
        self._typed: dict[int, str] = {}
        self._acknowledged = 0
        #: What ``getWebhookInfo`` says of the last delivery that failed.
        self.webhook_failure: dict[str, Any] = {}
        self._webhook: tuple[str, str | None] | None = None
        self._pollers: dict[object, asyncio.Future[bool]] = {}
        self._pushing: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(lambda: self.url or None, PATIENCE, "the server to start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._in_loop(self._stop.set)
        self._thread.join()

    # What people do.

    def send_text(self, user_id: int, text: str, language_code: str = "ar") -> int:
        """Send a private text message; returns the update's number."""
        return self.send(user_id, {"text": text}, language_code=language_code)

    def send(
        self,
        user_id: int,
        content: Mapping[str, Any],
        *,
        chat: Mapping[str, Any] | None = None,
        language_code: str = "ar",
        kind: str = "message",
    ) -> int:
        """Send a message with any fields of the Bot API's ``Message``; returns its update number.

        Without ``chat`` it is the private one with the person; ``kind`` is the update's field
        (``edited_message``, ``channel_post``...).
        """
        with self._changed:
            message = self.chats.message(user_id, content, chat, language_code)
            number = self._queue({kind: message}, is_brought=not self._is_withheld(message))
            self._said[number] = message["message_id"]
            return number

    def message_of(self, update_id: int) -> int:
        """Return the number of the message that a person's update brought."""
        with self._changed:
            return self._said[update_id]

    def edit(
        self,
        user_id: int,
        message_id: int,
        content: Mapping[str, Any],
        *,
        chat: Mapping[str, Any] | None = None,
        language_code: str = "ar",
    ) -> int:
        """Change what a person wrote before; returns the update's number."""
        with self._changed:
            edited = self.chats.change(user_id, message_id, content, chat, language_code)
            return self._queue({"edited_message": edited})

    def post(self, channel: Mapping[str, Any], content: Mapping[str, Any]) -> int:
        """Post in a channel the bot is in; returns the update's number."""
        with self._changed:
            return self._queue({"channel_post": self.chats.post(channel, content)})

    def send_as_group(self, chat: Mapping[str, Any], content: Mapping[str, Any]) -> int:
        """Send a message of an admin who speaks as the group; returns the update's number."""
        return self.send(
            AS_A_GROUP["id"], {"from": AS_A_GROUP, "sender_chat": chat, **content}, chat=chat
        )

    def change_membership(
        self, user_id: int, chat: Mapping[str, Any], status: str, language_code: str = "ar"
    ) -> int:
        """Have a person make the bot ``member``, ``administrator``, ``left`` or ``kicked``.

        In the private chat with the person ``kicked`` is that they blocked it.
        """
        with self._changed:
            change = self.chats.change_membership(user_id, chat, status, language_code)
            return self._queue({"my_chat_member": change})

    def migrate(self, chat: Mapping[str, Any], new_id: int) -> tuple[int, int]:
        """Make a group a supergroup: both tell so; returns the updates' numbers."""
        with self._changed:
            old, new = self.chats.migrate(chat, new_id)
            return self._queue({"message": old}), self._queue({"message": new})

    def _is_withheld(self, message: Mapping[str, Any]) -> bool:
        """Whether privacy mode keeps a message from the bot."""
        chat = message["chat"]
        if not self.private or chat["type"] == "private" or self.chats.is_admin(chat["id"], BOT_ID):
            return False
        text = message.get("text") or message.get("caption") or ""
        replied = message.get("reply_to_message", {}).get("from", {})
        return not (text.startswith("/") or f"@{BOT_NAME}" in text or replied.get("id") == BOT_ID)

    def press(self, user_id: int, sent: Sent, button: SentButton, language_code: str = "ar") -> int:
        """Press a button of a message the bot sent; returns the update's number."""
        with self._changed:
            press = self.chats.press(user_id, sent, button, language_code)
            return self._queue({"callback_query": press})

    def type(self, user_id: int, query: str, language_code: str = "ar") -> int:
        """Type after the bot's name in another chat; returns the update's number."""
        with self._changed:
            typed = self.chats.type(user_id, query, language_code)
            number = self._queue({"inline_query": typed})
            self._typed[number] = typed["id"]
            return number

    def choose(self, user_id: int, query: str, card: SentCard, language_code: str = "ar") -> int:
        """Send a card that was offered for ``query``; returns the update's number."""
        with self._changed:
            chosen = self.chats.choose(user_id, query, card, language_code)
            return self._queue({"chosen_inline_result": chosen})

    def meet(self, user_id: int) -> None:
        """Let the bot write to a person, as if they had written to it long ago."""
        with self._changed:
            self.chats.meet(user_id)

    # What can go wrong.

    def fail_next(
        self,
        method: str,
        status: int,
        description: str,
        retry_after: int | None = None,
        *,
        chat_id: int | None = None,
        migrate_to: int | None = None,
    ) -> None:
        """Answer the next call of ``method`` with an error; several are used up in order.

        With ``chat_id`` only a call about that chat. A ``getUpdates`` that waits already is
        answered so at once.
        """
        with self._changed:
            told = Told(description, status, retry_after, chat_id, migrate_to)
            self._failures.setdefault(method, deque()).append(told)
        self._in_loop(self._wake)

    def interrupt_poller(self) -> None:
        """End ``getUpdates`` as another poller's request would."""
        self.fail_next("getUpdates", 409, "Conflict: terminated by other getUpdates request")

    # What is seen.

    @property
    def sent(self) -> list[Sent]:
        """What the bot sent and edited so far."""
        with self._changed:
            return list(self.chats.sent)

    def wait_for_message(self, chat_id: int, after: int = 0, timeout: float = PATIENCE) -> Sent:
        """Return the bot's first message (or edit) in ``chat_id`` with a number above ``after``.

        A placeholder is none: what takes its place is.
        """
        return self._wait(
            lambda: next(
                (
                    s
                    for s in self.chats.sent
                    if s.chat_id == chat_id and s.number > after and not is_placeholder(s)
                ),
                None,
            ),
            timeout,
            f"a message in chat {chat_id}",
        )

    def wait_for_text(self, chat_id: int, text: str, timeout: float = PATIENCE) -> Sent:
        """Return the bot's first message (or edit) in ``chat_id`` that holds ``text``."""
        return self._wait(
            lambda: next(
                (s for s in self.chats.sent if s.chat_id == chat_id and text in s.text), None
            ),
            timeout,
            f"{text!r} in chat {chat_id}",
        )

    def wait_for_call(
        self, method: str, after: int = 0, timeout: float = PATIENCE, chat_id: int | None = None
    ) -> Call:
        """Return the bot's first call of ``method`` with a number above ``after``, to a chat."""

        def found() -> Iterator[Call]:
            for call in self.calls:
                here = chat_id is None or call.parameters.get("chat_id") == str(chat_id)
                if here and call.method == method and call.number > after:
                    yield call

        return self._wait(lambda: next(found(), None), timeout, f"a call of {method}")

    def offered(self, update_id: int) -> Offered | None:
        """Return what the bot showed for what was typed, None where nothing yet."""
        with self._changed:
            return self.chats.offered[self._typed[update_id]]

    def wait_for_offer(self, update_id: int, timeout: float = PATIENCE) -> Offered:
        """Return what the bot shows for what was typed."""
        return self._wait(lambda: self.offered(update_id), timeout, f"cards for {update_id}")

    def wait_until_acknowledged(self, update_id: int, timeout: float = PATIENCE) -> None:
        """Return when ``update_id`` is acknowledged: Telegram would not send it again."""
        self._wait(
            lambda: self._acknowledged >= update_id or None,
            timeout,
            f"update {update_id} to be acknowledged",
        )

    def is_acknowledged(self, update_id: int) -> bool:
        """Whether ``update_id`` would not be sent again."""
        with self._changed:
            return self._acknowledged >= update_id

    def webhook(self) -> tuple[str, str | None]:
        """Return address and secret of the webhook, once the bot has registered one."""
        return self._wait(lambda: self._webhook, PATIENCE, "a webhook")

    def _wait(self, look: Callable[[], _T | None], timeout: float, what: str) -> _T:
        found: _T | None = None

        def is_seen() -> bool:
            nonlocal found
            found = look()
            return found is not None

        with self._changed:
            self._changed.wait_for(is_seen, timeout)
            if found is None:
                called = [call.method for call in self.calls[-10:]]
                raise AssertionError(
                    f"waited {timeout} s for {what}; last calls {called}; problems {self.problems}"
                )
            return found

    # The server's own side. Whoever changes state holds the lock.

    def _queue(self, update: dict[str, Any], *, is_brought: bool = True) -> int:
        update_id = next(self.chats.numbers)
        if not is_brought:
            return update_id
        self._updates.append({"update_id": update_id, **update})
        self._in_loop(self._wake)
        return update_id

    def _in_loop(self, act: Callable[[], object]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(act)

    def _wake(self) -> None:
        self._release(stays=True)
        if self._webhook is not None and (self._pushing is None or self._pushing.done()):
            self._pushing = asyncio.create_task(self._push(*self._webhook))

    def _release(self, *, stays: bool) -> None:
        """End the wait of every poller: to look again, or to be told of a conflict."""
        for waiting in self._pollers.values():
            if not waiting.done():
                waiting.set_result(stays)

    async def _serve(self) -> None:
        sockets = bind_sockets(0, "127.0.0.1")
        web = Application(
            [
                (r"/bot([^/]+)/(\w+)", _Method, {"server": self}),
                (r"/file/bot([^/]+)/files/(\w+)", _File, {"server": self}),
            ],
            log_function=_quiet,
        )
        http = HTTPServer(web)
        http.add_sockets(sockets)
        with self._changed:
            self._loop = asyncio.get_running_loop()
            self.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
            self._changed.notify_all()
        await self._stop.wait()
        self._release(stays=True)
        http.stop()
        await http.close_all_connections()

    async def _push(self, url: str, secret: str | None) -> None:
        """Send what waits to the webhook, in order; a refused update is tried a few times."""
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        refusals: list[int] = []
        while self._updates and len(refusals) < _WEBHOOK_TRIES:
            update = self._updates[0]
            request = HTTPRequest(url, method="POST", body=json.dumps(update), headers=headers)
            response = await AsyncHTTPClient().fetch(request, raise_error=False)
            with self._changed:
                if response.code == 200:
                    self._acknowledge(update["update_id"])
                else:
                    refusals.append(response.code)
        if refusals:
            self.note(f"the webhook refused an update: {refusals}")

    def _acknowledge(self, update_id: int) -> None:
        self._acknowledged = max(self._acknowledged, update_id)
        self._updates[:] = [u for u in self._updates if u["update_id"] > update_id]
        self._changed.notify_all()

    def note(self, problem: str) -> None:
        """Remember that the bot did what Telegram would refuse."""
        with self._changed:
            self.problems.append(problem)

    async def respond(
        self, token: str, method: str, given: Mapping[str, str], caller: object
    ) -> tuple[int, dict[str, Any]]:
        """Return the status and the body that answer one request. Raises ``ConnectionBroken``."""
        try:
            result = await self._result(token, method, given, caller)
        except Refused as error:
            # A wrong token, a conflict, an edit that changes nothing and a press acknowledged again
            # are for the bot to handle.
            meant = isinstance(error, Told) or error.status in {401, 409}
            if not meant and not any(each in str(error) for each in _HANDLED):
                self.note(f"{method}: {error}")
            return error.status, _refusal(error)
        return 200, {"ok": True, "result": result}

    async def _result(
        self, token: str, method: str, given: Mapping[str, str], caller: object
    ) -> Any:
        if token != self.token:
            raise Refused("Unauthorized", 401)
        if method not in PARAMETERS:
            raise Refused("Not Found", 404)
        if unknown := given.keys() - PARAMETERS[method]:
            raise Refused(f"unknown parameters {sorted(unknown)}")
        try:
            return await self.answer(method, given, caller)
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(f"parameters cannot be read: {error!r}") from error

    async def answer(self, method: str, given: Mapping[str, str], caller: object) -> Any:
        """Return the ``result`` of one call. Raises ``Refused``."""
        with self._changed:
            self.calls.append(Call(len(self.calls) + 1, method, given))
            self._changed.notify_all()
        if method == "getUpdates":
            return await self._get_updates(given, caller)
        with self._changed:
            try:
                self._fail_if_told(method, given)
                return self._act(method, given)
            finally:
                self._changed.notify_all()

    def _fail_if_told(self, method: str, given: Mapping[str, str]) -> None:
        queued = self._failures.get(method, deque())
        for told in queued:
            if told.chat_id is None or str(told.chat_id) == given.get("chat_id"):
                queued.remove(told)
                raise told

    def _act(self, method: str, given: Mapping[str, str]) -> Any:
        match method:
            case "getMe":
                return {
                    "id": BOT_ID,
                    "is_bot": True,
                    "first_name": "Tathabbat",
                    "username": BOT_NAME,
                    "can_read_all_group_messages": not self.private,
                    **self.abilities,
                }
            case "getChatMember":
                return self.chats.member(given)
            case "getFile":
                return self._file(given["file_id"])
            case "sendMessage":
                return self.chats.write(given)
            case "sendPhoto":
                return self.chats.show(given)
            case "sendDocument":
                return self.chats.hand_over(given)
            case "editMessageText":
                return self.chats.rewrite(given)
            case "editMessageReplyMarkup":
                return self.chats.relabel(given)
            case "sendChatAction":
                self.chats.require(given)
            case "answerInlineQuery":
                self.chats.offer(given)
            case "answerCallbackQuery":
                self.chats.acknowledge_press(given["callback_query_id"], given.get("text"))
            case "setMyCommands" | "deleteMyCommands":
                self.profile.set_commands(given)
                self.chats.set_menu(given.get("scope"), given.get("commands", "[]"))
            case "getMyCommands":
                return self.profile.commands(given)
            case "setMyDescription":
                self.profile.describe(given)
            case "setMyShortDescription":
                self.profile.describe_shortly(given)
            case "getMyDescription":
                return self.profile.description(given)
            case "getMyShortDescription":
                return self.profile.short_description(given)
            case "setWebhook":
                check_webhook(given["url"], given.get("secret_token"))
                self._webhook = given["url"], given.get("secret_token")
                self._wake()
            case "deleteWebhook":
                self._webhook = None
            case "getWebhookInfo":
                url = self._webhook[0] if self._webhook else ""
                return {
                    "url": url,
                    "has_custom_certificate": False,
                    "pending_update_count": len(self._updates),
                    **self.webhook_failure,
                }
        return True

    def _file(self, file_id: str) -> dict[str, Any]:
        if file_id not in self.files:
            raise Refused("wrong file_id or the file is temporarily unavailable")
        size = len(self.files[file_id])
        path = f"files/{file_id}"
        return {
            "file_id": file_id, "file_unique_id": file_id, "file_size": size, "file_path": path
        }  # fmt: skip

    async def _get_updates(self, given: Mapping[str, str], caller: object) -> list[dict[str, Any]]:
        deadline = time.monotonic() + float(given.get("timeout", 0))
        allowed = set(json.loads(given.get("allowed_updates", "[]")))
        self._release(stays=False)
        with self._changed:
            if self._webhook is not None:
                raise Refused("Conflict: can't use getUpdates while webhook is active", 409)
            if "offset" in given:
                self._acknowledge(int(given["offset"]) - 1)
        while True:
            with self._changed:
                self._fail_if_told("getUpdates", given)
                if allowed:
                    self._updates[:] = [u for u in self._updates if u.keys() & allowed]
                ready = self._batch(int(given.get("limit", 100)))
            left = deadline - time.monotonic()
            if ready or left <= 0 or self._stop.is_set():
                return ready
            waiting = self._pollers[caller] = asyncio.get_running_loop().create_future()
            await asyncio.wait((waiting,), timeout=left)
            self.forget_poller(caller)
            if waiting.done() and not waiting.result():
                raise Refused("Conflict: terminated by other getUpdates request", 409)

    def _batch(self, limit: int) -> list[dict[str, Any]]:
        return self._updates[:limit]

    def forget_poller(self, caller: object) -> None:
        """Let go of a poller that was answered or hung up."""
        self._pollers.pop(caller, None)


def is_placeholder(sent: Sent) -> bool:
    """Whether a message only stands in for an answer."""
    return sent.text.lstrip(_MARKS).startswith(PLACEHOLDER)


class ConnectionBroken(Exception):
    """The connection breaks before the bot hears an answer."""


class Told(Refused):
    """A failure the test asked for, not one of the bot's making."""

    def __init__(
        self,
        description: str,
        status: int,
        retry_after: int | None = None,
        chat_id: int | None = None,
        migrate_to: int | None = None,
    ) -> None:
        super().__init__(description, status)
        self.retry_after, self.chat_id, self.migrate_to = retry_after, chat_id, migrate_to


def _refusal(error: Refused) -> dict[str, Any]:
    body: dict[str, Any] = {
        "ok": False,
        "error_code": error.status,
        "description": f"Bad Request: {error}" if error.status == 400 else str(error),
    }
    if isinstance(error, Told) and error.retry_after is not None:
        body["parameters"] = {"retry_after": error.retry_after}
    if isinstance(error, Told) and error.migrate_to is not None:
        body["parameters"] = {"migrate_to_chat_id": error.migrate_to}
    return body


class _Method(RequestHandler):
    """One request: ``/bot<token>/<method>``."""

    def initialize(self, server: BotApiServer) -> None:
        self._server = server

    async def post(self, token: str, method: str) -> None:
        given = {name: self.get_argument(name, strip=False) for name in self.request.arguments}
        # A file's bytes as the characters of the same numbers, so that all parameters are text.
        for name, (file, *_) in self.request.files.items():
            given[name] = file["body"].decode("latin-1")
        try:
            status, body = await self._server.respond(token, method, given, self)
        except ConnectionBroken:
            self.detach().close()
        else:
            self.set_status(status)
            self.write(body)

    def on_connection_close(self) -> None:
        self._server.forget_poller(self)


def _quiet(_: RequestHandler) -> None:
    """No request log: the tests' output is the tests'."""


class _File(RequestHandler):
    """The bytes of a file: ``/file/bot<token>/<path>``, as ``getFile`` names it."""

    def initialize(self, server: BotApiServer) -> None:
        self._server = server

    def get(self, token: str, file_id: str) -> None:
        data = self._server.files.get(file_id) if token == self._server.token else None
        if data is None:
            self.set_status(404)
        else:
            self.write(data)
