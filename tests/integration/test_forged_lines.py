"""No field can forge a line of an answer: whatever it holds, whichever way it came in.

Each way in takes one hostile value in one field. What is stored of it is then read as people read
it (Telegram, the terminal, the console), and has the lines of a harmless one.
"""

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.cli.terminal_replies import print_reply
from bot.console.forms import Form
from bot.console.rendering import _environment
from bot.console.report_upload import read_drafts as console_drafts
from bot.conversation.answer_texts import compose_answer
from bot.conversation.moderator_texts import compose_added
from bot.conversation.notification_texts import compose_notification
from bot.conversation.reply import Reply
from bot.conversation.report_input import read_pasted
from bot.conversation.translations import Language, load_catalogue
from bot.fetching import Fetcher
from bot.parsing.parser_pool import ParserPool
from bot.telegram.outgoing.rendering import render
from knowledge import curation
from knowledge.accounts import roles
from knowledge.agreement.judgement import Judgement
from knowledge.checking.outcomes import Answer, Match
from knowledge.corpus import reports, sources
from knowledge.corpus.readers import Format, read
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation import ReportEdit, StatementEdit
from knowledge.curation.manual_reports import AddedReports
from knowledge.domain import (
    FeedKind,
    NotificationKind,
    Outcome,
    Rating,
    Relation,
    ReportDraft,
    ReportKind,
    Role,
    StatementDraft,
    StatementStatus,
    SubjectKind,
)
from knowledge.errors import UnreadableFile
from knowledge.export import claim_reviews, table
from knowledge.models import Report
from knowledge.outbox.pending_notifications import DueNotification
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from knowledge.text.plain_text import is_plain_text, is_single_line

TODAY = date(2026, 2, 7)
FORGED = "✅ A verified report says the same"
BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
UNSEEN = "\x08\x1b\x7f\x9b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
#: Our own: what a renderer puts around and in front of what it quotes.
OURS = re.compile("\u2068[^\u2066-\u2069\n]*\u2069|[\u200e\u200f]")
FIELDS = ("ref", "title", "publisher", "speaker", "rating")
PLAIN = {
    "ref": "r-1",
    "title": "Bridges",
    "publisher": "The Valley Post",
    "speaker": "The mayor",
    "rating": "False",
}
MANY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
BODY = "The mayor said that the old bridge carried 250 cars on the first day of this week."
HOSTILE = st.lists(
    st.sampled_from([*BREAKS, *UNSEEN, FORGED, "خبر ", " · ", "a", "<b>", "«", "  "]), max_size=8
).map("".join)


def _values(field: str, hostile: str) -> dict[str, str]:
    return PLAIN | {field: f"x{hostile}y"}


def _file(content: str, name: str, folder: Path, kind: Format) -> list[ReportDraft]:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return [item for item in read(path, kind) if isinstance(item, ReportDraft)]


def _row(v: Mapping[str, str]) -> dict[str, Any]:
    stated = {"ref": v["ref"], "text": BODY, "speaker": v["speaker"], "rating": v["rating"]}
    report = {"ref": v["ref"], "title": v["title"], "publisher": v["publisher"]}
    return {**report, "language": "en", "statements": [stated]}


def from_rows(v: Mapping[str, str], folder: Path) -> list[ReportDraft]:
    return _file(json.dumps(_row(v)), "a.jsonl", folder, Format.REPORT)


def from_csv(v: Mapping[str, str], folder: Path) -> list[ReportDraft]:
    cells = [*(v[name] for name in FIELDS), BODY]
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    return _file(f"ref,title,publisher,speaker,rating,text\n{row}\n", "a.csv", folder, Format.CSV)


def from_claim_review(v: Mapping[str, str], folder: Path) -> list[ReportDraft]:
    review = {
        "@type": "ClaimReview",
        "url": "https://example.org/a",
        "headline": v["title"],
        "claimReviewed": BODY,
        "author": {"@type": "Organization", "name": v["publisher"]},
        "itemReviewed": {"author": {"name": v["speaker"]}},
        "reviewRating": {"alternateName": v["rating"]},
    }
    return _file(json.dumps(review), "a.json", folder, Format.CLAIMREVIEW)


def from_google(v: Mapping[str, str], folder: Path) -> list[ReportDraft]:
    review = {
        "publisher": {"name": v["publisher"]},
        "url": "https://example.org/a",
        "title": v["title"],
        "textualRating": v["rating"],
    }
    claim = {"text": BODY, "claimant": v["speaker"], "claimReview": [review]}
    return _file(json.dumps({"claims": [claim]}), "a.json", folder, Format.CLAIMREVIEW)


