"""Training the next cross-encoder: killed and begun anew, alone or together, it is the same."""

from functools import partial
from pathlib import Path

import pytest
import torch

from benchmarks.training import trainer as training
from benchmarks.training.pairs import LabelledPair
from benchmarks.training.trainer import Share, Stage, Trainer, together
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


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "BATCH", 4)
    monkeypatch.setattr(training, "CHECKPOINT_STEPS", 2)


def model_of(models: Path) -> TorchCrossEncoder:
    torch.manual_seed(1)
    model = build_untrained(ensure_unpacked(models))
    for name, weights in model.named_parameters():
        weights.requires_grad = "layer.11" in name or "encoder" not in name
    return model


def trained(models: Path, work: Path, share: Share | None = None) -> dict[str, torch.Tensor]:
    model = model_of(models)
    trainer = Trainer(model, PairTokenizer(ensure_unpacked(models)), work, share)
    trainer.run(Stage("all", 1e-4, 0.1, [PAIRS]))
    return trainer.weights()


@pytest.mark.usefixtures("small")
def test_what_was_interrupted_goes_on_where_it_was(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = trained(models_dir, tmp_path / "whole")
    keep = Trainer._keep

    def kept(self: Trainer, path: Path, step: int, *state: object) -> None:
        keep(self, path, step, *state)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_keep", kept)
        with pytest.raises(KeyboardInterrupt):
            trained(models_dir, tmp_path / "parts")
    again = trained(models_dir, tmp_path / "parts")
    assert all(torch.equal(again[name], whole[name]) for name in whole)


def _train(models: Path, work: Path, share: Share) -> None:
    training.BATCH = 4  # type: ignore[misc]
    weights = trained(models, work, share)
    torch.save(weights, work / f"{share.number}.weights")


@pytest.mark.usefixtures("small")
def test_processes_that_train_together_take_the_same_steps(
    models_dir: Path, tmp_path: Path
) -> None:
    together(2, tmp_path, partial(_train, models_dir, tmp_path))
    one, other = (torch.load(tmp_path / f"{n}.weights", weights_only=True) for n in (0, 1))
    begun = {name: weights.detach() for name, weights in model_of(models_dir).named_parameters()}
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert any(not torch.equal(one[name], begun[name]) for name in one)
