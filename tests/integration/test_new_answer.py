"""From a pasted report to the answer that people are told, in two pages of the console."""

import html
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.parsing.parser_pool import ParserPool
from embeddings.encoders.encoder import Encoder
from knowledge.domain import ClusterStatus, StatementStatus
from knowledge.models import AuditEntry, Cluster, Notification, Proposal, Report, Statement, Verdict
from knowledge.storage.database import Sessions
from tests.integration.console import Browser, Console, console_on
from tests.integration.newsroom import HOSTILE, furnish
from tests.integration.web import serving

REPORT = (
    "أعلنت البلدية برنامج الصيف للحدائق العامة في المدينة.\n"
    "وقال رئيس البلدية سمير الحلبي إن الجسر القديم مفتوح أمام المشاة في كل أيام الأسبوع.\n"
    "وأكد المتحدث باسم البلدية أن كلفة ترميم الجسر بلغت أربعة ملايين دينار."
)
OPEN = "وقال رئيس البلدية سمير الحلبي إن الجسر القديم مفتوح أمام المشاة في كل أيام الأسبوع."
FIELDS = {
    "body": REPORT,
    "title": "الجسر القديم مفتوح",
    "publisher": "نشرة المدينة",
    "published_at": "2026-02-06",
}


@pytest.fixture
def console(
    sessions: Sessions, fake_encoder: Encoder, tmp_path: Path, parsers: ParserPool
) -> Console:
    furnish(sessions)
    console = console_on(sessions, fake_encoder, tmp_path, parsers=parsers)
    console.clock.now = datetime.now(UTC)
    return console


@pytest.fixture
def moderator(console: Console) -> Browser:
    return console.signed_in(2)


