"""Train the cross-encoder that judges and reranks; writes ``embeddings/adapters/agreement``.

    python -m benchmarks.training.judge --work FOLDER

Under two hours on two cores without a GPU. Seeded; killed at any moment it goes on where it was
(checkpoints lie in ``--work``). Three stages: general entailment; the task itself (Arabic
headlines, minimal pairs, neighbours that are other stories, tweets with fact-checked claims) with a
share of the first stage repeated so that it is not forgotten; and the task again with sentences
that share every word and say something else, in two branches. The weights kept are the mean of
both branches' exponential moving averages.
Layers run in bfloat16, which processors that have it multiply twice as fast; the loss and the
weights stay in 32 bits.
"""

import argparse
import math
import random
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.kept_vectors import open_bundled
from benchmarks.training import pairs as sources
from benchmarks.training.pairs import LabelledPair, batches, digest
from benchmarks.training.stories import retold
from embeddings.bundled import ensure_unpacked
from embeddings.cross_encoder import CrossEncoder, save_adapters, untrained, use_dropout
from embeddings.encoder import Encoder
from embeddings.pair_reader import ADAPTERS, Output
from embeddings.pair_tokens import PairTokenizer
from knowledge.domain import Relation

SEED: Final = 7
BATCH: Final = 32
#: Of the moving average: about the last 500 steps count.
AVERAGING: Final = 0.998
WARM_UP: Final = 100
TASK_EPOCHS: Final = 5
WORDING_EPOCHS: Final = 2
#: Runs of the last stage, each on other pairs, whose weights are averaged in the end (Wortsman et
#: al. 2022, "Model soups").
BRANCHES: Final = 2
CLIP: Final = 1.0
CHECKPOINT_STEPS: Final = 100
#: The relevance loss is a second task on the same reading; the relation is the first.
RELEVANCE_WEIGHT: Final = 0.5

_COLUMN = {
    Relation.SUPPORTS: Output.SUPPORTS,
    Relation.REFUTES: Output.REFUTES,
    Relation.NOT_ENOUGH_INFO: Output.NOT_ENOUGH_INFO,
}
_UNKNOWN = -100


@dataclass(frozen=True, slots=True)
class Stage:
    """A mixture of pairs: its epochs, what each of them reads, and its highest learning rate."""

    name: str
    rate: float
    dropout: float
    epochs: int
    pairs: Callable[[int], list[LabelledPair]]


def main() -> None:
    """Train, and write the adapters."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints lie")
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--output", type=Path, default=ADAPTERS)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    folder = ensure_unpacked(given.models)
    encoder = open_bundled(given.models, given.work)
    torch.manual_seed(SEED)
    model = untrained(folder)
    trainer = Trainer(model, PairTokenizer(folder), given.work)
    trainer.run(Stage("general", 5e-4, 0.0, 2, general))
    # The task's own pairs are few and come again in every epoch.
    start = trainer.run(Stage("task", 4e-4, 0.1, TASK_EPOCHS, lambda n: task(encoder, n)))
    # Two processes with a core each read half as much again as one with both.
    with ProcessPoolExecutor(BRANCHES, get_context("spawn")) as pool:
        ends = list(pool.map(partial(branch, start, given.work, given.models), range(BRANCHES)))
    trainer.use([torch.load(end, weights_only=True)["average"] for end in ends])
    save_adapters(model, given.output)
    print(f"written to {given.output}")


def branch(start: Path, work: Path, models: Path, number: int) -> Path:
    """Train the last stage from the checkpoint ``start`` on pairs of its own; returns its end."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    encoder, folder = open_bundled(models, work), ensure_unpacked(models)
    trainer = Trainer(untrained(folder), PairTokenizer(folder), work)
    trainer.go_on_from(start)
    first = number * WORDING_EPOCHS
    return trainer.run(
        Stage(f"wording {number}", 3e-4, 0.1, WORDING_EPOCHS, lambda n: wording(encoder, first + n))
    )


def general(epoch: int) -> list[LabelledPair]:
    """Return the pairs of the first stage."""
    rng = random.Random(SEED + epoch)  # noqa: S311 (a seed, not a secret)
    return [
        *sources.entailment(rng),
        *sources.evidence(8000, rng),
        *retold(2000, rng),
        *sources.who_did_what(600, rng),
    ]


def task(encoder: Encoder, epoch: int) -> list[LabelledPair]:
    """Return the pairs of the second stage: the same headlines, new swaps and neighbours."""
    rng = random.Random(SEED + 10 + epoch)  # noqa: S311
    headlines = sources.headlines()
    return [
        *sources.varied(sources.stance(), rng),
        *retold(3000, rng),
        *sources.swaps(2400, rng, headlines),
        *sources.rare_swaps(rng, headlines),
        *sources.swaps(300, rng, sources.english_claims()),
        *sources.who_did_what(400, rng),
        *sources.openings(1000, rng),
        *sources.strangers(1000, encoder, rng),
        *rng.sample(sources.relevance(4, encoder, rng), 2400),
        *rng.sample(general(epoch), 1500),
    ]


