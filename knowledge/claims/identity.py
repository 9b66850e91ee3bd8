"""When two wordings are one claim: what is kept of it, and what people said of it, goes by that."""

import hashlib

from embeddings.normalise import for_matching


def key_of(claim: str) -> str:
    """Return what a claim is known by: the same for wordings that differ in code points only."""
    return hashlib.sha256(for_matching(claim).encode("utf-8", "replace")).hexdigest()
