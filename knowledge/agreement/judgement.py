"""Judgements of a claim and a statement, and the interface that every judge implements."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from knowledge.domain import Relation


class ReasonKind(StrEnum):
    """Why a relation was found."""

    SAME_TEXT = "same_text"
    SAME_CONTENT = "same_content"
    NUMBER_AGREES = "number_agrees"
    NUMBER_DIFFERS = "number_differs"
    DATE_AGREES = "date_agrees"
    DATE_DIFFERS = "date_differs"
    NEGATION_DIFFERS = "negation_differs"
    WORDS_DIFFER = "words_differ"
    RATED = "rated"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with the words it rests on as the claim and the statement have them."""

    kind: ReasonKind
    claim: str = ""
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The relation of a statement to a claim, how probable it is (0..1), and why."""

    relation: Relation
    confidence: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement as it is judged: its ``text``, and what it is read with.

    ``title`` and ``speaker`` name what the sentence may leave unsaid; ``preceding`` is the sentence
    before it, which a subject left out may stand in. ``reviewed`` says that the text is a claim
    that fact-checkers reviewed: the title of a review often holds the verdict.
    """

    text: str
    title: str = ""
    speaker: str = ""
    preceding: str = ""
    reviewed: bool = False

    @property
    def context(self) -> str:
        """What the cross-encoder reads the text with, in the form that it was trained on."""
        title = "" if self.reviewed else self.title
        return " | ".join(part for part in (title, self.speaker, self.preceding) if part)

    @property
    def names(self) -> str:
        """What may name what the sentence leaves unsaid."""
        return f"{self.title}\n{self.speaker}".strip()


class Judge(Protocol):
    """Decides the relation of statements to a claim."""

    @property
    def fingerprint(self) -> str:
        """Changes when anything that decides a judgement changes."""

    def judge(self, claim: str, evidence: Sequence[Evidence]) -> tuple[Judgement, ...]:
        """Return the relation of each statement of ``evidence`` to ``claim``, in order."""
