"""Training the next cross-encoder: killed and begun anew, alone or together, it is the same.

torch takes seconds to import: only the tests that need it do.
"""

from functools import partial
from pathlib import Path

import pytest


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.training import trainer

    monkeypatch.setattr(trainer, "BATCH", 4)
    monkeypatch.setattr(trainer, "CHECKPOINT_STEPS", 2)


@pytest.mark.usefixtures("small")
def test_what_was_interrupted_goes_on_where_it_was(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from benchmarks.training.trainer import Trainer
    from tests.integration.small_training import train

    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    whole = train(models_dir, tmp_path / "whole")
    keep = Trainer._keep

    def kept(self: Trainer, path: Path, step: int, *state: object) -> None:
        keep(self, path, step, *state)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_keep", kept)
        with pytest.raises(KeyboardInterrupt):
            train(models_dir, tmp_path / "parts")
    again = train(models_dir, tmp_path / "parts")
    assert all(torch.equal(again[name], whole[name]) for name in whole)


@pytest.mark.usefixtures("small")
def test_processes_that_train_together_take_the_same_steps(
    models_dir: Path, tmp_path: Path
) -> None:
    import torch

    from benchmarks.training.trainer import together
    from tests.integration.small_training import build_model, train_and_keep

    together(2, tmp_path, partial(train_and_keep, models_dir, tmp_path))
    one, other = (torch.load(tmp_path / f"{n}.weights", weights_only=True) for n in (0, 1))
    begun = {name: weights.detach() for name, weights in build_model(models_dir).named_parameters()}
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert any(not torch.equal(one[name], begun[name]) for name in one)
