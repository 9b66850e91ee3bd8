"""Random objects of the Bot API, built from python-telegram-bot's own classes.

What each type holds is read off its constructor: what it requires is always there, everything else
by chance, and types that come in kinds (a ``ChatMember``, a ``MessageOrigin``) are one of theirs.
A type that is new in the library is covered as soon as it is there.
"""

import collections.abc
import datetime as dtm
import enum
import functools
import importlib
import inspect
import pkgutil
import types
import typing
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeAlias

import telegram
from telegram import TelegramObject, Update, constants

from tests.e2e.bot_api_server import BOT_ID, BOT_NAME
from tests.fuzzing import texts

#: Every kind of update there is, by its field.
KINDS: Final = tuple(Update.ALL_TYPES)
#: People and groups a stream of updates is from: so many that none is told to slow down.
PEOPLE: Final = 40_000
_GROUPS: Final = 4_000
#: Objects within objects; below this only what is required.
_DEPTH: Final = 4
_NUMBERS: Final = (0, 1, -1, 2, 40, 4096, 2**31 - 1, 2**31, -(2**31), 2**52, 2**63 - 1, -(2**63))

#: A class of the library. (mypy takes a class of unhashable objects for unhashable itself.)
Kind: TypeAlias = Any
Maker = Callable[[Random], Any]
_NEVER: Final = ("api_kwargs", "kwargs")


@dataclass(frozen=True, slots=True)
class _Field:
    """One parameter of a constructor."""

    name: str
    required: bool
    make: Callable[[Random, int], Any]


def content(kind: str, random: Random) -> Any:
    """Return what an update of ``kind`` holds, as the Bot API writes it."""
    wanted = _field_types(Update)[kind]
    with warnings.catch_warnings():
        # A constructor warns of fields that are going to change; the Bot API sends them still.
        warnings.simplefilter("ignore")
        made = _value(wanted, Update, kind)(random, 0)
        return made.to_dict() if isinstance(made, TelegramObject) else made


def _object(kind: Kind, random: Random, depth: int) -> Any:
    kinds = _kinds(kind)
    if kinds:
        kind = random.choice(kinds)
    often = 0.0 if depth >= _DEPTH else 0.16 / (depth + 1)
    given = {
        field.name: field.make(random, depth + 1)
        for field in _fields(kind)
        if field.required or random.random() < often
    }
    while True:
        try:
            return kind(**given)
        except TypeError as error:
            # Required only since a later version of the Bot API: the signature does not tell.
            name = str(error).split("`")[1]
            field = next(field for field in _fields(kind) if field.name == name)
            given[name] = field.make(random, depth + 1)


@functools.cache
def _fields(kind: Kind) -> tuple[_Field, ...]:
    parameters = inspect.signature(kind.__init__).parameters
    return tuple(
        _Field(
            name,
            parameters[name].default is inspect.Parameter.empty,
            _value(hint, kind, name),
        )
        for name, hint in _field_types(kind).items()
    )


@functools.cache
def _field_types(kind: Kind) -> dict[str, Any]:
    hints = typing.get_type_hints(kind.__init__, _names())
    parameters = list(inspect.signature(kind.__init__).parameters)[1:]
    return {name: hints[name] for name in parameters if name not in _NEVER}


@functools.cache
def _names() -> dict[str, Any]:
    """Return what annotations may name: what the library imports for type checkers only, too."""
    names: dict[str, Any] = {}
    for module in pkgutil.walk_packages(telegram.__path__, "telegram."):
        if ".ext" not in module.name and not module.name.endswith("__main__"):
            names = {**vars(importlib.import_module(module.name)), **names}
    return names


@functools.cache
def _kinds(kind: Kind) -> tuple[Kind, ...]:
    """Return the kinds a type comes in; what is sent is always one of them."""
    return tuple(each for each in kind.__subclasses__() if each.__module__.startswith("telegram."))


