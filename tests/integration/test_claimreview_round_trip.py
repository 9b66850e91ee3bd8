"""Real fact-checks in, out again and in again: nothing is lost on the way."""

from pathlib import Path

import pytest

from benchmarks.datasets import DATA
from knowledge import curation
from knowledge.corpus import reports
from knowledge.corpus.readers import Problem, read
from knowledge.domain import ReportDraft
from knowledge.export import claim_reviews, load_published
from knowledge.storage.database import Sessions

REVIEWS = DATA / "claimreviews-ar" / "reviews.jsonl"


@pytest.fixture
def reviews() -> Path:
    if not REVIEWS.exists():
        pytest.skip(f"the evaluation data is absent: {REVIEWS}")
    return REVIEWS


def drafts(path: Path) -> list[ReportDraft]:
    found = list(read(path))
    assert not [item for item in found if isinstance(item, Problem)]
    return [item for item in found if isinstance(item, ReportDraft)]


def kept(sessions: Sessions, found: list[ReportDraft]) -> int:
    """Store and publish; returns how many were new."""
    with sessions.begin() as session:
        stored = [reports.store(session, draft) for draft in found]
        for each in stored:
            curation.publish(session, each.statement_ids, "tester")
    return sum(not each.duplicate for each in stored)


def exported(sessions: Sessions, path: Path) -> Path:
    path.write_text("".join(claim_reviews(load_published(sessions))), "utf-8")
    return path


def by_content(found: list[ReportDraft]) -> list[ReportDraft]:
    """The first of each content, in order: what a knowledge base keeps."""
    first: dict[str, ReportDraft] = {}
    for draft in found:
        first.setdefault(reports.content_hash(draft, draft.statements), draft)
    return list(first.values())


def test_all_882_reviews_survive(sessions: Sessions, tmp_path: Path, reviews: Path) -> None:
    """The file lists 882 claims, one of them reviewed twice; some are listed more than once."""
    first = drafts(reviews)
    assert len(first) == 883
    distinct = by_content(first)
    assert kept(sessions, first) == len(distinct)
    once = exported(sessions, tmp_path / "once.json")
    # Field by field: rating, wording, speaker, dates, address and reference included.
    assert drafts(once) == distinct
    # To a knowledge base that has them they are known, and it gives the same out again.
    assert kept(sessions, drafts(once)) == 0
    assert exported(sessions, tmp_path / "twice.json").read_bytes() == once.read_bytes()


def test_only_nine_ratings_are_not_understood(reviews: Path) -> None:
    """RESULTS.md lists them: none is a label that says how true the claim is."""
    unread = [s for draft in drafts(reviews) for s in draft.statements if s.rating is None]
    assert len(unread) == 9
    assert all(statement.rating_text for statement in unread)
