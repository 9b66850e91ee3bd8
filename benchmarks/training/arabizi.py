"""Fit the model that recognises Arabic in Latin letters, and say what it loses and takes wrongly.

    python -m benchmarks.training.arabizi [--write]

Learned from written claims, messages and what people write around claims in Arabizi, against
English and French ones, English evidence, and sentences in twenty other languages (``latin``; every
third is kept for measuring). Measured on written claims of dev and calibration. ``--write`` writes
``knowledge/claims/arabizi.json``.
"""

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.training import pairs, written
from benchmarks.training.intents import matrix
from benchmarks.training.written import Split
from knowledge.claims import arabizi
from knowledge.claims.arabizi import DIMENSION, SURE, Model, hash_features

SEED: Final = 1
#: Sentences of English evidence.
EVIDENCE: Final = 3_000
#: Inverse of the ridge on the weights.
RIDGE: Final = 10.0
SCALE: Final = 50
HERE: Final = Path(__file__).parent
TARGET: Final = Path(arabizi.__file__).with_suffix(".json")


def main() -> None:
    """Fit, print the figures, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    ours = [*_claims({"arabizi"}, Split.TRAIN), *_messages({"arabizi"})]
    others = [*_claims({"en", "fr"}, Split.TRAIN), *_messages({"en", "fr"}), *_evidence()]
    kept = _sentences()[::3]
    others += [text for text in _sentences() if text not in kept]
    labels = np.r_[np.ones(len(ours)), np.zeros(len(others))]
    fitted = LogisticRegression(C=RIDGE, max_iter=300, class_weight="balanced")
    fitted.fit(matrix([hash_features(text) for text in [*ours, *others]], DIMENSION), labels)
    weights = np.round(fitted.coef_[0] * SCALE).astype(int)
    model = Model((weights / SCALE).astype(np.float32), float(fitted.intercept_[0]))
    print(f"fitted on {len(ours)} texts in Arabizi, {len(others)} others")
    for split in (Split.DEV, Split.CALIBRATION):
        _print(model, f"{split} claims in Arabizi", _claims({"arabizi"}, split))
        _print(model, f"{split} claims in English and French", _claims({"en", "fr"}, split))
    _print(model, "sentences in other languages, kept", kept)
    if given.write:
        form = {
            "made_by": "benchmarks/training/arabizi.py",
            "constant": round(model.constant, 4),
            "scale": SCALE,
            "weights": [int(each) for each in weights],
        }
        TARGET.write_text(json.dumps(form, separators=(",", ":")) + "\n", "utf-8")


def _print(model: Model, name: str, texts: Sequence[str]) -> None:
    said = np.array([model.score(text) > SURE for text in texts])
    print(f"{name}: {said.sum()} of {len(texts)} taken for Arabizi ({said.mean():.3f})")


def _claims(varieties: set[str], split: Split) -> list[str]:
    claims = [claim for item in written.items(split) for claim in item.claims]
    return [claim.text for claim in claims if claim.variety in varieties]


def _messages(varieties: set[str]) -> list[str]:
    lines = [
        json.loads(line)
        for path in sorted((HERE / "messages").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    return [row["text"] for row in lines if row["variety"] in varieties]


def _sentences() -> list[str]:
    lines = (HERE / "latin" / "sentences.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def _evidence() -> list[str]:
    rng = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    return [pair.statement for pair in pairs.evidence(EVIDENCE, rng)]


if __name__ == "__main__":
    main()
