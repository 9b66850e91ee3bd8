"""Decode raw updates, and refuse malformed ones here rather than later."""

from typing import Any

from telegram import Bot, Update


def decode_update(written: Any, bot: Bot) -> Update:
    """Decode a raw update.

    Raises whatever python-telegram-bot raises, or ValueError if an id or a text has the wrong type:
    the library accepts anything there.
    """
    update = Update.de_json(written, bot)
    person, chat, message = update.effective_user, update.effective_chat, update.effective_message
    numbers: list[Any] = [named.id for named in (person, chat) if named is not None]
    texts: list[Any] = [person.language_code] if person is not None else []
    to_answer: list[Any] = []
    if (typed := update.inline_query) is not None:
        texts.append(typed.query)
        to_answer.append(typed.id)
    if (pressed := update.callback_query) is not None:
        to_answer.append(pressed.id)
    if (chosen := update.chosen_inline_result) is not None:
        texts += [chosen.query, chosen.result_id]
    if message is not None:
        if chat is None:
            raise ValueError(f"the message of update {update.update_id} has no chat")
        numbers.append(message.message_id)
        for entity in (*message.entities, *message.caption_entities):
            numbers += [entity.offset, entity.length]
        texts += [message.text, message.caption]
    # ``True`` is an ``int`` too.
    if not all(type(number) is int for number in numbers):
        raise ValueError(f"an id in update {update.update_id} is not a number")
    if not all(text is None or isinstance(text, str) for text in texts):
        raise ValueError(f"a text in update {update.update_id} is not a string")
    if not all(isinstance(name, str) and name for name in to_answer):
        raise ValueError(f"a query in update {update.update_id} has no id")
    if pressed is not None and person is None:
        raise ValueError(f"the button press of update {update.update_id} has no sender")
    return update
