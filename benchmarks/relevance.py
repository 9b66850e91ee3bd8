"""Fit and show when a found statement is about the claim at all, by what search knows of it.

    python -m benchmarks.relevance

Positives: CheckThat! 2021 Arabic *train* tweets whose right claim is found first, and ANS *train*
pairs that agree or disagree (both are about one thing). Negatives: the nearest statement of the
same pool to SaudiNewsNet headlines. Prints the logistic regression of
``knowledge.relevance.WEIGHTS`` and, for each threshold, how many of both pass.
"""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import qrels, require, rows
from embeddings.background import COHORT, deviations
from embeddings.encoder import open_encoder
from embeddings.live import Entry, LiveIndex
from knowledge.claims import bare_text
from knowledge.relevance import coverage

SEED = 1
HEADLINES = 500
PAIRS = 900
STEPS = 100


def main() -> None:
    """Fit, and print the weights and the pass rates."""
    encoder = open_encoder("bundled:multilingual-e5-small", Path("data/models"))
    cohort = encoder.encode_statements(COHORT)

    def features(claim: str, vector: NDArray[np.float32], cosine: float, text: str) -> list[float]:
        return [deviations(cosine, vector, cohort), coverage(claim, text), 1.0]

    pool = [c for c in rows("checkthat2021-ar", "claims.jsonl") if c["vclaim"].strip()]
    entries = [Entry(n, c["vclaim"], c["title"]) for n, c in enumerate(pool)]
    vectors = encoder.encode_statements([entry.text for entry in entries])
    live = LiveIndex.built(entries, vectors, 1, encoder.fingerprint)

    def nearest(claim: str, vector: NDArray[np.float32]) -> tuple[str, list[float]]:
        hit = live.search(vector, claim, 1)[0]
        found = pool[hit.id]
        text = f"{found['title']}\n{found['vclaim']}"
        return found["vclaim_id"], features(claim, vector, hit.cosine, text)

    related: list[list[float]] = []
    right = qrels("checkthat2021-ar", "qrels_train.tsv")
    tweets = list(rows("checkthat2021-ar", "queries_train.jsonl"))
    claims = [bare_text(t["tweet_text"]) for t in tweets]
    for tweet, claim, vector in zip(tweets, claims, encoder.encode_claims(claims), strict=True):
        ref, row = nearest(claim, vector)
        if ref in right[tweet["tweet_id"]]:
            related.append(row)
    pairs = [p for p in _first(rows("ans", "stance_train.jsonl"), PAIRS) if p["stance"] != "other"]
    ours = encoder.encode_claims([p["s1"] for p in pairs])
    theirs = encoder.encode_statements([p["s2"] for p in pairs])
    for pair, a, b in zip(pairs, ours, theirs, strict=True):
        related.append(features(pair["s1"], a, float(a @ b), pair["s2"]))
    headlines = _headlines()
    unrelated = [
        nearest(headline, vector)[1]
        for headline, vector in zip(headlines, encoder.encode_claims(headlines), strict=True)
    ]
    weights = _fit(np.array(related), np.array(unrelated))
    print(f"related {len(related)}, unrelated {len(unrelated)}")
    print("deviations {:.3f}, coverage {:.3f}, constant {:.3f}".format(*weights))
    for threshold in (0.3, 0.5, 0.6, 0.7, 0.8, 0.9):
        passed = [
            float((_sigmoid(np.array(x) @ weights) >= threshold).mean())
            for x in (related, unrelated)
        ]
        print(f"at {threshold}: related pass {passed[0]:.3f}, unrelated pass {passed[1]:.3f}")


def _fit(related: NDArray[np.float64], unrelated: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of a logistic regression by Newton's method, both classes weighing 1/2."""
    x = np.vstack([related, unrelated])
    y = np.r_[np.ones(len(related)), np.zeros(len(unrelated))]
    share = np.where(y == 1, 0.5 / len(related), 0.5 / len(unrelated))
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = _sigmoid(x @ weights)
        hessian = (x * (share * p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(x.shape[1])
        weights -= np.linalg.solve(hessian, x.T @ (share * (p - y)))
    return weights


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-z))
    return result


def _headlines() -> list[str]:
    with gzip.open(require("saudinewsnet", "articles.jsonl.gz"), "rt", encoding="utf-8") as file:
        titles = [json.loads(line)["title"] for n, line in enumerate(file) if n % 20 == 0]
    random.Random(SEED).shuffle(titles)  # noqa: S311 (a sample, not a secret)
    return [title for title in titles if title.strip()][:HEADLINES]


def _first(items: Any, count: int) -> list[dict[str, Any]]:
    return [item for _, item in zip(range(count), items, strict=False)]


if __name__ == "__main__":
    main()
