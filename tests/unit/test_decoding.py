"""What Telegram wrote is understood whole, or found not to be before it is answered."""

from typing import Any

import pytest
from telegram import Bot

from bot.telegram.incoming.decoding import decode_update
from tests.e2e.bot_api_server import TOKEN

BOT = Bot(TOKEN)
PERSON = {"id": 5, "is_bot": False, "first_name": "Person"}
CHAT = {"id": 5, "type": "private"}
MESSAGE = {"message_id": 7, "date": 1, "chat": CHAT, "from": PERSON, "text": "claim"}


def test_a_message_is_read() -> None:
    update = decode_update({"update_id": 1, "message": MESSAGE}, BOT)
    assert update.message is not None
    assert update.message.text == "claim"


@pytest.mark.parametrize(
    "content",
    [
        {"message": {**MESSAGE, "from": {**PERSON, "id": [5]}}},
        {"message": {**MESSAGE, "chat": {**CHAT, "id": None}}},
        {"message": {**MESSAGE, "chat": {**CHAT, "id": True}}},
        {"message": {**MESSAGE, "chat": None}},
        {"message": {**MESSAGE, "message_id": {}}},
        {"message": {**MESSAGE, "text": ["claim"]}},
        {"message": {**MESSAGE, "caption": 5}},
        {"message": {**MESSAGE, "from": {**PERSON, "language_code": {}}}},
        {"message": {**MESSAGE, "entities": [{"type": "bold", "offset": None, "length": 1}]}},
        {"message": {**MESSAGE, "from": "nobody"}},
        {"message": "nothing"},
        {"callback_query": {"id": "1", "from": None, "chat_instance": "1", "data": "x"}},
        {"inline_query": {"id": "1", "from": PERSON, "query": 5, "offset": ""}},
        {"inline_query": {"id": None, "from": PERSON, "query": "claim", "offset": ""}},
        {"callback_query": {"id": "", "from": PERSON, "chat_instance": "1", "data": "x"}},
        {"chosen_inline_result": {"result_id": [], "from": PERSON, "query": "claim"}},
    ],
)
def test_what_is_not_what_it_must_be_is_not_understood(content: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        decode_update({"update_id": 1, **content}, BOT)
