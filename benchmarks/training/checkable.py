"""Fit the model that tells a message with a claim from an opinion, and say what it loses and finds.

    python -m benchmarks.training.checkable

Trained on our own data: posts that hold a claim and posts that claim nothing (``posts``), written
claims, and the statements and titles they are about. The threshold below which a text is called an
opinion is the highest at which every set of claims loses less than ``LOSS``, posts judged by models
that have not seen them and written claims of the calibration split. Then figures of sets that
nothing was fitted on. Writes ``knowledge/claims/checkable.json``.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import rows
from benchmarks.training import written
from benchmarks.training.written import Split
from knowledge.claims.checkability import DIMENSION, places, reads_arabic
from knowledge.claims.noise import bare_text

Floats = NDArray[np.float64]

SEED: Final = 1
FOLDS: Final = 5
#: Written claims, and statements and titles, that are learned from, and what one weighs beside a
#: post: posts are most like what people send.
CLAIMS: Final = 4_000
STATEMENTS: Final = 1_500
CLAIM_WEIGHT: Final = 0.3
#: Ridge penalty on the weights, for a loss summed over all posts.
PENALTY: Final = 0.33
STEPS: Final = 400
#: Share of any set of real claims that may be called an opinion; the brief is 1 %.
LOSS: Final = 0.005
SCALE: Final = 1000

ROOT: Final = Path(__file__).resolve().parents[2]
TARGET: Final = ROOT / "knowledge" / "claims" / "checkable.json"
POSTS: Final = Path(__file__).with_name("posts")


def main() -> None:
    """Fit, choose the threshold, print the figures, write the weights."""
    held, empty = posts("claims-*.jsonl"), posts("nothing-*.jsonl")
    x = features([*held, *empty])
    y = np.arange(len(x)) < len(held)
    told = features(_sample(_claims(Split.TRAIN), CLAIMS) + _sample(written.texts(), STATEMENTS))
    fold = np.random.default_rng(SEED).integers(FOLDS, size=len(x))
    unseen = np.zeros(len(x))
    for number in range(FOLDS):
        weights, bias = fit(x[fold != number], y[fold != number], told)
        unseen[fold == number] = x[fold == number] @ weights + bias
    weights, bias = fit(x, y, told)
    whole = np.round(weights * SCALE)
    weights = whole / SCALE

    def score(texts: Sequence[str]) -> Floats:
        return np.asarray(features(texts) @ weights + bias, np.float64)

    claims = {
        "posts that hold a claim (held out)": unseen[y],
        "written claims, calibration": score(_claims(Split.CALIBRATION)),
    }
    threshold = min(float(np.quantile(scores, LOSS)) for scores in claims.values())
    print(f"opinion below {threshold:.3f}")
    nothing = {"posts that claim nothing (held out)": unseen[~y]}
    claims["written claims, dev"] = score(_claims(Split.DEV))
    for name, tweets in _tweets().items():
        (claims if tweets[1] else nothing)[name] = score(tweets[0])
    for name, scores in claims.items():
        print(f"lost of {name} ({len(scores)}): {(scores < threshold).mean():.4f}")
    for name, scores in nothing.items():
        print(f"found of {name} ({len(scores)}): {(scores < threshold).mean():.3f}")
    print(f"area under the curve, posts (held out): {area(unseen, y):.3f}")
    kept = {
        "made_by": "benchmarks/training/checkable.py",
        "bias": round(float(bias), 4),
        "opinion_below": round(threshold, 4),
        "scale": SCALE,
        "weights": [int(weight) for weight in whole],
    }
    TARGET.write_text(json.dumps(kept) + "\n", "utf-8")


def posts(pattern: str) -> list[str]:
    """Return the texts of the posts' files; a question may hold a claim, and is left out."""
    lines = (line for path in sorted(POSTS.glob(pattern)) for line in path.open("rb"))
    found = [row for row in map(json.loads, lines) if row["kind"] != "question"]
    return [row["text"] for row in found]


def features(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the n-grams of each text as a row of length 1, as ``Checkability.score`` reads it."""
    matrix = np.zeros((len(texts), DIMENSION), np.float32)
    for row, text in zip(matrix, texts, strict=True):
        found = sorted(places(bare_text(text)))
        row[found] = 1.0 / np.sqrt(max(len(found), 1))
    return matrix


def fit(
    x: NDArray[np.float32], y: NDArray[np.bool_], told: NDArray[np.float32]
) -> tuple[Floats, float]:
    """Return weights and bias of a ridge logistic regression of ``y``; ``told`` are all claims.

    Both classes of posts weigh 1/2, whatever their sizes. Nesterov's accelerated gradient, step
    1 / L with L bounding the curvature of unit rows.
    """
    rows_ = np.vstack([x, told])
    target = np.r_[y, np.ones(len(told))]
    half = len(y) / 2
    share = np.r_[
        np.where(y, half / y.sum(), half / (~y).sum()), np.full(len(told), CLAIM_WEIGHT)
    ].astype(np.float32)
    step = 1.0 / (0.25 * 2 * float(share.sum()) * 0.5 + PENALTY)
    at, ahead = np.zeros(DIMENSION + 1), np.zeros(DIMENSION + 1)
    for turn in range(1, STEPS + 1):
        margin = rows_ @ ahead[:-1].astype(np.float32) + ahead[-1]
        residual = share * (1.0 / (1.0 + np.exp(-margin)) - target)
        slope = np.r_[residual.astype(np.float32) @ rows_, residual.sum()]
        slope[:-1] += PENALTY * ahead[:-1]
        after = ahead - step * slope
        ahead = after + (turn - 1) / (turn + 2) * (after - at)
        at = after
    return at[:-1], float(at[-1])


def area(scores: Floats, right: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve: how often a right one outscores a wrong one."""
    order = scores.argsort().argsort() + 1.0
    positive, negative = int(right.sum()), int((~right).sum())
    rank_sum = float(order[right].sum())
    return (rank_sum - positive * (positive + 1) / 2) / (positive * negative)


def _claims(split: Split) -> list[str]:
    """Return the claims of a split in Arabic letters: only Arabic is learned."""
    found = [claim.text for item in written.items(split) for claim in item.claims]
    return [text for text in found if reads_arabic(text)]


def _tweets() -> dict[str, tuple[list[str], bool]]:
    """Return tweets and reviewed claims that nothing is fitted on, and whether they are claims."""
    dev = [
        row
        for part in ("train.jsonl", "dev.jsonl")
        for row in rows("checkthat2022-ar-checkable", part)
    ]
    reviewed = [row["vclaim"] for row in rows("checkthat2021-ar", "claims.jsonl")]
    sent = [row["tweet_text"] for row in rows("checkthat2021-ar", "queries_train.jsonl")]

    def of(label: str) -> list[str]:
        return [row["tweet_text"] for row in dev if row["class_label"] == label]

    return {
        "CheckThat! 2022 tweets, checkable": (of("1"), True),
        "CheckThat! 2021 tweets": (sent, True),
        "CheckThat! 2021 reviewed claims": ([text for text in reviewed if text.strip()], True),
        "CheckThat! 2022 tweets, not checkable": (of("0"), False),
    }


def _sample(texts: list[str], count: int) -> list[str]:
    return random.Random(SEED).sample(texts, count)  # noqa: S311 (a sample, not a secret)


if __name__ == "__main__":
    main()
