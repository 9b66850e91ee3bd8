"""Locate an encoder's model: the bundled one, a folder, or a model hub.

Everything here is about names and files. Torch is not imported, so that a model can be named,
located and fingerprinted in milliseconds (bundled) or the time it takes to read it.
"""

import hashlib
import json
import logging
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from embeddings.bundled import e5_model
from embeddings.bundled.e5_model import BUNDLED_NAME, STOCK_NAME
from embeddings.encoders.text_model import TextModel
from embeddings.errors import ModelUnavailable
from embeddings.progress import Progress
from embeddings.weights import ENCODER, digest, sha256

_log = logging.getLogger(__name__)

# Files that decide a vector; a README or an ONNX export does not.
_DECIDING = frozenset({".json", ".txt", ".model", ".safetensors", ".bin"})
_OTHER_BACKENDS = frozenset({"onnx", "openvino"})
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_E5 = re.compile(r"(?:^|[/_-])e5(?:[_-]|$)")
_HUB_SECONDS = 10.0
#: The bundled models, and the folder of each one's trained weights.
_BUNDLED: Mapping[str, Path | None] = {BUNDLED_NAME: ENCODER, STOCK_NAME: None}
_WAY_OUT = f"set EMBEDDING_MODEL to {BUNDLED_NAME} or to an existing model folder"


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prefixes that the model was trained with for each kind of text; may be empty."""

    claim: str
    statement: str


class ModelSource(Protocol):
    """A model that is not loaded yet. Methods raise ``ModelUnavailable``."""

    @property
    def name(self) -> str:
        """The model's name in the settings."""

    @property
    def known_dimension(self) -> int | None:
        """Length of its vectors, if known without loading it."""

    @property
    def remedy(self) -> str:
        """The way out if its files are unusable, to end an error's sentence."""

    def folder(self) -> Path:
        """Return a SentenceTransformer folder, unpacking or downloading it if needed."""

    def identity(self) -> str:
        """Return a value that changes whenever the model's files do."""

    def prompts(self) -> Prompts:
        """Return the model's prompts."""

    def load(self) -> TextModel:
        """Return the loaded model. Raises whatever the libraries raise."""


def find_source(name: str, models_dir: Path, progress: Progress | None = None) -> ModelSource:
    """Return the source named ``name``: bundled, else a folder that exists, else a hub's.

    Uses no network: a path that does not exist is refused at once.
    """
    if name in _BUNDLED:
        return BundledModel(name, models_dir, progress)
    path = Path(name).expanduser()
    if name and path.is_dir():
        if not any((path / file).is_file() for file in ("modules.json", "config.json")):
            raise ModelUnavailable(
                f"The folder {name!r} holds no sentence-transformers model "
                f"(neither modules.json nor config.json): {_WAY_OUT}."
            )
        return FolderModel(name, path)
    if not _HUB_NAME.fullmatch(name):
        raise ModelUnavailable(f"There is no embedding model {name!r}: {_WAY_OUT}.")
    return HubModel(name, models_dir)


@dataclass(frozen=True, slots=True)
class BundledModel:
    """A model in an installed package, identified by pinned constants and its weights."""

    name: str
    models_dir: Path
    progress: Progress | None = None

    @property
    def _weights(self) -> Path | None:
        return _BUNDLED[self.name]

    @property
    def known_dimension(self) -> int:
        """384."""
        return e5_model.DIMENSION

    @property
    def remedy(self) -> str:
        """Unpack it again."""
        folder = self.models_dir / e5_model.FOLDER_NAME
        return f"delete the folder {str(folder)!r} so that it is unpacked again"

    def folder(self) -> Path:
        """Return the folder of the model as published; trained weights are elsewhere."""
        return e5_model.ensure_unpacked(self.models_dir, self.progress)

    def identity(self) -> str:
        """Return the package file's SHA-256, the unpacked format's version, and the weights'."""
        parts = [e5_model.SOURCE_SHA256, str(e5_model.FORMAT_VERSION)]
        if self._weights is not None:
            parts.append(digest(self._weights))
        return " ".join(parts)

    def prompts(self) -> Prompts:
        """Return e5's prompts."""
        return Prompts(e5_model.PROMPTS["query"], e5_model.PROMPTS["passage"])

    def load(self) -> TextModel:
        """Return the model at 8 bits, or in torch, several times slower, if that fails."""
        folder = self.folder()
        try:
            from embeddings.encoders.onnx_encoder import open_onnx_encoder

            return open_onnx_encoder(folder, self.models_dir, self._weights, self.progress)
        # Exporter, quantiser and runtime raise all kinds of errors: torch still runs.
        except Exception as error:  # noqa: BLE001
            _log.warning(
                "the faster encoder cannot be made in %s (%s); the slower one is used:"
                " make the folder writable, leave 2 GB free, and start again",
                self.models_dir,
                type(error).__name__,
            )
            return _stock(folder, self._weights)


