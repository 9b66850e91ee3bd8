"""Parse tesseract's output, and keep the words that are certain enough (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import Final

from embeddings.text.normalisation import visible

#: Maximum characters of a picture's text, as of a message; further words are ignored.
MAX_TEXT: Final = 4_096
MAX_WORDS: Final = 800
#: Minimum confidence of a paragraph, in percent; see benchmarks/ocr.py.
SURE: Final = 80.0
#: Minimum confidence of a number, or of a word in another script than its neighbours: below it
#: they are often wrong.
SURE_ODD: Final = 85.0
#: Share of a word's box that another one may cover: letters reach into the next line.
_COVERED: Final = 0.3
#: Characters that have a meaning without a letter beside them.
_TELLING: Final = frozenset("%٪$€£")
#: Columns of tesseract's table, and its level of words.
_COLUMNS, _WORD = 12, "5"


@dataclass(frozen=True, slots=True)
class Place:
    """A word's bounding box, in pixels."""

    left: int
    top: int
    width: int
    height: int

    def covers(self, other: "Place") -> bool:
        """Whether this box and ``other`` overlap too much."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        smaller = min(self.width * self.height, other.width * other.height)
        return across > 0 and down > 0 and across * down > _COVERED * smaller


@dataclass(frozen=True, slots=True)
class Word:
    """A word, its confidence (0 to 100), its paragraph and its bounding box."""

    text: str
    confidence: float
    paragraph: tuple[int, int]
    place: Place


def parse_words(table: str) -> list[Word]:
    """Parse the words of tesseract's table (TSV), in reading order."""
    found: list[Word] = []
    for line in table.splitlines()[1:]:
        cells = line.split("\t")
        if len(cells) != _COLUMNS or cells[0] != _WORD:
            continue
        text = visible(cells[11]).strip()
        # Edges and specks are read as single punctuation characters.
        if any(c.isalnum() or c in _TELLING for c in text):
            block, paragraph, *_ = map(int, cells[2:6])
            place = Place(*map(int, cells[6:10]))
            found.append(Word(text, float(cells[10]), (block, paragraph), place))
    return found[:MAX_WORDS]


def choose_clearest(readings: Iterable[Sequence[Word]]) -> Sequence[Word]:
    """Return the reading with the most certain letters, minus the doubtful ones.

    A reading that has one place twice mixed up lines, however confident it is of its words.
    """
    once = [each for each in readings if not _reads_twice(each)]
    return max(once, key=_score_clarity, default=())


def extract_sure_text(reading: Sequence[Word]) -> str:
    """Return the paragraphs that were read with certainty, one a line; may be empty.

    A paragraph is kept or dropped as a whole: a missing word may be a "not".
    """
    paragraphs = (list(each) for _, each in groupby(reading, lambda word: word.paragraph))
    taken = (" ".join(word.text for word in each) for each in paragraphs if _is_sure(each))
    return "\n".join(taken)[:MAX_TEXT]


def _reads_twice(reading: Sequence[Word]) -> bool:
    return any(a.place.covers(b.place) for a, b in combinations(reading, 2))


def _score_clarity(reading: Sequence[Word]) -> float:
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
    """Whether a number mixes two kinds of digits: nobody writes that, so it was misread."""
    return len({digit.isascii() for digit in text if digit.isdigit()}) > 1


def _is_arabic(text: str) -> bool:
    return any("\u0620" <= letter <= "\u064a" for letter in text)
