"""Clean text for keeping and for showing: one line, or plain text (pure).

Three strengths, each built on the one before:

``plain_text``   what is kept of a body or a statement: verbatim, but nothing that steers a terminal
                 or a layout
``displayable``  what may be shown: without what is not seen, but for what joins letters
``single_line``  what is kept of a title, a name, a reason: one line, whatever it is put between

``same_words`` tells whether an edit changes words. What is compared otherwise is normalised by
``embeddings.text.normalisation``.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

# Where a line may end: Unicode's newline function and all that ``str.splitlines`` splits at, and
# the unit separator, which Python counts as white space with its like.
_BREAK: Final = re.compile("\r\n?|[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
# C0 and C1 controls but tab and newline; embeddings, overrides and isolates (UAX #9), which reorder
# all that follows them; what Unicode deprecates (U+206A-F), and annotation marks.
_CONTROLS: Final = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb"
_CONTROL: Final = re.compile(f"[{_CONTROLS}]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# LRM, RLM and ALM say how a text was laid out where it was written. Arabic has them rightly, so
# they stay in what is quoted; a line of ours is laid out anew by whoever shows it.
_MARKS: Final = "\u061c\u200e\u200f"
# What is drawn as nothing where it is not supported (Unicode's Default_Ignorable_Code_Point: soft
# hyphen, fillers, zero-width space, word joiner, BOM, format characters of music and shorthand,
# tags) but for joiners and variation selectors; blank signs; the object replacement.
_UNSEEN: Final = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\ufeff\ufff0-\ufff8\ufffc"
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000effff"
)
# The flag of a part of a country (England's) is a black flag and the tags of its code (UTS #51).
_NOT_SEEN: Final = re.compile(
    f"(\U0001f3f4[\U000e0030-\U000e007a]{{1,6}}\U000e007f)|[{_MARKS}{_UNSEEN}]"
)
# Letters that are blank: Braille's empty cell, fillers of Hangul.
_BLANK: Final = re.compile("[\u2800\u3164\uffa0]")
# What joins or parts letters (Persian, emoji) and says how the sign before it is drawn; where none
# is before it, it does nothing.
_JOINERS: Final = "\u200c\u200d\ufe00-\ufe0f"
# White space past one space, which could push what follows to a line of its own. A single space
# that does not break stays: French has it before its signs.
_GAP: Final = re.compile(rf"\s[\s{_JOINERS}]+|[^\S \xa0\u202f]")
_OPENING: Final = re.compile(rf"[\s{_JOINERS}]+")

_NOT_PLAIN: Final = re.compile(f"[\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029{_CONTROLS}\ud800-\udfff]")
# Punctuation that says something: what is asked is not stated, and a share is not a number.
_TELLING: Final = frozenset("?\u061f%\u066a\u2030")

_NOT_ONE_LINE: Final = re.compile(rf"[\t\n]|{_NOT_PLAIN.pattern}")


def plain_text(text: str) -> str:
    """Return ``text`` with ``\\n`` line ends, without control characters and what reorders lines.

    Tabs, marks and joiners stay: what is quoted of it is verbatim. Half a character is U+FFFD.
    """
    if is_plain_text(text):
        return text
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", _BREAK.sub("\n", text)))


def displayable(text: str) -> str:
    """Return ``text`` as it may be shown: ``plain_text`` without invisible characters.

    Joiners stay, as Persian and emoji are written with them.
    """
    return _BLANK.sub(" ", _NOT_SEEN.sub(r"\1", plain_text(text)))


def single_line(text: str) -> str:
    """Return ``text`` on one line as it may be shown, empty if nothing of it is visible."""
    line = _GAP.sub(" ", displayable(text))
    opening = _OPENING.match(line)
    return (line[opening.end() :] if opening else line).rstrip()


def is_plain_text(text: str) -> bool:
    """Return whether ``text`` may be stored as a body or a statement."""
    return _NOT_PLAIN.search(text) is None


def is_single_line(text: str) -> bool:
    """Return whether ``text`` may be stored as a title, a name or another one-line field.

    A direction mark affects only the signs beside it: ``single_line`` drops it, nothing refuses it.
    """
    return _NOT_ONE_LINE.search(text) is None


def same_words(one: str, other: str) -> bool:
    """Return whether two texts differ in white space and punctuation at most.

    Question marks, per cent signs and marks within or before a number count as words: 1.5 is not
    15, and -5 is not 5.
    """
    return list(_words(one)) == list(_words(other))


def _words(text: str) -> Iterator[str]:
    shown = displayable(text)
    kept = (
        letter if _is_said(letter, shown[n - 1 : n], shown[n + 1 : n + 2]) else " "
        for n, letter in enumerate(shown)
    )
    yield from "".join(kept).split()


def _is_said(letter: str, before: str, after: str) -> bool:
    if letter in _TELLING or unicodedata.category(letter)[0] not in "PZC":
        return True
    dash = unicodedata.category(letter) == "Pd"
    return after.isdecimal() and (dash or before.isdecimal())