def filled(page: str) -> dict[str, str]:
    """Return the fields of the page's own form as a browser would send them."""
    main = page.partition("<main")[2]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", main):
        name = re.search(r'name="(\w+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name is None or ('type="radio"' in tag and " checked" not in tag):
            continue
        fields[name[1]] = html.unescape(value[1]) if value else ""
    for name_, text in re.findall(
        r'<textarea[^>]*name="(\w+)"[^>]*>\n?(.*?)</textarea>', main, re.S
    ):
        fields[name_] = html.unescape(text)
    kind = re.search(r'<option value="(\w+)" selected>', main)
    fields["kind"] = kind[1] if kind else ""
    fields.pop("form_token", None)
    return fields


def quoted(choice: str) -> str:
    start, end = choice.split("-")
    return REPORT[int(start) : int(end)]


def counts(console: Console) -> list[int]:
    """Return how much there is of everything that an answer writes."""
    with console.sessions() as session:
        return [
            session.scalar(select(func.count()).select_from(each)) or 0
            for each in (Report, Statement, Verdict, Notification, AuditEntry, Proposal)
        ]


def choose(browser: Browser, **fields: str) -> str:
    answer = browser.send("/clusters/1/report", **{**FIELDS, **fields})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_pasted_report_answers_in_two_pages(console: Console, moderator: Browser) -> None:
    before = counts(console)
    assert 'href="/clusters/1/report"' in moderator.get("/clusters/1").text
    assert "Answer with a new report" in moderator.get("/clusters/1/report").text
    page = choose(moderator)
    # What is nearest to the claim comes first, with the judge's reading and its speaker.
    first = re.findall(r'<li><label class="check">.*?</li>', page, re.S)[0]
    assert OPEN in first
    assert "The judge reads:" in first
    fields = {**filled(page), "relation": "REFUTES"}
    assert quoted(fields["choice"]) == OPEN
    assert "سمير الحلبي" in fields["speaker"]
    page = moderator.send("/clusters/1/report", **fields).text
    assert "It goes to 7 people." in page
    assert "It goes to 5 people." in page
    assert "It goes to 2 people." in page
    assert "❌ A verified report contradicts this" in page
    assert counts(console) == before
    answer = moderator.send("/clusters/1/report/answer", **filled(page))
    assert "Published. People who are told: 7." in moderator.told(answer)
    with console.sessions() as session:
        statement = session.scalars(select(Statement).where(Statement.text == OPEN)).one()
        assert statement.status is StatementStatus.PUBLISHED
        assert statement.report.title == FIELDS["title"]
        assert statement.report.body == REPORT
        assert [each.text for each in statement.report.statements] == [OPEN]
        assert session.get_one(Cluster, 1).status is ClusterStatus.ANSWERED
        assert session.scalar(select(func.count()).select_from(Notification)) == 7
    assert "It was answered just now; nothing is sent yet." in moderator.get("/clusters/1").text


@pytest.mark.parametrize("relation", ["", "REFUTES"])
def test_a_report_of_a_day_to_come_is_not_sent(
    console: Console, moderator: Browser, relation: str
) -> None:
    before = counts(console)
    fields = {**FIELDS, "published_at": "2090-01-01", "relation": relation}
    answer = moderator.send("/clusters/1/report", **fields)
    assert answer.status_code == 400
    assert "A date lies in the future: 2090-01-01." in answer.text
    assert "/report/answer" not in answer.text
    # Not by a page that was looked at before either.
    looked_at = filled(moderator.send("/clusters/1/report", **FIELDS, relation="REFUTES").text)
    answer = moderator.send(
        "/clusters/1/report/answer", **{**looked_at, "published_at": "2090-01-01"}
    )
    assert answer.status_code == 400
    assert "A date lies in the future" in answer.text
    assert counts(console) == before
    mended = moderator.send("/clusters/1/report", **{**filled(answer.text), "published_at": ""})
    assert mended.status_code == 200


def test_what_people_are_not_told_of_a_report_is_said_beside_what_they_read(
    moderator: Browser,
) -> None:
    publisher, address = "Its publisher is missing", "Its address is missing"
    page = moderator.send("/clusters/1/report", **FIELDS, relation="REFUTES").text
    assert publisher not in page
    assert address in page
    whole = {**FIELDS, "url": "https://example.org/x", "publisher": ""}
    page = moderator.send("/clusters/1/report", **whole, relation="REFUTES").text
    assert publisher in page
    assert address not in page
    page = moderator.get("/clusters/3/answer?statement=3&relation=REFUTES").text
    assert address in page


def test_a_report_that_rates_the_claim_false_cannot_support_it(
    console: Console, moderator: Browser
) -> None:
    rated = {"text": "ظهر تمساح في نهر المدينة", "rating": "false", "rating_text": "زائف"}
    fields = {**FIELDS, "body": "", "kind": "fact_check", "carried": json.dumps(rated)}
    page = moderator.send("/clusters/3/report", **fields).text
    assert "It reviews this very claim, and refutes it" in page
    assert "It supports the claim" not in page
    before = counts(console)
    refused = moderator.send("/clusters/3/report", **fields, relation="SUPPORTS")
    assert refused.status_code == 400
    assert "Fact-checkers did not confirm what this statement says" in refused.text
    assert "/report/answer" not in refused.text
    assert counts(console) == before
    page = moderator.send("/clusters/3/report", **fields, relation="REFUTES").text
    assert "❌ Fact-checkers reviewed this claim and reject it" in page


def test_only_what_was_looked_at_is_published(console: Console, moderator: Browser) -> None:
    before = counts(console)
    looked_at = filled(moderator.send("/clusters/1/report", **FIELDS, relation="REFUTES").text)
    page = ""
    other = f"0-{REPORT.index('.') + 1}"
    answer = moderator.send("/clusters/1/report/answer", **{**looked_at, "choice": other})
    assert answer.status_code == 200
    assert "Say whether it supports or contradicts the claim" in answer.text
    assert counts(console) == before
    for changed in ({"relation": "SUPPORTS"}, {"speaker": "غيره"}, {"title": "عنوان آخر"}):
        answer = moderator.send("/clusters/1/report/answer", **{**looked_at, **changed})
        assert answer.status_code == 200
        assert "Something changed since you looked." in answer.text
        assert counts(console) == before
        page = answer.text
    # Confirmed once more, it is done.
    done = moderator.send("/clusters/1/report/answer", **filled(page))
    assert done.status_code == 303


def test_nothing_is_half_written_where_somebody_was_first(
    console: Console, moderator: Browser
) -> None:
    page = moderator.send("/clusters/1/report", **FIELDS, relation="REFUTES").text
    fields = filled(page)
    moderator.send("/clusters/1/assign", assignee="")
    before = counts(console)
    answer = moderator.send("/clusters/1/report/answer", **fields)
    assert answer.status_code == 409
    assert "Another moderator was faster." in answer.text
    assert counts(console) == before
    again = filled(answer.text)
    kept = {"body", "title", "publisher", "published_at", "choice", "relation", "speaker"}
    assert {name: again[name] for name in kept} == {name: fields[name] for name in kept}
    assert moderator.send("/clusters/1/report/answer", **again).status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"body": ""}, "Paste the report’s text, or give the address of one article."),
        ({"published_at": "soon"}, "This date cannot be used. Choose the day again."),
        ({"language": "no language!"}, "This cannot be used as it is: Language."),
        ({"body": "", "url": "ftp://x"}, "This address cannot be fetched."),
        ({"url": "javascript:x"}, "An address begins with https:// or http://"),
    ],
)
def test_the_first_page_keeps_everything_on_errors(
    console: Console, moderator: Browser, fields: dict[str, str], said: str
) -> None:
    before = counts(console)
    answer = moderator.send("/clusters/1/report", **{**FIELDS, **fields})
    assert answer.status_code == 400
    assert said in answer.text
    again, typed = filled(answer.text), {**FIELDS, **fields}
    shown = typed.keys() - {"language"}
    assert {name: again[name] for name in shown} == {name: typed[name] for name in shown}
    assert counts(console) == before


