"""Train the cross-encoder that judges and reranks; writes ``embeddings/weights/cross_encoder``.

    python -m benchmarks.training.judge --work FOLDER

Some hours on two cores without a GPU. Seeded; killed at any moment it goes on where it was
(checkpoints lie in ``--work``). Data that everybody may use: the written claims, Arabic News
Stance, FEVER, ArNLI, and what is made of them. All layers are trained, from those of the encoder
that finds statements on; then once more at a lower rate, beside statements that the trained encoder
takes for near ones. Of each stage the moving average of the last steps is kept, and the weights
written lie between both (``SHARE``): they read unseen claims better than either. Layers run in
bfloat16 where the processor multiplies twice as fast in it; the loss and the weights stay in 32
bits.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from benchmarks.datasets import rows
from benchmarks.kept_vectors import open_bundled
from benchmarks.training import pairs as sources
from benchmarks.training import written
from benchmarks.training.fused import fused
from benchmarks.training.pairs import LabelledPair
from benchmarks.training.trainer import SEED, Share, Stage, Trainer, together
from embeddings.bundled import BUNDLED_NAME, STOCK_NAME, ensure_unpacked
from embeddings.cross_encoder import CrossEncoder, trained, untrained
from embeddings.encoder import Encoder
from embeddings.layer_weights import TABLES, load_weights, save_weights
from embeddings.pair_tokens import PairTokenizer
from embeddings.weights import CROSS_ENCODER, ENCODER

PROCESSES: Final = 2
EPOCHS: Final = 3
#: The highest learning rate, and the share of it that is left at the end. From 2e-4 on a model
#: unlearns more than it learns (benchmarks/RESULTS.md).
RATE: Final = 7e-5
LEFT: Final = 0.03
#: Of the second stage.
AGAIN_EPOCHS: Final = 1
AGAIN_RATE: Final = 6e-5
AGAIN_CLAIMS: Final = 43_000
#: How far from the weights of the first stage to those of the second.
SHARE: Final = 0.7


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints lie")
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--encoder", type=Path, default=ENCODER, help="weights to begin with")
    parser.add_argument("--output", type=Path, default=CROSS_ENCODER)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    first = given.work / "first"
    # What all of them need is made by one.
    written.nearest(open_bundled(given.models, given.work, STOCK_NAME))
    begin = partial(train, given.models, given.encoder, given.work, first)
    together(PROCESSES, given.work, begin)
    Near.of(open_bundled(given.models, given.work, BUNDLED_NAME))
    again = given.work / "again"
    together(PROCESSES, given.work, partial(train_again, given.models, given.work, again))
    between(given.models, (first, again), SHARE, given.output)
    print(f"written to {given.output}")


def train(models: Path, encoder: Path, work: Path, output: Path, share: Share) -> None:
    """Train all layers in one of the processes; the first one writes the weights."""
    folder = ensure_unpacked(models)
    torch.manual_seed(SEED)
    model = untrained(folder)
    load_weights(model.encoder, encoder)
    near = written.nearest(open_bundled(models, work, STOCK_NAME))
    stage = Stage("judge", RATE, LEFT, EPOCHS, partial(mixture, near))
    _train(model, folder, stage, work, output, share)


def train_again(models: Path, work: Path, output: Path, share: Share) -> None:
    """Read on, with other statements that the encoder as it is now takes for near ones."""
    folder = ensure_unpacked(models)
    torch.manual_seed(SEED)
    model = trained(folder, work / "first").train()
    near = Near.of(open_bundled(models, work, BUNDLED_NAME))
    stage = Stage("again", AGAIN_RATE, LEFT, AGAIN_EPOCHS, partial(mixture_again, near))
    _train(model, folder, stage, work, output, share)


def _train(
    model: CrossEncoder, folder: Path, stage: Stage, work: Path, output: Path, share: Share
) -> None:
    trainer = Trainer(model, PairTokenizer(folder), work, share)
    end = trainer.run(stage)
    if share.number == 0:
        trainer.use([torch.load(end, weights_only=True)["average"]])
        _save(trainer.weights(), folder, output)


def between(models: Path, ends: tuple[Path, Path], share: float, output: Path) -> None:
    """Write the weights that lie the ``share`` of the way between two folders of weights."""
    folder = ensure_unpacked(models)
    start, end = (dict(trained(folder, each).named_parameters()) for each in ends)
    kept = {
        name: torch.lerp(weights.detach(), end[name].detach(), share)
        for name, weights in start.items()
        if not any(table in name for table in TABLES)
    }
    _save(kept, folder, output)


def _save(weights: dict[str, Tensor], folder: Path, output: Path) -> None:
    stock = untrained(folder).encoder.state_dict()
    save_weights(weights, {f"encoder.{n}": w for n, w in stock.items()}, output)


@dataclass(frozen=True, slots=True)
class Near:
    """What is near to each training claim and to each text of Arabic News Stance: places."""

    items: list[tuple[int, ...]]
    headlines: list[tuple[int, ...]]

    @classmethod
    def of(cls, encoder: Encoder) -> "Near":
        """Return what ``encoder`` finds near."""
        texts = [row["s2"] for row in rows("ans", "stance_train.jsonl")]
        headlines = written.nearest_of(encoder, texts, sources.headlines_of_stance())
        return cls(written.nearest(encoder), headlines)


def mixture_again(near: Near, epoch: int) -> list[LabelledPair]:
    """Return the pairs of one epoch of the second stage: a sample of claims, and others."""
    rng = random.Random(SEED + 100 + epoch)  # noqa: S311 (a seed, not a secret)
    texts = [*written.texts(), *sources.headlines_of_stance()]
    stance = sources.varied(sources.stance(), rng)
    return [
        *rng.sample(written.written(rng), AGAIN_CLAIMS),
        *written.strangers(near.items, 6000, rng),
        *sources.other_headlines(near.headlines, rng)[:1500],
        *written.same_texts(200, rng),
        *fused(600, texts, rng),
        *rng.sample(stance, min(len(stance), 4000)),
        *sources.evidence(2000, rng),
        *rng.sample(sources.arabic_entailment(), 1200),
        *sources.swaps(1500, rng, texts),
        *sources.rare_swaps(rng, texts)[:150],
        *sources.swaps(150, rng, sources.english_claims()),
        *sources.who_did_what(200, rng),
        *sources.of_parties(150, rng),
        *sources.hedged(200, rng, texts),
        *sources.other_words(200, rng, texts),
    ]


def mixture(near: Sequence[Sequence[int]], epoch: int) -> list[LabelledPair]:
    """Return the pairs of one epoch: every written claim, and others, so that all is kept.

    ``near`` holds the items that are nearest to each training claim (``written.nearest``).
    """
    rng = random.Random(SEED + epoch)  # noqa: S311 (a seed, not a secret)
    texts = [*written.texts(), *sources.headlines_of_stance()]
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


if __name__ == "__main__":
    main()
