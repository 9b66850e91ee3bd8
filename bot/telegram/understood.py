"""An update as Telegram wrote it, read; what cannot be understood is found here, not later."""

from typing import Any

from telegram import Bot, Update


def understood(written: Any, bot: Bot) -> Update:
    """Return the update that Telegram wrote.

    Raises whatever python-telegram-bot trips over, or ValueError where the person, the chat or the
    message has no number: everything else hangs on those, and the library takes anything for them.
    """
    update = Update.de_json(written, bot)
    person, chat, message = update.effective_user, update.effective_chat, update.effective_message
    numbers = [named.id for named in (person, chat) if named is not None]
    if message is not None:
        numbers.append(message.message_id)
        if chat is None:
            raise ValueError(f"the message of update {update.update_id} is nowhere")
    # ``true`` would pass for a number as well.
    if not all(type(number) is int for number in numbers):
        raise ValueError(f"something in update {update.update_id} has no number")
    if update.callback_query is not None and person is None:
        raise ValueError(f"nobody pressed the button of update {update.update_id}")
    return update
