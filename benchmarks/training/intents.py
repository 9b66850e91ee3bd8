"""Fit the model of what people want with a message, and say what it loses and finds.

    python -m benchmarks.training.intents [--measure FILE] [--write]

Learned from our own data: messages by intent (``messages``), posts that hold a claim and posts that
claim nothing (``posts``), written claims, and the statements and titles they are about. The
threshold below which a text states nothing is the highest at which every set of claims loses less
than ``LOSS``: messages and posts judged by models that have not seen them, and written claims of
the calibration split. Then figures of sets that nothing was fitted on. ``--measure`` also reads a
file of messages, ``--write`` writes ``knowledge/claims/intent.json``.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from sklearn.linear_model import LogisticRegression

from benchmarks.datasets import rows
from benchmarks.training import written
from benchmarks.training.claim_span import claims as claims_of
from benchmarks.training.claim_span import messages as messages_of
from benchmarks.training.claim_span import wrappers
from benchmarks.training.written import Split
from knowledge.claims import intent
from knowledge.claims.intent import DIMENSION, Intent, IntentModel, hash_features
from knowledge.claims.noise import bare_text

SEED: Final = 1
FOLDS: Final = 5
#: Written claims, and statements and titles, that are learned from, and what one weighs beside a
#: message: messages are most like what people send.
CLAIMS: Final = 14_000
STATEMENTS: Final = 5_000
CLAIM_WEIGHT: Final = 0.5
#: Claims between what people write around them (``claim_span``).
WRAPPED: Final = 4_000
#: Inverse of the ridge on the weights.
RIDGE: Final = 10.0
#: Share of any set of real claims that may be taken for nothing; the brief is 1 %.
LOSS: Final = 0.003
SCALE: Final = 100

HERE: Final = Path(__file__).parent
TARGET: Final = Path(intent.__file__).with_suffix(".json")
INTENTS: Final = tuple(Intent)

Floats = NDArray[np.float64]


def main() -> None:
    """Fit, choose the threshold, print the figures, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", type=Path, help="a file of messages to measure on")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    told = [*messages(), *posts()]
    texts, labels = [text for text, _ in told], [label for _, label in told]
    more = _sample(_claims(Split.TRAIN), CLAIMS) + _sample(written.texts(), STATEMENTS)
    rng = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    made = messages_of(claims_of(Split.TRAIN), wrappers(), WRAPPED, rng, unwrapped=0.0)
    more += [each.text for each in made]
    x, y = features(texts), np.array([INTENTS.index(label) for label in labels])
    beside = features(more)
    fold = np.random.default_rng(SEED).integers(FOLDS, size=len(y))
    unseen = np.zeros((len(y), len(INTENTS)))
    for number in range(FOLDS):
        inside = fold != number
        unseen[~inside] = fit(x[inside], y[inside], beside).decision_function(x[~inside])
    final = fit(x, y, beside)
    weights = np.round(final.coef_.T * SCALE)
    model = IntentModel(
        (weights / SCALE).astype(np.float32), final.intercept_.astype(np.float32), 0.0
    )
    is_claim = y == 0
    claims = {
        "messages and posts that hold a claim (held out)": _odds(unseen)[is_claim],
        "written claims, calibration": scores(model, _claims(Split.CALIBRATION)),
    }
    threshold = min(float(np.quantile(each, LOSS)) for each in claims.values())
    print(f"states nothing below {threshold:.3f}")
    nothing = {"messages and posts that claim nothing (held out)": _odds(unseen)[~is_claim]}
    claims["written claims, dev"] = scores(model, _claims(Split.DEV))
    for name, tweets in _tweets().items():
        (claims if tweets[1] else nothing)[name] = scores(model, tweets[0])
    for name, each in claims.items():
        print(f"lost of {name} ({len(each)}): {(each < threshold).mean():.4f}")
    for name, each in nothing.items():
        print(f"found of {name} ({len(each)}): {(each < threshold).mean():.3f}")
    said = np.where(_odds(unseen) < threshold, 1 + unseen[:, 1:].argmax(1), 0)
    asked = len(messages())
    print(f"messages (held out): {_by_intent(y[:asked], said[:asked])}")
    model = IntentModel(model.weights, model.constants, threshold)
    if given.measure:
        found = _read([given.measure])
        known = np.array([INTENTS.index(label) for _, label in found])
        read = np.array([INTENTS.index(model.intent(bare_text(text))) for text, _ in found])
        print(f"{given.measure.name}: {_by_intent(known, read)}")
    if given.write:
        kept = {
            "made_by": "benchmarks/training/intents.py",
            "intents": list(INTENTS),
            "constants": [round(float(each), 4) for each in final.intercept_],
            "nothing_below": round(threshold, 4),
            "scale": SCALE,
            "weights": [int(each) for each in weights.flatten()],
        }
        TARGET.write_text(json.dumps(kept, separators=(",", ":")) + "\n", "utf-8")


