"""Trained weights as they are kept: close to what was trained, and never another model's."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from embeddings.build.layer_weights import load_weights, save_weights
from embeddings.errors import ModelUnavailable
from embeddings.weights import CROSS_ENCODER, DIGEST_FILE, ENCODER, FILE, digest


class Model(nn.Module):
    """A table that is never trained, a layer of the bundled model, and a head that it has not."""

    def __init__(self) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(10, 64)
        self.layer = nn.Linear(64, 32)
        self.head = nn.Linear(32, 2)


@pytest.fixture
def bundled() -> Model:
    torch.manual_seed(1)
    model = Model()
    nn.init.zeros_(model.head.weight)
    nn.init.zeros_(model.head.bias)
    return model


def of(model: Model, *but: str) -> dict[str, Tensor]:
    return {n: w.clone() for n, w in model.state_dict().items() if not n.startswith(but)}


def test_what_is_loaded_is_nearly_what_was_trained(bundled: Model, tmp_path: Path) -> None:
    before = of(bundled)
    learned = {name: w + 0.01 * torch.randn_like(w) for name, w in of(bundled, "word").items()}
    save_weights(learned, before, tmp_path)
    load_weights(bundled, tmp_path)
    after = of(bundled)
    for name, wanted in learned.items():
        assert (after[name] - wanted).abs().max() < 0.004
    assert torch.equal(after["word_embeddings.weight"], before["word_embeddings.weight"])


def test_it_takes_half_a_byte_a_weight(bundled: Model, tmp_path: Path) -> None:
    layer = {"layer.weight": torch.randn(512, 512)}
    save_weights(layer, {}, tmp_path)
    assert (tmp_path / FILE).stat().st_size < 0.55 * 512 * 512


@pytest.mark.parametrize("change", [{"layer.weight": None}, {"other": torch.zeros(3)}])
def test_another_models_are_refused(
    bundled: Model, tmp_path: Path, change: dict[str, Tensor | None]
) -> None:
    kept = of(bundled, "word") | change
    save_weights({name: w for name, w in kept.items() if w is not None}, of(bundled), tmp_path)
    with pytest.raises(ValueError, match="another model"):
        load_weights(bundled, tmp_path)


@pytest.mark.parametrize("folder", [ENCODER, CROSS_ENCODER])
def test_what_ships_is_what_was_written(folder: Path) -> None:
    assert digest(folder) == (folder / DIGEST_FILE).read_text("ascii").strip()


@pytest.mark.parametrize(
    ("name", "content"), [(FILE, b"cut off"), (FILE, None), (DIGEST_FILE, None)]
)
def test_weights_that_are_not_whole_are_called_so(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    save_weights({"layer.weight": torch.randn(64, 64)}, {}, tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelUnavailable, match="install the program again"):
        digest(tmp_path)
