"""Name the steps of an answer, for whoever wants to know how long each takes."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import TypeAlias


class Stage(StrEnum):
    """A step of answering a claim."""

    ENCODE = "encode"
    SEARCH = "search"
    READ = "read"
    """The best candidates are read together with the claim."""
    JUDGE = "judge"


#: Entered while a stage is worked at.
Watch: TypeAlias = Callable[[Stage], AbstractContextManager[None]]


def watch_nothing(_: Stage) -> AbstractContextManager[None]:
    """Watch nothing."""
    return nullcontext()
