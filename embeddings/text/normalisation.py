"""Pure, versioned text normalisation. For matching only: quotes are shown as published.

Three strengths, each built on the one before:

``visible``       what is read: no bidi overrides, zero-width or control characters
``for_matching``  what an encoder reads: one code point per letter, plain digits, no vocalisation
``fold``          what words are compared by: letters that people interchange become one
"""

import re
import unicodedata
from functools import lru_cache

#: Part of every encoder's fingerprint: increase it whenever ``for_matching`` or ``fold`` changes.
NORMALISER_VERSION = 2

# Bidirectional controls, zero-width characters, soft hyphen, BOM, Arabic letter mark, variation
# selectors and tag characters: invisible, so they can only hide or reorder what a person reads.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffc\U000e0000-\U000e0fff]"
)
# Controls that end a line (PDF pages, word processors, old Macs): the words around them are two.
_BREAK = re.compile("\r\n?|[\x0b\x0c\x1c-\x1f\x85]")
# C0/C1 controls except tab and newline.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Vocalisation marks (tashkeel, Quranic annotation, superscript alef) and tatweel.
_MARKS = re.compile(
    "[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]"
)

_SPACES = re.compile(r"\s+")
_HASH_MARKS = re.compile(r"[#_]+")

# The same letter under other code points (Farsi, Urdu, Kurdish keyboards) and the same digits.
_SAME_LETTER = {
    "ی": "ي", "ې": "ي", "ۍ": "ي", "ے": "ي",
    "ک": "ك", "ڪ": "ك", "ګ": "ك",
    "ھ": "ه", "ہ": "ه", "ە": "ه", "ۀ": "ه", "ۂ": "ه", "ۃ": "ة",
    "ٱ": "ا",
    "۔": ".", "٫": ".", "٬": ",", "٪": "%",
}  # fmt: skip
_SAME_LETTER |= {chr(0x0660 + d): str(d) for d in range(10)}
_SAME_LETTER |= {chr(0x06F0 + d): str(d) for d in range(10)}
_SAME_LETTER_TABLE = str.maketrans(_SAME_LETTER)

# Letters writers interchange: hamza carriers, final yeh, teh marbuta.
_FOLDED = _SAME_LETTER | {
    "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ۃ": "ه",
}  # fmt: skip
_FOLD_TABLE = str.maketrans(_FOLDED)

#: Longest text that is cached: a message of thousands of letters comes once.
_LONGEST_KNOWN = 256


def visible(text: str) -> str:
    """Return ``text`` without characters that are invisible or reorder the line.

    For reading what somebody wrote; what is shown keeps its joiners (``text.plain_text``). Letters,
    marks, spaces and newlines stay.
    """
    return _CONTROL.sub("", _BREAK.sub("\n", _INVISIBLE.sub("", text)))


def for_matching(text: str) -> str:
    """Return the form an encoder reads: NFKC, one code point a letter, ASCII digits, one line.

    Hashtag signs and underscores become spaces (``#داعش`` is the word داعش); vocalisation and
    tatweel go. Negators and single digits stay: they carry the meaning.
    """
    return _known(text) if len(text) <= _LONGEST_KNOWN else _matched(text)


def _matched(text: str) -> str:
    text = unicodedata.normalize("NFKC", visible(text))
    # NFKC can itself produce marks and invisible joiners, hence removal after it.
    text = _MARKS.sub("", visible(text)).translate(_SAME_LETTER_TABLE)
    # What separated a letter from its accent is gone: compose them.
    text = unicodedata.normalize("NFKC", text)
    return _SPACES.sub(" ", _HASH_MARKS.sub(" ", text)).strip()


# A claim, its words and what is found for it are each read by several: search, reranker and judge.
_known = lru_cache(maxsize=16_384)(_matched)


def fold(text: str) -> str:
    """Return ``text`` with interchangeable letters made one. Same length: offsets stay true.

    Marks are kept (dropping them would move offsets); call ``for_matching`` first where they may
    occur and offsets do not matter.
    """
    folded = text.translate(_FOLD_TABLE)
    lowered = folded.lower()
    # Nothing gets shorter, so of equal length each letter is. A sigma's form hangs on what follows.
    if len(lowered) == len(folded) and "Σ" not in folded:
        return lowered
    return "".join(low if len(low := c.lower()) == 1 else c for c in folded)
