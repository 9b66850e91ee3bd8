"""Fit what tells a checkable sentence from a feeling, and say what it loses and finds.

    python -m benchmarks.training.checkable

Trained on the tweets of CheckThat! 2022 task 1B Arabic (train) and, weighing a tenth each, on
headlines of ANS (train) and SaudiNewsNet, which all claim something: tweets alone make every
headline look strange. The threshold below which a text is called an opinion is the highest at
which every set of real claims loses less than ``LOSS``, headlines and training tweets judged by
models that have not seen them. Writes ``knowledge/claims/checkable.json``.
"""

import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import require, rows
from knowledge.claims.checkability import DIMENSION, places
from knowledge.claims.noise import bare_text

Floats = NDArray[np.float64]

SEED: Final = 1
FOLDS: Final = 5
#: Headlines of each kind that are learned from, and what one weighs beside a tweet.
HEADLINES: Final = 1000
HEADLINE_WEIGHT: Final = 0.1
#: Ridge penalty on the weights, for a loss summed over about 3,600 tweets.
PENALTY: Final = 0.33
STEPS: Final = 400
#: Share of any set of real claims that may be called an opinion; the brief is 1 %.
LOSS: Final = 0.005
SCALE: Final = 1000

ROOT: Final = Path(__file__).resolve().parents[2]
TARGET: Final = ROOT / "knowledge" / "claims" / "checkable.json"
OPINIONS: Final = Path(__file__).with_name("opinions")


def main() -> None:
    """Fit, choose the threshold, print the figures, write the weights."""
    tweets = list(rows("checkthat2022-ar-checkable", "train.jsonl"))
    x = features([tweet["tweet_text"] for tweet in tweets])
    y = np.array([tweet["class_label"] == "1" for tweet in tweets])
    headlines = features([*_stance_headlines(), *_newspaper_headlines()])
    rng = np.random.default_rng(SEED)
    fold, folded = rng.integers(FOLDS, size=len(x)), rng.integers(FOLDS, size=len(headlines))
    unseen, unseen_headlines = np.zeros(len(x)), np.zeros(len(headlines))
    for held in range(FOLDS):
        weights, bias = fit(x[fold != held], y[fold != held], headlines[folded != held])
        unseen[fold == held] = x[fold == held] @ weights + bias
        unseen_headlines[folded == held] = headlines[folded == held] @ weights + bias
    weights, bias = fit(x, y, headlines)
    whole = np.round(weights * SCALE)
    weights = whole / SCALE

    def score(texts: Sequence[str]) -> Floats:
        return np.asarray(features(texts) @ weights + bias, np.float64)

    claims = {
        "CheckThat! 2022 train, checkable (held out)": unseen[y],
        "headlines (held out)": unseen_headlines,
        "CheckThat! 2021 train tweets": score(_tweets("checkthat2021-ar", "queries_train.jsonl")),
    }
    threshold = min(float(np.quantile(scores, LOSS)) for scores in claims.values())
    print(f"opinion below {threshold:.3f}")
    shown = claims | {"CheckThat! 2021 reviewed claims": score(_reviewed())}
    for name, scores in shown.items():
        print(f"lost of {name} ({len(scores)}): {(scores < threshold).mean():.4f}")
    print(f"found of train, not checkable (held out): {(unseen[~y] < threshold).mean():.3f}")
    print(f"area under the curve, train (held out): {area(unseen, y):.3f}")
    ours = score(_opinions())
    print(f"found of our own messages that claim nothing: {(ours < threshold).mean():.3f}")
    dev = list(rows("checkthat2022-ar-checkable", "dev.jsonl"))
    scores = score([tweet["tweet_text"] for tweet in dev])
    right = np.array([tweet["class_label"] == "1" for tweet in dev])
    print(f"dev: area {area(scores, right):.3f}, accuracy {((scores > 0) == right).mean():.3f},")
    print(f"  found of not checkable {(scores[~right] < threshold).mean():.3f},")
    print(f"  lost of checkable {(scores[right] < threshold).mean():.4f}")
    kept = {
        "made_by": "benchmarks/training/checkable.py",
        "bias": round(float(bias), 4),
        "opinion_below": round(threshold, 4),
        "scale": SCALE,
        "weights": [int(weight) for weight in whole],
    }
    TARGET.write_text(json.dumps(kept) + "\n", "utf-8")


def features(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the n-grams of each text as a row of length 1, as ``Checkability.score`` reads it."""
    matrix = np.zeros((len(texts), DIMENSION), np.float32)
    for row, text in zip(matrix, texts, strict=True):
        found = sorted(places(bare_text(text)))
        row[found] = 1.0 / np.sqrt(max(len(found), 1))
    return matrix


def fit(
    x: NDArray[np.float32], y: NDArray[np.bool_], headlines: NDArray[np.float32]
) -> tuple[Floats, float]:
    """Return weights and bias of a ridge logistic regression, both classes of tweets weighing 1/2.

    Nesterov's accelerated gradient, step 1 / L with L bounding the curvature of unit rows.
    """
    rows_ = np.vstack([x, headlines])
    target = np.r_[y, np.ones(len(headlines))]
    half = len(y) / 2
    share = np.r_[
        np.where(y, half / y.sum(), half / (~y).sum()), np.full(len(headlines), HEADLINE_WEIGHT)
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


def _opinions() -> list[str]:
    """Return messages that claim nothing; questions may hold a claim, and are left out."""
    lines = (line for path in sorted(OPINIONS.glob("*.jsonl")) for line in path.open("rb"))
    return [row["text"] for row in map(json.loads, lines) if row["kind"] != "question"]


def _tweets(*parts: str) -> list[str]:
    return [row["tweet_text"] for row in rows(*parts)]


def _reviewed() -> list[str]:
    claims = [row["vclaim"] for row in rows("checkthat2021-ar", "claims.jsonl")]
    return [claim for claim in claims if claim.strip()]


def _stance_headlines() -> list[str]:
    pairs = list(rows("ans", "stance_train.jsonl"))
    return _sample(sorted({text for pair in pairs for text in (pair["s1"], pair["s2"])}))


def _newspaper_headlines() -> list[str]:
    path = require("saudinewsnet", "articles.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        titles = [json.loads(line)["title"] for number, line in enumerate(file) if number % 20 == 0]
    return _sample([title for title in titles if title.strip()])


def _sample(texts: list[str]) -> list[str]:
    return random.Random(SEED).sample(texts, HEADLINES)  # noqa: S311 (a sample, not a secret)


if __name__ == "__main__":
    main()
