"""A claim's vector with what all texts share taken out of it, so that its subject decides.

Most of a vector of e5 says what kind of text it is (a tweet or a headline, in which language) and
little what it is about: unrelated texts score .75 to .85. So directions in which statements spread
much are damped, and the mean vectors of claims and of statements are projected away: whitening (Su
et al. 2021, "Whitening Sentence Representations") after removal of common components (Mu &
Viswanath 2018, "All-but-the-Top"). Only the claim is changed, for with a symmetric map ``M``
``d @ (M @ q)`` is the inner product of both texts mapped by its square root; nothing is reindexed.

No label is learned from. ``benchmarks/training/fusion.py`` writes the maps.
"""

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from embeddings.hits import Vectors

#: The map of the bundled encoder, (dimension, dimension), and the fingerprint it belongs to.
WEIGHTS: Final = Path(__file__).with_name("whitening.npz")


@cache
def whitening(fingerprint: str) -> Vectors | None:
    """Return the symmetric map (dimension, dimension) of an encoder, or None if it has none."""
    with np.load(WEIGHTS, allow_pickle=False) as file:
        if str(file["fingerprint"]) != fingerprint:
            return None
        matrix: Vectors = file["matrix"].astype(np.float32)
    return matrix
