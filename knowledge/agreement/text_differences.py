"""Compare two texts: whether they are the same, and which words differ (pure).

The differing words are shown to people as the reason.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from embeddings.text.normalisation import fold, for_matching, visible
from embeddings.text.tokenisation import STOP_WORDS, stem

#: The most words shown of each text: more is not read as "the difference".
SHOWN_WORDS: Final = 6
#: The most words compared: difflib is quadratic at worst.
MAX_WORDS: Final = 200

_WORD = re.compile(r"\S+")
#: Punctuation around a word is not part of it.
_AROUND: Final = "\"'`«»“”‘’()[]{}<>.,،;؛:!?؟…-–—#*_/\\|"
#: Marks around a text that are no part of what it says: asked or quoted it says the same. A point
#: before a digit is part of a number.
_MARKS = r"\s.…!?؟،,؛;:\"'“”„‘’«»()*_"
_BEFORE, _AFTER = re.compile(rf"^(?:(?!\.\d)[{_MARKS}])+"), re.compile(rf"[{_MARKS}]+$")

# Normalisation would make 102 of 10².
_RAISED = re.compile("[²³¹⁰⁴-⁹]+")


@dataclass(frozen=True, slots=True)
class Difference:
    """The words, as written, that one text has where the other has others. Either may be empty."""

    claim: str
    statement: str


def same_text(claim: str, statement: str) -> bool:
    """Return whether both are one text, whatever its code points and the marks around it."""
    ours = _bare(claim)
    return bool(ours) and ours == _bare(statement)


def _bare(text: str) -> str:
    text = fold(for_matching(_RAISED.sub(r"^\g<0>", text)))
    return _AFTER.sub("", _BEFORE.sub("", text))


def find_difference(claim: str, statement: str) -> Difference:
    """Return the difference: the longest replacement, else words that only one text has."""
    ours, theirs = _words(claim), _words(statement)
    blocks = SequenceMatcher(
        None, [word.key for word in ours], [word.key for word in theirs], autojunk=False
    ).get_opcodes()
    changes = [
        (_content(ours[a:b]) + _content(theirs[c:d]), ours[a:b], theirs[c:d])
        for kind, a, b, c, d in blocks
        if kind != "equal"
    ]
    exchanges = [change for change in changes if change[1] and change[2]]
    if not changes:
        return Difference("", "")
    # Short exchanges name the difference best; a long one is another wording of everything.
    _, left, right = min(
        exchanges or changes, key=lambda change: (change[0] == 0, len(change[1]) + len(change[2]))
    )
    return Difference(_shown(claim, left), _shown(statement, right))


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    key: str


def _words(text: str) -> list[_Word]:
    found = []
    for match in _WORD.finditer(text):
        word = match[0].strip(_AROUND)
        key = fold(for_matching(word)).rstrip("%").replace(",", ".")
        if key:
            start = match.start() + match[0].index(word)
            found.append(_Word(start, start + len(word), stem(key)))
        if len(found) == MAX_WORDS:
            break
    return found


def _content(words: Sequence[_Word]) -> int:
    return sum(word.key not in STOP_WORDS for word in words)


def _shown(text: str, words: Sequence[_Word]) -> str:
    kept = words[:SHOWN_WORDS]
    return visible(text[kept[0].start : kept[-1].end]).strip() if kept else ""
