"""Validate single values of a document, within bounds, with one clear reason each."""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from itertools import islice
from urllib.parse import quote, urlsplit

from knowledge.domain import ReportKind
from knowledge.text.plain_text import plain_text, single_line

MAX_BODY = 10_000_000
MAX_STATEMENT = 10_000
MAX_STATEMENTS = 10_000
MAX_TITLE = 1_000
MAX_PUBLISHER = 300
MAX_SPEAKER = 500
MAX_RATING = 10_000
MAX_URL = 2_000
MAX_REF = 500
#: A title taken from a text's own first words, where the document has none.
MAX_DERIVED_TITLE = 120

# Characters of a bad value that a reason repeats.
_SHOWN = 60
# Fields of a row that a reason names.
_NAMES = 10
# PostgreSQL stores no NUL, UTF-8 no lone surrogate.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.,+Z-]{0,40})?")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8}){0,4}")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
# Browsers take a backslash for a slash: what is left of it would be another host than is read here.
_NO_HOST = re.compile(r"[\\@%<>\"'`{}|^]")


class Flaw(StrEnum):
    """Why a row is left out, as a summary counts it."""

    TOO_LONG = "too long"
    NO_TEXT = "without text"
    NO_PUBLISHER = "without a publisher"
    REF_TAKEN = "with a ref that is taken"
    UNKNOWN_KIND = "of an unknown kind"
    BAD_DATE = "with an unreadable date"
    BAD_ADDRESS = "with an unusable address"
    BROKEN = "broken"
    OTHER = "otherwise unusable"


class FieldError(ValueError):
    """A value is not what its field takes. The message is ``<field>: <why>``."""

    def __init__(self, message: str, flaw: Flaw = Flaw.OTHER) -> None:
        super().__init__(message)
        self.flaw = flaw


def text_of(value: object, field: str, limit: int) -> str | None:
    """Return ``value`` as plain text without surrounding white space; None if absent or blank."""
    text = _bounded(value, field, limit)
    return None if text is None else plain_text(text).strip() or None


def line_of(value: object, field: str, limit: int) -> str | None:
    """Return ``value`` on one line, without what is not seen; None if absent or blank.

    An outlet whose title holds a line break did nothing wrong: it is mended, not refused.
    """
    text = _bounded(value, field, limit)
    return None if text is None else single_line(text) or None


def _bounded(value: object, field: str, limit: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise FieldError(f"{field}: must be text, not {json_kind(value)}")
    # The bound comes first: nothing else is done with a value that is too long.
    if len(value) > limit:
        raise FieldError(
            f"{field}: has {len(value):,} characters, at most {limit:,} are taken", Flaw.TOO_LONG
        )
    if _UNSTORABLE.search(value):
        raise FieldError(f"{field}: holds a NUL or a broken character")
    return value


def day_of(value: object, field: str) -> date | None:
    """Return the day of an ISO date or date and time, as written (no change of zone)."""
    written = _short(value, field)
    if written is None:
        return None
    try:
        if _ISO_DAY.fullmatch(written):
            return date.fromisoformat(written[:10])
    except ValueError:
        pass
    raise FieldError(f"{field}: {shown(written)} is not an ISO date (YYYY-MM-DD)", Flaw.BAD_DATE)


def url_of(value: object, field: str) -> str | None:
    """Return an absolute http or https address; what is not seen in its path is escaped.

    An address with a name or a password is none: it would show one host and lead to another.
    """
    written = (_bounded(value, field, MAX_URL) or "").strip()
    if not written:
        return None
    try:
        parts = urlsplit(written)
        good = (
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.netloc.isprintable()
            and not _NO_HOST.search(parts.netloc)
            and not _BLANK.search(written)
        )
    except ValueError:
        good = False
    if not good:
        raise FieldError(
            f"{field}: {shown(written)} is not an http or https address", Flaw.BAD_ADDRESS
        )
    return "".join(c if c.isprintable() else quote(c) for c in written)


def language_of(value: object, field: str) -> str | None:
    """Return the primary part of a language tag: ``ar`` for ``ar-EG``."""
    written = _short(value, field)
    if written is None:
        return None
    tag = _LANGUAGE.fullmatch(written)
    if tag is None:
        raise FieldError(f"{field}: {shown(written)} is not a language code such as 'ar'")
    return tag[1].lower()


def kind_of(value: object, field: str) -> ReportKind | None:
    """Return the kind of a report."""
    written = _short(value, field)
    if written is None:
        return None
    try:
        return ReportKind(written.lower())
    except ValueError:
        known = ", ".join(ReportKind)
        raise FieldError(
            f"{field}: {shown(written)} is none of {known}", Flaw.UNKNOWN_KIND
        ) from None


def title_from(text: str) -> str:
    """Return the first words of ``text`` as a title, for a document that has none."""
    # What is seen of a line may begin behind what is not.
    lines = map(single_line, plain_text(text).split("\n"))
    line = next(filter(None, lines), "")
    if len(line) <= MAX_DERIVED_TITLE:
        return line
    return line[:MAX_DERIVED_TITLE].rsplit(maxsplit=1)[0] + "…"


def shown(value: str) -> str:
    """Return ``value`` quoted for a message: on one line, invisible characters spelled, short."""
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")


def shown_names(row: Iterable[str]) -> str:
    """Return the names of a row's fields, without their values, for a message."""
    names = list(islice(row, _NAMES + 1))
    said = ", ".join(map(shown, names[:_NAMES])) or "nothing"
    return f"{said}…" if len(names) > _NAMES else said


def json_kind(value: object) -> str:
    """Return what JSON calls the kind of ``value``, for a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


def _short(value: object, field: str) -> str | None:
    return text_of(value, field, MAX_STATEMENT)