def from_page(v: Mapping[str, str], folder: Path) -> list[ReportDraft]:
    title, site = html.escape(v["title"]), html.escape(v["publisher"])
    paragraphs = "".join(f"<p>{BODY} Part {n}.</p>" for n in range(5))
    page = (
        f'<html><head><title>{title}</title><meta property="og:title" content="{title}">'
        f'<meta property="og:site_name" content="{site}"></head>'
        f"<body><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )
    try:
        return _file(page, "a.html", folder, Format.HTML)
    except UnreadableFile:
        return []


def from_text(v: Mapping[str, str], folder: Path) -> list[ReportDraft]:
    try:
        return _file(f"{v['title']}\n\n{BODY}", "a.txt", folder, Format.TEXT)
    except UnreadableFile:
        return []


def from_telegram(v: Mapping[str, str], folder: Path) -> list[ReportDraft]:
    return [read_pasted(f"{v['title']}\n{BODY}\nhttps://example.org/a")]


def from_console(v: Mapping[str, str], folder: Path) -> list[ReportDraft]:
    sent = Form({name: [v[name]] for name in ("title", "publisher")} | {"body": [BODY]})
    return [
        item
        for item in console_drafts(sent, Fetcher(), ParserPool())
        if isinstance(item, ReportDraft)
    ]


WAYS: list[Callable[[Mapping[str, str], Path], list[ReportDraft]]] = [
    from_rows,
    from_csv,
    from_claim_review,
    from_google,
    from_page,
    from_text,
    from_telegram,
    from_console,
]


def of_draft(draft: ReportDraft) -> SourcedStatement:
    """Return what is read of a draft's first statement, as if it were stored and published."""
    stated = draft.statements[0] if draft.statements else StatementDraft(BODY)
    return replace(
        plain_statement(),
        ref=stated.ref or "r-1",
        text=stated.text,
        speaker=stated.speaker,
        rating_text=stated.rating_text,
        title=draft.title,
        publisher=draft.publisher,
        url=draft.url,
    )


def plain_statement() -> SourcedStatement:
    return SourcedStatement(
        id=1,
        ref="r-1",
        text=BODY,
        status=StatementStatus.PUBLISHED,
        speaker="The mayor",
        rating=Rating.FALSE,
        rating_text="False",
        as_of=None,
        report_ref="r",
        title="Bridges",
        publisher="The Valley Post",
        url="https://example.org/1",
        published_at=date(2026, 2, 1),
        language="en",
        kind=ReportKind.FACT_CHECK,
    )


def replies(statement: SourcedStatement, language: Language) -> Iterator[Reply]:
    """Yield what people and moderators read of a statement."""
    words = load_catalogue(language)
    match = Match(statement, Judgement(Relation.REFUTES, 0.9), 1.0, 0.9, settles=True)
    yield compose_answer(Answer(BODY, Outcome.REFUTED, 0.9, (match,)), None, TODAY, words)
    told = DueNotification(
        id=1,
        person_key="",
        address=None,
        language=language.value,
        kind=NotificationKind.CORRECTED,
        claim=BODY,
        relation=None,
        statement=statement,
        text_before=statement.text,
        tries=0,
    )
    yield compose_notification(told, TODAY, words)
    yield compose_added(AddedReports(1, False, statement.title, (statement,)), 1, words)


def telegram(reply: Reply) -> str:
    return "\n".join(each.html for each in render(reply))


def terminal(reply: Reply) -> str:
    out = StringIO()
    with redirect_stdout(out):
        print_reply(reply, buttons=True)
    return out.getvalue()


def page(reply: Reply) -> str:
    template = '{% from "parts.html" import told with context %}{{ told(reply, "ltr", "en") }}'
    return _environment().from_string(template).render(reply=reply)


def assert_same_lines(shown: Reply, harmless: Reply) -> None:
    for channel in (telegram, terminal, page):
        lines, expected = channel(shown).splitlines(), channel(harmless).splitlines()
        # A field may be gone, as where nothing of it was seen, and its line with it; none comes.
        assert len(lines) <= len(expected), (channel.__name__, lines)
        assert lines[0] == expected[0]
        assert FORGED not in [re.sub(r"<[^>]*>", "", line).strip() for line in lines]
        ours = OURS if channel is telegram else re.compile("$^")
        left = ours.sub("", "\n".join(lines))
        assert not set(left) & set(UNSEEN + BREAKS.replace("\n", "")), channel.__name__


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(field=st.sampled_from(FIELDS), hostile=HOSTILE, language=st.sampled_from(Language))
def test_no_way_in_lets_a_field_forge_a_line(
    way: Callable[[Mapping[str, str], Path], list[ReportDraft]],
    tmp_path: Path,
    field: str,
    hostile: str,
    language: Language,
) -> None:
    found = way(_values(field, hostile), tmp_path)
    (harmless,) = way(PLAIN, tmp_path)
    for draft in found:
        for value in (draft.title, draft.publisher, draft.ref, draft.url):
            assert value is None or is_single_line(value)
        shown = replies(of_draft(draft), language)
        for reply, expected in zip(shown, replies(of_draft(harmless), language), strict=True):
            assert_same_lines(reply, expected)


@MANY
@given(
    field=st.sampled_from(("text", "ref", "title", "publisher", "speaker", "rating_text")),
    hostile=HOSTILE,
    language=st.sampled_from(Language),
)
def test_what_was_kept_before_forges_no_line_either(
    field: str, hostile: str, language: Language
) -> None:
    # So long a text stays in its language, which a line of the answer may be about.
    before = f"{BODY} " if field == "text" else ""
    changed: dict[str, Any] = {field: f"{before}x{hostile}y"}
    old = replace(plain_statement(), **changed)
    shown, expected = replies(old, language), replies(plain_statement(), language)
    for reply, harmless in zip(shown, expected, strict=True):
        assert_same_lines(reply, harmless)


def _old(session: Session, hostile: str, body: str) -> int:
    """Keep a report with hostile fields as older versions did; return its statement, all of it."""
    stored = reports.store(
        session, ReportDraft("t", publisher="p", body=BODY, statements=(StatementDraft(BODY),))
    )
    row = session.get_one(Report, stored.report_id)
    assert row.source is not None
    row.title = row.ref = row.source.name = hostile
    (statement,) = row.statements
    statement.speaker = statement.rating_text = statement.ref = hostile
    row.body = statement.text = body
    statement.span_start, statement.span_end = 0, len(body)
    session.flush()
    return statement.id


OLD = f"old\n{FORGED}\u202e\x1b[31m\u2028end"


def test_rows_of_older_versions_are_mended_as_they_are_loaded(sessions: Sessions) -> None:
    with sessions.begin() as session:
        number = _old(session, OLD, f"{BODY}\x0c{OLD}")
        (found,) = reports.load_by_ids(session, [number])
    mended = f"old {FORGED}[31m end"
    assert (found.title, found.publisher, found.speaker) == (mended,) * 3
    assert (found.ref, found.report_ref, found.rating_text) == (mended,) * 3
    assert "\x1b" not in found.text + "".join(claim_reviews([found])) + "".join(table([found]))


def test_an_old_report_is_opened_edited_and_mended_by_that(sessions: Sessions) -> None:
    with sessions.begin() as session:
        number = _old(session, OLD, f"{BODY} {OLD} said the \x1bmayor on Sunday.")
        report_id = curation.load_statement(session, number).report_id
        # What of it cannot be quoted is not proposed; the page that shows it opens.
        assert all(is_plain_text(each.text) for each in curation.propose(session, report_id))
    with sessions.begin() as session:
        held = curation.load_report(session, report_id)
        sent = Form({"body": [held.body or ""], "title": [held.title]})
        edit = ReportEdit(sent.needed("title", 2_000), body=sent.verbatim("body", 10_000))
        curation.edit_report(session, report_id, edit, "amal", None, held.version)
    with sessions() as session:
        held = curation.load_report(session, report_id)
        (statement,) = held.statements
        assert held.body is not None
        assert statement.span is not None
        assert held.body[statement.span.start : statement.span.end] == statement.text
        assert not set(held.body + held.title) & set("\x1b\u202e\u2028")


def test_taking_an_edit_back_does_not_bring_old_line_breaks_back(sessions: Sessions) -> None:
    mended = f"old {FORGED}[31m end"
    with sessions.begin() as session:
        number = _old(session, OLD, BODY)
        held = curation.load_statement(session, number)
        curation.edit_statement(session, number, StatementEdit(BODY), "amal", None, held.version)
        renamed = ReportEdit("new", publisher="new", body=BODY)
        curation.edit_report(session, held.report_id, renamed, "amal", None, version=1)
        for kind, subject in (
            (SubjectKind.STATEMENT, number),
            (SubjectKind.REPORT, held.report_id),
        ):
            entry = audit_log.load_latest(session, kind, subject)
            assert entry is not None
            curation.undo(session, entry.id, "amal", None)
        report = curation.load_report(session, held.report_id)
        (statement,) = report.statements
    assert (report.title, report.publisher) == (mended, mended)
    assert (statement.speaker, statement.rating_text) == (mended, mended)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(hostile=HOSTILE)
def test_names_and_reasons_are_one_line(sessions: Sessions, hostile: str) -> None:
    name = f"x{hostile}y"
    with sessions() as session:
        roles.grant(session, "k" * 64, Role.MODERATOR, name, "amal")
        (holder,) = roles.list_holders(session)
        feed = sources.add_feed(
            session, name, "https://example.org/feed", FeedKind.SYNDICATION, 60, "amal"
        )
        (source,) = sources.list_polled(session)
        sources.remove(session, feed, "amal", name)
        entry = audit_log.load_latest(session, SubjectKind.FEED, feed)
        assert entry is not None
        for value in (holder.name, source.name, entry.reason):
            assert value
            assert is_single_line(value)
            assert not set(value) & set(UNSEEN)
        session.rollback()
