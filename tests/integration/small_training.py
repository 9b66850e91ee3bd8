"""A small training run of the cross-encoder, for its tests: they import it, and torch, when run."""

from pathlib import Path

import torch
from torch import nn

from benchmarks.training import trainer as training
from benchmarks.training.pairs import LabelledPair
from benchmarks.training.trainer import Share, Stage, Trainer
from embeddings.build.torch_cross_encoder import TorchCrossEncoder, build_untrained
from embeddings.bundled.e5_model import ensure_unpacked
from embeddings.text.pair_encoding import PairTokenizer
from knowledge.domain import Relation

PAIRS = [
    LabelledPair(f"the {thing} opened", f"the {thing} {what}", relation, True, "", same)
    for thing in ("bridge", "school", "port", "road")
    for what, relation, same in (
        ("opened", Relation.SUPPORTS, True),
        ("closed", Relation.REFUTES, False),
        ("is old", Relation.NOT_ENOUGH_INFO, None),
    )
]


def build_model(models: Path) -> TorchCrossEncoder:
    """Return an untrained model of two layers, of which one and the head are trained."""
    torch.manual_seed(1)
    model = build_untrained(ensure_unpacked(models))
    stack = model.encoder.get_submodule("encoder")
    stack.layer = nn.ModuleList(list(stack.get_submodule("layer").children())[:2])
    for name, weights in model.named_parameters():
        weights.requires_grad = "layer.1." in name or "encoder" not in name
    return model


def train(models: Path, work: Path, share: Share | None = None) -> dict[str, torch.Tensor]:
    """Train on ``PAIRS``, or go on with what ``work`` holds; return the weights."""
    model = build_model(models)
    trainer = Trainer(model, PairTokenizer(ensure_unpacked(models)), work, share)
    trainer.run(Stage("all", 1e-4, 0.1, [PAIRS]))
    return trainer.weights()


def train_and_keep(models: Path, work: Path, share: Share) -> None:
    """Train in one of several processes, and write its weights below ``work``."""
    training.BATCH = 4  # type: ignore[misc]
    torch.save(train(models, work, share), work / f"{share.number}.weights")
