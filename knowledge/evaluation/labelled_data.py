"""Read labelled data sets from a folder: many field names are accepted, errors are exact.

Every error is an UnreadableFile that names the file and the line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowledge.claims import MAX_CHARACTERS
from knowledge.corpus.readers import Format, Problem, fields, read
from knowledge.corpus.readers.fields import FieldError
from knowledge.domain import Outcome, Relation, ReportDraft, ReportKind, StatementDraft
from knowledge.errors import UnreadableFile
from knowledge.evaluation.labelled_rows import (
    MAX_ID,
    Naming,
    field,
    list_files,
    numbered_lines,
    optional,
    read_first,
    read_rows,
    require_folder,
)
from knowledge.evaluation.written_items import WrittenItem, is_written, read_items
from knowledge.text.language import guess_language

REPORTS: Final = "reports.jsonl"
CLAIMS: Final = "claims.jsonl"


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A claim, and the references of what should be found for it."""

    id: str
    text: str
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class QuerySet:
    """The queries that one relevance file labels. ``left_out`` of its queries have no text."""

    name: str
    queries: tuple[LabelledQuery, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A claim, a statement with what it is read with, and the relation that people gave them."""

    id: str
    claim: str
    statement: str
    relation: Relation
    title: str = ""
    before: str = ""
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class PairSet:
    """The pairs of one file."""

    name: str
    pairs: tuple[LabelledPair, ...]


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """A claim, the outcome it should get, and the statement that should come first, if named."""

    id: str
    text: str
    outcome: Outcome
    statement_ref: str | None


@dataclass(frozen=True, slots=True)
class ClaimSet:
    """The claims of one file, and the ``reports`` they are about if it holds them too."""

    name: str
    claims: tuple[LabelledClaim, ...]
    reports: tuple[ReportDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class _PairShape:
    """How a set names the fields of its pairs. Numbered labels mean what that set means by them."""

    claim: str
    statement: str
    label: str
    numbered: bool = False


_SHAPES: Final = (
    _PairShape("claim", "statement", "relation"),
    _PairShape("claim", "statement", "label"),
    _PairShape("claim", "evidence", "label"),
    _PairShape("s1", "s2", "stance"),
    _PairShape("hypothesis", "premise", "label"),
    _PairShape("h", "t", "label", numbered=True),
)
_RELATIONS: Final = {
    **dict.fromkeys(("supports", "support", "agree", "entailment"), Relation.SUPPORTS),
    **dict.fromkeys(("refutes", "refute", "disagree", "contradiction"), Relation.REFUTES),
    **dict.fromkeys(("not_enough_info", "other", "neutral", "nei"), Relation.NOT_ENOUGH_INFO),
}
# As ArNLI numbers them. Other sets number otherwise (SNLI's 0 is entailment), so nobody else's
# numbers are taken.
_NUMBERED: Final = {
    "0": Relation.NOT_ENOUGH_INFO,
    "1": Relation.SUPPORTS,
    "2": Relation.REFUTES,
}
_QUERY_IDS: Final = ("id", "query_id", "tweet_id")
_QUERY_TEXTS: Final = ("text", "claim", "tweet_text")
_POOL_IDS: Final = ("id", "vclaim_id", "ref")
_POOL_TEXTS: Final = ("text", "vclaim", "claim")
_BLANKS: Final = re.compile(r"\s+")
_JOINTS: Final = re.compile(r"[\s-]+")


def read_queries(folder: Path) -> tuple[QuerySet, ...]:
    """Return the queries of ``folder``, one set for each ``qrels*.tsv`` or ``qrels*.txt``.

    The texts are in ``queries*.jsonl``. Raises UnreadableFile.
    """
    require_folder(folder)
    texts: dict[str, str] = {}
    for path in list_files(folder, "queries*.jsonl"):
        for line, row in read_rows(path):
            with Naming(path, line):
                texts[field(row, _QUERY_IDS, MAX_ID)] = field(row, _QUERY_TEXTS, MAX_CHARACTERS)
    relevance = [*list_files(folder, "qrels*.tsv"), *list_files(folder, "qrels*.txt")]
    if not texts or not relevance:
        raise UnreadableFile(
            f"{folder} holds no labelled queries; put queries.jsonl and qrels.tsv"
            " (query 0 reference relevance) there"
        )
    return tuple(_query_set(path, texts) for path in relevance)


def read_pool(folder: Path) -> tuple[ReportDraft, ...]:
    """Return what ``folder`` wants searched: its ``reports.jsonl``, else ``claims.jsonl``, or none.

    Raises UnreadableFile.
    """
    found = read_reports(folder)
    if not found and (folder / CLAIMS).is_file():
        return tuple(_pooled_claims(folder / CLAIMS))
    return found


def read_reports(folder: Path) -> tuple[ReportDraft, ...]:
    """Return the reports in the ``reports.jsonl`` of ``folder``, none if it has no such file.

    Raises UnreadableFile.
    """
    require_folder(folder)
    return tuple(_reports(folder / REPORTS)) if (folder / REPORTS).is_file() else ()


def read_pairs(folder: Path) -> tuple[PairSet, ...]:
    """Return the labelled pairs of every ``*.jsonl`` of ``folder`` that holds some.

    A file whose first row names no claim, statement and label is something else and left alone.
    Raises UnreadableFile.
    """
    require_folder(folder)
    found = []
    for path in list_files(folder, "*.jsonl"):
        if is_written(read_first(path)):
            found.append(PairSet(path.stem, tuple(_written_pairs(path))))
        elif (shape := _shape(path)) is not None:
            found.append(PairSet(path.stem, tuple(_pairs(path, shape))))
    if not found:
        raise UnreadableFile(
            f"{folder} holds no labelled pairs; put JSONL rows of claim, statement and relation"
            f" ({', '.join(Relation)}) there"
        )
    return tuple(found)


def read_claims(folder: Path) -> tuple[ClaimSet, ...]:
    """Return the labelled claims of every ``*.jsonl`` of ``folder`` that holds some.

    A file whose first row names no outcome is something else and left alone. Raises
    UnreadableFile.
    """
    require_folder(folder)
    found = []
    for path in list_files(folder, "*.jsonl"):
        if is_written(opening := read_first(path)):
            items = tuple(read_items(path))
            reports = tuple(item.report for item in items)
            found.append(ClaimSet(path.stem, tuple(_written_claims(items)), reports))
        elif "outcome" in opening:
            found.append(ClaimSet(path.stem, tuple(_claims(path))))
    if not found:
        raise UnreadableFile(
            f"{folder} holds no labelled claims; put JSONL rows of text and outcome"
            f" ({', '.join(Outcome)}) there"
        )
    return tuple(found)


def _query_set(path: Path, texts: Mapping[str, str]) -> QuerySet:
    right: dict[str, set[str]] = {}
    for number, (line, text) in enumerate(numbered_lines(path)):
        parts = _BLANKS.split(text)
        with Naming(path, line):
            if len(parts) != 4 or not _is_whole(parts[3]):
                if number == 0 and parts[-1].isalpha():
                    continue  # a heading
                raise FieldError("must be: query, 0, reference, relevance (a whole number)")
            if int(parts[3]) > 0:
                right.setdefault(parts[0], set()).add(parts[2])
    queries = tuple(
        LabelledQuery(name, texts[name], frozenset(refs))
        for name, refs in right.items()
        if name in texts
    )
    if not queries:
        raise UnreadableFile(
            f"{path} labels no query that the queries*.jsonl beside it hold; check the ids"
        )
    return QuerySet(path.stem, queries, len(right) - len(queries))


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) < 10


def _reports(path: Path) -> Iterator[ReportDraft]:
    for item in read(path, Format.REPORT):
        if isinstance(item, Problem):
            raise UnreadableFile(f"{path}, line {item.line}: {item.reason}")
        yield item


def _pooled_claims(path: Path) -> Iterator[ReportDraft]:
    """Yield each claim of a pool as the report of its fact-check, without a rating."""
    for line, row in read_rows(path):
        with Naming(path, line):
            ref = field(row, _POOL_IDS, MAX_ID)
            title = fields.line_of(row.get("title"), "title", fields.MAX_TITLE)
            # Some claims of the CheckThat! pools have a title only.
            text = optional(row, _POOL_TEXTS, fields.MAX_STATEMENT) or title
            if text is None:
                raise FieldError(f"{_POOL_TEXTS[0]}: is missing")
            yield ReportDraft(
                title=title or fields.title_from(text),
                publisher="evaluation",
                language=guess_language(text),
                kind=ReportKind.FACT_CHECK,
                statements=(StatementDraft(text, ref=ref),),
                ref=ref,
            )


def _shape(path: Path) -> _PairShape | None:
    known = read_first(path).keys()
    return next((s for s in _SHAPES if {s.claim, s.statement, s.label} <= known), None)


def _pairs(path: Path, shape: _PairShape) -> Iterator[LabelledPair]:
    for line, row in read_rows(path):
        with Naming(path, line):
            yield LabelledPair(
                optional(row, ("id",), MAX_ID) or str(line),
                field(row, (shape.claim,), MAX_CHARACTERS),
                field(row, (shape.statement,), fields.MAX_STATEMENT),
                _relation(field(row, (shape.label,), MAX_ID), shape),
                optional(row, ("title",), fields.MAX_TITLE) or "",
                optional(row, ("before",), fields.MAX_STATEMENT) or "",
                optional(row, ("speaker",), fields.MAX_SPEAKER) or "",
            )


def _written_pairs(path: Path) -> Iterator[LabelledPair]:
    for item in read_items(path):
        for number, claim in enumerate(item.claims, 1):
            yield LabelledPair(
                f"{item.id}-{number}",
                claim.text,
                item.statement,
                claim.relation,
                "" if item.reviewed else item.title,
                item.before,
                item.speaker,
            )


def _written_claims(items: Sequence[WrittenItem]) -> Iterator[LabelledClaim]:
    for item in items:
        for number, claim in enumerate(item.claims, 1):
            outcome = item.outcome(claim)
            yield LabelledClaim(f"{item.id}-{number}", claim.text, outcome, item.id)


def _relation(label: str, shape: _PairShape) -> Relation:
    if shape.numbered and label in _NUMBERED:
        return _NUMBERED[label]
    relation = _RELATIONS.get(_JOINTS.sub("_", label.lower()))
    if relation is None:
        hint = "; numbers differ between sets, write words" if label.isdecimal() else ""
        raise FieldError(
            f"{shape.label}: {fields.shown(label)} is none of {', '.join(Relation)}{hint}"
        )
    return relation


def _claims(path: Path) -> Iterator[LabelledClaim]:
    for line, row in read_rows(path):
        with Naming(path, line):
            label = field(row, ("outcome",), MAX_ID)
            try:
                outcome = Outcome(_JOINTS.sub("_", label.upper()))
            except ValueError:
                known = ", ".join(Outcome)
                raise FieldError(f"outcome: {fields.shown(label)} is none of {known}") from None
            yield LabelledClaim(
                optional(row, ("id",), MAX_ID) or str(line),
                field(row, ("text", "claim"), MAX_CHARACTERS),
                outcome,
                optional(row, ("statement_ref",), fields.MAX_REF),
            )
