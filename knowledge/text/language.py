"""Guess a text's language from its letters and common words."""

import re
from functools import lru_cache

#: BCP 47's code for "undetermined".
UNDETERMINED = "und"
#: Characters read; more would not change the answer.
SAMPLE = 1_000
# Texts whose language is remembered: claims go round, and their statements with them.
_KEPT = 1_024

_WORD = re.compile(r"[^\W\d_]+")
# Short words that are common in the one language and not words of the other.
_FRENCH = frozenset(
    _WORD.findall(
        "le la les des est une dans que pour du et qui sur pas par au aux un de il elle ils elles à"
        " été ont sont cette ces se sa son leur plus ne où avec sans sera ça"
    )
)
_ENGLISH = frozenset(
    _WORD.findall(
        "the of and is in to that for was with are it by be this has an at from will not were have"
        " had they he she his her its their been or as but no"
    )
)
# A short French word that lost its vowel before another one; English has its apostrophe later.
_ELIDED = re.compile(r"\b(?:[cdjlmns]|qu)['’](?=[aâeéèêiîoôuûhy])")
#: Letters of French that English does not have.
_ACCENTED = frozenset("àâçèéêëîïôùûœ")


#: The languages that are told apart.
_TOLD_APART = frozenset({"ar", "en", "fr"})


def language_of_part(text: str, stated: str) -> str:
    """Return the language of a part of a document in the ``stated`` language.

    Its own letters and words decide if they tell; English is only what nothing else tells.
    """
    guessed = guess_language(text)
    tells = guessed in ("ar", "fr") or (guessed == "en" and stated == "ar")
    return guessed if tells and stated in _TOLD_APART else stated


def guess_language(text: str) -> str:
    """Return ``ar``, ``en``, ``fr`` or ``und``: the script of most letters, then common words.

    Only the project's languages are told apart; another language in Arabic or Latin script is taken
    for the nearest of them, so a stated language should always be preferred.
    """
    return _guess(text[:SAMPLE])


@lru_cache(maxsize=_KEPT)
def _guess(text: str) -> str:
    letters = [c for c in text if c.isalpha()]
    arabic = sum("\u0600" <= c <= "\u06ff" or "\u0750" <= c <= "\u077f" for c in letters)
    latin = sum(c < "\u0250" for c in letters)
    if arabic * 2 > len(letters):
        return "ar"
    if latin * 2 <= len(letters):
        return UNDETERMINED
    folded = text.casefold()
    words = _WORD.findall(folded)
    french = sum(word in _FRENCH or not _ACCENTED.isdisjoint(word) for word in words)
    french += len(_ELIDED.findall(folded))
    return "fr" if french > sum(word in _ENGLISH for word in words) else "en"
