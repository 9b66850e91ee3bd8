"""The cross-encoder as it runs: the shipped weights, their int8 form."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from embeddings.bundled.e5_model import ensure_unpacked
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder, Pair
from embeddings.errors import ModelUnavailable
from embeddings.text.pair_encoding import Output, PairTokenizer
from embeddings.weights import CROSS_ENCODER

PAIRS = [
    Pair("ارتفعت أسعار الخبز في المدينة", "انخفضت أسعار الخبز في المدينة"),
    Pair("The bridge was opened on Monday", "The bridge was closed on Monday after the flood"),
    Pair("وصل 300 عامل إلى الميناء", "The orchestra played an old symphony last night"),
    Pair("اعلنت الوزارة فتح المدارس", "أعلنت الوزارة فتح المدارس"),
    Pair("x", "قصير"),
    Pair("أغلقت بلدية صيدا الجسر", "أغلقت البلدية الجسر", "صيدا تغرق | محافظ الجنوب"),
]


@pytest.fixture(scope="session")
def tokenizer(models_dir: Path) -> PairTokenizer:
    return PairTokenizer(ensure_unpacked(models_dir))


def test_the_int8_form_reads_as_the_trained_model_does(
    bundled_reader: OnnxCrossEncoder, tokenizer: PairTokenizer, models_dir: Path
) -> None:
    import torch

    from embeddings.build.torch_cross_encoder import load_trained

    model = load_trained(ensure_unpacked(models_dir), CROSS_ENCODER)
    batch = tokenizer.batch([tokenizer.pair(*pair) for pair in PAIRS])
    with torch.inference_mode():
        exact = model(*map(torch.from_numpy, (batch.ids, batch.marks, batch.mask))).numpy()
    read = bundled_reader.read(PAIRS)
    assert read.shape == (len(PAIRS), len(Output))
    assert np.corrcoef(exact.ravel(), read.ravel())[0, 1] > 0.99


def test_large_channels_apart_change_no_reading(tokenizer: PairTokenizer, models_dir: Path) -> None:
    import torch

    from embeddings.build.outlier_channels import NAME, split_outlier_channels
    from embeddings.build.torch_cross_encoder import load_trained

    model = load_trained(ensure_unpacked(models_dir), CROSS_ENCODER)
    batch = tokenizer.batch([tokenizer.pair(*pair) for pair in PAIRS])
    inputs = {name: torch.from_numpy(getattr(batch, name)) for name in ("ids", "marks", "mask")}
    with torch.inference_mode():
        before = model(**inputs)
        split_outlier_channels(model, inputs)
        after = model(**inputs)
    assert any(f".{NAME}." in name for name, _ in model.named_parameters())
    assert torch.allclose(before, after, atol=1e-3)


def test_a_reading_does_not_depend_on_who_else_asks(bundled_reader: OnnxCrossEncoder) -> None:
    alone = [bundled_reader.read([pair])[0] for pair in PAIRS]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda pair: bundled_reader.read([pair])[0], PAIRS))
    # Activations are quantised by the whole batch, so the last digits may differ.
    assert np.allclose(alone, together, atol=0.35)
    assert (np.argmax(alone, 1) == np.argmax(together, 1)).all()


def test_a_folder_that_cannot_hold_the_model_is_named(tmp_path: Path) -> None:
    file = tmp_path / "models"
    file.write_text("not a folder")
    with pytest.raises(ModelUnavailable, match="models"):
        OnnxCrossEncoder(file).read([Pair("a", "b")])


def test_what_a_statement_is_read_with_counts(bundled_reader: OnnxCrossEncoder) -> None:
    claim, statement = "أغلقت بلدية صيدا الجسر", "أغلقت البلدية الجسر"
    told = bundled_reader.read([Pair(claim, statement, "بلدية صيدا"), Pair(claim, statement)])
    assert not np.allclose(told[0], told[1])