def messages() -> list[tuple[str, Intent]]:
    """Return messages with their intents."""
    return _read(sorted((HERE / "messages").glob("*.jsonl")))


def _read(paths: Sequence[Path]) -> list[tuple[str, Intent]]:
    lines = [line for path in paths for line in path.read_text("utf-8").splitlines()]
    found: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [(row["text"], Intent(row["intent"])) for row in found]


def posts() -> list[tuple[str, Intent]]:
    """Return posts: claims, prayers, and what claims nothing; a question may hold a claim."""
    found = []
    for path in sorted((HERE / "posts").glob("*.jsonl")):
        for row in map(json.loads, path.read_text("utf-8").splitlines()):
            if row["kind"] == "question":
                continue
            nothing = Intent.PRAYER if row["kind"] == "prayer" else Intent.CHAT
            found.append((row["text"], Intent.CLAIM if "claims" in path.name else nothing))
    return found


def features(texts: Sequence[str]) -> csr_array:
    """Return what is known of each text as a row of length 1, as ``IntentModel`` reads it."""
    return matrix([hash_features(bare_text(text)) for text in texts], DIMENSION)


def matrix(found: Sequence[Collection[int]], dimension: int) -> csr_array:
    """Return a row of length 1 for each set of places, its features weighing the same."""
    counts = [len(each) for each in found]
    return csr_array(
        (
            np.repeat([1.0 / np.sqrt(max(count, 1)) for count in counts], counts),
            np.concatenate([np.array(sorted(each), np.int64) for each in found]),
            np.cumsum([0, *counts]),
        ),
        (len(found), dimension),
    )


def fit(x: csr_array, y: NDArray[np.int64], beside: csr_array) -> LogisticRegression:
    """Return the regression; rows of ``beside`` are claims.

    Claims and all else weigh the same; among the rest an intent weighs as the root of its size.
    """
    sizes = np.bincount(y, minlength=len(INTENTS))
    share = 1 / np.sqrt(np.maximum(sizes, 1))
    share[0] = np.sqrt(sizes[1:]).sum() / sizes[0]
    weight = share[y] * len(y) / (share[y].sum())
    weight = np.r_[weight, np.full(beside.shape[0], CLAIM_WEIGHT)]
    model = LogisticRegression(C=RIDGE, max_iter=300)
    return model.fit(vstack([x, beside]), np.r_[y, np.zeros(beside.shape[0], int)], weight)


def scores(model: IntentModel, texts: Sequence[str]) -> Floats:
    """Return the log-odds of each text that it holds a claim."""
    return np.array([model.score(bare_text(text)) for text in texts])


def _odds(decisions: Floats) -> Floats:
    """Return the log-odds of the first intent, (texts,), of what was decided, (texts, intents)."""
    odds: Floats = decisions[:, 0] - np.logaddexp.reduce(decisions[:, 1:], axis=1)
    return odds


def _by_intent(known: NDArray[np.int64], said: NDArray[np.int64]) -> str:
    lines = [f"{len(known)}, right {(known == said).mean():.3f}"]
    for n, each in enumerate(INTENTS):
        of = said[known == n]
        wrong = Counter(INTENTS[m].value for m in of if m != n).most_common(3)
        lines.append(f"  {each}: {len(of)}, right {(of == n).mean():.3f}; else {wrong}")
    return "\n".join(lines)


def _claims(split: Split) -> list[str]:
    return [claim.text for item in written.items(split) for claim in item.claims]


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
