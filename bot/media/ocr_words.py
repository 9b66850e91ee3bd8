"""Parse the words that tesseract read, and keep those that are sure enough (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import Final

from embeddings.text.normalisation import visible

#: Characters of a picture's text that are taken: those of a message; no more words are looked at.
MAX_TEXT: Final = 4_096
MAX_WORDS: Final = 800
#: Confidence, in percent, of a paragraph that was read rightly; see benchmarks/ocr.py.
SURE: Final = 80.0
#: A number, or a word of other letters than its neighbours, that was read with less is often wrong.
SURE_ODD: Final = 85.0
#: Share of a word's place that another may cover: letters reach into the next line.
_COVERED: Final = 0.3
#: Signs that say something without a letter beside them.
_TELLING: Final = frozenset("%٪$€£")
#: Columns of tesseract's table, and its level of words.
_COLUMNS, _WORD = 12, "5"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word stands, in pixels."""

    left: int
    top: int
    width: int
    height: int

    def covers(self, other: "Place") -> bool:
        """Whether this and ``other`` lie one upon the other."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        smaller = min(self.width * self.height, other.width * other.height)
        return across > 0 and down > 0 and across * down > _COVERED * smaller


@dataclass(frozen=True, slots=True)
class Word:
    """One word, how sure (0 to 100) it was read rightly, its paragraph and its place."""

    text: str
    confidence: float
    paragraph: tuple[int, int]
    place: Place


def words_in(table: str) -> list[Word]:
    """Return the words of tesseract's table (TSV), in the order of reading."""
    found: list[Word] = []
    for line in table.splitlines()[1:]:
        cells = line.split("\t")
        if len(cells) != _COLUMNS or cells[0] != _WORD:
            continue
        text = visible(cells[11]).strip()
        # Edges and specks are read as signs by themselves.
        if any(c.isalnum() or c in _TELLING for c in text):
            block, paragraph, *_ = map(int, cells[2:6])
            place = Place(*map(int, cells[6:10]))
            found.append(Word(text, float(cells[10]), (block, paragraph), place))
    return found[:MAX_WORDS]


def choose_clearest(readings: Iterable[Sequence[Word]]) -> Sequence[Word]:
    """Return the reading with the most letters that are sure, doubtful ones counted against it.

    One that reads a place twice took lines for other lines, however sure it is of its words.
    """
    once = [each for each in readings if not _reads_twice(each)]
    return max(once, key=_clarity, default=())


def sure_text(reading: Sequence[Word]) -> str:
    """Return the paragraphs that were read surely, one a line; may be empty.

    A paragraph is taken or left as a whole: a word that is missing may be a "not".
    """
    paragraphs = (list(each) for _, each in groupby(reading, lambda word: word.paragraph))
    taken = (" ".join(word.text for word in each) for each in paragraphs if _is_sure(each))
    return "\n".join(taken)[:MAX_TEXT]


def _reads_twice(reading: Sequence[Word]) -> bool:
    return any(a.place.covers(b.place) for a, b in combinations(reading, 2))


def _clarity(reading: Sequence[Word]) -> float:
    return sum(len(word.text) * (word.confidence - SURE) for word in reading)


def _is_sure(paragraph: Sequence[Word]) -> bool:
    letters = sum(len(word.text) for word in paragraph)
    mean = sum(len(word.text) * word.confidence for word in paragraph) / letters
    arabic = sum(_is_arabic(word.text) for word in paragraph) * 2 > len(paragraph)
    odd = (word for word in paragraph if _is_odd(word.text, arabic=arabic))
    mixed = any(_mixes_digits(word.text) for word in paragraph)
    return mean >= SURE and not mixed and all(word.confidence >= SURE_ODD for word in odd)


def _is_odd(text: str, *, arabic: bool) -> bool:
    return any(map(str.isdigit, text)) or (
        any(map(str.isalpha, text)) and _is_arabic(text) != arabic
    )


def _mixes_digits(text: str) -> bool:
    """Whether a number is written in two ways at once: nobody does, so it is another number."""
    return len({digit.isascii() for digit in text if digit.isdigit()}) > 1


def _is_arabic(text: str) -> bool:
    return any("\u0620" <= letter <= "\u064a" for letter in text)
