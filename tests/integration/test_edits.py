"""Editing: a new version, the old one kept, and what was changed meanwhile is told."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from knowledge import curation
from knowledge.corpus import reports
from knowledge.curation import ReportEdit, StatementEdit
from knowledge.curation.additions import add_chosen
from knowledge.domain import (
    ChangeKind,
    NotificationKind,
    Rating,
    ReportDraft,
    Span,
    StatementDraft,
    StatementStatus,
    VersionKind,
    now,
)
from knowledge.errors import BadEdit, NotFound, Stale
from knowledge.outbox import pending_notifications
from knowledge.storage.database import Sessions
from tests.integration.moderation import (
    BODY,
    asks,
    changes,
    last_entry,
    published,
    stored,
    told,
    with_body,
)

_CORRECTED = NotificationKind.CORRECTED


def test_an_edit_is_a_new_version_and_keeps_the_old_one(sessions: Sessions) -> None:
    (number,) = stored(sessions, "the old text")
    edit = StatementEdit("the new text", rating=Rating.FALSE, as_of=date(2024, 1, 2))
    with sessions.begin() as session:
        curation.edit_statement(session, number, edit, "amal", "a slip", version=1)
    with sessions() as session:
        now = curation.load_statement(session, number)
        (past,) = curation.load_history(session, VersionKind.STATEMENT, number)
    assert (now.version, now.text, now.rating, now.as_of) == (
        2, "the new text", Rating.FALSE, date(2024, 1, 2),
    )  # fmt: skip
    assert (past.version, past.content["text"], past.content["rating"]) == (1, "the old text", None)
    entry = last_entry(sessions)
    assert entry.before == {"text": "the old text", "rating": None, "as_of": None}
    assert entry.after == {"text": "the new text", "rating": "false", "as_of": "2024-01-02"}
    assert changes(sessions) == [], "a draft is in no index"


def test_an_edit_that_changes_nothing_leaves_nothing(sessions: Sessions) -> None:
    (number,) = stored(sessions, "text")
    with sessions.begin() as session:
        curation.edit_statement(session, number, StatementEdit("text"), "amal", None, version=1)
    with sessions() as session:
        assert curation.load_statement(session, number).version == 1
        assert curation.load_history(session, VersionKind.STATEMENT, number) == ()


def test_who_edits_an_old_version_is_told_who_changed_it(sessions: Sessions) -> None:
    (number,) = stored(sessions, "text")
    with sessions.begin() as session:
        curation.edit_statement(session, number, StatementEdit("first"), "amal", None, version=1)
    with pytest.raises(Stale, match=r"edited by amal .*repeat") as error, sessions.begin() as own:
        curation.edit_statement(own, number, StatementEdit("second"), "basil", None, version=1)
    assert (error.value.by, error.value.action) == ("amal", "edited")
    with sessions() as session:
        assert curation.load_statement(session, number).text == "first"


def test_of_two_who_edit_at_once_one_is_too_late(sessions: Sessions) -> None:
    (number,) = stored(sessions, "text")

    def editing() -> None:
        with sessions.begin() as session:
            curation.edit_statement(session, number, StatementEdit("b"), "basil", None, version=1)

    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            curation.edit_statement(session, number, StatementEdit("a"), "amal", None, version=1)
            late = pool.submit(editing)
        assert isinstance(late.exception(), Stale)
    with sessions() as session:
        assert curation.load_statement(session, number).text == "a"


def test_an_edit_of_what_is_published_is_served_and_told(sessions: Sessions) -> None:
    (number,) = published(sessions, "text")
    for person in ("one", "another"):
        asks(sessions, person, "a claim", [number])
    asks(sessions, "one", "asked again", [number])
    with sessions.begin() as session:
        curation.edit_statement(session, number, StatementEdit("new"), "amal", None, version=1)
    assert changes(sessions)[1:] == [(number, ChangeKind.ADDED)]
    assert sorted(told(sessions)) == [
        ("another", _CORRECTED, number, 2),
        ("one", _CORRECTED, number, 2),
    ]


def test_what_does_not_change_the_meaning_is_told_to_nobody(sessions: Sessions) -> None:
    body = "The bridge is open. The bridge is open."
    with sessions.begin() as session:
        draft = ReportDraft("t", body=body, language="en")
        ids = reports.store(session, draft).statement_ids
        curation.publish(session, ids, "amal")
    asks(sessions, "one", "a claim", ids)
    moved = StatementEdit("The bridge is open.", span=Span(20, 39))
    with sessions.begin() as session:
        curation.edit_statement(session, ids[0], moved, "amal", None, version=1)
    assert told(sessions) == []
    assert len(changes(sessions)) == 2


_SAID = StatementEdit("The bridge cost 1.5 million.", speaker="the mayor", rating=Rating.TRUE)


@pytest.fixture
def seen(sessions: Sessions) -> int:
    """Publish a statement that two people were shown."""
    draft = StatementDraft(_SAID.text, speaker=_SAID.speaker, rating=_SAID.rating, ref="r0")
    with sessions.begin() as session:
        stored = reports.store(session, ReportDraft("report", ref="r", statements=(draft,)))
        curation.publish(session, stored.statement_ids, "amal")
    for person in ("one", "another"):
        asks(sessions, person, "a claim", stored.statement_ids)
    return stored.statement_ids[0]


def edit(sessions: Sessions, number: int, new: StatementEdit, tell: bool | None = None) -> None:
    with sessions.begin() as session:
        version = curation.load_statement(session, number).version
        curation.edit_statement(session, number, new, "amal", None, version, tell)


@pytest.mark.parametrize(
    "new",
    [
        replace(_SAID, text="The bridge cost 15 million."),
        replace(_SAID, text="The bridge cost 1.5 million?"),
        replace(_SAID, rating=Rating.FALSE),
        replace(_SAID, rating_text="so it is"),
        replace(_SAID, as_of=date(2024, 1, 2)),
    ],
    ids=["number", "question", "rating", "rating's words", "date"],
)
def test_who_was_shown_it_hears_of_another_meaning(
    sessions: Sessions, seen: int, new: StatementEdit
) -> None:
    edit(sessions, seen, new)
    assert len(told(sessions)) == 2
    assert (last_entry(sessions).after or {})["told"] == 2


@pytest.mark.parametrize(
    "new",
    [
        replace(_SAID, speaker="The Mayor"),
        replace(_SAID, speaker=None),
        replace(_SAID, text=" The bridge cost  1.5 million"),
        replace(_SAID, text="The bridge: cost 1.5 million!"),
    ],
    ids=["speaker's spelling", "speaker", "white space", "punctuation"],
)
def test_who_was_shown_it_is_not_disturbed_for_the_same_meaning(
    sessions: Sessions, seen: int, new: StatementEdit
) -> None:
    edit(sessions, seen, new)
    assert told(sessions) == []
    assert (last_entry(sessions).after or {})["told"] is False


def test_the_moderator_decides_whether_people_are_told(sessions: Sessions, seen: int) -> None:
    edit(sessions, seen, replace(_SAID, rating=Rating.FALSE), tell=False)
    assert told(sessions) == []
    edit(sessions, seen, replace(_SAID, rating=Rating.FALSE, speaker="The Mayor"), tell=True)
    assert len(told(sessions)) == 2
    assert (last_entry(sessions).after or {})["told"] == 2


def test_those_who_were_shown_a_duplicate_are_counted_once(sessions: Sessions, seen: int) -> None:
    (same,) = published(sessions, _SAID.text, ref="same")
    for person in ("one", "a third"):
        asks(sessions, person, "a claim", [same])
    with sessions.begin() as session:
        curation.merge(session, seen, [same], "amal", None)
    edit(sessions, seen, replace(_SAID, rating=Rating.FALSE))
    assert (last_entry(sessions).after or {})["told"] == len(told(sessions)) == 3


def test_what_is_to_be_told_still_is_after_a_silent_edit(sessions: Sessions, seen: int) -> None:
    wrong = replace(_SAID, rating=Rating.FALSE)
    edit(sessions, seen, wrong)
    edit(sessions, seen, replace(wrong, speaker="The Mayor"))
    with sessions() as session:
        due = pending_notifications.list_due(session, now())
    assert sorted(each.person_key for each in due) == ["another", "one"]
    assert {each.statement.speaker for each in due} == {"The Mayor"}


def test_an_edit_told_to_nobody_is_taken_back_for_those_who_asked_since(
    sessions: Sessions, seen: int
) -> None:
    edit(sessions, seen, replace(_SAID, text="The bridge cost 15 million."), tell=False)
    entry = last_entry(sessions)
    asks(sessions, "since", "a claim", [seen])
    with sessions.begin() as session:
        curation.undo(session, entry.id, "amal", "it was right")
    assert told(sessions) == [("since", _CORRECTED, seen, 3)]
    assert (last_entry(sessions).after or {})["told"] == 1


def test_an_edit_that_was_told_is_taken_back_for_all(sessions: Sessions, seen: int) -> None:
    edit(sessions, seen, replace(_SAID, speaker="the minister"), tell=True)
    with sessions.begin() as session:
        curation.undo(session, last_entry(sessions).id, "amal", "it was right")
    assert [each[2:] for each in told(sessions)] == [(seen, 3), (seen, 3)]


def test_a_draft_has_nobody_to_be_told(sessions: Sessions) -> None:
    (number,) = stored(sessions, "text")
    edit(sessions, number, StatementEdit("new"), tell=True)
    assert "told" not in (last_entry(sessions).after or {})


def test_what_was_reviewed_and_then_edited_is_a_draft_again(sessions: Sessions) -> None:
    (number,) = stored(sessions, "text")
    with sessions.begin() as session:
        curation.review(session, [number], "amal")
        curation.edit_statement(session, number, StatementEdit("new"), "basil", None, version=1)
    with sessions() as session:
        held = curation.load_statement(session, number)
    assert (held.status, held.reviewed_by) == (StatementStatus.DRAFT, None)


def test_what_is_retracted_is_not_edited(sessions: Sessions) -> None:
    (number,) = published(sessions, "text")
    with sessions.begin() as session:
        curation.retract(session, [number], "amal", "wrong")
    with pytest.raises(BadEdit, match="retracted"), sessions.begin() as session:
        curation.edit_statement(session, number, StatementEdit("new"), "amal", None, version=1)


@pytest.mark.parametrize(
    "edit",
    [
        StatementEdit("words of nobody"),
        StatementEdit("  "),
        StatementEdit("x" * 8_001),
        StatementEdit("Nobody was hurt.", span=Span(0, 16)),
        StatementEdit("Nobody was hurt.", span=Span(-16, 10**6)),
        StatementEdit("Nobody was hurt.", speaker="x" * 2_001),
    ],
)
def test_a_statement_is_quoted_or_not_kept(sessions: Sessions, edit: StatementEdit) -> None:
    report = with_body(sessions)
    with pytest.raises(BadEdit), sessions.begin() as session:
        curation.edit_statement(session, report.statement_ids[0], edit, "amal", None, version=1)


def test_words_are_found_where_they_stand(sessions: Sessions) -> None:
    report = with_body(sessions)
    edit = StatementEdit("The old bridge was closed on Monday")
    with sessions.begin() as session:
        curation.edit_statement(session, report.statement_ids[0], edit, "amal", None, version=1)
        held = curation.load_statement(session, report.statement_ids[0])
    assert held.span is not None
    assert BODY[held.span.start : held.span.end] == edit.text


def test_a_statement_that_is_not_there_is_told(sessions: Sessions) -> None:
    with pytest.raises(NotFound), sessions.begin() as session:
        curation.edit_statement(session, 404, StatementEdit("new"), "amal", None, version=1)


_EDIT = ReportEdit("The bridges", language="en", body=BODY)


def test_a_report_is_edited_and_its_statements_follow(sessions: Sessions) -> None:
    report = with_body(sessions)
    with sessions.begin() as session:
        curation.publish(session, report.statement_ids[:1], "amal")
        edit = replace(_EDIT, publisher="The Gazette", body=f"By our own.\n{BODY}")
        curation.edit_report(session, report.report_id, edit, "amal", "as printed", version=1)
        held = curation.load_report(session, report.report_id)
        (past,) = curation.load_history(session, VersionKind.REPORT, report.report_id)
    assert (held.version, held.publisher) == (2, "The Gazette")
    assert past.content["body"] == BODY
    assert past.content["publisher"] is None
    for statement in held.statements:
        assert statement.span is not None
        assert edit.body is not None
        assert edit.body[statement.span.start : statement.span.end] == statement.text
    assert set(changes(sessions)) == {(report.statement_ids[0], ChangeKind.ADDED)}


def test_a_report_keeps_the_words_it_is_quoted_with(sessions: Sessions) -> None:
    report = with_body(sessions)
    edit = replace(_EDIT, body="Something else entirely.")
    with pytest.raises(BadEdit, match="b-1 is not in the new text"), sessions.begin() as session:
        curation.edit_report(session, report.report_id, edit, "amal", None, version=1)
    with sessions.begin() as session:
        curation.discard(session, report.statement_ids, "amal", "no use")
        curation.edit_report(session, report.report_id, edit, "amal", None, version=1)
        assert curation.load_report(session, report.report_id).body == edit.body


def test_an_edited_report_is_still_known_when_it_is_read_again(sessions: Sessions) -> None:
    report = with_body(sessions)
    with sessions.begin() as session:
        edit = replace(_EDIT, title="Another title")
        curation.edit_report(session, report.report_id, edit, "amal", None, version=1)
    again = with_body(sessions)
    assert again.duplicate
    assert again.report_id == report.report_id


def test_a_report_that_changed_meanwhile_is_not_overwritten(sessions: Sessions) -> None:
    report = with_body(sessions)
    with sessions.begin() as session:
        edit = replace(_EDIT, title="First")
        curation.edit_report(session, report.report_id, edit, "amal", None, version=1)
    second = replace(_EDIT, title="Second")
    with pytest.raises(Stale, match="edited by amal"), sessions.begin() as session:
        curation.edit_report(session, report.report_id, second, "basil", None, version=1)
    for edit, said in (
        (replace(_EDIT, title=" "), "title"),
        (replace(_EDIT, url="x" * 2_001), "url"),
        (replace(_EDIT, body=BODY * 20_000), "characters"),
    ):
        with pytest.raises(BadEdit, match=said), sessions.begin() as session:
            curation.edit_report(session, report.report_id, edit, "basil", None, version=2)


def test_a_statement_is_added_where_it_stands(sessions: Sessions) -> None:
    report = with_body(sessions)
    text = "opens in spring"
    with sessions.begin() as session:
        number = curation.add_statement(session, report.report_id, StatementDraft(text), "amal")
        held = curation.load_report(session, report.report_id)
    places = [each.span.start for each in held.statements if each.span]
    assert places == sorted(places)
    assert number in {each.id for each in held.statements}
    assert len({each.ref for each in held.statements}) == len(held.statements)
    entry = last_entry(sessions)
    assert (entry.action, entry.before) == ("added", None)
    assert entry.after is not None
    assert entry.after["text"] == text


def test_words_that_stay_the_same_stay_where_they_are(sessions: Sessions) -> None:
    body = "Nobody was hurt. The bridge is open again. Nobody was hurt."
    text, place = "Nobody was hurt.", Span(43, 59)
    statement = StatementDraft(text, place)
    with sessions.begin() as session:
        draft = ReportDraft("t", body=body, language="en", statements=(statement,))
        (number,) = reports.store(session, draft).statement_ids
        edit = StatementEdit(text, speaker="the mayor")
        curation.edit_statement(session, number, edit, "amal", None, version=1)
    with sessions() as session:
        held = curation.load_statement(session, number)
    assert (held.span, held.speaker) == (place, "the mayor")


def test_what_is_a_statement_already_is_not_added_twice(sessions: Sessions) -> None:
    report = with_body(sessions)
    with sessions.begin() as session:
        known = curation.load_statement(session, report.statement_ids[0])
    draft = StatementDraft(known.text, known.span)
    with pytest.raises(BadEdit, match=f"already: {known.ref}"), sessions.begin() as session:
        curation.add_statement(session, report.report_id, draft, "amal")
    with pytest.raises(BadEdit, match="not in the report"), sessions.begin() as session:
        curation.add_statement(session, report.report_id, StatementDraft("not there"), "amal")
    with pytest.raises(NotFound), sessions.begin() as session:
        curation.add_statement(session, 404, draft, "amal")


def test_proposals_and_marked_words_are_added_or_refused_together(sessions: Sessions) -> None:
    report = with_body(sessions)
    with sessions.begin() as session:
        held = curation.load_report(session, report.report_id)
    known = held.statements[0]
    assert known.span is not None

    def add(*proposed: Span, marked: str = "") -> int:
        with sessions.begin() as session:
            return add_chosen(session, report.report_id, proposed, marked, "the mayor", "amal")

    for proposed, marked, why in (
        ([known.span], "new bridge opens", f"already: {known.ref}"),
        ([Span(0, 3)], "new bridge opens", "not proposed any more"),
        ([], "no such bridge", "not in the report"),
    ):
        with pytest.raises(BadEdit, match=why):
            add(*proposed, marked=marked)
    assert add(marked="new\n bridge\u200f opens") == 1
    with sessions.begin() as session:
        after = curation.load_report(session, report.report_id).statements
    (added,) = (each for each in after if each not in held.statements)
    assert (added.text, added.speaker) == ("new bridge opens", "the mayor")


def test_what_nobody_decided_on_is_proposed(sessions: Sessions) -> None:
    report = with_body(sessions, "The bridge was closed on Monday, said the mayor.")
    longer = ReportEdit("The bridges", language="en", body=BODY)
    with sessions.begin() as session:
        assert curation.propose(session, report.report_id) == ()
        curation.discard(session, report.statement_ids, "amal", "badly cut")
        curation.edit_report(session, report.report_id, longer, "amal", None, version=1)
        proposed = curation.propose(session, report.report_id)
        for draft in proposed:
            curation.add_statement(session, report.report_id, draft, "amal")
        assert curation.propose(session, report.report_id) == ()
    assert next(draft.text for draft in proposed).startswith("The old bridge")


def test_nothing_is_proposed_where_there_is_nothing_to_read(sessions: Sessions) -> None:
    (number,) = stored(sessions, "text")
    with sessions() as session:
        held = curation.load_statement(session, number)
        assert curation.propose(session, held.report_id) == ()
        for missing in (curation.propose, curation.load_report, curation.load_statement):
            with pytest.raises(NotFound):
                missing(session, 404)


@pytest.mark.parametrize(
    "entered",
    [
        {"url": "javascript:alert(1)"},
        {"url": "ftp://example.org/"},
        {"url": "https://example.org@evil.example/"},
        {"language": "x" * 17},
        {"language": ""},
        {"publisher": "x" * 301},
        {"title": "t\x00"},
        {"body": f"{BODY}\x00"},
    ],
)
def test_what_no_reader_takes_is_not_entered_by_hand(
    sessions: Sessions, entered: dict[str, Any]
) -> None:
    report = with_body(sessions)

    def enter() -> None:
        edit = replace(ReportEdit("t", body=BODY), **entered)
        with sessions.begin() as session:
            curation.edit_report(session, report.report_id, edit, "amal", None, version=1)

    with pytest.raises(BadEdit):
        enter()


@pytest.mark.parametrize("value", ["x" * 10_001, "a\x00b"])
@pytest.mark.parametrize("field", ["speaker", "rating_text", "ref"])
def test_what_is_added_by_hand_is_bounded(sessions: Sessions, field: str, value: str) -> None:
    report = with_body(sessions)
    text = "closed on Monday"
    entered: dict[str, Any] = {field: value}

    def enter() -> None:
        draft = replace(StatementDraft(text), **entered)
        with sessions.begin() as session:
            curation.add_statement(session, report.report_id, draft, "amal")

    with pytest.raises(BadEdit):
        enter()
