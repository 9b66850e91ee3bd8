"""A claim's text and its derived forms, kept for a while: claims go round (pure)."""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from embeddings.text.normalisation import for_matching
from embeddings.text.tokenisation import terms
from knowledge.claims.claim_core import core_of
from knowledge.claims.noise import bare_text

#: Claims whose forms are kept.
_KEPT: Final = 1_024


@lru_cache(maxsize=_KEPT)
def _terms(bare: str) -> tuple[str, ...]:
    return tuple(terms(bare))


_bare = lru_cache(maxsize=_KEPT)(bare_text)
_core = lru_cache(maxsize=_KEPT)(core_of)
_folded = lru_cache(maxsize=_KEPT)(for_matching)


@dataclass(frozen=True)
class ClaimText:
    """A claim as somebody wrote it: ``raw``."""

    raw: str

    @cached_property
    def bare(self) -> str:
        """The claim on one line, without links, tags and the like around it."""
        return _bare(self.raw)

    @cached_property
    def core(self) -> str | None:
        """The stretch that states the claim; None if that is all of it."""
        return _core(self.bare)

    @cached_property
    def folded(self) -> str:
        """The bare claim with folded letters: equal for wordings with one answer."""
        return _folded(self.bare)

    @cached_property
    def key(self) -> str:
        """The claim's key in the database, 64 hexadecimal digits.

        Wordings with one key are one claim and share verdicts. They differ only in code points, or
        in what a message carries around the claim.
        """
        return hashlib.sha256(self.folded.encode("utf-8", "replace")).hexdigest()

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The search terms of the claim; empty if it says nothing."""
        return _terms(self.bare)
