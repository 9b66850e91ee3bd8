"""Whose words a message asks about, and where they were forwarded from."""

from typing import Any

import pytest
from telegram import Message

from bot.conversation.reply import Origin
from bot.telegram.incoming.message_text import AskedText, find_forward_origin, find_question
from knowledge.domain import Forwarded

BOT = "some_bot"
USER = {"id": 7, "is_bot": False, "first_name": "Somebody"}
GROUP = {"id": -100200, "type": "supergroup", "title": "Neighbours"}
CHANNEL = {"id": -100300, "type": "channel", "title": "News of the valley"}
PUBLIC = CHANNEL | {"username": "valley"}
ORIGINS = {
    "person": {"type": "user", "sender_user": USER, "date": 1},
    "hidden": {"type": "hidden_user", "sender_user_name": "Somebody", "date": 1},
    "group": {"type": "chat", "sender_chat": GROUP, "date": 1},
    "private channel": {"type": "channel", "chat": CHANNEL, "message_id": 1, "date": 1},
    "channel": {"type": "channel", "chat": PUBLIC, "message_id": 1, "date": 1},
}
FROM_CHANNEL = Origin(Forwarded.CHANNEL, -100300, "News of the valley")


def message(text: str, **content: Any) -> Message:
    fields = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": text}
    if text.startswith("/"):
        length = len(text.split()[0])
        fields["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
    return Message.de_json(fields | content, None)


@pytest.mark.parametrize(
    ("kind", "origin"),
    [
        ("person", Origin(Forwarded.PERSON, 7)),
        ("hidden", Origin(Forwarded.HIDDEN)),
        ("group", Origin(Forwarded.GROUP, -100200)),
        ("private channel", Origin(Forwarded.CHANNEL, -100300)),
        ("channel", FROM_CHANNEL),
    ],
)
def test_an_origin_names_only_public_channels(kind: str, origin: Origin) -> None:
    assert find_forward_origin(message("news", forward_origin=ORIGINS[kind])) == origin
    assert "Somebody" not in repr(origin)


def test_what_nobody_forwarded_has_none() -> None:
    assert find_forward_origin(message("news")) is None
    assert find_forward_origin(None) is None


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (f"@{BOT}", AskedText("news", FROM_CHANNEL)),
        ("/check", AskedText("news", FROM_CHANNEL)),
        (f"@{BOT} other news", AskedText("other news")),
        ("/check other news", AskedText("other news")),
        ("other news", AskedText("other news")),
    ],
)
def test_a_reply_asks_about_the_forward_only_where_it_has_no_words(
    text: str, asked: AskedText
) -> None:
    theirs = message("news", forward_origin=ORIGINS["channel"]).to_dict()
    assert find_question(message(text, reply_to_message=theirs), BOT) == asked


def test_a_forward_asks_about_itself() -> None:
    forward = message("news", forward_origin=ORIGINS["channel"])
    assert find_question(forward, BOT) == AskedText("news", FROM_CHANNEL)
