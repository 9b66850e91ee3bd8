"""Recognise greetings, thanks, prayers and questions about the bot by set phrases (pure).

A claim must never be taken for small talk, so a message is small talk only if every word of it
belongs to a known phrase, or if it prays and tells nothing.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.claims import set_phrases
from knowledge.claims.hashed_features import collapse_repeats
from knowledge.claims.intent import Intent, load_model
from knowledge.claims.set_phrases import Phrase
from knowledge.corpus.extraction.word_spans import Word, fold, words


@dataclass(frozen=True, slots=True)
class Peeled:
    """A text without its opening phrases: their kinds, and the rest."""

    kind: Intent | None
    rest: str


#: Priority of kinds if a message holds several.
_FIRST: Final = (Intent.HELP, Intent.THANKS, Intent.GREETING, Intent.PRAYER, Intent.CHAT)
#: A longer invocation tells something on the way.
MAX_PRAYER_WORDS: Final = 40
#: A feeling is said in a few words.
MAX_FEELING_WORDS: Final = 12
#: Words and marks searched for phrases.
MAX_WORDS: Final = 120

_PHRASES: Final[dict[Phrase, Intent | None]] = {
    **dict.fromkeys(set_phrases.FILLERS, None),
    **dict.fromkeys(set_phrases.PRAYERS, Intent.PRAYER),
    **dict.fromkeys(set_phrases.GREETINGS, Intent.GREETING),
    **dict.fromkeys(set_phrases.THANKS, Intent.THANKS),
    **dict.fromkeys(set_phrases.ABOUT_BOT, Intent.HELP),
}
_LONGEST: Final = max(map(len, _PHRASES))
# A phrase may also say something of what follows: names and adjectives open like greetings
# ("Salam Fayyad", "Hello Kitty"), so one word needs a mark after it to be taken off.
_PARTING: Final = frozenset(",،.!؟?؛;…-")


def peel(text: str) -> Peeled:
    """Remove the opening phrases of ``text``; nothing is left if it is only small talk."""
    read = words(text)
    found: list[tuple[Intent | None, int, int]] = []
    at = 0
    while at < min(len(read), MAX_WORDS):
        if not read[at].is_word:
            at += 1
            continue
        match = _phrase(read, at)
        if match is None or (match[0] is None and not found):
            break
        found.append((match[0], at, match[1]))
        at = match[1]
    kinds = {kind for kind, _, _ in found if kind is not None}
    if kinds and not any(word.is_word for word in read[at:]):
        # Two one-word phrases can be a name ("Tammam Salam").
        return Peeled(choose_kind(kinds), "")
    while found and not _detached(read, *found[-1]):
        found.pop()
    if not found or not kinds:
        return Peeled(None, text)
    return Peeled(None, text[read[found[-1][2] - 1].end :].lstrip(" \n,،.!؛;…-:"))


def choose_kind(kinds: Collection[Intent | None]) -> Intent:
    """Return the kind to answer among several kinds of small talk."""
    return next(kind for kind in _FIRST if kind in kinds)


def peel_end(text: str) -> str:
    """Remove the closing phrases of ``text``, unless little is left or they are quoted."""
    read = words(text)
    end = len(read)
    while (start := _last_phrase(text, read, end)) is not None:
        end = start
    if end == len(read):
        return text
    return text[: read[end - 1].end].rstrip(" \n,،؛;…-–—:")


def _last_phrase(text: str, read: Sequence[Word], end: int) -> int | None:
    """Return the start of the longest phrase that ends before ``end``, None if none does."""
    while end and not read[end - 1].is_word:
        end -= 1
    for start in range(max(0, end - _LONGEST), end):
        run = read[start:end]
        phrase = tuple(collapse_repeats(word.key) for word in run)
        if not all(word.is_word for word in run) or phrase not in _PHRASES:
            continue
        before = [word for word in read[:start] if word.is_word]
        if len(before) < _LEFT or before[-1].key in _SAYING or read[start - 1].key == ":":
            continue
        # A single word may belong to the sentence: a mark must part it from that.
        apart = "\n" in text[read[start - 1].end : read[start].start]
        if len(run) > 1 or apart or read[start - 1].key in _PARTING:
            return start
    return None


#: Least words left when closing phrases are removed.
_LEFT: Final = 3
#: Words before a quotation.
_SAYING: Final = frozenset(
    fold("قال قالت قالوا يقول تقول يقولون كتب كتبت ردد رددت هتف هتفوا said says wrote dit").split()
)


def kind_of(sentence: str) -> Intent | None:
    """Return the kind of small talk that all of ``sentence`` is, None if it may hold a claim."""
    whole = peel(sentence)
    if whole.kind is not None:
        return whole.kind
    if not whole.rest:
        return None
    read = [word for word in words(whole.rest) if word.is_word][: MAX_WORDS + 1]
    if any(word.key[0].isdigit() for word in read) or _holds(read, set_phrases.TELLING):
        return None
    # "God protect Lebanon, the government …" may go on to tell something.
    prays = len(read) <= MAX_PRAYER_WORDS and _opens(read, set_phrases.INVOCATIONS)
    if prays and load_model().states_nothing(whole.rest):
        return Intent.PRAYER
    felt = set_phrases.OPINION_ASKED | set_phrases.OPINION_SAID
    if len(read) <= MAX_FEELING_WORDS and ":" not in whole.rest and _opens(read, felt):
        return Intent.CHAT
    return None


def _phrase(read: Sequence[Word], at: int) -> tuple[Intent | None, int] | None:
    """Return the kind and the end of the longest phrase that begins at ``at``."""
    keys: list[str] = []
    best: tuple[Intent | None, int] | None = None
    for place in range(at, len(read)):
        if not read[place].is_word:
            # "Who are you?" may be parted by marks nowhere but "Salam, alaikum" is no phrase.
            break
        keys.append(collapse_repeats(read[place].key))
        if len(keys) > _LONGEST:
            break
        phrase = tuple(keys)
        if phrase in _PHRASES:
            best = (_PHRASES[phrase], place + 1)
    return best


def _detached(read: Sequence[Word], _: Intent | None, start: int, end: int) -> bool:
    after = read[end] if end < len(read) else None
    return end - start > 1 or (after is not None and after.key in _PARTING)


def _opens(read: Sequence[Word], known: frozenset[Phrase]) -> bool:
    return any(phrase in known for phrase in _runs(read[:_OPENING]))


def _holds(read: Sequence[Word], known: frozenset[Phrase]) -> bool:
    return any((word.key,) in known or (word.key.removeprefix("و"),) in known for word in read)


def _runs(read: Sequence[Word]) -> Iterator[Phrase]:
    for end in range(1, len(read) + 1):
        yield tuple(word.key for word in read[:end])


#: Words of the longest opening.
_OPENING: Final = 6
