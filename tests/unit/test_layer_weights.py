"""Trained weights as they are kept: close to what was trained, and never another model's.

torch takes seconds to import: only the tests that need it do.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from embeddings.errors import ModelUnavailable
from embeddings.weights import CROSS_ENCODER, DIGEST_FILE, ENCODER, FILE, digest

if TYPE_CHECKING:
    from torch import Tensor

    from tests.unit.small_model import Model


@pytest.fixture
def bundled() -> "Model":
    from tests.unit.small_model import build_model

    return build_model()


def of(model: "Model", *but: str) -> dict[str, "Tensor"]:
    from tests.unit.small_model import weights_of

    return weights_of(model, *but)


def test_what_is_loaded_is_nearly_what_was_trained(bundled: "Model", tmp_path: Path) -> None:
    import torch

    from embeddings.build.layer_weights import load_weights, save_weights

    before = of(bundled)
    learned = {name: w + 0.01 * torch.randn_like(w) for name, w in of(bundled, "word").items()}
    save_weights(learned, before, tmp_path)
    load_weights(bundled, tmp_path)
    after = of(bundled)
    for name, wanted in learned.items():
        assert (after[name] - wanted).abs().max() < 0.004
    assert torch.equal(after["word_embeddings.weight"], before["word_embeddings.weight"])


def test_it_takes_half_a_byte_a_weight(bundled: "Model", tmp_path: Path) -> None:
    import torch

    from embeddings.build.layer_weights import save_weights

    layer = {"layer.weight": torch.randn(512, 512)}
    save_weights(layer, {}, tmp_path)
    assert (tmp_path / FILE).stat().st_size < 0.55 * 512 * 512


@pytest.mark.parametrize("lacks", [True, False])
def test_another_models_are_refused(bundled: "Model", tmp_path: Path, lacks: bool) -> None:
    import torch

    from embeddings.build.layer_weights import load_weights, save_weights

    kept = of(bundled, "word")
    if lacks:
        del kept["layer.weight"]
    else:
        kept["other"] = torch.zeros(3)
    save_weights(kept, of(bundled), tmp_path)
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
    import torch

    from embeddings.build.layer_weights import save_weights

    save_weights({"layer.weight": torch.randn(64, 64)}, {}, tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelUnavailable, match="install the program again"):
        digest(tmp_path)
