"""A claim's text and the forms of it that others need, each made once (pure)."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from embeddings.text.normalisation import for_matching
from embeddings.text.tokenisation import terms
from knowledge.claims.claim_core import core_of
from knowledge.claims.noise import bare_text


@dataclass(frozen=True)
class ClaimText:
    """A claim as somebody wrote it: ``raw``."""

    raw: str

    @cached_property
    def bare(self) -> str:
        """The claim on one line, without what messages carry around it."""
        return bare_text(self.raw)

    @cached_property
    def core(self) -> str | None:
        """The stretch that states the claim; None where that is all of it."""
        return core_of(self.bare)

    @cached_property
    def folded(self) -> str:
        """The bare claim with its letters folded: equal for wordings that are answered as one."""
        return for_matching(self.bare)

    @cached_property
    def key(self) -> str:
        """What the claim is known by in the database, 64 hexadecimal digits.

        Wordings with one key are one claim and share what people said of it. They differ in code
        points only, or in what a message carries around the claim.
        """
        return hashlib.sha256(self.folded.encode("utf-8", "replace")).hexdigest()

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The terms that the claim is searched by; none where it says nothing."""
        return tuple(terms(self.bare))
