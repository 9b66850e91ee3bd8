"""Warn of values in a report that are valid but seldom meant (pure)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from knowledge.corpus.future_dates import find_future_dates
from knowledge.corpus.ratings import closest_rating
from knowledge.corpus.readers.fields import shown
from knowledge.domain import Rating, ReportDraft, ReportKind, StatementDraft


class Doubt(StrEnum):
    """Kinds of warnings about a report, as a summary counts them."""

    FUTURE = "with a date in the future"
    AFTER_REPORT = "with an as_of after published_at"
    UNKNOWN_RATING = "with an unknown rating"
    NO_RATING = "without a rating in a fact-check"


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning; ``message`` is ``<field>: <why>``."""

    doubt: Doubt
    message: str


def find_doubts(draft: ReportDraft, today: date) -> Iterator[Warned]:
    """Yield what should be checked in a report before it is published."""
    future = find_future_dates(draft, today)
    yield from _future("published_at", future)
    if draft.kind is ReportKind.FACT_CHECK and not draft.statements:
        yield Warned(
            Doubt.NO_RATING,
            "kind: a fact-check settles nothing without ratings, and a body gives none; write the"
            " claims it reviews as statements with a rating each",
        )
    for at, statement in enumerate(draft.statements):
        yield from _doubts_of(statement, f"statements[{at}]", draft, future)


def _doubts_of(
    statement: StatementDraft, field: str, draft: ReportDraft, future: Mapping[str, date]
) -> Iterator[Warned]:
    day, published = statement.as_of, draft.published_at
    name = f"{field}.as_of"
    yield from _future(name, future)
    if name not in future and day is not None and published is not None and day > published:
        message = f"{name}: {day} is after published_at ({published}); check both"
        yield Warned(Doubt.AFTER_REPORT, message)
    if statement.rating is not None:
        return
    known = f"known are {', '.join(Rating)}, and fact-checkers' own words for them"
    if statement.rating_text is not None:
        meant = closest_rating(statement.rating_text)
        hint = f"did you mean {shown(meant)}?" if meant else known
        message = f"{field}.rating: {shown(statement.rating_text)} is not known; {hint}"
        yield Warned(Doubt.UNKNOWN_RATING, message)
    elif draft.kind is ReportKind.FACT_CHECK:
        yield Warned(
            Doubt.NO_RATING,
            f"{field}.rating: is missing, so that it settles nothing; {known}",
        )


def _future(field: str, future: Mapping[str, date]) -> Iterator[Warned]:
    if field in future:
        yield Warned(Doubt.FUTURE, f"{field}: {future[field]} is in the future; check it")
