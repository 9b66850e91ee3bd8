"""Streams of random updates as Telegram writes them, and as nobody should (seeded).

Most are the Bot API's own (``api_types``), half of those made likely: a person's words in their own
chat or in a group. A share of them is spoilt afterwards: fields missing, of another type or
unknown, kinds that do not exist, numbers that are missing, repeated or out of order.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from bot.telegram.incoming.filters import ALLOWED_UPDATES
from tests.e2e.bot_api_server import BOT_ID, BOT_NAME
from tests.fuzzing import api_types, texts

#: Shares of a stream.
_SPOILT: Final = 0.15
_LIKELY: Final = 0.6
_AGAIN: Final = 0.02
_NUMBERLESS: Final = 0.005
#: Updates that change places with each other at most.
_WINDOW: Final = 20
_WRONG: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1.5, "", "words", "\ud800", [], [[]], {}, {"id": None}, [None], 10**30,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """One update. ``spoilt``: Telegram would never write it so."""

    update: Any
    spoilt: bool


def seeded(seed: int, count: int) -> Iterator[Fuzzed]:
    """Yield the ``count`` updates that a seed stands for, always the same."""
    return stream(Random(seed), count)  # noqa: S311 - to be repeated, not to be secret


def stream(random: Random, count: int) -> Iterator[Fuzzed]:
    """Yield ``count`` updates, numbered upwards but for those that are not."""
    window: list[Fuzzed] = []
    number = random.randrange(2**31)
    for _ in range(count):
        number += 1
        if window and random.random() < _AGAIN:
            window.append(copy.deepcopy(random.choice(window)))
        else:
            window.append(fuzzed(number, random))
        if len(window) >= _WINDOW:
            random.shuffle(window)
            yield from window
            window = []
    yield from window


def fuzzed(number: int, random: Random) -> Fuzzed:
    """Return one update with this number, unless what spoils it takes it away."""
    kind = random.choice((random.choice(ALLOWED_UPDATES), random.choice(api_types.KINDS)))
    update = {"update_id": number, str(kind): api_types.content(kind, random)}
    if random.random() < _LIKELY:
        _make_likely(update[str(kind)], random)
    if random.random() >= _SPOILT:
        return Fuzzed(update, spoilt=False)
    for _ in range(random.randint(1, 3)):
        _spoil(update, random)
    if random.random() < _NUMBERLESS / _SPOILT:
        update["update_id"] = random.choice((None, "7", 1.0, True, -1, 2**63, {}))
        return Fuzzed(random.choice((update, None, [], "words", 7)), spoilt=True)
    update["update_id"] = number
    return Fuzzed(update, spoilt=True)


def _make_likely(content: dict[str, Any], random: Random) -> None:
    """Have a person say something in their own chat, or to the bot in a group."""
    number = api_types.person_id(random)
    person = {
        "id": number,
        "is_bot": False,
        "first_name": texts.word(random),
        "language_code": texts.language(random),
    }
    held = content.get("message")
    if isinstance(held, dict):
        # A press: the message that holds the button is the bot's.
        content["from"], content["data"] = person, texts.action(random)
        held["from"] = {"id": BOT_ID, "is_bot": True, "first_name": "Bot", "username": BOT_NAME}
        held["chat"] = _chat(number, random)
        return
    if "chat" not in content:
        if "from" in content:
            content["from"] = person
        return
    content["from"], content["chat"] = person, _chat(number, random)
    if "message_id" not in content or random.random() < 0.2:
        return
    where = random.choice(("text", "text", "caption"))
    content[where] = said = texts.text(random)
    if where == "text" and said.startswith("/"):
        length = len(said.split(" ", 1)[0])
        content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
    if where == "caption":
        content.pop("text", None)
        size = {"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}
        content.setdefault("photo", [size])


def _chat(person: int, random: Random) -> dict[str, Any]:
    if random.random() < 0.7:
        return {"id": person, "type": "private", "first_name": texts.word(random)}
    kind = random.choice(("group", "supergroup", "supergroup", "channel"))
    return {"id": -abs(api_types.chat_id(random)) - 1, "type": kind, "title": texts.word(random)}


def _spoil(update: dict[str, Any], random: Random) -> None:
    if not update:
        return
    holder, key = random.choice(list(_places(update)))
    match random.randrange(5):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[texts.word(random)] = copy.deepcopy(random.choice(_WRONG))
        case 2 if isinstance(holder, dict):
            # A field under another name: an unknown kind of update where it is at the top.
            holder[random.choice(("newer", "from", "chat", "message"))] = holder.pop(key)
        case 3:
            holder[key] = _deep(random.randint(1, 60))
        case _:
            holder[key] = copy.deepcopy(random.choice(_WRONG))


def _places(within: Any) -> Iterator[tuple[Any, Any]]:
    """Yield everything that can be spoilt: who holds it, and under what name."""
    inside = within.items() if isinstance(within, dict) else enumerate(within)
    for key, value in list(inside):
        yield within, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _deep(levels: int) -> Any:
    value: Any = "deep"
    for level in range(levels):
        value = [value] if level % 2 else {"message": value}
    return value
