"""Arabic written with Latin letters, digits standing for the letters Latin lacks (pure)."""

import re
from typing import Final

from embeddings.words import words
from knowledge.language import guess_language

# 2 ء, 3 ع, 5 خ, 6 ط, 7 ح, 8 غ, 9 ق or ص, inside or in front of a word of Latin letters.
_SPELLED = re.compile(r"[a-z']*[2356789][a-z']*[a-z][a-z0-9']*|[a-z']+[2356789]")
# English and French write digits beside letters in these alone: 3rd, 5pm, 20km, covid19, g20.
_ORDINARY = re.compile(
    r"\d+(?:st|nd|rd|th|e|er|eme|ème|am|pm|h|km|kg|m|mm|cm|g|k|d|s|x|mb|gb|tb|bn|mn|min|hr|hrs|l|w|v)"
    r"|[a-z]{1,2}\d+|[a-z]+\d{2,}|\d+[a-z]\d*"
)
_WORDS: Final = frozenset(
    "wallah walla wallahi yalla habibi inshallah inchallah mashallah el fi fel bel bi kan kano kul"
    " kol shu sho esh eish shou mish mesh msh mafi mafeesh akhbar khabar ra2is malik wazir wazeer"
    " dawla hukuma 7okouma balad bilad nas naas hal sa7 sah sahih kizb kezb ana enta enti howa hiya"
    " heya homa ktir kteer awi awy bas lessa lissa ma3 men min 3an ala 3ala da3esh daesh masr"
    " libnan lebnan souria sourya 3iraq maghreb jazayer fil wel wil alli elli yalli illi ino enno"
    " inno mat maat 2al alo tawafa lama kif keif kayf".split()
)
#: Words of either sort that make a text Arabizi, and their least share of it.
_MIN_FOUND: Final = 2
_MIN_SHARE: Final = 0.3


def is_arabizi(text: str) -> bool:
    """Whether ``text`` is Arabic in Latin letters: words spelled with digits, or common ones."""
    read = [word for word in words(text) if not word.isdecimal()]
    if not read or not all(word.isascii() for word in read):
        return False
    spelled = sum(_is_spelled(word) for word in read)
    known = sum(word in _WORDS for word in read)
    found = sum(word in _WORDS or _is_spelled(word) for word in read)
    enough = found >= max(_MIN_FOUND, _MIN_SHARE * len(read))
    return enough and (spelled > 0 or known >= max(3, len(read) / 2))


def differ_in_language(one: str, other: str) -> bool:
    """Tell whether two texts are in different languages; Arabizi is another one than Arabic."""
    if is_arabizi(one) or is_arabizi(other):
        return not (is_arabizi(one) and is_arabizi(other))
    return guess_language(one) != guess_language(other)


def _is_spelled(word: str) -> bool:
    return _SPELLED.fullmatch(word) is not None and _ORDINARY.fullmatch(word) is None
