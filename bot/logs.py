"""Logging: one JSON object a line on standard error, event name first, never a secret."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

#: Libraries whose INFO lines are noise, or worse: httpx prints the bot's token inside the URL.
_QUIET = (
    "httpx", "httpcore", "apscheduler", "sentence_transformers", "alembic", "tornado.access",
    "faiss", "uvicorn.error", "python_multipart",
)  # fmt: skip


def configure(level: str) -> None:
    """Send everything at ``level`` and above to standard error."""
    handler = logging.StreamHandler(sys.stderr)
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
