"""The cross-encoder as it runs: tokens and marks, the shipped weights, their int8 form."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from embeddings.bundled import ensure_unpacked
from embeddings.cross_encoder import merged
from embeddings.errors import ModelUnavailable
from embeddings.outliers import NAME, part
from embeddings.pair_reader import ADAPTERS, OnnxPairReader, Output, Pair
from embeddings.pair_tokens import Mark, PairTokenizer

PAIRS = [
    Pair("ارتفعت أسعار الخبز في المدينة", "انخفضت أسعار الخبز في المدينة"),
    Pair("The bridge was opened on Monday", "The bridge was closed on Monday after the flood"),
    Pair("وصل 300 عامل إلى الميناء", "The orchestra played an old symphony last night"),
    Pair("اعلنت الوزارة فتح المدارس", "أعلنت الوزارة فتح المدارس"),
    Pair("x", "قصير"),
]


@pytest.fixture(scope="session")
def tokenizer(models_dir: Path) -> PairTokenizer:
    return PairTokenizer(ensure_unpacked(models_dir))


def test_marks_say_which_words_the_other_text_has(tokenizer: PairTokenizer) -> None:
    tokens = tokenizer.pair("وصل 300 عامل", "وصل 70 عاملا")
    kinds = set(tokens.marks.tolist())
    assert Mark.SHARED in kinds
    assert Mark.NUMBER_MISSING in kinds
    assert Mark.NUMBER_MISSING + Mark.SECOND in kinds
    assert len(tokens.ids) == len(tokens.marks)


def test_the_same_text_shares_every_word(tokenizer: PairTokenizer) -> None:
    marks = set(tokenizer.pair("أُغلق الجسرُ القديم", "اغلق الجسر القديم").marks.tolist())
    assert marks <= {0, Mark.SHARED, Mark.SHARED + Mark.SECOND}


def test_however_long_a_text_its_input_is_bounded(tokenizer: PairTokenizer) -> None:
    assert len(tokenizer.pair("كلمة " * 100_000, "\ud800 word " * 1000).ids) < 200


def test_nothing_can_be_read_too(tokenizer: PairTokenizer) -> None:
    assert len(tokenizer.pair("", "").ids) == 4


def test_the_int8_form_reads_as_the_trained_model_does(
    bundled_reader: OnnxPairReader, tokenizer: PairTokenizer, models_dir: Path
) -> None:
    model = merged(ensure_unpacked(models_dir), ADAPTERS)
    batch = tokenizer.batch([tokenizer.pair(*pair) for pair in PAIRS])
    with torch.inference_mode():
        exact = model(*map(torch.from_numpy, (batch.ids, batch.marks, batch.mask))).numpy()
    read = bundled_reader.read(PAIRS)
    assert read.shape == (len(PAIRS), len(Output))
    assert np.corrcoef(exact.ravel(), read.ravel())[0, 1] > 0.99


def test_large_channels_apart_change_no_reading(tokenizer: PairTokenizer, models_dir: Path) -> None:
    model = merged(ensure_unpacked(models_dir), ADAPTERS)
    batch = tokenizer.batch([tokenizer.pair(*pair) for pair in PAIRS])
    inputs = {name: torch.from_numpy(getattr(batch, name)) for name in ("ids", "marks", "mask")}
    with torch.inference_mode():
        before = model(**inputs)
        part(model, inputs)
        after = model(**inputs)
    assert any(f".{NAME}." in name for name, _ in model.named_parameters())
    assert torch.allclose(before, after, atol=1e-3)


def test_a_reading_does_not_depend_on_who_else_asks(bundled_reader: OnnxPairReader) -> None:
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
        OnnxPairReader(file).read([Pair("a", "b")])
