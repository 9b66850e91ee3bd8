"""Parse and validate the fields of forms and queries."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.console.errors import BadForm, FieldTooLong, FutureDate
from bot.console.security import MAX_BODY
from knowledge.corpus.future_dates import is_future
from knowledge.domain import Span
from knowledge.text.plain_text import plain_text, single_line

_MAX_FIELDS: Final = 2_000
#: Maximum row id: PostgreSQL's integers have 32 bits.
MAX_ID: Final = 2**31 - 1
#: Maximum characters of a line, such as a name or a reason.
LINE: Final = 1_000
_SPAN: Final = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form or a query. Every method raises BadForm, which names the field."""

    fields: Mapping[str, Sequence[str]] = field(repr=False)
    uploads: Mapping[str, Upload] = field(default_factory=dict, repr=False)

    def verbatim(self, name: str, limit: int = LINE) -> str:
        """Return a text as entered, without control characters; empty if missing."""
        text = next(iter(self.fields.get(name, ())), "").replace("\r\n", "\n")
        if len(text) > limit:
            raise FieldTooLong(name, limit)
        if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise BadForm(name, "a NUL or a broken character")
        return plain_text(text)

    def kept(self, name: str) -> str:
        """Return a raw value, valid or not, to show it in the form again."""
        return plain_text(next(iter(self.fields.get(name, ())), ""))

    def text(self, name: str, limit: int = LINE) -> str:
        """Return a text without surrounding white space; empty if missing."""
        return self.verbatim(name, limit).strip()

    def needed_text(self, name: str, limit: int = LINE) -> str:
        """Return a required text."""
        return _require(name, self.text(name, limit))

    def line(self, name: str, limit: int = LINE) -> str:
        """Return a text on one line; empty if missing."""
        return single_line(self.verbatim(name, limit))

    def needed(self, name: str, limit: int = LINE) -> str:
        """Return a required text on one line."""
        return _require(name, self.line(name, limit))

    def number(self, name: str) -> int:
        """Return a required number."""
        return _parse_number(name, self.text(name))

    def numbers(self, name: str) -> list[int]:
        """Return all numbers with this name, without duplicates, in order."""
        return list(dict.fromkeys(_parse_number(name, text) for text in self.fields.get(name, ())))

    def spans(self, name: str) -> list[Span]:
        """Return all text spans with this name."""
        found = [read_span(text) for text in self.fields.get(name, ())]
        if None in found:
            raise BadForm(name, "no place in a text")
        return [span for span in found if span is not None]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return all texts with this name."""
        return tuple(self.fields.get(name, ()))

    def day(self, name: str) -> date | None:
        """Return a date; None if missing."""
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise BadForm(name, "no date") from None

    def past_day(self, name: str, now: datetime) -> date | None:
        """Return a date that is not in the future; None if missing. Raises FutureDate."""
        day = self.day(name)
        if day is not None and is_future(day, now):
            raise FutureDate(name, day)
        return day

    def choice(self, name: str, kind: type[Choice]) -> Choice | None:
        """Return an enum member; None if nothing was chosen."""
        text = self.text(name)
        try:
            return kind(text) if text else None
        except ValueError:
            raise BadForm(name, "none of the choices") from None

    def chosen(self, name: str, kind: type[Choice]) -> Choice:
        """Return a required enum member."""
        choice = self.choice(name, kind)
        if choice is None:
            raise BadForm(name, "nothing was chosen")
        return choice


async def read_form(request: Request) -> Form:
    """Read a request's form. Raises BadForm or TooLarge."""
    try:
        async with request.form(
            max_files=1, max_fields=_MAX_FIELDS, max_part_size=MAX_BODY
        ) as data:
            fields: dict[str, list[str]] = {}
            uploads: dict[str, Upload] = {}
            for name, value in data.multi_items():
                if isinstance(value, UploadFile):
                    content = await value.read()
                    if content:
                        uploads[name] = Upload(value.filename or "", content)
                else:
                    fields.setdefault(name, []).append(value)
    except HTTPException as error:
        raise BadForm("form", error.detail) from error
    return Form(fields, uploads)


def read_query(request: Request) -> Form:
    """Read a request's query."""
    fields: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        fields.setdefault(name, []).append(value)
    return Form(fields)


def read_span(written: str) -> Span | None:
    """Parse a text span such as ``12-30``; None for anything else."""
    place = _SPAN.fullmatch(written)
    return Span(int(place[1]), int(place[2])) if place else None


def _require(name: str, text: str) -> str:
    if not text:
        raise BadForm(name, "nothing was written")
    return text


def _parse_number(name: str, text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 17 and int(text) <= MAX_ID:
        return int(text)
    raise BadForm(name, "no number")
