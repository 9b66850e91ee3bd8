"""The chats a bot has with people, as Telegram keeps them: what it may do, what was said."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from tests.e2e.bot_api_rules import (
    Refused,
    SentButton,
    SentCard,
    checked_buttons,
    checked_cards,
    checked_hint,
    checked_text,
)

BOT_ID = 123456
BOT_NAME = "tathabbat_test_bot"

#: Who every admin is that speaks as their group.
AS_A_GROUP: Mapping[str, Any] = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}

#: What Telegram says of every admin (Bot API, ``ChatMemberAdministrator``).
_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
    "can_edit_stories", "can_delete_stories",
)  # fmt: skip

_PNG = b"\x89PNG\r\n\x1a\n"
_COMMAND = re.compile(r"/[A-Za-z0-9_]{1,32}(?:@\w+)?")


@dataclass(frozen=True, slots=True)
class Sent:
    """One message of the bot. ``number`` counts what it sent and edited, from 1, in order."""

    number: int
    chat_id: int
    message_id: int
    html: str
    text: str
    buttons: tuple[tuple[SentButton, ...], ...]
    reply_to: int | None
    edited: bool
    photo: bytes | None = None
    document: bytes | None = None

    def button(self, label: str) -> SentButton:
        """Return the button whose label holds ``label``."""
        return next(each for row in self.buttons for each in row if label in each.label)


@dataclass(frozen=True, slots=True)
class Offered:
    """What the bot showed for a query: cards, and the button above them."""

    cards: tuple[SentCard, ...]
    hint: str | None
    personal: bool
    cache_time: int


class Chats:
    """Chats, messages and presses. Not for several threads at once: its owner takes care."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.numbers = count(1001)
        #: The commands that each chat's own menu shows.
        self.menus: dict[int, tuple[str, ...]] = {}
        self._known: set[int] = set()
        self._messages: dict[tuple[int, int], Sent | None] = {}
        self._presses: dict[str, bool] = {}
        #: What the bot showed for each inline query, None where nothing yet.
        self.offered: dict[str, Offered | None] = {}
        #: What somebody is in a group, by its number and theirs; else they are a member.
        self._statuses: dict[tuple[int, int], str] = {}
        #: Groups that the bot was removed from.
        self._closed: set[int] = set()
        #: What people were shown for a moment when they pressed a button.
        self.notices: list[str] = []

    def message(
        self,
        user_id: int,
        content: Mapping[str, Any],
        chat: Mapping[str, Any] | None,
        language_code: str,
    ) -> dict[str, Any]:
        """Return a person's new message as the Bot API's ``Message``."""
        return self._said(user_id, content, chat, language_code, next(self.numbers))

    def change(
        self,
        user_id: int,
        message_id: int,
        content: Mapping[str, Any],
        chat: Mapping[str, Any] | None,
        language_code: str,
    ) -> dict[str, Any]:
        """Return a person's own message as they changed it."""
        where = user_id if chat is None else chat["id"]
        if self._messages.get((where, message_id), "unknown") is not None:
            raise ValueError(f"{user_id} wrote no message {message_id} that could be edited")
        changed = self._said(user_id, content, chat, language_code, message_id)
        return {**changed, "edit_date": int(time.time())}

    def _said(
        self,
        user_id: int,
        content: Mapping[str, Any],
        chat: Mapping[str, Any] | None,
        language_code: str,
        message_id: int,
    ) -> dict[str, Any]:
        where = chat or {"id": user_id, "type": "private", "first_name": "Person"}
        self._known.add(where["id"])
        self._messages[where["id"], message_id] = None
        message = {
            "message_id": message_id,
            "date": int(time.time()),
            "chat": where,
            "from": _person(user_id, language_code),
            **content,
        }
        if (command := _COMMAND.match(content.get("text", ""))) is not None:
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": command.end()}]
        return message

    def post(self, channel: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
        """Return a channel's new post as the Bot API's ``Message``: it is from nobody."""
        message = self.message(0, {"sender_chat": channel, **content}, channel, "")
        del message["from"]
        return message

    def appoint(self, chat_id: int, user_id: int, status: str = "administrator") -> None:
        """Make somebody what they are in a group."""
        self._statuses[chat_id, user_id] = status

    def is_admin(self, chat_id: int, user_id: int) -> bool:
        """Whether somebody is an admin of a group."""
        return self._statuses.get((chat_id, user_id)) in {"creator", "administrator"}

    def member(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Do ``getChatMember``. Raises ``Refused``."""
        chat_id, user_id = self.require(given), int(given["user_id"])
        if user_id == AS_A_GROUP["id"]:
            raise Refused("PARTICIPANT_ID_INVALID")
        return _member(user_id, self._statuses.get((chat_id, user_id), "member"))

    def change_membership(
        self, user_id: int, chat: Mapping[str, Any], status: str, language_code: str
    ) -> dict[str, Any]:
        """Return how the bot's own standing changes as the Bot API's ``ChatMemberUpdated``."""
        chat_id = chat["id"]
        unknown = "left" if chat["type"] != "private" else "member"
        before = self._statuses.get((chat_id, BOT_ID), unknown)
        self._statuses[chat_id, BOT_ID] = status
        if status in {"left", "kicked"}:
            self._closed.add(chat_id)
        else:
            self._known.add(chat_id)
            self._closed.discard(chat_id)
        return {
            "chat": chat,
            "from": _person(user_id, language_code),
            "date": int(time.time()),
            "old_chat_member": _member(BOT_ID, before),
            "new_chat_member": _member(BOT_ID, status),
        }

    def migrate(
        self, chat: Mapping[str, Any], new_id: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a group and the supergroup it becomes tell of that."""
        old_id, supergroup = chat["id"], {**chat, "id": new_id, "type": "supergroup"}
        old = self.message(0, {"from": AS_A_GROUP, "migrate_to_chat_id": new_id}, chat, "")
        new = self.message(0, {"from": AS_A_GROUP, "migrate_from_chat_id": old_id}, supergroup, "")
        self._statuses |= {
            (new_id, who): status
            for (where, who), status in self._statuses.items()
            if where == old_id
        }
        return old, new

    def meet(self, user_id: int) -> None:
        """Let the bot write to a person."""
        self._known.add(user_id)

    def press(
        self, user_id: int, sent: Sent, button: SentButton, language_code: str
    ) -> dict[str, Any]:
        """Return a press of ``button`` under ``sent`` as the Bot API's ``CallbackQuery``."""
        query_id = str(next(self.numbers))
        self._presses[query_id] = False
        return {
            "id": query_id,
            "from": _person(user_id, language_code),
            "chat_instance": "1",
            "data": button.action,
            # As it is by now, which may be another than the test last saw.
            "message": shown(self._messages.get((sent.chat_id, sent.message_id)) or sent),
        }

    def type(self, user_id: int, query: str, language_code: str) -> dict[str, Any]:
        """Return what a person types in another chat as the Bot API's ``InlineQuery``."""
        query_id = str(next(self.numbers))
        self.offered[query_id] = None
        typist = _person(user_id, language_code)
        return {"id": query_id, "from": typist, "query": query, "offset": ""}

    def offer(self, given: Mapping[str, str]) -> None:
        """Do ``answerInlineQuery``. Raises ``Refused``."""
        query_id = given["inline_query_id"]
        if self.offered.get(query_id, "unknown") is not None:
            raise Refused("query is too old and response timeout expired or query ID is invalid")
        self.offered[query_id] = Offered(
            checked_cards(given["results"]),
            checked_hint(given.get("button")),
            given.get("is_personal", "").lower() == "true",
            int(given.get("cache_time", 300)),
        )

    def choose(
        self, user_id: int, query: str, card: SentCard, language_code: str
    ) -> dict[str, Any]:
        """Return the sending of a card as the Bot API's ``ChosenInlineResult``."""
        chooser = _person(user_id, language_code)
        return {"result_id": card.name, "from": chooser, "query": query}

    def write(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Do ``sendMessage``. Raises ``Refused``."""
        chat_id = self.require(given)
        under = json.loads(given.get("reply_parameters", "{}"))
        reply_to = under.get("message_id")
        if reply_to is not None and (chat_id, reply_to) not in self._messages:
            if not under.get("allow_sending_without_reply"):
                raise Refused("message to be replied not found")
            reply_to = None
        return self._keep(given, chat_id, next(self.numbers), reply_to)

    def show(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Do ``sendPhoto``. Raises ``Refused``."""
        chat_id = self.require(given)
        photo = given["photo"].encode("latin-1")
        if not photo.startswith(_PNG):
            raise Refused("IMAGE_PROCESS_FAILED")
        return self._keep_file(given, chat_id, photo=photo)

    def hand_over(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Do ``sendDocument``. Raises ``Refused``."""
        chat_id = self.require(given)
        return self._keep_file(given, chat_id, document=given["document"].encode("latin-1"))

    def _keep_file(
        self,
        given: Mapping[str, str],
        chat_id: int,
        photo: bytes | None = None,
        document: bytes | None = None,
    ) -> dict[str, Any]:
        message_id = next(self.numbers)
        reply_to = json.loads(given.get("reply_parameters", "{}")).get("message_id")
        sent = Sent(
            len(self.sent) + 1,
            chat_id,
            message_id,
            "",
            "",
            (),
            reply_to,
            edited=False,
            photo=photo,
            document=document,
        )
        self.sent.append(sent)
        self._messages[chat_id, message_id] = sent
        return shown(sent)

    def set_menu(self, scope: str | None, commands: str) -> None:
        """Do ``setMyCommands`` or ``deleteMyCommands`` as far as it is about one chat."""
        about = json.loads(scope or "{}")
        if about.get("type") == "chat":
            chat_id = self.require(about)
            self.menus[chat_id] = tuple(each["command"] for each in json.loads(commands))

    def rewrite(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Do ``editMessageText``. Raises ``Refused``."""
        chat_id = self.require(given)
        message_id = int(given["message_id"])
        before = self._messages.get((chat_id, message_id))
        if before is None:
            raise Refused("message can't be edited")
        same_buttons = before.buttons == checked_buttons(given.get("reply_markup"))
        if before.html == given["text"] and same_buttons:
            raise Refused("message is not modified")
        return self._keep(given, chat_id, message_id, before.reply_to)

    def relabel(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Do ``editMessageReplyMarkup``. Raises ``Refused``."""
        chat_id, message_id = self.require(given), int(given["message_id"])
        before = self._messages.get((chat_id, message_id))
        if before is None:
            raise Refused("message to edit not found")
        buttons = checked_buttons(given.get("reply_markup"))
        if before.buttons == buttons:
            raise Refused("message is not modified")
        sent = replace(before, number=len(self.sent) + 1, buttons=buttons, edited=True)
        self.sent.append(sent)
        self._messages[chat_id, message_id] = sent
        return shown(sent)

    def acknowledge_press(self, query_id: str, notice: str | None) -> None:
        """Do ``answerCallbackQuery``. Raises ``Refused``."""
        if self._presses.get(query_id) is not False:
            raise Refused("query is too old or query ID is invalid")
        if notice is not None and len(notice) > 200:
            raise Refused("MESSAGE_TOO_LONG")
        self._presses[query_id] = True
        if notice is not None:
            self.notices.append(notice)

    def require(self, given: Mapping[str, str]) -> int:
        """Return the chat's id. Raises ``Refused`` where nobody wrote to the bot first."""
        chat_id = int(given["chat_id"])
        if chat_id in self._closed:
            what = "was blocked by the user" if chat_id > 0 else "was kicked from the group chat"
            raise Refused(f"Forbidden: bot {what}", 403)
        if chat_id not in self._known:
            raise Refused("chat not found")
        return chat_id

    @property
    def unacknowledged_presses(self) -> list[str]:
        """The presses whose waiting sign still turns."""
        return [query_id for query_id, done in self._presses.items() if not done]

    def _keep(
        self, given: Mapping[str, str], chat_id: int, message_id: int, reply_to: int | None
    ) -> dict[str, Any]:
        sent = Sent(
            number=len(self.sent) + 1,
            chat_id=chat_id,
            message_id=message_id,
            html=given["text"],
            text=checked_text(given["text"], given.get("parse_mode")),
            buttons=checked_buttons(given.get("reply_markup")),
            reply_to=reply_to,
            edited=(chat_id, message_id) in self._messages,
        )
        self.sent.append(sent)
        self._messages[chat_id, message_id] = sent
        return shown(sent)


def shown(sent: Sent) -> dict[str, Any]:
    """Return a message of the bot as the Bot API's ``Message``."""
    message: dict[str, Any] = {
        "message_id": sent.message_id,
        "date": int(time.time()),
        "chat": {"id": sent.chat_id, "type": "private" if sent.chat_id > 0 else "supergroup"},
        "from": {"id": BOT_ID, "is_bot": True, "first_name": "Bot", "username": BOT_NAME},
        "text": sent.text,
    }
    if sent.buttons:
        rows = [[_written(each) for each in row] for row in sent.buttons]
        message["reply_markup"] = {"inline_keyboard": rows}
    return message


def _written(button: SentButton) -> dict[str, str]:
    """Return a button as the Bot API's ``InlineKeyboardButton``."""
    given = {"text": button.label, "url": button.url, "callback_data": button.action}
    return {name: value for name, value in given.items() if value is not None}


def _person(user_id: int, language_code: str) -> dict[str, Any]:
    return {
        "id": user_id,
        "is_bot": False,
        "first_name": "Person",
        "language_code": language_code,
    }


def _member(user_id: int, status: str) -> dict[str, Any]:
    """Return what somebody is in a chat as the Bot API's ``ChatMember``, with all it must have."""
    user: dict[str, Any] = {"id": user_id, "is_bot": user_id == BOT_ID, "first_name": "Somebody"}
    rights: dict[str, Any] = dict.fromkeys(_RIGHTS, False) if status == "administrator" else {}
    more: dict[str, dict[str, Any]] = {
        "creator": {"is_anonymous": False},
        "administrator": {"is_anonymous": False, "can_be_edited": False},
        "kicked": {"until_date": 0},
    }
    return {"status": status, "user": user, **rights, **more.get(status, {})}
