"""A mention of a speaker in one sentence, before earlier sentences resolve it."""

import re
from dataclasses import dataclass
from enum import StrEnum

# Longest name with titles and organisation that is shown to people, in characters.
MAX_NAME = 160

_EDGES = re.compile(r"^[\s\W_]+(?=[#\w(])|[\s،,؛;:.\-–—]+$")
_SPACES = re.compile(r"\s+")


class Voice(StrEnum):
    """Gender or number of a verb of saying; a pronoun must agree with the one it stands for."""

    MASCULINE = "masculine"
    FEMININE = "feminine"
    PLURAL = "plural"


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody said to say a sentence.

    ``name`` is None where only a pronoun stands for them ("he added"). ``relay`` says to whom or
    through whom, in the report's own words.
    """

    name: str | None
    relay: str | None = None
    voice: Voice | None = None


def clean(text: str) -> str | None:
    """Trim a name to what is shown; None if nothing is left or it is too long to be a name."""
    name = _SPACES.sub(" ", text).strip()
    name = _EDGES.sub("", name)
    return name if name and len(name) <= MAX_NAME else None
