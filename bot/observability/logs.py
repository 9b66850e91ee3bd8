"""Log one JSON object a line to standard error, event name first, never a secret.

Each line logged while a request is handled names that request, in any module and thread:
``jq 'select(.request == "update 12")'`` shows everything that happened to one update. If several
processes answer, ``worker`` is the number of the one that logged the line.

Every record is cleaned when it is created, so that no handler, whoever installed it, gets more:
secrets are removed (``redaction``), and errors have only their kind and place. Libraries may log
what a person wrote: of their records, only at ``INFO`` and above, texts that are literals in their
code and numbers are kept.
"""

import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import partial
from numbers import Number
from pathlib import PurePath
from types import FrameType, TracebackType
from typing import Any, Final, ParamSpec, TextIO, TypeVar

from pythonjsonlogger.json import JsonFormatter

from bot.observability.redaction import (
    WITHHELD,
    format_traceback,
    redact,
    redact_secrets,
    summarise_error,
)

#: Libraries whose records below WARNING are noise or unsafe: httpx logs URLs with the bot's token,
#: telegram at DEBUG messages and their recipients.
_QUIET = (
    "httpx", "httpcore", "aiohttp", "apscheduler", "sentence_transformers", "alembic", "faiss",
    "uvicorn.error", "python_multipart", "telegram",
)  # fmt: skip
#: The packages of this program, whose records may be logged in full.
_OWN: Final = frozenset({"bot", "knowledge", "embeddings", "migrations"})
#: Fields of a record that no caller provides.
_FIXED: Final = frozenset({"at", "level", "name", "event", "exc_info", "stack_info", "request"})
#: Maximum nesting of lists and mappings that are cleaned item by item.
_DEPTH: Final = 3

_request: Final[ContextVar[str | None]] = ContextVar("request", default=None)
_worker: int | None = None
_log: Final = logging.getLogger(__name__)

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def configure(level: str) -> None:
    """Log records at ``level`` and above, and uncaught errors, to standard error."""
    clean_records()
    handler = _StandardError()
    handler.addFilter(_name_origin)
    handler.setFormatter(
        _CleanJson(
            "{message}{asctime}{levelname}{name}",
            style="{",
            rename_fields={"asctime": "at", "levelname": "level", "message": "event"},
            json_ensure_ascii=False,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread
    sys.unraisablehook = _log_unraisable
    warnings.showwarning = _log_warning


def clean_records() -> None:
    """Clean every record when it is created, for all loggers and handlers."""
    logging.setLogRecordFactory(_clean_record)


def name_process(number: int) -> None:
    """Add the number of this process, one of several of a bot, to its records from now on."""
    global _worker
    _worker = number


@contextmanager
def name_requests(name: str) -> Iterator[None]:
    """Add a request's name to records logged in the body, and in its tasks and ``Threads``.

    ``name`` is for searching and must not identify a person: an update's id, a job.
    """
    before = _request.set(name)
    try:
        yield
    finally:
        _request.reset(before)


class Threads(ThreadPoolExecutor):
    """A thread pool whose calls keep the submitter's context, such as its request's name."""

    def submit(
        self,
        fn: Callable[_Arguments, _Result],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Result]:
        """Submit ``fn`` to run in a copy of the current context."""
        return super().submit(partial(copy_context().run, fn, *args, **kwargs))


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to the current ``sys.stderr``, which may be replaced after the start."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _CleanJson(JsonFormatter):
    """Formats a record as a JSON object, with its fields cleaned like its message."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Extract the fields."""
        super().add_fields(log_data, record, message_dict)
        keep = _choose_cleaner(record.name, record.levelno)
        for key in list(log_data):
            value = log_data.pop(key)
            log_data[_text(key)] = value if key in _FIXED else _clean(value, keep)
        # A record that was created without the factory is not cleaned yet.
        for key in ("event", "exc_info", "stack_info"):
            if key in log_data:
                log_data[key] = _text(log_data[key])

    def formatException(self, ei: Any) -> str:  # noqa: N802 - as logging names it
        """Return the traceback without other people's messages."""
        return format_traceback(ei[1]) if ei[1] is not None else ""


def _clean_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """Create a record with a cleaned message and traceback."""
    record = logging.LogRecord(*args, **kwargs)
    keep = _choose_cleaner(record.name, record.levelno)
    template: Any = record.msg
    if not isinstance(template, str) or not _is_written_in_code(template):
        template = f"{_clean(template, keep)}"
        if template == WITHHELD:
            template = f"{WITHHELD} at {record.filename}:{record.lineno}"
    if record.args:
        values = _clean(record.args, keep)
        # Arguments that do not fit the format are the caller's mistake: log the format alone.
        with suppress(TypeError, ValueError, KeyError, OverflowError):
            template %= tuple(values) if isinstance(values, list) else values
    record.msg, record.args = redact_secrets(template), None
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text, record.exc_info = format_traceback(record.exc_info[1]), None
    return record


def _choose_cleaner(name: str | None, level: int) -> Callable[[object], str]:
    """Return the function that cleans a logger's values: redacts them, or withholds them."""
    own = name is None or name.partition(".")[0] in _OWN
    return _redact_value if own or level < logging.INFO else _withhold_value


def _redact_value(value: object) -> str:
    try:
        return redact(str(value))
    except Exception as error:  # noqa: BLE001 - what is logged must not break who logs it
        return summarise_error(error)


def _withhold_value(_: object) -> str:
    return WITHHELD


def _clean(value: Any, keep: Callable[[object], str], depth: int = _DEPTH) -> Any:
    """Return ``value`` with ``keep`` applied to each text in it."""
    match value:
        case None | bool() | Number():
            return value
        case BaseException():
            return summarise_error(value)
        case Mapping() if depth:
            return {_text(key): _clean(each, keep, depth - 1) for key, each in value.items()}
        case list() | tuple() if depth:
            return [_clean(each, keep, depth - 1) for each in value]
    return keep(value)


def _text(value: Any) -> Any:
    return redact_secrets(value) if isinstance(value, str) else value


def _is_written_in_code(text: str) -> bool:
    """Whether a text is a literal in the code that logs, and so was not built from other data."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if text in frame.f_code.co_consts:
            return True
        frame = frame.f_back
    return False


def _name_origin(record: logging.LogRecord) -> bool:
    if _worker is not None:
        record.worker = _worker
    name = _request.get()
    if name is not None:
        record.request = name
    return True


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace_back: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace_back)
        return
    _log.critical("uncaught", exc_info=(kind, error, trace_back))


def _log_uncaught_in_thread(uncaught: threading.ExceptHookArgs) -> None:
    if uncaught.exc_value is None or issubclass(uncaught.exc_type, SystemExit):
        return
    name = uncaught.thread.name if uncaught.thread is not None else None
    _log.critical("uncaught", exc_info=uncaught.exc_value, extra={"in_thread": name})


def _log_unraisable(unraisable: "sys.UnraisableHookArgs") -> None:
    _log.error("unraisable", exc_info=unraisable.exc_value)


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Log a Python warning's kind and place without its message, which may quote data."""
    where = f"{PurePath(filename).name}:{lineno}"
    _log.warning("python_warning", extra={"kind": category.__name__, "where": where})
