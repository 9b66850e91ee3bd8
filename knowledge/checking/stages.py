"""Name the stages of an answer, so that each can be timed."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import TypeAlias


class Stage(StrEnum):
    """A stage of answering a claim."""

    ENCODE = "encode"
    SEARCH = "search"
    READ = "read"
    """The best candidates are read together with the claim."""
    JUDGE = "judge"


#: A context manager entered for each stage.
Watch: TypeAlias = Callable[[Stage], AbstractContextManager[None]]


def watch_nothing(_: Stage) -> AbstractContextManager[None]:
    """Watch nothing."""
    return nullcontext()