def test_other_words_of_the_report_are_quoted_or_asked_for_again(
    console: Console, moderator: Browser
) -> None:
    fields = {**FIELDS, "relation": "REFUTES", "choice": "words"}
    answer = moderator.send("/clusters/1/report", **fields, words="ليس في التقرير")
    assert answer.status_code == 400
    assert "These words are not in the report." in answer.text
    assert "ليس في التقرير" in answer.text
    page = moderator.send("/clusters/1/report", **fields, words="الجسر القديم مفتوح أمام المشاة")
    answer = moderator.send("/clusters/1/report/answer", **filled(page.text))
    assert answer.status_code == 303
    with console.sessions() as session:
        latest = session.scalars(select(Statement).order_by(Statement.id.desc())).first()
        assert latest is not None
        assert latest.text == "الجسر القديم مفتوح أمام المشاة"
        assert latest.status is StatementStatus.PUBLISHED


def test_the_speaker_and_the_relation_follow_the_choice(moderator: Browser) -> None:
    page = choose(moderator, relation="REFUTES")
    fields = filled(page)
    others = re.findall(r'name="choice" value="(\d+-\d+)"', page)
    other = next(
        each for each in others if REPORT[slice(*map(int, each.split("-")))][:5] == "وأكد "
    )
    assert filled(choose(moderator, **{**fields, "choice": other}))["speaker"] != fields["speaker"]
    typed = {**fields, "choice": other, "speaker": "أمين السر"}
    assert filled(choose(moderator, **typed))["speaker"] == "أمين السر"


def test_a_report_that_is_kept_already_answers_with_its_statement(
    console: Console, moderator: Browser
) -> None:
    page = ""
    for _ in range(2):
        page = moderator.send("/clusters/1/report", **FIELDS, relation="REFUTES").text
        answer = moderator.send("/clusters/1/report/answer", **filled(page))
        assert answer.status_code == 303
        with console.sessions() as session:
            found = session.scalars(select(Statement.status).where(Statement.text == OPEN)).all()
            assert found == [StatementStatus.PUBLISHED]
    assert "This statement exists already and stays as it is:" in page


def test_a_statement_that_a_report_came_with_is_carried_on(
    console: Console, moderator: Browser
) -> None:
    carried = '{"text": "الجسر القديم مغلق أمام المشاة", "rating": "false", "rating_text": "زائف"}'
    fields = {"title": "تحقق", "publisher": "مرصد", "kind": "fact_check", "relation": "REFUTES"}
    answer = moderator.send("/clusters/1/report", **fields, carried=carried)
    assert "Their rating: “<bdi>زائف</bdi>”" in answer.text
    assert moderator.send("/clusters/1/report/answer", **filled(answer.text)).status_code == 303
    with console.sessions() as session:
        row = session.scalars(select(Statement).order_by(Statement.id.desc())).first()
        assert row is not None
        assert (row.rating_text, row.status) == ("زائف", StatementStatus.PUBLISHED)
    for broken in ("{", '{"text": 1}', '{"text": "\\u0000"}'):
        answer = moderator.send("/clusters/1/report", **fields, carried=broken)
        assert answer.status_code == 400


