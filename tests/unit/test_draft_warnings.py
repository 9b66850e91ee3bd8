"""Warnings before a report goes in: dates and ratings that are seldom meant so."""

from datetime import date

import pytest

from knowledge.corpus.draft_warnings import Doubt, find_doubts
from knowledge.corpus.ratings import closest_rating, normalise_rating
from knowledge.domain import ReportDraft, ReportKind, StatementDraft

TODAY = date(2024, 5, 10)
PUBLISHED = date(2024, 5, 1)
CHECK = ReportKind.FACT_CHECK


def statement(rating: str | None = None, as_of: date | None = None) -> StatementDraft:
    known = normalise_rating(rating) if rating else None
    return StatementDraft("A whale was seen.", rating=known, rating_text=rating, as_of=as_of)


def doubts(given: StatementDraft, kind: ReportKind = ReportKind.NEWS) -> list[Doubt]:
    draft = ReportDraft("t", published_at=PUBLISHED, kind=kind, statements=(given,))
    return [found.doubt for found in find_doubts(draft, TODAY)]


@pytest.mark.parametrize(
    ("given", "kind", "expected"),
    [
        (statement(), ReportKind.NEWS, []),
        (statement("زائف"), CHECK, []),
        (statement(), CHECK, [Doubt.NO_RATING]),
        (statement("Flase"), CHECK, [Doubt.UNKNOWN_RATING]),
        (statement("Flase"), ReportKind.NEWS, [Doubt.UNKNOWN_RATING]),
        (statement(as_of=PUBLISHED), ReportKind.NEWS, []),
        (statement(as_of=date(2024, 5, 2)), ReportKind.NEWS, [Doubt.AFTER_REPORT]),
        (statement(as_of=date(2024, 5, 11)), ReportKind.NEWS, [Doubt.FUTURE]),
    ],
)
def test_each_doubt_is_found_once_and_nothing_else(
    given: StatementDraft, kind: ReportKind, expected: list[Doubt]
) -> None:
    assert doubts(given, kind) == expected


def test_a_fact_check_of_a_body_alone_is_warned_of() -> None:
    draft = ReportDraft("t", kind=CHECK, body="A whale was seen.")
    assert [found.doubt for found in find_doubts(draft, TODAY)] == [Doubt.NO_RATING]


def test_ratings_are_listed_where_none_comes_close() -> None:
    draft = ReportDraft("t", kind=CHECK, statements=(statement("Zzz"),))
    (found,) = find_doubts(draft, TODAY)
    assert "mostly_true, mixed, misleading, false" in found.message


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Flase", "false"), ("زائفف", "زائف"), ("trompeurr", "trompeur"), ("Zzz", None)],
)
def test_a_misspelled_rating_comes_close(written: str, meant: str | None) -> None:
    assert closest_rating(written) == meant
