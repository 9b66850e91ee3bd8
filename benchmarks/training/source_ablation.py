"""Measure what each source of training data, and the context, adds to the cross-encoder.

    python -m benchmarks.training.source_ablation --work FOLDER

Short runs, a quarter of an hour each on two cores: all start from the encoder's weights and read
the same pairs, but for what is left out and not replaced. Figures are of written claims
of dev with and without their context, of ANS dev, held-out English evidence, swapped statements of
dev and dev claims beside other items' statements. Nothing here reads what the shipped weights read
in full: what counts is the difference to the first line.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import torch

from benchmarks.kept_vectors import open_bundled
from benchmarks.training import pairs as sources
from benchmarks.training import written
from benchmarks.training.combination import f1
from benchmarks.training.judge import LEFT, PROCESSES, other_sources, save
from benchmarks.training.pairs import LabelledPair
from benchmarks.training.trainer import SEED, Share, Stage, Trainer, together
from benchmarks.training.written import Split
from benchmarks.written_claims import ABOVE, Case, Said, above, by_reader, stances, truth
from embeddings.build.layer_weights import load_weights
from embeddings.build.torch_cross_encoder import build_untrained
from embeddings.bundled.e5_model import BUNDLED_NAME, ensure_unpacked
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
from embeddings.encoders.encoder import Encoder
from embeddings.text.pair_encoding import PairTokenizer
from embeddings.weights import ENCODER
from knowledge.agreement.judgement import Evidence

#: How many pairs of the written claims and of near statements are read; of the other sources, this
#: share of what the first reading has.
CLAIMS: Final = 12_500
NEAR: Final = 1_500
OTHERS: Final = 0.37
#: Higher than where there is time: from fewer pairs nothing is learned at 7e-5.
RATE: Final = 1e-4
WARM_UP: Final = 100
#: How many written claims of dev are read, with their context and without.
MEASURED: Final = 2_000
CONTEXT: Final = "context"
#: What is left out, each in a run of its own. The pairs that a program makes go together.
LEFT_OUT: Final = (
    (),
    ("written claims",),
    ("near statements", "made pairs"),
    ("Arabic News Stance",),
    ("FEVER and ArNLI",),
    (CONTEXT,),
)


def main() -> None:
    """Train and measure without each part in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="where weights are kept")
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    encoder = open_bundled(given.models, given.work, BUNDLED_NAME)
    read = all_sources(encoder)
    sets = measured_sets(encoder)
    print({name: len(pairs) for name, pairs in read.items()}, flush=True)
    for left_out in LEFT_OUT:
        pairs = [
            replace(pair, context="") if CONTEXT in left_out else pair
            for name, each in read.items()
            if name not in left_out
            for pair in each
        ]
        without = ", ".join(left_out) or None
        output = given.work / f"without-{without}".replace(", ", "-").replace(" ", "-")
        if not output.exists():
            together(PROCESSES, given.work, partial(train, pairs, given.models, output))
        reader = OnnxCrossEncoder(given.models, weights=output)
        print(f"without {without}: {len(pairs)} pairs", flush=True)
        for name, cases in sets.items():
            print(f"  {name}: {figures(cases, by_reader(reader, cases))}", flush=True)


def all_sources(encoder: Encoder) -> dict[str, list[LabelledPair]]:
    """Return what the whole run reads, by source."""
    rng = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    found = {
        "written claims": rng.sample([pair for _, pair in written.written(rng)], CLAIMS),
        "near statements": written.strangers(encoder, NEAR, rng),
        **other_sources(OTHERS, rng),
    }
    # Both are of sentences written to be inferred or not, and small.
    found["FEVER and ArNLI"] = found.pop("FEVER") + found.pop("ArNLI")
    return found


def train(pairs: list[LabelledPair], models: Path, output: Path, share: Share) -> None:
    """Read the pairs once in one of the processes; the first one writes the last weights."""
    folder = ensure_unpacked(models)
    torch.manual_seed(SEED)
    model = build_untrained(folder)
    load_weights(model.encoder, ENCODER)
    trainer = Trainer(model, PairTokenizer(folder), output.parent, share)
    checkpoint = trainer.run(Stage(output.name, RATE, LEFT, [pairs], WARM_UP))
    if share.number == 0:
        save(trainer.weights(), folder, output)
        checkpoint.unlink()


def measured_sets(encoder: Encoder) -> dict[str, list[Case]]:
    """Return what every run is measured on."""
    rng = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    items = written.items(Split.DEV)
    claims = [
        Case(claim.text, replace(item.evidence, reviewed=False), claim.relation)
        for item in items
        for claim in item.claims
    ]
    claims = rng.sample(claims, MEASURED)
    texts = [item.statement for item in items]
    return {
        "written claims": claims,
        "written claims, statement alone": [
            replace(case, evidence=Evidence(case.evidence.text)) for case in claims
        ],
        "ANS dev": stances(),
        "FEVER held out": _cases(sources.evidence(1_000, rng, held_out=True)),
        "swaps": _cases(sources.swaps(500, rng, texts)),
        "near statements": _cases(written.strangers(encoder, 1_000, rng, Split.DEV)),
    }


def _cases(pairs: Sequence[LabelledPair]) -> list[Case]:
    return [Case(p.claim, Evidence(p.statement), p.relation) for p in pairs if p.relation]


def figures(cases: Sequence[Case], said: Said) -> str:
    """Return accuracy, and where both are among the cases, what is said of the true ones."""
    known = truth(cases)
    line = f"accuracy {(said.relations == known).mean():.3f}"
    if not (known == 1).any():
        return line
    line += (
        f", mean F1 {(f1(said.relations, known, 0) + f1(said.relations, known, 1)) / 2:.3f},"
        f" refuting read as supporting {(said.relations[known == 1] == 0).mean():.3f}"
    )
    for share in ABOVE if (known == 0).any() else ():
        line += f", true above {share:.0%} of the others {above(said, known, share):.3f}"
    return line


if __name__ == "__main__":
    main()
