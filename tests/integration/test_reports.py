"""Reports go in once, and every statement keeps its place, its words and where it comes from."""

from dataclasses import replace
from datetime import date
from importlib import resources

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import Rating, ReportDraft, ReportKind, Span, StatementDraft, StatementStatus
from knowledge.models import Report, Source, Statement
from knowledge.storage.database import Sessions

_BODY = (
    "قال المتحدث باسم الوزارة إن السد لم يتضرر من الفيضان الأخير. "
    "وأضاف أن أكثر من 300 عائلة عادت إلى منازلها يوم الخميس."
)
_NEWS = ReportDraft(
    title="الوزارة تنفي تضرر السد",
    publisher="صحيفة النهر",
    url="https://example.com/dam",
    published_at=date(2024, 3, 14),
    body=_BODY,
)
_CHECK = ReportDraft(
    title="هل انهار السد؟",
    publisher="مدققون",
    kind=ReportKind.FACT_CHECK,
    language="ar",
    ref="check-7",
    statements=(
        StatementDraft(
            "انهار السد بعد الفيضان",
            speaker="منشور متداول",
            rating=Rating.FALSE,
            rating_text="زائف",
            as_of=date(2024, 3, 15),
            ref="s-1",
        ),
        StatementDraft("أغلق الجسر أسبوعا", rating_text="بلا دليل"),
    ),
)


def _store(sessions: Sessions, draft: ReportDraft) -> reports.Stored:
    with sessions.begin() as session:
        return reports.store(session, draft)


def _count(sessions: Sessions) -> tuple[int, int]:
    with sessions() as session:
        return (
            session.scalar(select(func.count(Report.id))) or 0,
            session.scalar(select(func.count(Statement.id))) or 0,
        )


def test_a_report_is_taken_apart_into_drafts_with_true_spans(sessions: Sessions) -> None:
    stored = _store(sessions, _NEWS)
    assert not stored.duplicate
    assert stored.statement_ids
    with sessions() as session:
        report = session.get_one(Report, stored.report_id)
        assert report.body == _BODY, "the body is kept as published"
        assert [s.position for s in report.statements] == list(range(len(report.statements)))
        for row in report.statements:
            assert row.status is StatementStatus.DRAFT
            assert _BODY[row.span_start : row.span_end] == row.text


def test_the_seed_report_keeps_its_letters_and_invents_nothing(sessions: Sessions) -> None:
    body = (resources.files("knowledge.samples") / "last-isis-pocket.txt").read_text("utf-8")
    title, _, rest = body.partition("\n")
    stored = _store(sessions, ReportDraft(title=title.strip(), body=rest))
    with sessions() as session:
        found = reports.load_by_ids(session, stored.statement_ids)
        rows = session.get_one(Report, stored.report_id).statements
        assert all(rest[row.span_start : row.span_end] == row.text for row in rows)
    assert {(s.publisher, s.url, s.published_at) for s in found} == {(None, None, None)}
    assert any("ی" in s.text for s in found)


def test_statements_that_come_with_a_report_are_kept_as_they_are(sessions: Sessions) -> None:
    stored = _store(sessions, _CHECK)
    with sessions() as session:
        first, second = reports.load_by_ids(session, stored.statement_ids)
    assert first == reports.SourcedStatement(
        id=stored.statement_ids[0],
        ref="s-1",
        text="انهار السد بعد الفيضان",
        status=StatementStatus.DRAFT,
        speaker="منشور متداول",
        rating=Rating.FALSE,
        rating_text="زائف",
        as_of=date(2024, 3, 15),
        report_ref="check-7",
        title="هل انهار السد؟",
        publisher="مدققون",
        url=None,
        published_at=None,
        language="ar",
        kind=ReportKind.FACT_CHECK,
    )
    assert (second.ref, second.rating, second.rating_text) == ("check-7-2", None, "بلا دليل")


@pytest.mark.parametrize("draft", [_NEWS, _CHECK], ids=["body", "statements"])
def test_the_same_report_twice_adds_nothing(sessions: Sessions, draft: ReportDraft) -> None:
    first = _store(sessions, draft)
    before = _count(sessions)
    second = _store(sessions, draft)
    assert second == replace(first, duplicate=True)
    assert _count(sessions) == before


def test_the_same_report_twice_in_one_transaction_adds_nothing(sessions: Sessions) -> None:
    with sessions.begin() as session:
        first, second = reports.store(session, _NEWS), reports.store(session, _NEWS)
    assert (first.duplicate, second.duplicate) == (False, True)
    assert first.statement_ids == second.statement_ids


@pytest.mark.parametrize(
    "copy",
    [
        replace(_NEWS, body=_BODY.replace("ي", "ی").replace("ك", "ک").replace("ه", "ھ")),
        replace(_NEWS, title="الوزارة  تنفی تضرر\u200f السد "),
        replace(_NEWS, body=_BODY.replace(". ", ".\n\n")),
        replace(_NEWS, body=_BODY.replace("300", "٣٠٠")),
        replace(_NEWS, publisher="صحیفة النهر"),
        replace(_NEWS, url="https://example.com/dam?utm_source=x", published_at=None, ref="other"),
    ],
    ids=["code points", "title", "spacing", "digits", "publisher", "address"],
)
def test_a_copy_that_differs_in_code_points_or_spacing_is_the_same_report(
    sessions: Sessions, copy: ReportDraft
) -> None:
    original = _store(sessions, _NEWS)
    before = _count(sessions)
    assert _store(sessions, copy) == replace(original, duplicate=True)
    assert _count(sessions) == before


