"""Evaluate a trained cross-encoder on pairs it never saw, by its most probable relation.

    python -m benchmarks.training.natural.evaluate WEIGHTS [--misses N]

The written claims of dev, with their statements' context and without: accuracy, and the share of
true claims whose probability of support lies above that which 5 % and 1 % of the others reach. ANS
dev: F1, and how many contradicting headlines are read as supporting. Copies of statements with a
negation fused to their verb. Headlines with one thing exchanged, and reworded. ``--misses`` prints
so many errors on written claims, the surest first.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.datasets import rows
from benchmarks.swaps.generator import harmless
from benchmarks.training import pairs as sources
from benchmarks.training.natural import written
from benchmarks.training.natural.cross_encoder import CrossEncoder, Output, trained
from benchmarks.training.natural.fused import fused
from benchmarks.training.natural.pair_tokens import PairTokenizer
from benchmarks.training.natural.written import Split
from benchmarks.training.pairs import LabelledPair
from embeddings.bundled import ensure_unpacked
from knowledge.domain import Relation

SEED: Final = 17
BATCH: Final = 48
SWAPS: Final = 700

Rows = NDArray[np.float64]


class Reader:
    """Gives the probability of each relation, in the order of ``Output``."""

    def __init__(self, model: CrossEncoder, tokenizer: PairTokenizer) -> None:
        self._model, self._tokenizer = model, tokenizer

    def read(self, pairs: Sequence[LabelledPair]) -> Rows:
        """Return the probabilities (pairs, 3)."""
        order = sorted(range(len(pairs)), key=lambda n: len(pairs[n].claim + pairs[n].statement))
        found = np.zeros((len(pairs), 3))
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            tokens = self._tokenizer.batch(
                [
                    self._tokenizer.pair(pair.claim, pair.statement, pair.context)
                    for pair in (pairs[n] for n in part)
                ]
            )
            inputs = map(torch.from_numpy, (tokens.ids, tokens.marks, tokens.mask))
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                logits = self._model(*inputs)[:, : Output.RELEVANT]
            found[part] = torch.softmax(logits.float(), 1).numpy()
        return found


def main() -> None:
    """Read, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--misses", type=int, default=0)
    given = parser.parse_args()
    folder = ensure_unpacked(given.models)
    reader = Reader(trained(folder, given.weights), PairTokenizer(folder))
    items = written.items(Split.DEV)
    told = [
        (item, claim, written.pair(item, claim, item.context))
        for item in items
        for claim in item.claims
    ]
    pairs = [pair for _, _, pair in told]
    said = reader.read(pairs)
    right = said.argmax(1) == labels(pairs)
    show("written claims, with context", pairs, said)
    for name, groups in (
        ("label", [pair.relation and pair.relation.value for pair in pairs]),
        ("kind", [claim.kind for _, claim, _ in told]),
        ("variety", [claim.variety for _, claim, _ in told]),
        ("file", [item.file for item, _, _ in told]),
    ):
        print(f"  by {name}: {by(groups, right)}")
    alone = [written.pair(item, claim, "") for item, claim, _ in told]
    show("written claims, statement alone", alone, reader.read(alone))
    stances(reader)
    made(reader)
    surest = sorted(np.flatnonzero(~right), key=lambda n: -said[n].max())
    for n in surest[: given.misses]:
        item, claim, pair = told[n]
        print(
            f"{item.id} {claim.kind} {claim.variety}: {claim.relation.value} read as"
            f" {Output(int(said[n].argmax())).name} at {said[n].max():.2f}\n"
            f"    {pair.claim}\n    {pair.statement} [{pair.context}]"
        )


def labels(pairs: Sequence[LabelledPair]) -> NDArray[np.int64]:
    """Return the column of each pair's relation, (pairs,)."""
    return np.array([Output[pair.relation.name] for pair in pairs if pair.relation is not None])


def show(name: str, pairs: Sequence[LabelledPair], said: Rows) -> None:
    """Print accuracy and coverage."""
    true, scores = labels(pairs) == Output.SUPPORTS, said[:, Output.SUPPORTS]
    reached = ", ".join(
        f"{(scores[true] > np.quantile(scores[~true], 1 - share)).mean():.3f} at {share:.0%}"
        for share in (0.05, 0.01)
    )
    accuracy = (said.argmax(1) == labels(pairs)).mean()
    print(f"{name}: {len(pairs)} pairs, accuracy {accuracy:.3f}; true above the others {reached}")


def by(groups: Sequence[str | None], right: NDArray[np.bool_]) -> str:
    """Return the accuracy of each group."""
    found = defaultdict(list)
    for group, one in zip(groups, right, strict=True):
        found[str(group)].append(one)
    return ", ".join(f"{name} {np.mean(ones):.2f}" for name, ones in sorted(found.items()))


def stances(reader: Reader) -> None:
    """Print what is made of ANS dev."""
    pairs = [
        LabelledPair(row["s2"], row["s1"], sources.STANCE[row["stance"]], None)
        for row in rows("ans", "stance_dev.jsonl")
    ]
    said, known = reader.read(pairs).argmax(1), labels(pairs)
    f1 = [
        2 * ((said == n) & (known == n)).sum() / ((said == n).sum() + (known == n).sum())
        for n in (Output.SUPPORTS, Output.REFUTES)
    ]
    wrong = (said[known == Output.REFUTES] == Output.SUPPORTS).mean()
    print(f"ANS dev: F1 agree {f1[0]:.3f}, disagree {f1[1]:.3f}, mean {np.mean(f1):.3f};"
          f" contradicting read as supporting {wrong:.3f}")  # fmt: skip


def made(reader: Reader) -> None:
    """Print what is made of fused denials, and of headlines with one thing exchanged."""
    rng = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    statements = [item.statement for item in written.items(Split.DEV) if item.language == "ar"]
    denials = [
        pair
        for _ in range(4)
        for pair in fused(len(statements), statements, rng)
        if pair.relation is Relation.REFUTES
    ]
    titles = sources.headlines(held_out=True)
    swapped = [p for p in sources.swaps(2 * SWAPS, rng, titles) if p.relation is Relation.REFUTES]
    reworded = [
        LabelledPair(other, title, Relation.SUPPORTS, True)
        for title in rng.sample(titles, SWAPS)
        if (other := harmless(title, rng)) is not None
    ]
    print(
        f"fused denials refuted {_share(reader, denials, Output.REFUTES):.3f} of {len(denials)};"
        f" swaps not supported {1 - _share(reader, swapped, Output.SUPPORTS):.3f} of"
        f" {len(swapped)}, reworded supported {_share(reader, reworded, Output.SUPPORTS):.3f}"
    )


def _share(reader: Reader, pairs: Sequence[LabelledPair], relation: Output) -> float:
    return float((reader.read(pairs).argmax(1) == relation).mean())


if __name__ == "__main__":
    main()
