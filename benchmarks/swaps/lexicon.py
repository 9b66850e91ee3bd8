"""Phrases of the word lists, found in a text with the one-letter words Arabic writes onto them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: A word: letters, with the vowel signs and the tatweel that may stand among them.
WORD = re.compile(r"(?:[^\W\d_]|[\u064b-\u0652\u0640])+")
_ORNAMENTS = re.compile(r"[\u064b-\u0652\u0640]")
_HAMZA = str.maketrans("أإآ", "ااا")
#: Conjunctions and prepositions written onto the next word.
_PREFIXES = ("", "و", "ف", "ب", "ل", "ك", "وب", "ول", "فل", "فب")
_LONGEST = 4
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: its key for looking up and its half-open span."""

    key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase of a list: its words from ``index`` to ``last``, its span, the letters before it."""

    phrase: str
    prefix: str
    index: int
    last: int
    start: int
    end: int


def key(text: str) -> str:
    """Return a word without ornaments and with one kind of alif; Latin letters keep their case."""
    return _ORNAMENTS.sub("", text).translate(_HAMZA)


def words(text: str) -> tuple[Word, ...]:
    """Return the words of a text, in order."""
    return tuple(Word(key(m.group()), m.start(), m.end()) for m in WORD.finditer(text))


def attach(prefix: str, phrase: str) -> str:
    """Write ``prefix`` onto ``phrase``: ``ل`` and the article become ``لل``."""
    if prefix.endswith("ل") and phrase.startswith("ال"):
        return prefix + "ل" + phrase[2:]
    return prefix + phrase


def detached(word: str) -> Iterator[tuple[str, str]]:
    """Yield the readings of a word's key as (prefix, rest), the whole word first."""
    for prefix in _PREFIXES:
        rest = word[len(prefix) :]
        if not word.startswith(prefix) or len(rest) < 2:
            continue
        yield prefix, rest
        if prefix.endswith("ل") and rest.startswith("ل"):
            yield prefix, "ال" + rest[1:]


class Phrases:
    """A set of phrases that is searched for in the words of a text."""

    def __init__(self, phrases: Iterator[str] | list[str]) -> None:
        self._spelled = {tuple(key(p).split()): p for p in phrases}

    def find(self, text: str, found: tuple[Word, ...]) -> list[Found]:
        """Return the phrases of a text, the longest at each place, none overlapping."""
        hits: list[Found] = []
        index = 0
        while index < len(found):
            hit = self._at(text, found, index)
            if hit is not None:
                hits.append(hit)
                index = hit.last
            index += 1
        return hits

    def _at(self, text: str, found: tuple[Word, ...], index: int) -> Found | None:
        readings = tuple(detached(found[index].key))
        for length in range(min(_LONGEST, len(found) - index), 0, -1):
            last = index + length - 1
            if any(
                text[a.end : b.start].strip(" \u00a0")
                for a, b in zip(found[index:last], found[index + 1 : last + 1], strict=True)
            ):
                continue
            rest = tuple(word.key for word in found[index + 1 : last + 1])
            for prefix, first in readings:
                phrase = self._spelled.get((first, *rest))
                if phrase is not None:
                    start, end = found[index].start, found[last].end
                    return Found(phrase, prefix, index, last, start, end)
        return None


def lines(name: str) -> Iterator[str]:
    """Yield the lines of a word list beside this file, without its comments."""
    for line in (_HERE / name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def groups(name: str) -> dict[str, list[str]]:
    """Return a list of ``group<TAB>phrase,phrase…`` lines by group."""
    return {group: phrases.split(",") for group, phrases in (x.split("\t") for x in lines(name))}
