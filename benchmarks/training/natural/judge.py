"""Train the cross-encoder that judges and reranks; writes its weights to ``--output``.

    python -m benchmarks.training.natural.judge --work FOLDER --output FOLDER

Some hours on two cores without a GPU. Seeded; killed at any moment it goes on where it was
(checkpoints lie in ``--work``). All layers are trained, from the bundled encoder on, by data that
everybody may use: the written claims, Arabic News Stance, FEVER, ArNLI, and what is made of them.
The weights kept are the moving average of the last steps. Layers run in bfloat16, which
processors that have it multiply twice as fast; the loss and the weights stay in 32 bits.
"""

import argparse
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import torch

from benchmarks.datasets import rows
from benchmarks.kept_vectors import open_bundled
from benchmarks.training import pairs as sources
from benchmarks.training.natural import written
from benchmarks.training.natural.cross_encoder import untrained
from benchmarks.training.natural.fused import fused
from benchmarks.training.natural.layer_weights import save_weights
from benchmarks.training.natural.pair_tokens import PairTokenizer
from benchmarks.training.natural.trainer import SEED, Share, Stage, Trainer, together
from benchmarks.training.pairs import LabelledPair
from embeddings.bundled import ensure_unpacked

PROCESSES: Final = 2
EPOCHS: Final = 3
#: The highest learning rate, and the share of it that is left at the end. From 2e-4 on a model
#: unlearns more than it learns (benchmarks/RESULTS.md).
RATE: Final = 7e-5
LEFT: Final = 0.03


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints lie")
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    # What all of them need is made by one.
    written.nearest(open_bundled(given.models, given.work))
    together(PROCESSES, given.work, partial(train, given.models, given.work, given.output))


def train(models: Path, work: Path, output: Path, share: Share) -> None:
    """Train in one of the processes; the first one writes the weights."""
    folder = ensure_unpacked(models)
    torch.manual_seed(SEED)
    model = untrained(folder)
    bundled = {f"encoder.{name}": w.clone() for name, w in model.encoder.state_dict().items()}
    trainer = Trainer(model, PairTokenizer(folder), work, share)
    near = written.nearest(open_bundled(models, work))
    end = trainer.run(Stage("judge", RATE, LEFT, 0.0, EPOCHS, lambda n: mixture(near, n)))
    if share.number == 0:
        trainer.use([torch.load(end, weights_only=True)["average"]])
        save_weights(trainer.weights(), bundled, output)
        print(f"written to {output}")


def mixture(near: Sequence[Sequence[int]], epoch: int) -> list[LabelledPair]:
    """Return the pairs of one epoch: every written claim, and others, so that all is kept.

    ``near`` holds the items that are nearest to each training claim (``written.nearest``).
    """
    rng = random.Random(SEED + epoch)  # noqa: S311 (a seed, not a secret)
    texts = [*written.texts(), *_headlines()]
    stance = sources.varied(sources.stance(), rng)
    return [
        *written.written(rng),
        *written.same_texts(300, rng),
        *written.strangers(near, 3000, rng),
        *fused(900, texts, rng),
        *rng.sample(stance, min(len(stance), 5000)),
        *sources.evidence(4000, rng, sources.FREE),
        *rng.sample(sources.arabic_entailment(), 2500),
        *sources.swaps(2200, rng, texts),
        *sources.rare_swaps(rng, texts)[:200],
        *sources.swaps(200, rng, sources.english_claims()),
        *sources.who_did_what(200, rng),
        *sources.of_parties(150, rng),
        *sources.hedged(300, rng, texts),
        *sources.other_words(300, rng, texts),
    ]


def _headlines() -> list[str]:
    return list(dict.fromkeys(row["s1"] for row in rows("ans", "stance_train.jsonl")))


if __name__ == "__main__":
    main()
