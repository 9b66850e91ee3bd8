"""Update a message's buttons after a press, so that they show the choice (pure)."""

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
    """Whether the reply to ``action`` may replace ``message``.

    A client can send actions that no button has. So in a group only a message that has such a
    button is replaced: nobody can overwrite another person's answer.
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
    """Return ``keyboard`` with ``buttons`` in it, after the button with action ``pressed``.

    Each button replaces the one with the same action, or else the pressed one; the others stay. If
    a message answers several claims, its buttons keep their numbers.
    """
    shown = [made for row in buttons for each in row if (made := render_button(each)) is not None]
    there = {each.callback_data for row in keyboard.inline_keyboard for each in row}
    instead = {
        each.callback_data if each.callback_data in there else pressed: each for each in shown
    }
    return InlineKeyboardMarkup(
        [[_keep_number(each, instead) for each in row] for row in keyboard.inline_keyboard]
    )


def _keep_number(
    old: InlineKeyboardButton, instead: dict[str | object | None, InlineKeyboardButton]
) -> InlineKeyboardButton:
    new = instead.get(old.callback_data) if old.callback_data is not None else None
    if new is None:
        return old
    number = NUMBERED.match(old.text)
    label = f"{number[0] if number else ''}{new.text}"
    return InlineKeyboardButton(label, callback_data=new.callback_data)
