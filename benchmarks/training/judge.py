"""Train the cross-encoder that judges and reranks; writes ``embeddings/weights/cross_encoder``.

    python -m benchmarks.training.judge --work FOLDER

Some hours on two cores without a GPU. Seeded; killed at any moment it goes on where it was
(checkpoints lie in ``--work``). Data that everybody may use: the written claims, Arabic News
Stance, FEVER, ArNLI, and what is made of them. All layers are trained first, from those of the
encoder that finds statements on; then the upper half once more, on what the first stage reads
wrongly or unsurely. The weights kept are the moving average of the last steps. Layers run in
bfloat16 where the processor multiplies twice as fast in it; the loss and the weights stay in 32
bits.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.datasets import rows
from benchmarks.kept_vectors import kept_array, open_bundled
from benchmarks.training import pairs as sources
from benchmarks.training import written
from benchmarks.training.fused import fused
from benchmarks.training.hard import hard, likely, losses
from benchmarks.training.pairs import LabelledPair
from benchmarks.training.trainer import SEED, Share, Stage, Trainer, together
from embeddings.bundled import BUNDLED_NAME, STOCK_NAME, ensure_unpacked
from embeddings.cross_encoder import CrossEncoder, trained, untrained
from embeddings.layer_weights import load_weights, save_weights
from embeddings.pair_reader import OnnxPairReader
from embeddings.pair_tokens import PairTokenizer
from embeddings.weights import CROSS_ENCODER, ENCODER, digest

PROCESSES: Final = 2
EPOCHS: Final = 3
#: The highest learning rate, and the share of it that is left at the end. From 2e-4 on a model
#: unlearns more than it learns (benchmarks/RESULTS.md).
RATE: Final = 7e-5
LEFT: Final = 0.03
#: Of the second stage. Its lower layers stand still, which makes a step a third cheaper.
AGAIN_EPOCHS: Final = 2
AGAIN_RATE: Final = 5e-5
FROZEN: Final = 6
#: Written claims with other items' statements, among which the hard ones are looked for.
STRANGERS: Final = 9_000
#: Claims with other claims in the place of a statement, among which they are looked for, too.
AMONG_CLAIMS: Final = 16_000


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
    read(given.models, given.work)
    together(PROCESSES, given.work, partial(train_again, given.models, given.work, given.output))


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
    """Train the upper layers on what is hard, as ``train`` does."""
    folder = ensure_unpacked(models)
    torch.manual_seed(SEED)
    model = trained(folder, work / "first").train()
    # What lies below all layers would need them all for its gradient.
    model.marks.weight.requires_grad = False
    for name, weights in model.encoder.named_parameters():
        if any(f"layer.{n}." in name for n in range(FROZEN)):
            weights.requires_grad = False
    stage = Stage("again", AGAIN_RATE, LEFT, AGAIN_EPOCHS, _mixture_again(models, work))
    _train(model, folder, stage, work, output, share)


def _train(
    model: CrossEncoder, folder: Path, stage: Stage, work: Path, output: Path, share: Share
) -> None:
    trainer = Trainer(model, PairTokenizer(folder), work, share)
    end = trainer.run(stage)
    if share.number == 0:
        trainer.use([torch.load(end, weights_only=True)["average"]])
        stock = untrained(folder).encoder.state_dict()
        save_weights(trainer.weights(), {f"encoder.{n}": w for n, w in stock.items()}, output)
        print(f"written to {output}")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs among which the second stage looks for hard ones, by how sure their labels are."""

    sure: list[LabelledPair]
    guessed: list[LabelledPair]


def candidates(models: Path, work: Path) -> Candidates:
    """Return the candidates, the same ones each time."""
    rng = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    encoder = open_bundled(models, work, BUNDLED_NAME)
    texts = [row["s2"] for row in rows("ans", "stance_train.jsonl")]
    near = written.nearest_of(encoder, texts, sources.headlines_of_stance())
    sure = [*written.written(rng), *written.strangers(written.nearest(encoder), STRANGERS, rng)]
    guessed = [*sources.other_headlines(near, rng), *written.among_claims(AMONG_CLAIMS, rng)]
    return Candidates(sure, guessed)


def read(models: Path, work: Path) -> list[tuple[list[LabelledPair], NDArray[np.float64]]]:
    """Return the candidates, sure and guessed, each with what the first stage loses on them.

    What it loses is kept in ``work``: reading them takes minutes.
    """
    first, found = work / "first", candidates(models, work)
    reader = OnnxPairReader(models, weights=first)
    lost = []
    for pairs in (found.sure, found.guessed):
        path = work / f"losses-{sources.digest([pairs])}-{digest(first)[:12]}.npy"
        lost.append(kept_array(path, partial(losses, reader, pairs)))
    guesses = likely(found.guessed, lost[1])
    return [(found.sure, lost[0]), guesses]


def _mixture_again(models: Path, work: Path) -> Callable[[int], list[LabelledPair]]:
    known = read(models, work)

    def epoch(number: int) -> list[LabelledPair]:
        rng = _rng(number)
        chosen = [pair for pairs, lost in known for pair in hard(pairs, lost, rng)]
        return mixture_again(chosen, number)

    return epoch


def _rng(epoch: int) -> random.Random:
    return random.Random(SEED + 100 + epoch)  # noqa: S311 (a seed, not a secret)


def mixture_again(chosen: Sequence[LabelledPair], epoch: int) -> list[LabelledPair]:
    """Return the pairs of one epoch of the second stage: those chosen, and others."""
    rng = _rng(epoch)
    texts = [*written.texts(), *sources.headlines_of_stance()]
    stance = sources.varied(sources.stance(), rng)
    return [
        *chosen,
        *written.same_texts(100, rng),
        *fused(350, texts, rng),
        *rng.sample(stance, min(len(stance), 3500)),
        *sources.evidence(800, rng),
        *rng.sample(sources.arabic_entailment(), 600),
        *sources.swaps(1300, rng, texts),
        *sources.rare_swaps(rng, texts)[:150],
        *sources.swaps(100, rng, sources.english_claims()),
        *sources.who_did_what(250, rng),
        *sources.of_parties(200, rng),
        *sources.hedged(150, rng, texts),
        *sources.other_words(150, rng, texts),
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
