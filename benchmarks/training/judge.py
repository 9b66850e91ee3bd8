"""Train the cross-encoder that judges and reranks; writes ``embeddings/weights/cross_encoder``.

    python -m benchmarks.training.judge --work FOLDER

Some hours on two cores without a GPU. Seeded; killed at any moment it goes on where it was
(checkpoints lie in ``--work``). Data that everybody may use: the written claims, Arabic News
Stance, FEVER, ArNLI, and what is made of them. All layers are trained, from those of the encoder
that finds statements on; then further, at lower rates, beside statements that the trained encoder
takes for near ones (``READINGS``). Of each reading the moving average of the last steps is kept,
and what goes on lies between the weights before and after it (``SHARE``): it reads unseen claims
better than either. With ``--further`` only the last reading is done, from weights that have the
others: for claims that were written since. Layers run in bfloat16 where the processor multiplies
twice as fast in it; the loss and the weights stay in 32 bits.
"""

import argparse
import random
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copytree
from typing import Final

import torch
from torch import Tensor

from benchmarks.kept_vectors import open_bundled
from benchmarks.training import pairs as sources
from benchmarks.training import written
from benchmarks.training.fused import fused
from benchmarks.training.pairs import LabelledPair
from benchmarks.training.trainer import SEED, Share, Stage, Trainer, together
from embeddings.build.layer_weights import TABLES, load_weights, save_weights
from embeddings.build.torch_cross_encoder import build_untrained, load_trained
from embeddings.bundled.e5_model import BUNDLED_NAME, STOCK_NAME, ensure_unpacked
from embeddings.encoders.encoder import Encoder
from embeddings.text.pair_encoding import PairTokenizer
from embeddings.weights import CROSS_ENCODER, ENCODER

PROCESSES: Final = 2
#: The share of the highest learning rate that is left at the end.
LEFT: Final = 0.03
#: How far from the weights before a further reading to those after it.
SHARE: Final = 0.7


@dataclass(frozen=True, slots=True)
class Reading:
    """One stage: its highest learning rate, its epochs, and what each of them reads.

    From a rate of 2e-4 on a model unlearns more than it learns (benchmarks/RESULTS.md).
    """

    name: str
    rate: float
    epochs: int
    #: So many written claims are drawn; those of the files ``whole`` are read all the same.
    claims: int | None
    whole: frozenset[str]
    strangers: int
    headlines: int
    #: Of everything else, this share of what the first reading has.
    others: float
    #: Whose neighbours the strangers are.
    encoder: str


READINGS: Final = (
    Reading("first", 7e-5, 3, None, frozenset(), 3_000, 0, 1.0, STOCK_NAME),
    Reading("again", 6e-5, 1, 43_000, frozenset(), 6_000, 1_500, 0.7, BUNDLED_NAME),
    Reading("further", 5e-5, 2, 18_000, written.LATEST, 5_000, 500, 0.4, BUNDLED_NAME),
)


def main() -> None:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints lie")
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--encoder", type=Path, default=ENCODER, help="weights to begin with")
    parser.add_argument("--further", type=Path, help="weights that have the readings before")
    parser.add_argument("--output", type=Path, default=CROSS_ENCODER)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    weights: Path = given.further or given.encoder
    for reading in READINGS[-1:] if given.further else READINGS:
        encoder = open_bundled(given.models, given.work, reading.encoder)
        epochs = [pairs_of(reading, encoder, n) for n in range(reading.epochs)]
        begin = partial(read, reading, epochs, given.models, weights, given.work)
        together(PROCESSES, given.work, begin)
        after = given.work / reading.name
        if reading is not READINGS[0]:
            middle = given.work / f"{reading.name}-between"
            between(given.models, (weights, after), SHARE, middle)
            after = middle
        weights = after
    copytree(weights, given.output, dirs_exist_ok=True)
    print(f"written to {given.output}")


def read(
    reading: Reading,
    epochs: list[list[LabelledPair]],
    models: Path,
    start: Path,
    work: Path,
    share: Share,
) -> None:
    """Train all layers in one of the processes; the first one writes the weights."""
    folder = ensure_unpacked(models)
    torch.manual_seed(SEED)
    if reading is READINGS[0]:
        model = build_untrained(folder)
        load_weights(model.encoder, start)
    else:
        model = load_trained(folder, start).train()
    trainer = Trainer(model, PairTokenizer(folder), work, share)
    end = trainer.run(Stage(reading.name, reading.rate, LEFT, epochs))
    if share.number == 0:
        trainer.use([torch.load(end, weights_only=True)["average"]])
        save(trainer.weights(), folder, work / reading.name)


def between(models: Path, ends: tuple[Path, Path], share: float, output: Path) -> None:
    """Write the weights that lie the ``share`` of the way between two folders of weights."""
    folder = ensure_unpacked(models)
    start, end = (dict(load_trained(folder, each).named_parameters()) for each in ends)
    kept = {
        name: torch.lerp(weights.detach(), end[name].detach(), share)
        for name, weights in start.items()
        if not any(table in name for table in TABLES)
    }
    save(kept, folder, output)


def save(weights: dict[str, Tensor], folder: Path, output: Path) -> None:
    """Write weights as what differs from those of the model in ``folder``."""
    stock = build_untrained(folder).encoder.state_dict()
    save_weights(weights, {f"encoder.{n}": w for n, w in stock.items()}, output)


def pairs_of(reading: Reading, encoder: Encoder, epoch: int) -> list[LabelledPair]:
    """Return the pairs of one epoch: written claims, and others, so that all is kept."""
    number = READINGS.index(reading)
    rng = random.Random(SEED + 100 * number + epoch)  # noqa: S311 (a seed, not a secret)
    claims = written.written(rng)
    if reading.claims is not None:
        latest = [pair for file, pair in claims if file in reading.whole]
        older = [pair for file, pair in claims if file not in reading.whole]
        chosen = [*latest, *rng.sample(older, reading.claims)]
    else:
        chosen = [pair for _, pair in claims]
    return [
        *chosen,
        *written.strangers(encoder, reading.strangers, rng),
        *sources.other_headlines(encoder, reading.headlines, rng),
        *others(reading.others, rng),
    ]


def others(share: float, rng: random.Random) -> list[LabelledPair]:
    """Return the ``share`` of what is read beside the written claims."""
    return [pair for pairs in other_sources(share, rng).values() for pair in pairs]


def other_sources(share: float, rng: random.Random) -> dict[str, list[LabelledPair]]:
    """Return the ``share`` of what is read beside the written claims, by its source."""

    def count(whole: int) -> int:
        return round(share * whole)

    texts = [*written.texts(), *sources.headlines_of_stance()]
    same = written.same_texts(count(300), rng)
    denied = fused(count(900), texts, rng)
    return {
        "Arabic News Stance": rng.sample(sources.varied(sources.stance(), rng), count(5_000)),
        "FEVER": sources.evidence(count(4_000), rng),
        "ArNLI": rng.sample(sources.arabic_entailment(), count(2_500)),
        "made pairs": [
            *same,
            *denied,
            *sources.swaps(count(2_200), rng, texts),
            *sources.rare_swaps(rng, texts)[: count(200)],
            *sources.swaps(count(200), rng, sources.english_claims()),
            *sources.who_did_what(count(200), rng),
            *sources.of_parties(count(150), rng),
            *sources.hedged(count(300), rng, texts),
            *sources.other_words(count(300), rng, texts),
        ],
    }


if __name__ == "__main__":
    main()