def _value(hint: Any, kind: Kind, name: str) -> Callable[[Random, int], Any]:
    """Return what makes a value of a hint, for the field ``name`` of ``kind``."""
    if (special := _special(kind, name)) is not None:
        return lambda random, _: special(random)
    origin, within = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        # A time is a number for the library as well, but not every number is a time.
        sent = [dtm.timedelta] if dtm.timedelta in within else filter(_is_sent, within)
        makers = [_value(each, kind, name) for each in sent]
        return lambda random, depth: random.choice(makers)(random, depth)
    if origin is typing.Literal:
        return lambda random, _: random.choice(within)
    if isinstance(origin, type) and issubclass(origin, collections.abc.Sequence):
        make = _value(within[0], kind, name)
        # An empty list is left out by the library, though the Bot API writes it where it must be.
        return lambda random, depth: [make(random, depth) for _ in range(random.randint(1, 2))]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        members = list(hint)
        return lambda random, _: random.choice(members)
    if isinstance(hint, type) and issubclass(hint, TelegramObject):
        return functools.partial(_object, hint)
    if hint is str and name.endswith("id"):
        return lambda random, _: texts.identifier(random)
    return _plain(hint)


def _is_sent(hint: Any) -> bool:
    """Whether a part of a union is something the Bot API sends, and not the library's own."""
    return hint not in (type(None), object) and getattr(hint, "__name__", "") != "DefaultValue"


def _plain(hint: Any) -> Callable[[Random, int], Any]:
    made: dict[Any, Maker] = {
        str: texts.word,
        int: number,
        float: lambda random: random.choice((0.0, -1.5, 1e300, random.random())),
        bool: lambda random: random.random() < 0.5,
        dtm.datetime: lambda random: dtm.datetime.fromtimestamp(
            random.choice((1, 2**31, random.randrange(2**31))), dtm.UTC
        ),
        dtm.timedelta: lambda random: dtm.timedelta(seconds=random.randrange(10**6)),
    }
    make = made[hint]
    return lambda random, _: make(random)


def _special(kind: Kind, name: str) -> Maker | None:
    """Return what makes a field whose type says less than the Bot API's page does."""
    named = _SPECIAL.get((kind.__name__, name)) or _BY_NAME.get(name)
    if named is not None:
        return named
    listed = getattr(constants, kind.__name__ + name.title().replace("_", ""), None)
    if isinstance(listed, type) and issubclass(listed, enum.Enum):
        members = [member.value for member in listed]
        # Kinds that are newer than the library come too.
        return lambda random: random.choice(members) if random.random() < 0.97 else "newer"
    return None


def number(random: Random) -> int:
    """Return a number: small, random, or at a border."""
    return random.choice((random.randint(0, 300), random.choice(_NUMBERS)))


def person_id(random: Random) -> int:
    """Return a person's number, the bot's now and then."""
    return random.choice((BOT_ID, number(random))) if random.random() < 0.05 else _person(random)


def _person(random: Random) -> int:
    return 10_000 + random.randrange(PEOPLE)


def chat_id(random: Random) -> int:
    """Return a chat's number: a person's, a group's or one at a border."""
    group = -1_000_000 - random.randrange(_GROUPS)
    return random.choice((_person(random), _person(random), group, group, number(random)))


def _username(random: Random) -> str:
    return random.choice((BOT_NAME, "somebody", texts.word(random)))


_SPECIAL: Final[dict[tuple[str, str], Maker]] = {
    ("User", "id"): person_id,
    ("Chat", "id"): chat_id,
    ("CallbackQuery", "data"): texts.action,
    ("MessageEntity", "offset"): lambda random: random.choice((0, 0, number(random))),
    ("MessageEntity", "length"): lambda random: random.choice((1, 6, number(random))),
    ("Message", "media_group_id"): lambda random: str(random.randrange(200)),
}
_BY_NAME: Final[dict[str, Maker]] = {
    "text": texts.text,
    "caption": texts.text,
    "query": texts.text,
    "language_code": texts.language,
    "username": _username,
    "is_bot": lambda random: random.random() < 0.1,
}
