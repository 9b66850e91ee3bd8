"""Resolve "he" or a bare surname to who was named earlier in the same report."""

import re
from dataclasses import dataclass

from knowledge.corpus.extraction import attribution_patterns as arabic
from knowledge.corpus.extraction.attribution import Attribution, format_attribution
from knowledge.corpus.extraction.speaker_mention import Mention, Voice
from knowledge.corpus.extraction.word_spans import Word, is_arabic, keys, words

# A pronoun reaches back over at most this many sentences.
PRONOUN_REACH = 2
# A report names few speakers; more are not remembered.
MAX_SPEAKERS = 200

_PERSONAL = keys(
    "mr mrs ms dr gen maj lt col capt sgt sen rep gov prof professor president minister secretary "
    "general spokesman spokeswoman spokesperson director commander chief chairman chairwoman ceo "
    "ambassador senator governor mayor officer analyst expert researcher judge king prince leader "
    "lawmaker official doctor man woman witness"
)
_ORGANISATION = keys(
    "international watch house nations office ministry organization organisation agency group "
    "times post news press union court army police committee council party bank company inc corp "
    "university center centre institute department fund observatory media foundation network "
    "association federation commission reuters bbc cnn the street journal daily today"
)
_MAX_BARE_NAME = 3

_SEGMENT = re.compile("[،,]")


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    keys: tuple[tuple[str, ...], ...]


class Speakers:
    """The speakers one report has named so far, in the order of its sentences."""

    def __init__(self) -> None:
        self._known: list[_Known] = []
        self._last: tuple[int, str, Voice | None] | None = None

    def resolve(self, mention: Mention, sentence: int) -> Attribution | None:
        """Tell who a mention in the ``sentence``-th sentence means, and remember them.

        None where a pronoun has nobody near enough, or nobody that agrees, to stand for.
        """
        if mention.name is None:
            name = self._antecedent(mention.voice, sentence)
            if name is None:
                return None
        else:
            name = self._fuller(mention.name)
            self._remember(name)
        voice = mention.voice
        if voice is None and self._last is not None and self._last[1] == name:
            voice = self._last[2]
        self._last = (sentence, name, voice)
        return format_attribution(name, mention.relay)

    def _antecedent(self, voice: Voice | None, sentence: int) -> str | None:
        if self._last is None or voice is Voice.PLURAL:
            return None
        spoken, name, known = self._last
        disagrees = known is not None and voice is not None and known is not voice
        if disagrees or sentence - spoken > PRONOUN_REACH:
            return None
        return name if is_arabic(name) or _is_person(name) else None

    def _fuller(self, name: str) -> str:
        """Find the full name behind a surname; the name itself if none or several fit."""
        short = [word.key for word in words(name) if word.is_word]
        surname = [key for key in short if key not in arabic.PERSON_TITLES]
        if len(surname) != 1 or short[-1] != surname[0]:
            return name
        fuller = [known.name for known in self._known if _ends_in(known, surname[0], len(short))]
        return fuller[0] if len(set(fuller)) == 1 else name

    def _remember(self, name: str) -> None:
        if len(self._known) < MAX_SPEAKERS and all(known.name != name for known in self._known):
            segments = (_keys_of(words(part)) for part in _SEGMENT.split(name))
            self._known.append(_Known(name, tuple(segments)))


def _is_person(name: str) -> bool:
    """Whether "he" may stand for an English name: an organisation is no "he".

    In Arabic it is, by the gender of its noun, so nothing is asked there.
    """
    read = [word for word in words(name) if word.is_word]
    if any(word.key in _PERSONAL for word in read):
        return True
    named = 2 <= len(read) <= _MAX_BARE_NAME and all(word.text[0].isupper() for word in read)
    return named and not any(word.key in _ORGANISATION for word in read)


def _keys_of(read: tuple[Word, ...]) -> tuple[str, ...]:
    return tuple(word.key for word in read if word.is_word)


def _ends_in(known: _Known, surname: str, longer_than: int) -> bool:
    """Whether one part of a known name ends in a surname, with more before it."""
    return any(
        len(keys) > longer_than and keys[-1] == surname and keys[-2] not in arabic.NO_SURNAME_AFTER
        for keys in known.keys
    )