@pytest.mark.parametrize(
    "other",
    [
        replace(_NEWS, publisher="وكالة أخرى"),
        replace(_NEWS, publisher=None),
        replace(_NEWS, title="عنوان آخر"),
        replace(_NEWS, body=_BODY.replace("لم يتضرر", "تضرر")),
        replace(_NEWS, body=_BODY.replace("300", "400")),
    ],
    ids=["publisher", "no publisher", "title", "negation", "number"],
)
def test_another_outlet_or_another_word_is_another_report(
    sessions: Sessions, other: ReportDraft
) -> None:
    _store(sessions, _NEWS)
    assert not _store(sessions, other).duplicate


def test_the_same_claim_with_another_rating_is_another_report(sessions: Sessions) -> None:
    _store(sessions, _CHECK)
    changed = replace(_CHECK.statements[0], rating=Rating.TRUE)
    assert not _store(
        sessions, replace(_CHECK, statements=(changed, *_CHECK.statements[1:]))
    ).duplicate


def test_words_do_not_move_between_parts_unseen(sessions: Sessions) -> None:
    _store(sessions, ReportDraft(title="ab", publisher="c", body=_BODY))
    assert not _store(sessions, ReportDraft(title="a", publisher="bc", body=_BODY)).duplicate


def test_reports_of_one_outlet_share_their_source(sessions: Sessions) -> None:
    with sessions.begin() as session:
        reports.store(session, _NEWS)
        reports.store(session, replace(_NEWS, title="عنوان آخر"))
        reports.store(session, replace(_NEWS, title="بلا ناشر", publisher=None))
    with sessions() as session:
        assert session.scalars(select(Source.name)).all() == ["صحيفة النهر"]


def test_a_report_without_statements_is_kept_and_known_again(sessions: Sessions) -> None:
    bare = ReportDraft(title="صور", publisher="صحيفة النهر", body="")
    assert _store(sessions, bare).statement_ids == ()
    assert _store(sessions, bare).duplicate


def test_only_what_is_published_is_given_out_as_published(sessions: Sessions) -> None:
    draft, served, gone = (
        _store(sessions, ReportDraft(title=str(n), statements=(StatementDraft(f"نص {n}"),)))
        for n in range(3)
    )
    ids = [*draft.statement_ids, *served.statement_ids, *gone.statement_ids]
    with sessions.begin() as session:
        curation.publish(session, ids[1:], "test")
        curation.retract(session, ids[2:], "test", "wrong")
    with sessions() as session:
        assert set(reports.load_published(session, [*ids, 999])) == {ids[1]}
        assert [s.id for s in reports.load_by_ids(session, ids[::-1])] == ids
        assert [s.id for s in reports.load_latest(session, None, 2)] == ids[:0:-1]
        assert [s.id for s in reports.load_latest(session, StatementStatus.DRAFT, 9)] == ids[:1]
        assert reports.load_by_ids(session, []) == []


def test_more_ids_than_one_query_can_bind_are_looked_up(sessions: Sessions) -> None:
    stored = _store(sessions, _CHECK)
    with sessions() as session:
        assert len(reports.load_by_ids(session, range(1, 40_000))) == len(stored.statement_ids)


def test_nothing_is_kept_of_a_transaction_that_failed(sessions: Sessions) -> None:
    def fail(session: Session) -> None:
        reports.store(session, _NEWS)
        raise RuntimeError

    with pytest.raises(RuntimeError), sessions.begin() as session:
        fail(session)
    assert _count(sessions) == (0, 0)
    assert not _store(sessions, _NEWS).duplicate


def test_a_statement_without_a_span_has_none(sessions: Sessions) -> None:
    spanned = replace(_CHECK.statements[0], span=Span(0, 4), text="انها")
    stored = _store(
        sessions, replace(_CHECK, body="انهار السد", statements=(spanned, _CHECK.statements[1]))
    )
    with sessions() as session:
        rows = session.get_one(Report, stored.report_id).statements
        assert [(r.span_start, r.span_end) for r in rows] == [(0, 4), (None, None)]


def test_what_is_no_draft_stands_before_a_statement(sessions: Sessions) -> None:
    """A moderator alone does not decide how a published statement is read."""
    draft = ReportDraft(
        "Bridges", statements=tuple(StatementDraft(text) for text in ("one", "two", "three"))
    )
    one, two, three = _store(sessions, draft).statement_ids
    with sessions.begin() as session:
        curation.publish(session, [one, three], "tester")
    with sessions() as session:
        assert reports.load_preceding(session, [one, two, three]) == {two: "one", three: "one"}
    with sessions.begin() as session:
        curation.publish(session, [two], "tester")
    with sessions() as session:
        assert reports.load_preceding(session, [one, two, three]) == {two: "one", three: "two"}
