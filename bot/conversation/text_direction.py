"""Detect a text's direction, and isolate it in a line of the other direction (pure).

Unicode's bidirectional algorithm (UAX #9) lays out a line by its letters: an Arabic title within
an English line would pull neighbouring punctuation and numbers along, and swap places with an
Arabic name after it. An isolate (FSI..PDI) prevents both.
"""

import re
from enum import StrEnum
from typing import Final

RLM, LRM, FSI, PDI = "\u200f", "\u200e", "\u2068", "\u2069"

#: An isolate that this module made: within one line, not nested.
ISOLATE: Final = re.compile(f"{FSI}([^\n{FSI}{PDI}]*){PDI}")

RTL_LETTER: Final = re.compile(
    "[\u0590-\u05ff\u0620-\u065f\u066e-\u06d3\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
)
LTR_LETTER: Final = re.compile("[A-Za-z\u00c0-\u024f\u0370-\u052f]")
# A link's letters do not show the language of the text around it.
_LINK = re.compile(r"https?://\S+")


class Direction(StrEnum):
    """A text's direction."""

    RTL = "rtl"
    LTR = "ltr"


def direction_of(text: str, otherwise: Direction) -> Direction:
    """Return the direction of most letters of ``text``, ``otherwise`` where neither has more."""
    text = _LINK.sub(" ", text)
    rtl, ltr = len(RTL_LETTER.findall(text)), len(LTR_LETTER.findall(text))
    if rtl == ltr:
        return otherwise
    return Direction.RTL if rtl > ltr else Direction.LTR


def isolate(text: str, direction: Direction) -> str:
    """Return ``text`` for use in a line of ``direction``: isolated if its direction differs.

    ``text`` is one line without direction characters of its own
    (``knowledge.text.plain_text.single_line``).
    """
    return text if direction_of(text, direction) is direction else f"{FSI}{text}{PDI}"


def add_direction_mark(text: str) -> str:
    """Return ``text`` with a mark in front if its first letter is not of its own direction.

    Renderers give an isolate the direction of its first letter.
    """
    own = direction_of(text, Direction.LTR)
    rtl, ltr = RTL_LETTER.search(text), LTR_LETTER.search(text)
    if rtl is None or ltr is None:
        return text
    first = Direction.RTL if rtl.start() < ltr.start() else Direction.LTR
    return text if own is first else (RLM if own is Direction.RTL else LRM) + text


def strip_isolates(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return ``text`` without isolates, and the spans that they enclosed."""
    if FSI not in text:
        return text, ()
    plain, apart = "", []
    for number, part in enumerate(ISOLATE.split(text)):
        if number % 2:
            apart.append((len(plain), len(plain) + len(part)))
        plain += part
    return plain, tuple(apart)


def restore_isolates(text: str, apart: tuple[tuple[int, int], ...]) -> str:
    """Return ``text`` with isolates around the spans ``apart``: undoes ``strip_isolates``."""
    parts, at = [], 0
    for start, end in apart:
        parts += [text[at:start], FSI, text[start:end], PDI]
        at = end
    return "".join([*parts, text[at:]])
