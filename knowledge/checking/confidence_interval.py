"""Confidence interval of a share (pure)."""

import math
from typing import Final

#: The normal quantile of a two-sided 95 % interval.
Z_95: Final = 1.959964

#: The normal quantile of a one-sided 95 % bound.
Z_95_ONE_SIDED: Final = 1.644854


def wilson(right: int, said: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson interval of the share ``right`` of ``said`` (Wilson 1927).

    It holds where the normal interval does not: at shares near 1 and at small counts.
    """
    if not said:
        return 0.0, 1.0
    share, square = right / said, z * z
    middle = share + square / (2 * said)
    spread = z * math.sqrt(share * (1 - share) / said + square / (4 * said * said))
    low, high = (middle - spread) / (1 + square / said), (middle + spread) / (1 + square / said)
    # Rounding must not put the share itself outside.
    return max(0.0, min(low, share)), min(1.0, max(high, share))