def test_the_article_at_an_address_answers_and_what_is_typed_counts_for_more(
    sessions: Sessions, fake_encoder: Encoder, tmp_path: Path, parsers: ParserPool
) -> None:
    furnish(sessions)
    paragraphs = "".join(f"<p>{line}</p>" for line in REPORT.split("\n"))
    page = f"<html><head><title>عنوان</title></head><body><article>{paragraphs}</article></body>"
    with serving() as web:
        console = console_on(
            sessions, fake_encoder, tmp_path, fetcher=web.fetcher(), parsers=parsers
        )
        console.clock.now = datetime.now(UTC)
        moderator = console.signed_in(2)
        fields = {"url": web.serve("/bridge", page), "publisher": "نشرة المدينة"}
        shown = filled(
            moderator.send("/clusters/1/report", **fields, title="آخر", relation="REFUTES").text
        )
        assert shown["title"] == "آخر"
        answer = moderator.send("/clusters/1/report/answer", **shown)
        assert answer.status_code == 303, answer.text
        assert web.asked["/bridge"] == 1
    with sessions() as session:
        report = session.scalars(select(Statement).where(Statement.text == OPEN)).one().report
        assert (report.title, report.url) == ("آخر", fields["url"])


def test_hostile_text_stays_text_on_both_pages(moderator: Browser) -> None:
    body = f"قال {HOSTILE} إن الجسر القديم مفتوح أمام المشاة في كل أيام الأسبوع.\n{REPORT}"
    hostile = {"body": body, "title": HOSTILE, "publisher": HOSTILE, "speaker": HOSTILE}
    for fields in (hostile, {**hostile, "published_at": "x"}, {**hostile, "choice": HOSTILE}):
        for path in ("/clusters/5/report", "/clusters/5/report/answer"):
            page = moderator.send(path, **fields, relation="REFUTES").text
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert(1)" in page
            assert "\u202e" not in page


class TestTwoPeople:
    def test_the_report_is_kept_and_the_rest_waits_for_a_second_person(
        self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
    ) -> None:
        furnish(sessions)
        console = console_on(sessions, fake_encoder, tmp_path, two_people=True)
        console.clock.now = datetime.now(UTC)
        moderator = console.signed_in(2)
        page = moderator.send("/clusters/1/report", **FIELDS, relation="REFUTES").text
        assert "A second person has to approve it first" in page
        answer = moderator.send("/clusters/1/report/answer", **filled(page))
        assert answer.headers["location"] == "/proposals/1?said=proposed"
        with sessions() as session:
            statement = session.scalars(select(Statement).where(Statement.text == OPEN)).one()
            assert statement.status is StatementStatus.DRAFT
            assert session.get_one(Cluster, 1).status is ClusterStatus.OPEN
            assert session.scalar(select(func.count()).select_from(Notification)) == 0
        assert moderator.send("/proposals/1/approve").status_code == 409
        second = console.signed_in()
        page = second.get("/proposals/1").text
        assert OPEN in page
        assert "Nobody has reviewed this statement yet" in page
        assert f'href="/statements/{statement.id}"' in page
        assert "was approved" in second.told(second.send("/proposals/1/approve"))
        with sessions() as session:
            statement = session.scalars(select(Statement).where(Statement.text == OPEN)).one()
            assert statement.status is StatementStatus.PUBLISHED
            assert session.scalar(select(func.count()).select_from(Notification)) == 7
            approved = session.scalars(
                select(AuditEntry.approved_by)
                .where(AuditEntry.action == "published")
                .order_by(AuditEntry.id)
            ).all()
            assert approved[-1] is not None


def test_a_report_without_statements_says_so_and_shows_the_text_to_quote(
    console: Console, moderator: Browser
) -> None:
    text = "هل أُغلق الجسر القديم؟ ماذا يقول الناس؟ من يدري؟"
    page = moderator.send("/clusters/1/report", body=text, title="سؤال").text
    assert "No statement was found in this report." in page
    shown = page.split("data-body", 1)[1].split("</div>", 1)[0]
    assert text in shown


def test_too_long_a_text_is_said_to_be_too_long(moderator: Browser) -> None:
    page = moderator.send("/clusters/1/report", body="a" * 2_000_001).text
    assert "This is too long: Text. It takes 2000000 characters at most." in page