@dataclass(frozen=True, slots=True)
class _LibraryModel(ABC):
    """A model that sentence-transformers (or transformers) reads from its ``folder``."""

    name: str

    @property
    def known_dimension(self) -> None:
        """None: only the loaded model tells."""
        return None

    @property
    def remedy(self) -> str:
        """Use another one."""
        return _WAY_OUT

    @abstractmethod
    def folder(self) -> Path:
        """Return the model's folder."""

    def identity(self) -> str:
        """Return the SHA-256 over names and contents of the files that decide a vector."""
        return _content_hash(self.folder())

    def prompts(self) -> Prompts:
        """Return the prompts of its own configuration, or its family's known ones."""
        return _read_prompts(self.name, self.folder())

    def load(self) -> TextModel:
        """Return the model as sentence-transformers reads it."""
        return _stock(self.folder())


@dataclass(frozen=True, slots=True)
class FolderModel(_LibraryModel):
    """A model on disk."""

    path: Path

    def folder(self) -> Path:
        """Return the folder itself."""
        return self.path


@dataclass(frozen=True, slots=True)
class HubModel(_LibraryModel):
    """A model on the Hugging Face hub, pinned to the commit that was first downloaded.

    The commit is written to ``models_dir``; from then on neither network nor hub is used, and the
    model cannot change under an index. Delete that file to take a newer commit.
    """

    models_dir: Path

    def folder(self) -> Path:
        """Return the downloaded snapshot's folder in the hub's own cache."""
        from huggingface_hub import HfApi, snapshot_download
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
        pin = self.models_dir / f"hub--{self.name.replace('/', '--')}.commit"
        try:
            if pin.is_file():
                commit = pin.read_text(encoding="ascii").strip()
                return Path(snapshot_download(self.name, revision=commit, local_files_only=True))
            info = HfApi().model_info(self.name, timeout=_HUB_SECONDS)
            files = [file.rfilename for file in info.siblings or ()]
            folder = Path(
                snapshot_download(self.name, revision=info.sha, allow_patterns=_wanted(files))
            )
            self.models_dir.mkdir(parents=True, exist_ok=True)
            pin.write_text(f"{info.sha}\n", encoding="ascii")
        # The hub's client passes on its HTTP library's errors: the model was not downloaded.
        except Exception as error:
            raise ModelUnavailable(
                f"{self.name!r} is not a folder and cannot be loaded from the model hub"
                f" ({type(error).__name__}): {_WAY_OUT}."
            ) from error
        return folder


def _stock(folder: Path, weights: Path | None = None) -> TextModel:
    from embeddings.encoders.sentence_transformers_model import open_sentence_transformer

    return open_sentence_transformer(folder, weights)


def _wanted(files: list[str]) -> list[str]:
    """Return the files without exports for other backends and duplicate weights."""
    safe = {Path(file).parent for file in files if file.endswith(".safetensors")}
    return [
        file
        for file in files
        if (path := Path(file)).suffix in _DECIDING
        and path.parts[0] not in _OTHER_BACKENDS
        and not (path.suffix == ".bin" and path.parent in safe)
    ]


def _content_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    try:
        for path in sorted(_deciding_files(folder), key=lambda path: path.as_posix()):
            digest.update(f"{path.relative_to(folder).as_posix()}\0{sha256(path)}\n".encode())
    except OSError as error:
        raise ModelUnavailable(
            f"The model folder {str(folder)!r} cannot be read ({error.strerror}): {_WAY_OUT}."
        ) from error
    return digest.hexdigest()


def _deciding_files(folder: Path) -> list[Path]:
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _OTHER_BACKENDS]
        found += [Path(parent, f) for f in files if Path(f).suffix in _DECIDING]
    return found


def _read_prompts(name: str, folder: Path) -> Prompts:
    try:
        config = json.loads((folder / "config_sentence_transformers.json").read_bytes())
    except FileNotFoundError:
        config = {}
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"config_sentence_transformers.json of the model {name!r} cannot be read: {_WAY_OUT}."
        ) from error
    saved = config.get("prompts") if isinstance(config, dict) else None
    prompts = saved if isinstance(saved, dict) else {}
    claim = prompts.get("query") or ""
    statement = next((prompts[k] for k in ("document", "passage", "corpus") if prompts.get(k)), "")
    if claim or statement:
        return Prompts(str(claim), str(statement))
    # The e5 models need their prompts but many copies lack them; the instruct ones differ.
    lowered = name.lower()
    if _E5.search(lowered) and "instruct" not in lowered:
        return Prompts("query: ", "passage: ")
    return Prompts("", "")
