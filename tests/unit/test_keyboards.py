"""The buttons of an answer once one of them was pressed."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.conversation.reply import Button
from bot.telegram.outgoing.keyboards import replace_buttons


def keyboard(*rows: tuple[tuple[str, str], ...]) -> InlineKeyboardMarkup:
    """Return a keyboard of (label, action or address)."""
    return InlineKeyboardMarkup([[_key(*each) for each in row] for row in rows])


def _key(label: str, leads_to: str) -> InlineKeyboardButton:
    if leads_to.startswith("https:"):
        return InlineKeyboardButton(label, url=leads_to)
    return InlineKeyboardButton(label, callback_data=leads_to)


SOURCE = ("Source", "https://example.org")
TOLD = (("Tell", "tell:7"),)


def test_what_does_the_same_is_exchanged_and_all_else_stays() -> None:
    before = keyboard((SOURCE, ("Yes", "useful:7"), ("No", "useless:7")), TOLD)
    said = (Button("✓ Yes", action="useful:7"), Button("No", action="useless:7"))
    expected = keyboard((SOURCE, ("✓ Yes", "useful:7"), ("No", "useless:7")), TOLD)
    assert replace_buttons(before, "useful:7", (said,)) == expected


def test_what_does_the_opposite_takes_the_place_of_what_was_pressed() -> None:
    quiet = (Button("Do not tell", action="quiet:7"),)
    before = keyboard((SOURCE,), TOLD)
    expected = keyboard((SOURCE,), (("Do not tell", "quiet:7"),))
    assert replace_buttons(before, "tell:7", (quiet,)) == expected
    # Pressed again before the first press was seen to: it is there already.
    assert replace_buttons(expected, "tell:7", (quiet,)) == expected


def test_the_number_of_a_claim_stays() -> None:
    before = keyboard((("2. Tell", "tell:7"), ("1. Tell", "tell:6")))
    quiet = (Button("Do not tell", action="quiet:7"),)
    expected = keyboard((("2. Do not tell", "quiet:7"), ("1. Tell", "tell:6")))
    assert replace_buttons(before, "tell:7", (quiet,)) == expected


def test_a_press_that_came_to_nothing_changes_nothing() -> None:
    before = keyboard(TOLD)
    assert replace_buttons(before, "tell:7", ()) == before
