"""Errors of models and indexes.

EmbeddingsError
├── ModelUnavailable      the encoder cannot be loaded
├── WorkersUnavailable    the workers that embed in bulk cannot be used
└── IndexUnavailable      no index can be served
    ├── IndexMissing      none was built yet
    ├── IndexCorrupt      a file is missing, truncated or altered
    ├── IndexMismatch     built by another model or normaliser
    ├── IndexBusy         another process is writing one
    └── IndexUnreachable  the server that holds it does not answer

Every message is one sentence that names the thing and the way out.
"""


def first_line(error: Exception) -> str:
    """Return the first line of a library's error, or its type if it has no message."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]


class EmbeddingsError(Exception):
    """Base of this package's errors."""


class ModelUnavailable(EmbeddingsError):
    """The encoder named in the settings cannot be loaded."""


class WorkersUnavailable(EmbeddingsError):
    """The workers that embed in bulk cannot be reached, or cannot do it."""


class IndexUnavailable(EmbeddingsError):
    """There is no index that may be served."""


class IndexMissing(IndexUnavailable):
    """No snapshot has been promoted yet."""


class IndexCorrupt(IndexUnavailable):
    """A file of the snapshot is missing, truncated or altered."""


class IndexMismatch(IndexUnavailable):
    """The snapshot was built by another encoder or normaliser."""


class IndexBusy(IndexUnavailable):
    """Another process is writing a snapshot."""


class IndexUnreachable(IndexUnavailable):
    """The server that holds the index does not answer, or not in time."""
