"""From what a person sends to the text that is checked (pure)."""

import re
import unicodedata
from typing import Final

from embeddings.normalise import visible
from embeddings.words import words
from knowledge.errors import ClaimProblem, UnreadableClaim

#: Longest claim read. Telegram's longest message has 4,096 characters.
MAX_CHARACTERS: Final = 10_000
#: A single word matches anything that mentions it and says nothing that could be checked.
MIN_WORDS: Final = 2

# People also send links without their scheme: bit.ly/3xYz.
_LINK = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w.@/-])(?:[a-z0-9-]+\.)+[a-z]{2,}/\S*", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<![\w@])@\w+")
_RETWEET = re.compile(r"^\s*RT\b[\s:]*", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


def claim_text(message: str) -> str:
    """Return what of ``message`` is to be checked: without links, handles, emoji and controls.

    Raises UnreadableClaim, saying what to send instead, if nothing checkable is left.
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
    bare = bare_text(shown)
    count = len(words(bare))
    if not count and _LINK.search(shown):
        raise UnreadableClaim(
            ClaimProblem.ONLY_LINKS,
            "the claim holds only a link; write in words what it says",
        )
    if not count:
        raise UnreadableClaim(
            ClaimProblem.NO_WORDS, "the claim holds no words; write the sentence to check"
        )
    if count < MIN_WORDS:
        raise UnreadableClaim(
            ClaimProblem.TOO_SHORT,
            "the claim is a single word; write a whole sentence: who did what",
        )
    return bare


def bare_text(message: str) -> str:
    """Return ``message`` on one line without links, handles, retweet marks and pictographs."""
    text = _RETWEET.sub(" ", _HANDLE.sub(" ", _LINK.sub(" ", visible(message))))
    kept = (c if unicodedata.category(c) not in _PICTOGRAPHS or c in _KEPT else " " for c in text)
    return _SPACES.sub(" ", "".join(kept)).strip()


# "Symbol, other" holds emoji; modifiers and private use come with them.
_PICTOGRAPHS: Final = frozenset({"So", "Sk", "Cs", "Co", "Cn"})
_KEPT: Final = frozenset("°")
