"""Key a claim: wordings with one key are one claim, and share what people said of it."""

import hashlib

from embeddings.text.normalisation import for_matching
from knowledge.claims.noise import bare_text


def key_of(claim: str) -> str:
    """Return what a claim is known by: the same for wordings that are answered as one.

    Those differ in code points only, or in what a message carries around the claim.
    """
    read = for_matching(bare_text(claim))
    return hashlib.sha256(read.encode("utf-8", "replace")).hexdigest()
