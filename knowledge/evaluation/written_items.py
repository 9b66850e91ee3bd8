"""Read items of written claims: a statement with its context, and claims about it.

The form of the project's own claims (``benchmarks/training/claims``), for anybody's: ``{"id",
"title", "before", "speaker", "statement", "claims": [{"text", "label"}]}``, where a label is S (the
statement supports the claim), R (it refutes it) or N (it leaves it open); ``"reviewed": true`` if
the statement is a claim that fact-checkers reject.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowledge.claims import MAX_CHARACTERS
from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.domain import Outcome, Rating, Relation, ReportDraft, ReportKind, StatementDraft
from knowledge.evaluation.labelled_rows import MAX_ID, Naming, field, optional, read_rows
from knowledge.text.language import guess_language
from knowledge.text.plain_text import plain_text, single_line

#: Claims read of one item.
MAX_CLAIMS: Final = 1_000
_LABELS: Final = {
    "S": Relation.SUPPORTS,
    "R": Relation.REFUTES,
    "N": Relation.NOT_ENOUGH_INFO,
}


@dataclass(frozen=True, slots=True)
class WrittenClaim:
    """A claim about an item's statement, and its relation to it."""

    text: str
    relation: Relation


@dataclass(frozen=True, slots=True)
class WrittenItem:
    """A statement, its report's title, the sentence before it, who says it, and the claims.

    ``reviewed`` says that the statement is a claim that fact-checkers reviewed and reject.
    """

    id: str
    title: str
    before: str
    speaker: str
    statement: str
    claims: tuple[WrittenClaim, ...]
    reviewed: bool = False

    def outcome(self, claim: WrittenClaim) -> Outcome:
        """Return the outcome that a claim should get.

        Whoever asks a rejected reviewed claim is told so; the review says nothing about its
        opposite.
        """
        match claim.relation:
            case Relation.NOT_ENOUGH_INFO:
                return Outcome.RELATED
            case Relation.SUPPORTS:
                return Outcome.REFUTED if self.reviewed else Outcome.SUPPORTED
            case Relation.REFUTES:
                return Outcome.RELATED if self.reviewed else Outcome.REFUTED

    @property
    def report(self) -> ReportDraft:
        """The report that the statement stands in; report and statement have the item's id."""
        stated = StatementDraft(
            plain_text(self.statement),
            speaker=single_line(self.speaker) or None,
            rating=Rating.FALSE if self.reviewed else None,
            ref=self.id,
        )
        before = (StatementDraft(plain_text(self.before)),) if self.before else ()
        return ReportDraft(
            title=single_line(self.title),
            publisher="evaluation",
            language=guess_language(self.statement),
            kind=ReportKind.FACT_CHECK if self.reviewed else ReportKind.NEWS,
            statements=(*before, stated),
            ref=self.id,
        )


def is_written(row: Mapping[str, object]) -> bool:
    """Return whether a file whose first row is ``row`` holds written items."""
    return "statement" in row and isinstance(row.get("claims"), list)


def read_items(path: Path) -> Iterator[WrittenItem]:
    """Yield the items of a file. Raises UnreadableFile."""
    ids: set[str] = set()
    for line, row in read_rows(path):
        with Naming(path, line):
            name = field(row, ("id",), MAX_ID)
            if name in ids:
                raise FieldError(f"id: {fields.shown(name)} is used twice")
            ids.add(name)
            yield WrittenItem(
                name,
                optional(row, ("title",), fields.MAX_TITLE) or "",
                optional(row, ("before",), fields.MAX_STATEMENT) or "",
                optional(row, ("speaker",), fields.MAX_SPEAKER) or "",
                field(row, ("statement",), fields.MAX_STATEMENT),
                tuple(_claims(row.get("claims"))),
                row.get("reviewed") is True,
            )


def _claims(found: object) -> Iterator[WrittenClaim]:
    if not isinstance(found, list) or not found or len(found) > MAX_CLAIMS:
        raise FieldError(f"claims: must be a list of 1 to {MAX_CLAIMS:,}")
    for each in found:
        if not isinstance(each, dict):
            raise FieldError("claims: must be objects of text and label")
        label = field(each, ("label",), MAX_ID)
        if label not in _LABELS:
            raise FieldError(f"label: {fields.shown(label)} is none of {', '.join(_LABELS)}")
        yield WrittenClaim(field(each, ("text",), MAX_CHARACTERS), _LABELS[label])
