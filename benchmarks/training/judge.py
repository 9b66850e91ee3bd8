"""Train the cross-encoder that judges and reranks; writes ``embeddings/weights/cross_encoder``.

    python -m benchmarks.training.judge --work FOLDER

Some hours on two cores without a GPU. Seeded; killed at any moment it goes on where it was
(checkpoints lie in ``--work``). All layers are trained, from those of the encoder that finds
statements on, by data that everybody may use: the written claims, Arabic News Stance, FEVER, ArNLI,
and what is made of them. The weights kept are the moving average of the last steps. Layers run in
bfloat16, which processors that have it multiply twice as fast; the loss and the weights stay in 32
bits.
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
from benchmarks.training import written
from benchmarks.training.fused import fused
from benchmarks.training.pairs import LabelledPair
from benchmarks.training.trainer import SEED, Share, Stage, Trainer, together
from embeddings.bundled import STOCK_NAME, ensure_unpacked
from embeddings.cross_encoder import untrained
from embeddings.layer_weights import load_weights, save_weights
from embeddings.pair_tokens import PairTokenizer
from embeddings.weights import CROSS_ENCODER, ENCODER

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
    parser.add_argument("--encoder", type=Path, default=ENCODER, help="weights to begin with")
    parser.add_argument("--output", type=Path, default=CROSS_ENCODER)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    # What all of them need is made by one.
    written.nearest(open_bundled(given.models, given.work, STOCK_NAME))
    begin = partial(train, given.models, given.encoder, given.work, given.output)
    together(PROCESSES, given.work, begin)


def train(models: Path, encoder: Path, work: Path, output: Path, share: Share) -> None:
    """Train in one of the processes; the first one writes the weights."""
    folder = ensure_unpacked(models)
    torch.manual_seed(SEED)
    model = untrained(folder)
    bundled = {f"encoder.{name}": w.clone() for name, w in model.encoder.state_dict().items()}
    load_weights(model.encoder, encoder)
    trainer = Trainer(model, PairTokenizer(folder), work, share)
    near = written.nearest(open_bundled(models, work, STOCK_NAME))
    end = trainer.run(Stage("judge", RATE, LEFT, EPOCHS, lambda n: mixture(near, n)))
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
        *sources.evidence(4000, rng),
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
