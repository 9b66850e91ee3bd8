"""Share compiled statements between engines, which tests make by the thousand.

SQLAlchemy keeps them an engine and by its dialect: compiling them anew was a third of what tests
with a database took.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


@contextmanager
def statements_compiled_once() -> Iterator[None]:
    """Have every engine that is opened meanwhile use one cache of compiled statements."""
    compiled: dict[Any, Any] = {}

    def sharing(*given: Any, **named: Any) -> Engine:
        engine = create_engine(*given, **named)
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("knowledge.storage.database.create_engine", sharing)
        for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
            patch.setattr(dialect, "__eq__", lambda one, other: type(one) is type(other))
            patch.setattr(dialect, "__hash__", lambda one: hash(type(one)))
        yield
