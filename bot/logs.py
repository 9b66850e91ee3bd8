"""Logging: one JSON object a line on standard error, event name first, never a secret.

A line that is logged while something is done for somebody names that request, in whatever room and
thread it is done: ``jq 'select(.request == "update 12")'`` is all that became of one update.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Final, ParamSpec, TypeVar

from pythonjsonlogger.json import JsonFormatter

#: Libraries whose lines below WARNING are noise, or worse: httpx prints the bot's token inside the
#: URL, telegram at DEBUG what is sent and to whom.
_QUIET = (
    "httpx", "httpcore", "apscheduler", "sentence_transformers", "alembic", "faiss",
    "uvicorn.error", "python_multipart", "telegram",
)  # fmt: skip

_request: Final[ContextVar[str | None]] = ContextVar("request", default=None)

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def configure(level: str) -> None:
    """Send everything at ``level`` and above to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_name_request)
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}",
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


@contextmanager
def request(name: str) -> Iterator[None]:
    """Have what is logged in the body, and in the tasks and ``Threads`` it starts, name a request.

    ``name`` is for people to search by and says nothing of anybody: an update's number, an errand.
    """
    before = _request.set(name)
    try:
        yield
    finally:
        _request.reset(before)


class Threads(ThreadPoolExecutor):
    """Threads that work for the request of whoever asks them; others forget it."""

    def submit(
        self,
        fn: Callable[_Arguments, _Result],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Future[_Result]:
        """Have ``fn`` called as part of the request that is in hand here."""
        return super().submit(partial(copy_context().run, fn, *args, **kwargs))


def _name_request(record: logging.LogRecord) -> bool:
    name = _request.get()
    if name is not None:
        record.request = name
    return True
