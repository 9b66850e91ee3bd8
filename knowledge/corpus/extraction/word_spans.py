"""Split a sentence into words, each with a key to match by and its offsets."""

import re
import unicodedata
from dataclasses import dataclass

from knowledge.corpus.extraction.quotation_marks import quotations

# Letters that keyboards and word processors exchange freely; most of all the Farsi yeh, keheh
# and heh doachashmee inside Arabic words.
_SAME_LETTER = {
    **dict.fromkeys("أإآٱ", "ا"),
    **dict.fromkeys("ىیېۍ", "ي"),
    **dict.fromkeys("کڪ", "ك"),
    **dict.fromkeys("ةھہە", "ه"),
    "’": "'",
    "‑": "-",
}
# Vowel signs, tatweel, zero-width and direction controls carry nothing to match by.
_SILENT = "\u0640\u0670\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_MARKS = f"\u0610-\u061a\u064b-\u065f\u06d6-\u06dc{_SILENT}"
_DROP = re.compile(f"[{_MARKS}]+")
_FOLD = str.maketrans(_SAME_LETTER)
_PRESENTATION_FORM = re.compile("[\ufb50-\ufdff\ufe70-\ufefe]")
_TOKEN = re.compile(
    rf"[^\W_](?:[\w{_MARKS}]|\.?[-‑.'’](?=[^\W_])|(?<=\d)[,٫٬](?=\d))*|[^\s{_MARKS}]",
)

_ARABIC_LETTER = re.compile("[\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff\ufb50-\ufdff\ufe70-\ufefc]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word or punctuation mark of a sentence.

    ``key`` is folded for matching only; ``text`` is ``sentence[start:end]`` as it was written.
    """

    key: str
    text: str
    start: int
    end: int
    quoted: bool

    @property
    def is_word(self) -> bool:
        """Whether this is a word or number rather than a punctuation mark."""
        return self.key[:1].isalnum()


def fold(text: str) -> str:
    """Fold a word to its key: one letter for look-alikes, no vowel signs, lower case."""
    if _PRESENTATION_FORM.search(text):
        text = unicodedata.normalize("NFKC", text)
    key = _DROP.sub("", text).translate(_FOLD).lower()
    # The preposition and the man's name: the one pair that folding must not make equal.
    return "على" if key == "علي" and text[-1] in "ىی" else key


def keys(text: str) -> frozenset[str]:
    """The keys of a list of words written with spaces between: how vocabularies are spelled."""
    return frozenset(map(fold, text.split()))


def words(sentence: str) -> tuple[Word, ...]:
    """Read a sentence into its words and punctuation marks, in order."""
    quoted = iter(quotations(sentence))
    quotation = next(quoted, None)
    read: list[Word] = []
    for token in _TOKEN.finditer(sentence):
        while quotation is not None and quotation.end <= token.start():
            quotation = next(quoted, None)
        key = fold(token.group())
        if not key:
            continue
        inside = quotation is not None and quotation.start <= token.start()
        read.append(Word(key, token.group(), token.start(), token.end(), inside))
    return tuple(read)


def is_arabic(text: str) -> bool:
    """Whether a text holds an Arabic letter."""
    return _ARABIC_LETTER.search(text) is not None
