"""The buttons of a message after one of them was pressed: what was chosen is seen there (pure)."""

from collections.abc import Sequence

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MaybeInaccessibleMessage,
    Message,
)
from telegram.constants import ChatType

from bot.conversation.answer_texts import NUMBERED
from bot.conversation.reply import Button
from bot.telegram.outgoing.rendering import render_button


def may_replace(message: MaybeInaccessibleMessage | None, action: str) -> bool:
    """Whether the reply to ``action`` may take the place of ``message``.

    Who presses may send what no button says. Where others read along, only a message that has such
    a button gives way: nobody writes over an answer of somebody else's.
    """
    if not isinstance(message, Message):
        return False
    keyboard = message.reply_markup
    rows = keyboard.inline_keyboard if keyboard is not None else ()
    offered = {each.callback_data for row in rows for each in row}
    return message.chat.type == ChatType.PRIVATE or action in offered


def replace_buttons(
    keyboard: InlineKeyboardMarkup, pressed: str, buttons: Sequence[Sequence[Button]]
) -> InlineKeyboardMarkup:
    """Return ``keyboard`` with ``buttons`` in it, once the one with the action ``pressed`` was.

    A button takes the place of the one that does the same, or, where none does, of the pressed one;
    all others stay. Where a message answers several claims, its buttons keep their numbers.
    """
    shown = [made for row in buttons for each in row if (made := render_button(each)) is not None]
    there = {each.callback_data for row in keyboard.inline_keyboard for each in row}
    instead = {
        each.callback_data if each.callback_data in there else pressed: each for each in shown
    }
    return InlineKeyboardMarkup(
        [[_numbered(each, instead) for each in row] for row in keyboard.inline_keyboard]
    )


def _numbered(
    old: InlineKeyboardButton, instead: dict[str | object | None, InlineKeyboardButton]
) -> InlineKeyboardButton:
    new = instead.get(old.callback_data) if old.callback_data is not None else None
    if new is None:
        return old
    number = NUMBERED.match(old.text)
    label = f"{number[0] if number else ''}{new.text}"
    return InlineKeyboardButton(label, callback_data=new.callback_data)