def wording(encoder: Encoder, epoch: int) -> list[LabelledPair]:
    """Return the pairs of the third stage: most of another epoch of the second, and what it lacked.

    Sentences that share every word and say something else: planned and done, who did it to whom,
    another word in one place, a circumstance nobody reported.
    """
    rng = random.Random(SEED + 20 + epoch)  # noqa: S311
    return [
        *rng.sample(task(encoder, TASK_EPOCHS + epoch), 15_000),
        *sources.of_parties(500, rng),
        *sources.hedged(1400, rng),
        *sources.other_words(1400, rng),
    ]


class Trainer:
    """Runs stages over one model; every ``CHECKPOINT_STEPS`` steps its state is on disk."""

    def __init__(self, model: CrossEncoder, tokenizer: PairTokenizer, work: Path) -> None:
        self._model, self._tokenizer, self._work = model, tokenizer, work
        self._trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self._average = {n: p.detach().clone() for n, p in self._trained.items()}

    def run(self, stage: Stage) -> Path:
        """Train one stage, from its checkpoint if there is one; returns the checkpoint."""
        epochs = [stage.pairs(epoch) for epoch in range(stage.epochs)]
        steps = sum(math.ceil(len(pairs) / BATCH) for pairs in epochs)
        optimizer = torch.optim.AdamW(self._trained.values(), lr=stage.rate, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: _rate(n, steps))
        path = self._work / f"{stage.name}-{digest(epochs)}.pt"
        done = self._resume(path, optimizer, schedule)
        print(f"{stage.name}: {steps} steps of {BATCH} pairs, {done} done", flush=True)
        self._model.train()
        use_dropout(self._model, stage.dropout)
        step, began, losses = 0, time.monotonic(), deque[float](maxlen=50)
        for epoch, pairs in enumerate(epochs):
            for batch in batches(pairs, BATCH, random.Random(SEED + epoch)):  # noqa: S311
                step += 1
                if step <= done:
                    continue
                loss = self._loss(batch)
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self._trained.values(), CLIP)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad(set_to_none=True)
                self._follow()
                losses.append(float(loss.detach()))
                if step % 25 == 0:
                    rate = (step - done) * BATCH / (time.monotonic() - began)
                    mean = sum(losses) / len(losses)
                    print(f"  {step}/{steps} loss {mean:.3f} {rate:.1f} pairs/s", flush=True)
                if step % CHECKPOINT_STEPS == 0 or step == steps:
                    self._keep(path, step, optimizer, schedule)
        return path

    def go_on_from(self, path: Path) -> None:
        """Take the weights, their average and the state of chance from a stage's checkpoint."""
        self._weights_of(torch.load(path, weights_only=True))

    def use(self, weights: Sequence[Mapping[str, Tensor]]) -> None:
        """Put the mean of ``weights`` in the place of the last ones."""
        with torch.no_grad():
            for name, value in self._trained.items():
                value.copy_(torch.stack([each[name] for each in weights]).mean(0))

    def _loss(self, batch: Sequence[LabelledPair]) -> Tensor:
        tokens = self._tokenizer.batch([self._tokenizer.pair(p.claim, p.statement) for p in batch])
        with torch.autocast("cpu", torch.bfloat16):
            logits = self._model(
                torch.from_numpy(tokens.ids),
                torch.from_numpy(tokens.marks),
                torch.from_numpy(tokens.mask),
            ).float()
        relations = torch.tensor(
            [_UNKNOWN if p.relation is None else _COLUMN[p.relation] for p in batch]
        )
        known = torch.tensor([p.relevant is not None for p in batch])
        relevant = torch.tensor([float(p.relevant or False) for p in batch])
        # Sums over the batch's size, so that a batch with few known labels weighs little.
        loss = functional.cross_entropy(
            logits[:, : Output.RELEVANT],
            relations,
            reduction="sum",
            ignore_index=_UNKNOWN,
            label_smoothing=0.05,
        )
        second = functional.binary_cross_entropy_with_logits(
            logits[:, Output.RELEVANT], relevant, reduction="none"
        )
        return (loss + RELEVANCE_WEIGHT * (second * known).sum()) / len(batch)

    def _follow(self) -> None:
        with torch.no_grad():
            for name, value in self._trained.items():
                self._average[name].lerp_(value, 1 - AVERAGING)

    def _keep(self, path: Path, step: int, optimizer: Any, schedule: Any) -> None:
        state = {
            "step": step,
            "trained": {n: p.detach() for n, p in self._trained.items()},
            "average": self._average,
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            # Dropout goes on where it was.
            "random": torch.get_rng_state(),
        }
        aside = path.with_suffix(".tmp")
        torch.save(state, aside)
        aside.replace(path)

    def _resume(self, path: Path, optimizer: Any, schedule: Any) -> int:
        if not path.exists():
            return 0
        state = torch.load(path, weights_only=True)
        self._weights_of(state)
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        return int(state["step"])

    def _weights_of(self, state: Mapping[str, Any]) -> None:
        with torch.no_grad():
            for name, value in self._trained.items():
                value.copy_(state["trained"][name])
        self._average = state["average"]
        torch.set_rng_state(state["random"])


def _rate(step: int, steps: int) -> float:
    """Return the share of the highest rate: linear warm-up, then linear decay to a twentieth."""
    if step < WARM_UP:
        return (step + 1) / WARM_UP
    return max(0.05, 1 - (step - WARM_UP) / max(1, steps - WARM_UP))


if __name__ == "__main__":
    main()
