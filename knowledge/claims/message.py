"""Classify a message and extract the claims it holds (pure)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from embeddings.text.normalisation import visible
from embeddings.text.tokenisation import words
from knowledge.claims.arabizi import is_arabizi
from knowledge.claims.denials import mentions_denial
from knowledge.claims.intent import Intent, load_model
from knowledge.claims.noise import LINK, bare_lines, only_hashtags
from knowledge.claims.sentences import (
    checkable_sentences,
    is_question,
    small_talk_of,
    states_nothing,
)
from knowledge.claims.small_talk import peel, peel_end
from knowledge.errors import ClaimProblem, UnreadableClaim

#: Longest message that is read. Telegram's longest has 4,096 characters.
MAX_CHARACTERS: Final = 10_000
#: A single word matches anything that mentions it and says nothing that could be checked.
MIN_WORDS: Final = 2
#: Least letters for a message to count as shouting.
_MIN_CAPITALS: Final = 12
#: Parsed messages that are kept: those that go round come from many people. 16 KB each at most
#: where they come from Telegram.
_KEPT: Final = 512

_CAPITAL = re.compile("[A-ZÀ-Þ]")
_SMALL = re.compile("[a-zß-ÿ\u0621-\u064a]")


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message: its intent and, for claims only, one to three texts to check, in order.

    ``rest`` are further checkable sentences. ``excerpt`` says that possible claims were left out,
    ``crossed`` that a sign (❌) may deny what is said, or only adorn it: nobody knows. ``arabizi``
    says that it seems to be Arabic in Latin letters and digits ("3ajel").
    """

    intent: Intent
    claims: tuple[str, ...] = ()
    excerpt: bool = False
    rest: tuple[str, ...] = ()
    crossed: bool = False
    arabizi: bool = False


@lru_cache(maxsize=_KEPT)
def read_message(message: str) -> Message:
    """Return the parsed ``message``, with what is to be checked.

    Raises UnreadableClaim, saying what to send instead, if it holds nothing checkable.
    """
    if len(message) > MAX_CHARACTERS:
        raise UnreadableClaim(
            ClaimProblem.TOO_LONG,
            f"the claim has {len(message):,} characters; send the sentence to check,"
            f" at most {MAX_CHARACTERS:,}",
        )
    shown = visible(message)
    if not shown.strip():
        raise UnreadableClaim(ClaimProblem.EMPTY, "the claim is empty; write the sentence to check")
    text = _lower_shouting(bare_lines(shown))
    _require_words(shown, text)
    small = small_talk_of(text)
    if small is not None:
        return Message(small)
    # A greeting may stand before "breaking:".
    text = bare_lines(peel_end(peel(text).rest))
    if len(words(text)) < MIN_WORDS:
        raise _too_short()
    intents = load_model()
    found = checkable_sentences(text, intents)
    claims = tuple(map(_unstopped, found.first))
    if not claims:
        return Message(Intent.VERDICT)
    if states_nothing(claims, intents):
        return Message(intents.intent(text, sure=True))
    if all(len(words(claim)) < MIN_WORDS for claim in claims):
        raise _too_short()
    return Message(
        Intent.CLAIM,
        claims,
        _leaves_out(text, claims),
        tuple(map(_unstopped, found.further)),
        crossed=not _CROSSES.isdisjoint(shown),
        arabizi=is_arabizi(text),
    )


# Signs that stand for a denial.
_CROSSES: Final = frozenset("❌❎🚫⛔✖")


#: Words left unchecked from which the answer counts as one to an excerpt.
_LEFT_OUT: Final = 12


def lone_link(message: str) -> str | None:
    """Return the first link of a message that has no other words, tags aside."""
    shown = visible(message[:MAX_CHARACTERS])
    found = LINK.search(shown)
    if found is None or (words(bare_lines(shown)) and not only_hashtags(shown)):
        return None
    address = found[0].rstrip(_BEHIND_LINKS)
    return address if address.lower().startswith(("http://", "https://")) else f"https://{address}"


#: What people and sentences put right behind an address.
_BEHIND_LINKS: Final = ".,;:!?…،؛؟»”\"'>]"


def _require_words(shown: str, text: str) -> None:
    """Raise UnreadableClaim if ``text``, what is left of the message ``shown``, has no words."""
    if lone_link(shown) is not None:
        raise UnreadableClaim(
            ClaimProblem.ONLY_LINKS,
            "the claim holds only a link; write in words what it says",
        )
    if only_hashtags(shown):
        raise UnreadableClaim(
            ClaimProblem.ONLY_HASHTAGS,
            "the claim holds only hashtags; write a whole sentence: who did what",
        )
    if not words(text):
        raise UnreadableClaim(
            ClaimProblem.NO_WORDS, "the claim holds no words; write the sentence to check"
        )


def _too_short() -> UnreadableClaim:
    return UnreadableClaim(
        ClaimProblem.TOO_SHORT,
        "the claim is a single word; write a whole sentence: who did what",
    )


def _leaves_out(text: str, claims: tuple[str, ...]) -> bool:
    return len(words(text)) - sum(len(words(claim)) for claim in claims) > _LEFT_OUT


def _unstopped(claim: str) -> str:
    """Return ``claim`` without its full stop, or the mark of a yes-or-no question.

    Both change its vector and its reading, and say nothing. Asking whether something is false does
    not state it.
    """
    if claim.endswith(("?", "؟")) and not (is_question(claim) or mentions_denial(claim)):
        return claim.rstrip(" ?؟!").rstrip() or claim
    stopped = claim.endswith(".") and not claim.endswith("..")
    return claim[:-1].rstrip() if stopped else claim


def _lower_shouting(text: str) -> str:
    """Return ``text`` in lower case if it is all capitals, which encoders read badly."""
    capitals = len(_CAPITAL.findall(text))
    return text.lower() if capitals >= _MIN_CAPITALS and not _SMALL.search(text) else text
