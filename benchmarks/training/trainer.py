"""Trains a cross-encoder stage by stage: seeded, resumable, its weights averaged as it goes.

Several processes with a core each share the steps: two read 28 pairs a second where one with both
cores reads 20. Every one has its part of each batch, and all take the same step.
"""

import hashlib
import math
import random
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import torch
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import spawn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from benchmarks.training.pairs import LabelledPair, batches, digest
from embeddings.build.layer_weights import TABLES
from embeddings.build.torch_cross_encoder import TorchCrossEncoder
from embeddings.text.pair_encoding import Output, PairTokenizer

SEED: Final = 7
BATCH: Final = 32
#: Of the moving average: about the last 500 steps count.
AVERAGING: Final = 0.998
CLIP: Final = 1.0
CHECKPOINT_STEPS: Final = 100
#: Whether both are about the same thing, and whether it is the same claim, are further tasks on the
#: same reading; the relation is the first.
SECOND_WEIGHT: Final = 0.3

_UNKNOWN = -100
#: Whether the processor multiplies in bfloat16; one that does not is far slower with it.
BFLOAT16: Final = bool(
    {name for name, has in torch.cpu.get_capabilities().items() if has}
    & {"avx512_bf16", "amx_bf16", "bf16"}
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A mixture of pairs: its highest learning rate, the share of it that is left at the end, and
    what each epoch reads.
    """

    name: str
    rate: float
    left: float
    epochs: list[list[LabelledPair]]
    #: Steps until the highest rate is reached.
    warm_up: int = 200


@dataclass(frozen=True, slots=True)
class Share:
    """Which of the processes that train together this one is, from 0, and how many they are."""

    number: int = 0
    count: int = 1


class Trainer:
    """Runs stages over one model; every ``CHECKPOINT_STEPS`` steps its state is on disk.

    With several processes each has a ``Trainer`` with its ``share``, in a process group that is
    open (``together``).
    """

    def __init__(
        self,
        model: TorchCrossEncoder,
        tokenizer: PairTokenizer,
        work: Path,
        share: Share | None = None,
    ) -> None:
        self._model, self._tokenizer, self._work = model, tokenizer, work
        self._share = share or Share()
        # Averages the gradients of all processes as they come.
        self._read: nn.Module = DistributedDataParallel(model) if self._share.count > 1 else model
        self._trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self._average = {n: p.detach().clone() for n, p in self._trained.items()}

    def run(self, stage: Stage) -> Path:
        """Train one stage, from its checkpoint if there is one; returns the checkpoint."""
        steps = sum(math.ceil(len(pairs) / BATCH) for pairs in stage.epochs)
        optimizer = torch.optim.AdamW(
            self._trained.values(), lr=stage.rate, weight_decay=0.01, fused=True
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: _rate(n, steps, stage))
        path = self._work / f"{stage.name}-{digest(stage.epochs)}-{self._start(stage)}.pt"
        done = self._resume(path, optimizer, schedule)
        self._say(f"{stage.name}: {steps} steps of {BATCH} pairs, {done} done")
        self._model.train()
        step, began, losses = 0, time.monotonic(), deque[float](maxlen=50)
        for epoch, pairs in enumerate(stage.epochs):
            for batch in batches(pairs, BATCH, random.Random(SEED + epoch)):  # noqa: S311
                step += 1
                if step <= done:
                    continue
                # What is left of an epoch may be too small for all.
                own = batch[self._share.number :: self._share.count] or batch[:1]
                loss = self._loss(own)
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
                    self._say(f"  {stage.name} {step}/{steps} loss {mean:.3f} {rate:.1f} pairs/s")
                if step % CHECKPOINT_STEPS == 0 or step == steps:
                    self._keep(path, step, optimizer, schedule)
        return path

    def _start(self, stage: Stage) -> str:
        """Return a short fingerprint of the weights that a stage begins from and how it is run."""
        value = hashlib.sha256(f"{stage.rate} {stage.left} {BATCH}".encode())
        for name, weights in sorted(self._trained.items()):
            value.update(name.encode())
            value.update(weights.detach().numpy().tobytes())
        return value.hexdigest()[:12]

    def use(self, weights: Sequence[Mapping[str, Tensor]]) -> None:
        """Put the mean of ``weights`` in the place of the last ones."""
        with torch.no_grad():
            for name, value in self._trained.items():
                value.copy_(torch.stack([each[name] for each in weights]).mean(0))

    def weights(self) -> dict[str, Tensor]:
        """Return what is trained, and what stood still meanwhile, by name; no tables."""
        return {
            name: value.detach()
            for name, value in self._model.named_parameters()
            if not any(table in name for table in TABLES)
        }

    def _loss(self, batch: Sequence[LabelledPair]) -> Tensor:
        tokens = self._tokenizer.batch([self._tokenizer.pair(*pair.as_read) for pair in batch])
        with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
            logits = self._read(
                torch.from_numpy(tokens.ids),
                torch.from_numpy(tokens.marks),
                torch.from_numpy(tokens.mask),
            ).float()
        relations = torch.tensor(
            [_UNKNOWN if p.relation is None else Output[p.relation.name] for p in batch]
        )
        # Sums over the batch's size, so that a batch with few known labels weighs little.
        loss = functional.cross_entropy(
            logits[:, : Output.RELEVANT], relations, reduction="sum", ignore_index=_UNKNOWN
        )
        loss = loss + SECOND_WEIGHT * (
            _binary(logits[:, Output.RELEVANT], [p.relevant for p in batch])
            + _binary(logits[:, Output.SAME_CLAIM], [p.same for p in batch])
        )
        return loss / len(batch)

    def _follow(self) -> None:
        with torch.no_grad():
            for name, value in self._trained.items():
                self._average[name].lerp_(value, 1 - AVERAGING)

    def _say(self, line: str) -> None:
        if self._share.number == 0:
            print(line, flush=True)

    def _keep(self, path: Path, step: int, optimizer: Any, schedule: Any) -> None:
        if self._share.number:
            return
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


def together(count: int, work: Path, train: Callable[[Share], None]) -> None:
    """Have ``train`` run in ``count`` processes at once, in one process group, a core each.

    It is sent to them: a function of a module, or a ``partial`` of one.
    """
    with TemporaryDirectory(dir=work) as meeting:
        spawn(  # type: ignore[no-untyped-call]
            _one_of, (count, Path(meeting) / "store", train), nprocs=count
        )


def _one_of(number: int, count: int, store: Path, train: Callable[[Share], None]) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=store.as_uri(), rank=number, world_size=count
    )
    try:
        train(Share(number, count))
    finally:
        distributed.destroy_process_group()


def _binary(logits: Tensor, known: Sequence[bool | None]) -> Tensor:
    """Return the summed loss of those of ``logits`` whose answer is known."""
    answers = torch.tensor([float(each or False) for each in known])
    is_known = torch.tensor([each is not None for each in known])
    each = functional.binary_cross_entropy_with_logits(logits, answers, reduction="none")
    return (each * is_known).sum()


def _rate(step: int, steps: int, stage: Stage) -> float:
    """Return the share of the highest rate: linear warm-up, then linear decay to what is left."""
    if step < stage.warm_up:
        return (step + 1) / stage.warm_up
    done = (step - stage.warm_up) / max(1, steps - stage.warm_up)
    return max(stage.left, 1 - (1 - stage.left) * done)
