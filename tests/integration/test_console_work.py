"""What moderators do in the console, from a claim to a published statement and back."""

import html
import http.client
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from bot import serving
from bot.parsing.parser_pool import ParserPool
from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.accounts import people
from knowledge.corpus import reports
from knowledge.curation.resolution import UNDO_FOR
from knowledge.domain import (
    ClusterStatus,
    NotificationKind,
    RejectReason,
    Relation,
    ReportDraft,
    StatementDraft,
    StatementStatus,
    SubjectKind,
)
from knowledge.index.vector_cache import load_or_compute
from knowledge.models import AuditEntry, Cluster, Inquiry, Notification, Report, Statement, Verdict
from knowledge.outbox import pending_notifications
from knowledge.privacy import erasure
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.console import Browser, Console, console_on, field_of, key_of
from tests.integration.newsroom import BODY, CLAIMS, HOSTILE, deliver, furnish, propose

PAGES = (
    "/inbox", "/inbox?tab=snoozed", "/inbox?tag=%3Cscript%3Ealert(1)%3C", "/clusters/1",
    "/clusters/3", "/clusters/5", "/clusters/5/block?inquiry=23", "/clusters/1/merge?other=5",
    "/clusters/5/answer?statement=1&relation=SUPPORTS", "/reports/new?cluster=5", "/reports/1",
    "/reports/3?cluster=5", "/statements", "/statements?status=draft", "/statements/4",
    "/statements/4/retract", "/search?q=alert", "/search?q=%D8%AC%D8%B3%D8%B1", "/sources",
    "/trends", "/audit", "/people", "/index",
)  # fmt: skip


BAD_ADDRESSES = (
    "/inbox?tag=%00", "/inbox?after=x", "/inbox?order=x", "/inbox?tab=%00", "/statements?status=x",
    "/audit?after=%F0%9F", "/clusters/99999999999999999999", "/clusters/1/answer",
    "/clusters/1/answer?statement=x&relation=SUPPORTS", "/search?q=%00",
    "/audit?subject=cluster&id=%27%3B--", "/reports/new?cluster=-1", "/trends/x.svg",
    "/statements/9007199254740993", "/statements/2147483648", "/sources?after=%27",
)  # fmt: skip


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


def status(console: Console, statement_id: int) -> StatementStatus:
    with console.sessions() as session:
        return session.scalars(select(Statement.status).where(Statement.id == statement_id)).one()


def acts(console: Console) -> list[str]:
    with console.sessions() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


class TestHostileText:
    @pytest.mark.parametrize("language", ["ar", "en"])
    def test_it_is_shown_as_text_on_every_page(self, console: Console, language: str) -> None:
        admin = console.signed_in(language=language)
        shown = 0
        for path in PAGES:
            answer = admin.get(path)
            assert answer.status_code == 200, path
            assert "\u202e" not in answer.text, path
            assert running(answer.text) == ["/static/console.js"], path
            shown += "&lt;script&gt;alert(1)" in answer.text
        assert shown > 10

    def test_it_is_shown_as_text_where_it_is_proposed(self, console: Console) -> None:
        propose(console.sessions)
        admin = console.signed_in()
        for path in ("/proposals", "/proposals/3"):
            page = admin.get(path).text
            assert "&lt;script&gt;alert(1)" in page, path
            assert "\u202e" not in page, path
            assert running(page) == ["/static/console.js"], path

    def test_what_is_sent_in_every_field_comes_back_as_text(self, moderator: Browser) -> None:
        page = moderator.told(
            moderator.send(
                "/reports",
                title=HOSTILE,
                publisher=HOSTILE,
                body=f"{HOSTILE} {BODY}",
                language="ar",
            )
        )
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page

    def test_an_address_puts_no_words_into_a_page(self, moderator: Browser) -> None:
        for query in ("said=<script>", "said=published&n=<script>", "said=x&n=1"):
            assert 'role="status"' not in moderator.get(f"/inbox?{query}").text

    def test_a_bad_address_is_a_bad_request(self, moderator: Browser) -> None:
        for path in BAD_ADDRESSES:
            assert moderator.get(path).status_code in (200, 400, 404), path


class TestInbox:
    def test_what_is_asked_most_comes_first(self, moderator: Browser) -> None:
        page = moderator.get("/inbox?order=people").text
        places = [page.index(f'href="/clusters/{number}?') for number in (1, 2, 3, 5)]
        assert places == sorted(places)
        assert 'href="/clusters/4?' not in page
        assert 'href="/clusters/4?' in moderator.get("/inbox?tab=snoozed").text
        assert 'href="/clusters/2?' in moderator.get("/inbox?tab=mine").text

    def test_forwards_are_counted_and_public_channels_named(self, moderator: Browser) -> None:
        assert "Forwarded: 4" in moderator.get("/inbox").text
        page = moderator.get("/clusters/3").text
        assert "Channels it was forwarded from most often" in page
        assert "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;{{" in page
        assert "forwarded" not in moderator.get("/clusters/1").text

    def test_a_cluster_is_taken_put_off_rejected_and_reopened(
        self, console: Console, moderator: Browser
    ) -> None:
        for act, fields, said in (
            ("assign", {"assignee": key_of(2)}, "The cluster was assigned."),
            ("snooze", {}, "The cluster was snoozed."),
            ("reopen", {}, "The cluster is open again. People who are told: 0."),
            ("reject", {"why": "opinion", "seen": 10_000}, "The cluster was rejected."),
        ):
            answer = moderator.send(f"/clusters/1/{act}", **fields)
            assert said in moderator.told(answer)
        assert acts(console)[-4:] == ["assigned", "snoozed", "reopened", "rejected"]
        page = moderator.get("/inbox?tab=rejected").text
        assert "Opinion" in page

    def test_what_a_colleague_works_on_is_taken_over_only_by_who_knows_it(
        self, console: Console
    ) -> None:
        salma, admin = console.signed_in(2), console.signed_in()
        mine = {"assignee": key_of(1), "from": "inbox"}
        stale = admin.get("/inbox").text
        assert "Take<" in stale
        salma.send("/clusters/1/assign", assignee=key_of(2))
        refused = admin.send("/clusters/1/assign", **mine)
        assert refused.status_code == 409
        assert "سلمى works on it." in refused.text
        assert '<a href="/clusters/1">To the claim</a>' in refused.text
        several = admin.send("/inbox/assign", cluster=1, seen=10_000, assignee=key_of(1))
        assert "سلمى works on it." in several.text
        assert "Take it from سلمى" in admin.get("/inbox").text
        page = admin.told(admin.send("/clusters/1/assign", **mine, held_by=key_of(2)))
        assert "The cluster was assigned." in page
        assert "Take it from سلمى</button>" in page, "another claim is still with her"
        with console.sessions() as session:
            assert session.get_one(Cluster, 1).assignee == key_of(1)
        # Whoever has it may give it to anybody.
        assert admin.send("/clusters/1/assign", assignee=key_of(2)).status_code == 303

    def test_only_colleagues_are_given_work(self, moderator: Browser) -> None:
        assert moderator.send("/clusters/1/assign", assignee="f" * 64).status_code == 400

    def test_the_second_who_rejects_hears_of_the_first(self, console: Console) -> None:
        first, second = console.signed_in(2), console.signed_in()
        assert first.send("/clusters/1/reject", why="spam", seen=10_000).status_code == 303
        answer = second.send("/clusters/1/snooze")
        assert answer.status_code == 409
        assert "Another moderator was faster" in answer.text

    def test_claims_are_split_off_and_merged_back(
        self, console: Console, moderator: Browser
    ) -> None:
        page = moderator.get("/clusters/1").text
        claim = re.findall(r'name="claim" value="(\d+)"', page)[-1]
        apart = moderator.send("/clusters/1/split", claim=claim)
        assert "split off into this cluster" in moderator.told(apart)
        number = apart.headers["location"].split("/")[2].split("?")[0]
        assert "takes it back" in moderator.get(f"/clusters/1/merge?other={number}").text
        page = moderator.told(moderator.send("/clusters/1/merge", other=number))
        assert "were merged" in page
        assert "Another cluster was merged into it" in page.partition('id="past"')[2]
        assert moderator.get(f"/clusters/{number}").headers["location"] == "/clusters/1"
        assert moderator.send("/clusters/1/merge", other="1").status_code == 400

    def test_similar_clusters_are_offered_for_merging(
        self, console: Console, moderator: Browser, fake_encoder: Encoder
    ) -> None:
        load_or_compute(console.sessions, fake_encoder, [claims[0][0] for claims in CLAIMS])
        page = moderator.get("/clusters/1").text
        offered = re.findall(r'href="/clusters/1/merge\?other=(\d+)"', page)
        assert offered == ["6"]
        assert "were merged" in moderator.told(moderator.send("/clusters/1/merge", other="6"))
        assert "merge?other=" not in moderator.get("/clusters/1").text

    def test_what_merging_comes_to_is_shown_first(self, moderator: Browser) -> None:
        page = moderator.get("/clusters/1/merge?other=3").text
        assert "A crocodile was seen in the city river" in page
        assert "not told the answer" not in page
        assert 'href="/clusters/3"' in moderator.get("/inbox").text
        for other, status in (("1", 400), ("x", 400), ("", 400), ("99", 404)):
            assert moderator.get(f"/clusters/1/merge?other={other}").status_code == status

    def test_who_waits_beside_an_answer_is_told_it_once_the_moderator_saw_how_many(
        self, console: Console, moderator: Browser
    ) -> None:
        answer = {"statement": 1, "relation": "REFUTES"}
        seen = field_of(
            moderator.get("/clusters/1/answer?statement=1&relation=REFUTES").text, "seen"
        )
        moderator.told(moderator.send("/clusters/1/answer", seen=seen, **answer))
        moderator.told(moderator.send("/clusters/3/reject", why="opinion", seen=10_000))
        page = moderator.get("/clusters/1/merge?other=3").text
        assert "People who wait and were not told the answer yet: 3." in page
        merged = moderator.send("/clusters/1/merge", other="3")
        page = moderator.told(merged)
        assert merged.headers["location"].startswith("/clusters/1/answer?")
        assert "The clusters were merged." in page
        assert "What they will read" in page
        seen = field_of(page, "seen")
        page = moderator.told(moderator.send("/clusters/1/answer", seen=seen, **answer))
        assert "People who are told: 3." in page


class TestRejecting:
    def test_what_people_read_is_shown_before_anything_is_sent(
        self, console: Console, moderator: Browser
    ) -> None:
        asked = moderator.get("/clusters/1/reject").text
        assert "Choose why" in asked
        assert 'name="why"' not in asked, "nothing is chosen for them"
        offered = re.findall(r'href="/clusters/1/reject\?why=(\w+)"', asked)
        assert offered == [each.value for each in RejectReason]
        page = moderator.get("/clusters/1/reject?why=opinion").text
        assert "It goes to 7 people." in page
        arabic, english = page.index("It goes to 5 people."), page.index("It goes to 2 people.")
        assert arabic < english
        assert page.count("📭") == 2
        assert "read this as an opinion" in page
        assert "Nothing is sent for 60 seconds" in page
        with console.sessions() as session:
            assert session.get_one(Cluster, 1).status is ClusterStatus.OPEN
            assert session.scalar(select(func.count(Notification.id))) == 0

    def test_every_way_to_it_leads_over_what_people_read(self, moderator: Browser) -> None:
        row = "/clusters/1/reject?order=people&amp;why=spam&amp;from=inbox"
        assert f'href="{row}"' in moderator.get("/inbox?order=people").text
        assert 'href="/clusters/1/reject?why=spam"' in moderator.get("/clusters/1").text
        for path in ("/inbox", "/clusters/1"):
            page = moderator.get(path).text
            assert not re.search(r'<form method="post" action="/clusters/\d+/reject', page), path
        page = moderator.get(html.unescape(row)).text
        seen = field_of(page, "seen")
        assert 'action="/clusters/1/reject?order=people"' in page
        done = moderator.send(
            "/clusters/1/reject?order=people", why="spam", seen=seen, **{"from": "inbox"}
        )
        assert done.headers["location"].startswith("/inbox?")
        page = moderator.told(done)
        assert "The cluster was rejected. People who are told: 7." in page
        assert '<a href="/clusters/1">To the claim</a>' in page

    def test_a_page_that_was_overtaken_rejects_nothing(self, console: Console) -> None:
        first, second = console.signed_in(2), console.signed_in()
        seen = field_of(first.get("/clusters/1/reject?why=spam").text, "seen")
        second.send("/clusters/1/assign", assignee=key_of(1))
        assert first.send("/clusters/1/reject", why="spam", seen=seen).status_code == 409
        assert first.send("/clusters/1/reject", why="spam").status_code == 400
        with console.sessions() as session:
            assert session.get_one(Cluster, 1).status is ClusterStatus.OPEN

    def test_it_is_taken_back_before_anybody_is_told(
        self, console: Console, moderator: Browser
    ) -> None:
        page = moderator.told(moderator.send("/clusters/1/reject", why="spam", seen=10_000))
        assert "It was rejected just now; nothing is sent yet." in page
        with console.sessions() as session:
            at = console.clock.now
            assert pending_notifications.count_waiting(session, at)[0] == 0
            assert pending_notifications.count_waiting(session, at + 2 * UNDO_FOR)[0] == 7
        page = moderator.told(moderator.send("/clusters/1/undo", entry=field_of(page, "entry")))
        assert "It was taken back. Nothing was sent." in page
        assert acts(console)[-2:] == ["rejected", "undone"]
        with console.sessions() as session:
            assert session.get_one(Cluster, 1).status is ClusterStatus.OPEN
            assert session.scalar(select(func.count(Notification.id))) == 0

    def test_who_was_told_hears_that_it_is_open_again(
        self, console: Console, moderator: Browser
    ) -> None:
        moderator.send("/clusters/1/reject", why="spam", seen=10_000)
        assert "Nobody was told yet that it is rejected" in moderator.get("/clusters/1").text
        with console.sessions.begin() as session:
            for number in session.scalars(select(Notification.id).limit(3)).all():
                pending_notifications.mark_sent(session, number)
        hint = "3 people were told that it is rejected, and will be told that it is open again."
        assert hint in moderator.get("/clusters/1").text
        entry = TestAnswering.entry(console)
        assert f'action="/audit/{entry}/undo"' in moderator.get("/audit").text
        page = moderator.told(moderator.send("/clusters/1/reopen"))
        assert "The cluster is open again. People who are told: 3." in page


class TestRemarks:
    def test_a_tag_is_added_followed_and_removed(self, moderator: Browser) -> None:
        page = moderator.told(moderator.send("/clusters/3/tag", tag="#أسعار"))
        assert "The tag was added." in page
        link = "/inbox?" + urlencode({"tag": "أسعار"})
        assert f'href="{link}"' in page
        # What is in use elsewhere is suggested, what is here is not.
        assert '<option value="جسور">' in page
        assert '<option value="أسعار">' not in page
        page = moderator.get(link).text
        shown = {n for n in range(1, 7) if f'href="/clusters/{n}?' in page}
        assert shown == {2, 3}
        assert "The tag was removed." in moderator.told(
            moderator.send("/clusters/3/untag", tag="أسعار")
        )
        assert 'href="/clusters/3"' not in moderator.get(link).text

    def test_who_wrote_a_note_deletes_it(self, console: Console, moderator: Browser) -> None:
        page = moderator.told(moderator.send("/clusters/3/notes", note="one line\r\nand another"))
        assert "one line\nand another" in page
        number = field_of(page.partition("one line")[2], "note")
        other = console.signed_in()
        assert "one line" in other.get("/clusters/3").text
        assert 'name="note" value' not in other.page
        assert other.send("/clusters/3/notes/delete", note=number).status_code == 404
        page = moderator.told(moderator.send("/clusters/3/notes/delete", note=number))
        assert "one line" not in page
        assert acts(console)[-2:] == ["noted", "note deleted"]

    @pytest.mark.parametrize(
        ("path", "field", "written", "said"),
        [
            ("tag", "tag", "<b>" * 20, "A tag has 1 to 40 characters"),
            ("tag", "tag", " # ", "A tag has 1 to 40 characters"),
            ("notes", "note", "<b>" * 700, "A note has 1 to 2000 characters"),
            ("notes", "note", "", "A note has 1 to 2000 characters"),
            ("notes", "note", "x\x00", "A note has 1 to 2000 characters"),
        ],
    )
    def test_what_cannot_be_kept_stays_in_its_form(
        self, moderator: Browser, path: str, field: str, written: str, said: str
    ) -> None:
        answer = moderator.send(f"/clusters/3/{path}", **{field: written})
        assert answer.status_code == 400
        assert said in answer.text
        assert html.escape(written).strip("\x00") in answer.text
        assert "<b>" not in answer.text
        assert 'name="back" value="/clusters/3"' in answer.text

    def test_they_are_for_moderators_alone(self, console: Console) -> None:
        stranger = console.browser()
        for path in ("tag", "untag", "notes", "notes/delete"):
            assert stranger.post(f"/clusters/3/{path}", tag="x", note="1").status_code == 401


class TestBlocking:
    def link(self, page: str) -> str:
        """Return the address of the first act of those who ask."""
        found = re.search(r'href="(/clusters/1/block\?inquiry=\d+)"', page)
        assert found is not None
        return found[1]

    def test_who_asks_is_left_unanswered_and_answered_again(self, console: Console) -> None:
        admin = console.signed_in()
        page = admin.get("/clusters/1").text
        assert key_of(10)[:8] in page
        assert key_of(10) not in page, "no more of a code than tells people apart"
        page = admin.get(self.link(page)).text
        inquiry = field_of(page, "inquiry")
        with console.sessions() as session:
            key = session.get_one(Inquiry, int(inquiry)).person_key
        fields = {"inquiry": inquiry, "days": "3", "reason": "a flood of the same"}
        page = admin.told(admin.send("/clusters/1/block", **fields))
        assert "will not reply to this person" in page
        assert "Unblock" in page
        until = console.clock.now + timedelta(days=3)
        with console.sessions() as session:
            assert people.load_person(session, key).blocked_until == until
            entry = audit_log.load_latest(session, SubjectKind.PERSON, key)
        assert entry is not None
        assert (entry.action, entry.actor) == ("blocked", key_of(1))
        assert entry.reason == "a flood of the same"
        assert "unblocked" in admin.told(admin.send("/clusters/1/unblock", inquiry=inquiry))
        with console.sessions() as session:
            assert not people.load_person(session, key).is_blocked(console.clock.now)

    @pytest.mark.parametrize(
        ("days", "reason", "said"),
        [
            ("0", "<i>why", "cannot be used as it is: Days."),
            ("", "<i>why", "cannot be used as it is: Days."),
            ("4000", "<i>why", "cannot be used as it is: Days."),
            ("30", " ", "cannot be used as it is: Reason for the audit log."),
        ],
    )
    def test_what_is_wrong_stays_in_the_form(
        self, console: Console, days: str, reason: str, said: str
    ) -> None:
        admin = console.signed_in()
        answer = admin.send("/clusters/1/block", inquiry="1", days=days, reason=reason)
        assert answer.status_code == 400
        assert said in answer.text
        assert f'value="{html.escape(reason)}"' in answer.text
        assert f'value="{days}"' in answer.text
        assert "blocked" not in acts(console)

    def test_it_is_an_admins_act_on_who_asked_there(
        self, console: Console, moderator: Browser
    ) -> None:
        fields = {"inquiry": "1", "days": "3", "reason": "why"}
        assert "Who asks" not in moderator.get("/clusters/1").text
        for act in ("block", "unblock"):
            assert moderator.send(f"/clusters/1/{act}", **fields).status_code == 403
        assert moderator.get("/clusters/1/block?inquiry=1").status_code == 403
        admin = console.signed_in()
        assert admin.get("/clusters/2/block?inquiry=1").status_code == 404
        for act in ("block", "unblock"):
            assert admin.send(f"/clusters/2/{act}", **fields).status_code == 404
        assert "blocked" not in acts(console)

    def test_who_is_forgotten_is_not_listed(self, console: Console) -> None:
        admin = console.signed_in()
        address = self.link(admin.get("/clusters/1").text)
        with console.sessions.begin() as session:
            number = int(address.rpartition("=")[2])
            erasure.forget(session, session.get_one(Inquiry, number).person_key)
        page = admin.get("/clusters/1").text
        assert address not in page
        assert "nobody:" not in page
        assert admin.get(address).status_code == 404


class TestReports:
    def test_a_pasted_report_becomes_statements_that_somebody_chose(
        self, console: Console, moderator: Browser
    ) -> None:
        body = "أعلنت الوزارة فتح المعبر يوم الأحد.\nوقال الوزير إن 300 شاحنة عبرته في ساعة."
        answer = moderator.send(
            "/reports", body=f"فتح المعبر\n{body}", publisher="الوكالة", cluster="1"
        )
        page = moderator.told(answer)
        assert "Choose its statements" in page
        assert "فتح المعبر" in page
        number = int(answer.headers["location"].split("/")[2].split("?")[0])
        proposals = re.findall(r'name="proposal" value="([0-9-]+)"', page)
        assert len(proposals) == 2
        page = moderator.told(
            moderator.send(f"/reports/{number}/statements", proposal=proposals, cluster="1")
        )
        assert "Statements added as drafts: 2." in page
        assert 'class="draft">أعلنت' in page
        with console.sessions() as session:
            kept = session.scalars(select(Statement).where(Statement.report_id == number)).all()
            report = session.get_one(Report, number)
            assert report.body is not None
            for each in kept:
                assert report.body[each.span_start : each.span_end] == each.text
                assert each.status is StatementStatus.DRAFT

    def test_a_proposal_that_was_not_made_is_refused(self, moderator: Browser) -> None:
        for fields in ({"proposal": "0-3"}, {"proposal": "x"}, {}):
            assert moderator.send("/reports/1/statements", **fields).status_code == 400

    def test_words_marked_in_the_text_become_a_statement(self, moderator: Browser) -> None:
        words = "حركة المرور عادت إلى طبيعتها"
        page = moderator.told(moderator.send("/reports/1/statements", marked=f" {words} "))
        assert f">{words}</mark>" in page
        assert moderator.send("/reports/1/statements", marked="ليس فيه").status_code == 400

    @pytest.mark.parametrize(
        ("name", "content", "kept"),
        [
            ("report.txt", "عنوان\nأعلنت البلدية فتح الجسر يوم الأحد.", 1),
            (
                "rows.jsonl",
                "\n".join(
                    json.dumps({"publisher": "p", "statements": [{"text": f"نص رقم {n} للتجربة"}]})
                    for n in range(3)
                ),
                3,
            ),
            ("../../etc/passwd.csv", "publisher,title,body\np,t,أعلنت البلدية فتح الجسر.\n", 1),
        ],
    )
    def test_a_dropped_file_is_read(
        self, console: Console, moderator: Browser, name: str, content: str, kept: int
    ) -> None:
        with console.sessions() as session:
            before = session.scalar(select(func.count(Report.id))) or 0
        fields = {"form_token": moderator.token()}
        answer = moderator.client.post(
            "/reports", data=fields, files={"file": (name, content.encode())}
        )
        assert answer.status_code == 303, answer.text
        with console.sessions() as session:
            assert session.scalar(select(func.count(Report.id))) == before + kept

    def test_a_file_that_is_no_report_is_refused(self, moderator: Browser) -> None:
        fields = {"form_token": moderator.token()}
        for content in (b"\x89PNG\r\n\x00\x01", b"%PDF-1.7 \xff\xfe", b"{broken"):
            answer = moderator.client.post("/reports", data=fields, files={"file": ("x", content)})
            assert answer.status_code == 400, content

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("a.html", b"<html><body><p " + b'a="" ' * 400_000 + b">x", "This is too large"),
            ("a.json", b'{"publisher": ', "This is broken"),
            ("a.txt", b"words \xff words", "This is broken"),
            ("a.html", b"<html><body></body></html>", "This cannot be read as a report"),
        ],
    )
    def test_why_a_file_is_refused_is_said(
        self, moderator: Browser, name: str, content: bytes, said: str
    ) -> None:
        fields = {"form_token": moderator.token()}
        answer = moderator.client.post("/reports", data=fields, files={"file": (name, content)})
        assert answer.status_code == 400
        assert said in answer.text

    def test_reports_that_take_long_to_read_leave_the_console_to_everybody(
        self, console: Console, moderator: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        over = threading.Event()

        def hangs(*_: object) -> list[ReportDraft]:
            over.wait()
            return []

        monkeypatch.setattr("bot.console.report_upload.read_drafts", hangs)
        body = urlencode({"form_token": moderator.token(), "body": "x"})
        listener = serving.listen("127.0.0.1", 0)
        port = listener.getsockname()[1]
        cookie = f"console={moderator.client.cookies['console']}"

        def ask(method: str, path: str, sent: str = "") -> tuple[int, str]:
            headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            with closing(connection):
                connection.request(method, path, sent, headers)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()

        with serving.serve_in_thread(console.app, listener, 10), ThreadPoolExecutor(45) as threads:
            try:
                asked = [threads.submit(ask, "POST", "/reports", body) for _ in range(45)]
                refused = [each.result() for each in islice(as_completed(asked), 43)]
                shown, _ = ask("GET", "/inbox")
            finally:
                over.set()
        assert {status for status, _ in refused} == {503}
        assert all("Too many reports are being read just now" in page for _, page in refused)
        assert shown == 200
        assert sorted(each.result()[0] for each in asked) == [400] * 2 + [503] * 43

    def test_where_no_parser_is_to_be_had_it_is_said(
        self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
    ) -> None:
        closed = ParserPool()
        closed.close()
        moderator = console_on(sessions, fake_encoder, tmp_path, parsers=closed).signed_in()
        fields = {"form_token": moderator.token()}
        answer = moderator.client.post("/reports", data=fields, files={"file": ("x", b"words")})
        assert answer.status_code == 503
        assert "Too many reports are being read just now" in answer.text

    def test_nothing_is_fetched_inside(self, moderator: Browser) -> None:
        for url in (
            "http://127.0.0.1:1/", "http://[::1]/", "http://169.254.169.254/latest", "file:///etc",
            "http://10.0.0.1/", "javascript:alert(1)", "nonsense",
        ):  # fmt: skip
            assert moderator.send("/reports", url=url).status_code == 400, url

    def test_the_same_report_twice_is_one(self, console: Console, moderator: Browser) -> None:
        fields = {"title": "ت", "body": "أعلنت البلدية فتح الجسر يوم الأحد."}
        first = moderator.send("/reports", **fields)
        again = moderator.send("/reports", **fields)
        assert "exists already" in moderator.told(again)
        assert first.headers["location"].split("?")[0] == again.headers["location"].split("?")[0]

    def test_the_second_edit_of_one_version_hears_of_the_first(self, console: Console) -> None:
        first, second = console.signed_in(2), console.signed_in()
        fields = {
            "title": "عنوان جديد", "publisher": "نشرة المدينة", "language": "ar", "kind": "news",
            "body": BODY, "version": "1",
        }  # fmt: skip
        assert "is saved" in first.told(first.send("/reports/1/edit", **fields))
        answer = second.send("/reports/1/edit", **{**fields, "title": "غيره"})
        assert answer.status_code == 409
        assert "سلمى" in answer.text
        page = second.get("/reports/1").text
        assert "عنوان جديد" in page
        assert "Version 1, until" in page


class TestStatements:
    def test_publishing_shows_first_what_people_will_see(
        self, console: Console, moderator: Browser
    ) -> None:
        page = moderator.send("/statements/preview", id="2").text
        assert "✅ A verified report supports this" in page
        assert "✅ تقرير موثّق يؤيّد هذا الخبر" in page
        assert status(console, 2) is StatementStatus.DRAFT
        page = moderator.told(moderator.send("/statements/publish", **shown(page)))
        assert "Statements published: 1." in page
        assert status(console, 2) is StatementStatus.PUBLISHED

    def test_the_second_who_publishes_sees_what_the_first_did(self, console: Console) -> None:
        first, second = console.signed_in(2), console.signed_in()
        page = first.send("/statements/preview", id="2").text
        assert first.send("/statements/publish", **shown(page)).status_code == 303
        answer = second.send("/statements/publish", **shown(page))
        assert answer.status_code == 409
        assert "سلمى" in answer.text
        assert "Published" in answer.text
        assert acts(console).count("published") == 4

    def test_what_was_edited_after_the_preview_is_not_published(self, console: Console) -> None:
        first, second = console.signed_in(2), console.signed_in()
        page = first.send("/statements/preview", id="2").text
        edited = {"text": "كلفة الجسر بلغت أربعة ملايين دينار", "version": "1", "speaker": "غيره"}
        assert second.send("/statements/2/edit", **edited).status_code == 303
        answer = first.send("/statements/publish", **shown(page))
        assert answer.status_code == 409
        assert status(console, 2) is StatementStatus.DRAFT

    def test_reviewing_discarding_and_retracting(
        self, console: Console, moderator: Browser
    ) -> None:
        assert "reviewed: 1" in moderator.told(moderator.send("/statements/review", id="2"))
        assert "discarded: 1" in moderator.told(moderator.send("/statements/discard", id="2"))
        page = moderator.get("/statements/1/retract").text
        assert "A report that I showed you was withdrawn" in page
        assert moderator.send("/statements/retract", id="1").status_code == 400
        answer = moderator.send("/statements/retract", id="1", reason="تصحيح")
        assert "retracted: 1" in moderator.told(answer)
        assert status(console, 1) is StatementStatus.RETRACTED

    def test_an_act_is_taken_back_by_another_and_both_stay(
        self, console: Console, moderator: Browser
    ) -> None:
        moderator.send("/statements/retract", id="1", reason="خطأ")
        with console.sessions() as session:
            entry = session.scalars(
                select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)
            ).one()
        assert moderator.send(f"/audit/{entry.id}/undo").status_code == 400
        page = moderator.told(moderator.send(f"/audit/{entry.id}/undo", reason="كان صحيحًا"))
        assert "It was undone." in page
        assert "takes back no." in page
        assert status(console, 1) is StatementStatus.PUBLISHED
        assert moderator.send(f"/audit/{entry.id}/undo", reason="مرة أخرى").status_code == 409

    def test_others_are_retracted_only_after_a_look_at_what_becomes_of_them(
        self, console: Console, moderator: Browser
    ) -> None:
        with console.sessions.begin() as session:
            text = session.get_one(Statement, 1).text
            draft = ReportDraft("again", "Another paper", statements=(StatementDraft(text),))
            (copy,) = reports.store(session, draft).statement_ids
            curation.publish(session, [copy], key_of(2))
        page = moderator.get("/statements/1").text
        assert running(page)
        assert f'name="other" value="{copy}"' in page
        looked = moderator.send("/statements/1/merge", other=copy)
        assert looked.status_code == 200
        assert status(console, copy) is StatementStatus.PUBLISHED
        assert "Another paper" in looked.text
        assert "People who were shown it: 0" in looked.text
        assert "Nobody is told now." in looked.text
        named = r'name="(other|looked_at|seen-[0-9]+)" value="([^"]*)"'
        fields = dict(re.findall(named, looked.text))
        assert moderator.send("/statements/1/merge").status_code == 400
        done = moderator.send("/statements/1/merge", **fields)
        assert "The statements were merged." in moderator.told(done)
        assert status(console, copy) is StatementStatus.RETRACTED
        # Somebody who looked before that does not do it anew.
        assert moderator.send("/statements/1/merge", **fields).status_code == 409

    def test_a_retraction_says_how_many_hear_of_it_and_shows_nothing_after(
        self, console: Console, moderator: Browser
    ) -> None:
        with console.sessions() as session:
            checked = session.scalars(select(Statement.id).where(Statement.rating.is_not(None)))
            number = checked.one()
        page = moderator.get(f"/statements/{number}/retract").text
        assert "3 people were shown it and are told that it is withdrawn." in page
        none = moderator.get("/statements/1/retract").text
        assert "Nobody was shown it" in none
        assert "❌ Fact-checkers" in moderator.get(f"/statements/{number}").text
        draft = moderator.get("/statements/2").text
        assert "What people will see once it is published" in draft
        moderator.send("/statements/retract", id=number, reason="خطأ")
        page = moderator.get(f"/statements/{number}").text
        assert "Nothing: it is retracted and no longer shown." in page
        assert "❌ Fact-checkers" not in page

    def test_no_form_takes_a_date_in_the_future(self, console: Console, moderator: Browser) -> None:
        with console.sessions() as session:
            row = session.get_one(Statement, 1)
            text, title = row.text, row.report.title
        report = {"title": title, "language": "ar", "kind": "news", "version": 1}
        forms: dict[str, dict[str, object]] = {
            "/reports": {"body": BODY, "published_at": "2090-01-01"},
            "/reports/1/edit": {**report, "published_at": "2090-01-01"},
            "/statements/1/edit": {"text": text, "version": 1, "as_of": "2090-01-01"},
        }
        before = acts(console)
        for path, fields in forms.items():
            answer = moderator.send(path, **fields)
            assert answer.status_code == 400, path
            assert "A date lies in the future: 2090-01-01." in answer.text
        assert acts(console) == before

    def test_one_is_split_merged_and_dated(self, console: Console, moderator: Browser) -> None:
        answer = moderator.send("/statements/1/recheck", by="2030-01-01")
        assert "The date was noted." in moderator.told(answer)
        parts = "أعلنت بلدية المدينة\nجسر النهر الجديد عبرته 250 سيارة"
        answer = moderator.send("/statements/1/split", parts=parts)
        assert answer.status_code == 303, answer.text
        assert status(console, 1) is StatementStatus.RETRACTED
        assert moderator.send("/statements/2/split", parts="ليس فيه").status_code == 400


class TestEditsOfWhatIsPublished:
    CHECKED: ClassVar = "ظهور تمساح كبير في نهر المدينة صباح اليوم"
    SAID: ClassVar = {
        "text": CHECKED, "speaker": "صفحة على فيسبوك", "rating": "false", "rating_text": "زائف",
        "version": "1",
    }  # fmt: skip

    def test_a_name_is_mended_and_nobody_is_disturbed(
        self, console: Console, moderator: Browser
    ) -> None:
        page = moderator.send("/statements/3/edit", **{**self.SAID, "speaker": "صفحة فيسبوك"}).text
        assert "3 people were shown it and would get this correction." in page
        assert "The meaning stays the same" in page
        assert '<del dir="auto">صفحة على فيسبوك</del>' in page
        assert re.findall('<button name="tell" value="(.*?)"( class="primary")?', page) == [
            ("no", ' class="primary"'), ("yes", ""),
        ]  # fmt: skip
        assert "edited" not in acts(console), "nothing is kept before it is decided"
        page = moderator.told(moderator.send("/statements/3/edit", **edited(page), tell="no"))
        assert "The change is saved." in page
        assert "صفحة فيسبوك" in page
        assert told_of(console, 3) == (False, 0)

    def test_who_saw_it_hears_of_another_meaning(
        self, console: Console, moderator: Browser
    ) -> None:
        new = {**self.SAID, "text": "ظهر تمساح صغير", "reason": "خطأ في <النقل>"}
        page = moderator.send("/statements/3/edit", **new).text
        assert "The meaning changes" in page
        assert re.findall('<button name="tell" value="(.*?)"', page) == ["yes", "no"]
        assert "✏️ A report that I showed you was corrected" in page
        assert "✏️ صُحّح تقرير كنت عرضته عليك" in page
        assert f"«{self.CHECKED}»" in page, "what they saw"
        assert "«ظهر تمساح صغير»" in page, "what it says now"
        answer = moderator.send("/statements/3/edit", **edited(page), tell="yes")
        assert "The change is saved." in moderator.told(answer)
        assert told_of(console, 3) == (3, 3)
        page = moderator.get("/audit?subject=statement&id=3").text
        assert "People who are told" in page
        assert "خطأ في &lt;النقل&gt;" in page

    def test_what_nobody_was_shown_is_kept_without_a_choice(
        self, console: Console, moderator: Browser
    ) -> None:
        page = moderator.get("/statements/1").text
        kept = {"text": BODY.splitlines()[0], "speaker": "البلدية", "version": "1"}
        version = re.search('name="version" value="([0-9]+)"', page)
        assert version is not None
        page = moderator.send("/statements/1/edit", **{**kept, "version": version[1]}).text
        assert "Nobody was shown it" in page
        assert 'value="yes"' not in page
        answer = moderator.send("/statements/1/edit", **edited(page))
        assert "The change is saved." in moderator.told(answer)

    def test_what_cannot_be_kept_is_said_before_it_is_decided(self, moderator: Browser) -> None:
        same = moderator.send("/statements/3/edit", **self.SAID)
        assert "Nothing was changed." in moderator.told(same)
        old = {**self.SAID, "speaker": "غيره", "version": "7"}
        assert moderator.send("/statements/3/edit", **old).status_code == 409
        odd = {**self.SAID, "tell": "perhaps"}
        assert moderator.send("/statements/3/edit", **odd).status_code == 400


class TestAnswering:
    def test_an_answer_is_previewed_published_and_told(
        self, console: Console, moderator: Browser
    ) -> None:
        page = moderator.get("/clusters/1/answer?statement=2&relation=REFUTES").text
        assert "❌ A verified report contradicts this" in page
        assert "📬" in page
        assert "It goes to 7 people." in page
        # The languages of those who asked, that of most people first; nobody asked in French.
        told, later = page.partition('id="see"')[2].split("<details", 1)
        arabic, english = told.index("It goes to 5 people."), told.index("It goes to 2 people.")
        assert told.index("العربية") < arabic < told.index("English") < english
        assert 'lang="fr"' not in told
        assert "What people read who ask from now on:" in later
        assert 'lang="fr"' in later
        with console.sessions() as session:
            assert session.scalar(select(func.count(Verdict.claim_id))) == 0
        fields = dict(re.findall(r'name="(statement|relation|seen)" value="([^"]*)"', page))
        page = moderator.told(moderator.send("/clusters/1/answer", **fields))
        assert "Published. People who are told:" in page
        with console.sessions() as session:
            assert session.get_one(Cluster, 1).status is ClusterStatus.ANSWERED
            assert session.scalar(select(func.count(Verdict.claim_id))) == 3
            assert session.scalar(select(func.count(Notification.id))) == 7
        assert status(console, 2) is StatementStatus.PUBLISHED

    def test_an_answer_is_taken_back_before_anybody_is_told(
        self, console: Console, moderator: Browser
    ) -> None:
        page = moderator.get("/clusters/1/answer?statement=2&relation=REFUTES").text
        fields = dict(re.findall(r'name="(statement|relation|seen)" value="([^"]*)"', page))
        page = moderator.told(moderator.send("/clusters/1/answer", **fields))
        assert "It was answered just now; nothing is sent yet." in page
        entry = field_of(page, "entry")
        page = moderator.told(moderator.send("/clusters/1/undo", entry=entry))
        assert "It was taken back. Nothing was sent." in page
        assert 'name="entry"' not in page
        with console.sessions() as session:
            assert session.get_one(Cluster, 1).status is ClusterStatus.OPEN
            assert session.scalar(select(func.count(Notification.id))) == 0
        assert moderator.send("/clusters/1/undo", entry=entry).status_code == 409
        page = moderator.get("/clusters/1/answer?statement=2&relation=REFUTES").text
        fields["seen"] = field_of(page, "seen")
        moderator.told(moderator.send("/clusters/1/answer", **fields))
        console.clock.now += timedelta(seconds=50)
        left = re.search(r"(\d+) seconds are left", moderator.get("/clusters/1").text)
        assert left is not None
        assert 5 < int(left[1]) < 60

    def test_after_the_minute_the_way_leads_to_the_audit(
        self, console: Console, moderator: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = {"statement": 2, "relation": "REFUTES", "seen": 10_000}
        moderator.send("/clusters/1/answer", **answer)
        entry = self.entry(console)
        console.clock.now += 2 * UNDO_FOR
        later = console.clock.now
        monkeypatch.setattr("knowledge.curation.resolution.now", lambda: later)
        way = '<a href="/audit?subject=cluster&amp;id=1">Show its entry in the audit log</a>'
        page = moderator.get("/clusters/1").text
        assert 'name="entry"' not in page
        assert way in page
        refused = moderator.send("/clusters/1/undo", entry=entry)
        assert refused.status_code == 409
        assert "undo it in the console’s audit log" in refused.text
        assert way in refused.text
        audit = moderator.get("/audit?subject=cluster&id=1").text
        assert f'action="/audit/{entry}/undo"' in audit
        moderator.send(f"/audit/{entry}/undo", reason="wrong")
        assert way not in moderator.get("/clusters/1").text

    def test_only_what_is_about_the_claim_is_offered(
        self, console: Console, moderator: Browser
    ) -> None:
        text = "A crocodile was seen in the city river on Friday, the harbour police said"
        draft = ReportDraft("The river", statements=(StatementDraft(text, ref="crocodile"),))
        with console.sessions.begin() as session:
            ids = reports.store(session, draft).statement_ids
            curation.publish(session, ids, key_of(2))
        assert text in moderator.get("/clusters/3").text
        page = moderator.get("/clusters/2").text
        assert "Found by search" not in page
        assert "Shown to people" not in page
        assert "No published statement is about this." in page
        assert 'href="/search?q=' in page

    def test_it_is_offered_to_be_taken_back_while_it_is_the_last_word(
        self, console: Console, moderator: Browser
    ) -> None:
        answer = {"statement": 2, "relation": "REFUTES", "seen": 10_000}
        assert moderator.send("/clusters/1/answer", **answer).status_code == 303
        answered = self.entry(console)
        assert f'action="/audit/{answered}/undo"' in moderator.get("/audit?subject=cluster").text
        page = moderator.told(moderator.send(f"/audit/{answered}/undo", reason="wrong statement"))
        assert "It was undone." in page
        assert f'action="/audit/{answered}/undo"' not in page
        with console.sessions() as session:
            assert session.get_one(Cluster, 1).status is ClusterStatus.OPEN
            assert session.scalar(select(func.count(Verdict.claim_id))) == 0

    def test_an_old_page_is_told_what_came_after_it_and_where_to_go(self, console: Console) -> None:
        first, second = console.signed_in(2), console.signed_in(language="ar")
        answer = {"statement": 2, "relation": "REFUTES", "seen": 10_000}
        assert first.send("/clusters/1/answer", **answer).status_code == 303
        answered = self.entry(console)
        reopened = first.send("/clusters/1/reopen", answer="keep", seen=answered)
        assert reopened.status_code == 303
        assert f'action="/audit/{answered}/undo"' not in first.get("/audit").text
        refused = second.send(f"/audit/{answered}/undo", reason="خطأ")
        assert refused.status_code == 409
        assert "لم يعد ممكنًا التراجع عن هذا" in refused.text
        assert "سلمى: أُعيد فتحه" in refused.text
        assert '<a href="/clusters/1">عرض ما جرى بعده</a>' in refused.text

    def test_the_audit_is_read_by_acts_titles_and_words(
        self, console: Console, moderator: Browser
    ) -> None:
        admin = console.signed_in(language="ar")
        answer = {"statement": 2, "relation": "REFUTES", "seen": 10_000}
        admin.send("/clusters/1/answer", **answer)
        admin.send("/clusters/3/reject", why="spam", seen=10_000)
        admin.send("/clusters/3/reopen")
        admin.send("/clusters/3/snooze")
        admin.send("/clusters/3/assign", assignee=key_of(2))
        page = admin.get(f"/audit?actor={key_of(1)}").text
        # What it did before is the newsroom's furniture.
        rows = page.partition('class="rows"')[2].split("\n  <li>")[1:6]
        page = "".join(rows)
        assert all("A crocodile was seen in the city river" in row for row in rows[:4])
        assert "سلمى" in rows[0]
        assert CLAIMS[0][0][0] in rows[4]
        # The statement was published and three wordings have it: folded, and named by their words.
        assert "النتيجة: 4" in rows[4]
        assert "The old bridge is closed to pedestrians" in rows[4]
        values = re.findall(r"<(?:ins|del)[^>]*>(.*?)</(?:ins|del)>", page, re.DOTALL)
        assert {"أُجيب", "مفتوح", "رُفض", "تناقض الادعاء"} <= set(values)
        raw = {each.value for kind in (ClusterStatus, RejectReason, Relation) for each in kind}
        assert not raw & set(values)
        assert not re.search(r"[a-z]+_[a-z]+|claims|assignee", re.sub(r"<[^>]*>", "", page))

    def test_what_is_never_taken_back_is_not_offered(
        self, console: Console, moderator: Browser
    ) -> None:
        moderator.send("/clusters/1/assign", assignee="")
        entry = self.entry(console)
        assert f'action="/audit/{entry}/undo"' not in moderator.get("/audit").text
        assert moderator.send(f"/audit/{entry}/undo", reason="خطأ").status_code == 409

    @staticmethod
    def entry(console: Console) -> int:
        with console.sessions() as session:
            newest = select(AuditEntry.id).where(AuditEntry.subject == SubjectKind.CLUSTER)
            return session.scalars(newest.order_by(AuditEntry.id.desc()).limit(1)).one()

    def test_the_second_answer_hears_of_the_first(self, console: Console) -> None:
        first, second = console.signed_in(2), console.signed_in()
        page = first.get("/clusters/1/answer?statement=2&relation=REFUTES").text
        fields = dict(re.findall(r'name="(statement|relation|seen)" value="([^"]*)"', page))
        assert first.send("/clusters/1/answer", **fields).status_code == 303
        answer = second.send("/clusters/1/answer", **{**fields, "relation": "SUPPORTS"})
        assert answer.status_code == 409
        assert "سلمى" in answer.text
        assert '<a href="/clusters/1">Show what was done after it</a>' in answer.text
        with console.sessions() as session:
            assert session.scalar(select(func.count(Notification.id))) == 7

    def test_a_first_admin_is_named_and_no_code_is_shown(self, console: Console) -> None:
        first, second = console.signed_in(), console.signed_in(2, "ar")
        first.send("/clusters/1/assign", assignee=key_of(1))
        for path, fields in (
            ("/clusters/1/answer", {"statement": 2, "relation": "REFUTES", "seen": 0}),
            ("/clusters/1/reject", {"why": "spam", "seen": 0}),
            ("/inbox/reject", {"cluster": 1, "why": "spam", "seen": 0}),
        ):
            page = second.send(path, **fields).text
            assert "مدير أول: أُسند" in page, path
            assert key_of(1)[:8] not in page.replace(f'value="{key_of(1)}"', ""), path

    def test_a_refused_act_leads_back_to_what_it_was_done_to(self, moderator: Browser) -> None:
        moderator.send("/clusters/1/reject", why="spam", seen=10_000)
        refused = moderator.send("/clusters/1/snooze")
        assert refused.status_code == 409
        assert '<p class="said wrong" role="alert">' in refused.text
        assert '<form method="post" action="/clusters/1/reopen' in refused.text

    def test_a_statement_is_only_attached_and_detached(
        self, console: Console, moderator: Browser
    ) -> None:
        fields = {"statement": "1", "relation": "NOT_ENOUGH_INFO"}
        assert "attached" in moderator.told(moderator.send("/clusters/1/attach", **fields))
        assert "Settles nothing" in moderator.get("/clusters/1").text
        assert "detached" in moderator.told(moderator.send("/clusters/1/detach", statement="1"))
        with console.sessions() as session:
            assert session.scalar(select(func.count(Notification.id))) == 0

    @pytest.mark.parametrize("choice", ["keep", "take_back"])
    def test_reopening_asks_what_becomes_of_the_answer(
        self, console: Console, moderator: Browser, choice: str
    ) -> None:
        page = moderator.get("/clusters/1/answer?statement=1&relation=REFUTES").text
        fields = dict(re.findall(r'name="(statement|relation|seen)" value="([^"]*)"', page))
        served = "People who ask get this answer, even while the claim is open"
        assert served not in moderator.told(moderator.send("/clusters/1/answer", **fields))
        asked = moderator.send("/clusters/1/reopen")
        assert asked.status_code == 200
        assert served in asked.text
        assert "An answer I gave you was taken back" in asked.text
        with console.sessions() as session:
            assert session.get_one(Cluster, 1).status is ClusterStatus.ANSWERED
        done = moderator.send(
            "/clusters/1/reopen", answer=choice, seen=field_of(asked.text, "seen")
        )
        page = moderator.told(done)
        assert ("its answer is taken back" in page) == (choice == "take_back")
        assert (served in page) == (choice == "keep")
        with console.sessions() as session:
            assert session.get_one(Cluster, 1).status is ClusterStatus.OPEN
            kept = session.scalar(select(func.count(Verdict.claim_id)))
        assert bool(kept) == (choice == "keep")
        late = moderator.send("/clusters/1/reopen", answer=choice, seen=1)
        assert late.status_code == 409

    def test_a_reviewed_falsehood_is_told_as_refuted_and_nothing_else(
        self, console: Console, moderator: Browser
    ) -> None:
        page = moderator.get("/clusters/3").text
        checked = int(re.findall(r"answer\?statement=(\d+)&amp;relation=REFUTES", page)[0])
        assert f"answer?statement={checked}&amp;relation=SUPPORTS" not in page
        assert "It reviews this very claim, and refutes it" in page
        for how in ("answer", "attach", "answer/preview"):
            sent = moderator.send(
                f"/clusters/3/{how}", statement=checked, relation="SUPPORTS", seen=99
            )
            assert sent.status_code == 400
            assert "Fact-checkers did not confirm what this statement says" in sent.text
        assert (
            "confirm it"
            not in moderator.get(f"/clusters/3/answer?statement={checked}&relation=SUPPORTS").text
        )
        page = moderator.get(f"/clusters/3/answer?statement={checked}&relation=REFUTES").text
        assert "❌ Fact-checkers reviewed this claim and reject it" in page
        fields = dict(re.findall(r'name="(statement|relation|seen)" value="([^"]*)"', page))
        answered = moderator.send("/clusters/3/answer", **fields)
        assert "Published. People who are told: 3." in moderator.told(answered)


class TestWhoWasTold:
    def test_a_cluster_says_who_was_told_and_who_could_not_be(
        self, console: Console, moderator: Browser
    ) -> None:
        assert "Who was told" not in moderator.get("/clusters/3").text
        deliver(console.sessions)
        page = moderator.get("/clusters/3").text
        assert "Told: 1. Could not be told: 2." in page
        reasons = re.findall("<span>([^<]*): 1</span><span>last <time", page)
        assert reasons == ["Their chat was not found", "They blocked the bot"]
        assert "Who was told" not in moderator.get("/clusters/1").text

    def test_the_trends_count_those_of_the_last_days(
        self, console: Console, moderator: Browser
    ) -> None:
        deliver(console.sessions)
        page = moderator.get("/trends?days=1").text
        assert "<dt>Could not be notified, last 7 days</dt><dd>2</dd>" in page
        assert "They blocked the bot: 1" in page
        console.clock.now += timedelta(days=8)
        later = console.signed_in(2).get("/trends?days=30").text
        assert "<dt>Could not be notified, last 7 days</dt><dd>0</dd>" in later


class TestSearch:
    def test_letters_that_are_interchanged_are_found(self, moderator: Browser) -> None:
        page = moderator.get("/search?q=اغلقت البلديه").text
        assert "أغلقت البلدية الجسر القديم" in page

    def test_signs_are_only_signs(self, moderator: Browser) -> None:
        for query in ("100%", "_", "'; DROP TABLE claims; --", "\\"):
            answer = moderator.client.get("/search", params={"q": query})
            assert answer.status_code == 200, query

    def test_a_reference_leads_to_its_statement(self, console: Console, moderator: Browser) -> None:
        with console.sessions() as session:
            ref = session.scalars(select(Statement.ref).where(Statement.id == 1)).one()
        assert 'href="/statements/1"' in moderator.get(f"/search?q={ref}").text


class TestSources:
    def test_feeds_are_added_paused_and_removed(self, moderator: Browser) -> None:
        page = moderator.told(
            moderator.send(
                "/sources/feeds",
                name="إذاعة الوادي",
                url="https://example.org/rss",
                kind="syndication",
                minutes="30",
            )
        )
        assert "إذاعة الوادي" in page
        assert "Paused" in moderator.told(moderator.send("/sources/feeds/3/pause"))
        assert "Paused" not in moderator.told(moderator.send("/sources/feeds/3/resume"))
        page = moderator.told(moderator.send("/sources/feeds/3/remove"))
        assert "https://example.org/rss" not in page

    @pytest.mark.parametrize(
        ("url", "minutes"),
        [("ftp://x", "30"), ("https://example.org/feed.xml", "30"), ("https://x.org", "1")],
    )
    def test_a_feed_that_cannot_be_is_refused(
        self, moderator: Browser, url: str, minutes: str
    ) -> None:
        fields = {"name": "x", "url": url, "kind": "syndication", "minutes": minutes}
        assert moderator.send("/sources/feeds", **fields).status_code == 400

    def test_only_admins_trust_a_source(self, console: Console, moderator: Browser) -> None:
        assert moderator.send("/sources/1/trust").status_code == 403
        admin = console.signed_in()
        assert "Trusted" in admin.told(admin.send("/sources/1/trust"))


def running(page: str) -> list[str]:
    """Return everything on a page that a browser would run: scripts by their address, handlers."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            values = dict(attrs)
            if tag == "script":
                found.append(str(values.get("src")).split("?")[0])
            found.extend(name for name in values if name.startswith("on"))
            found.extend(
                str(values[name])
                for name in ("href", "src", "action", "formaction")
                if name in values and not str(values[name]).startswith(("/", "#", "?", "https://"))
                if tag != "script"
            )

    Reader().feed(page)
    return found


def edited(page: str) -> dict[str, str]:
    """Return the fields of the preview of an edit, but for the choice."""
    form = page[page.index('id="telling"') :]
    named = r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"'
    return {
        name: html.unescape(value)
        for name, value in re.findall(named, form)
        if name != "form_token"
    }


def told_of(console: Console, statement_id: int) -> tuple[object, int]:
    """Return whom the audit says the last act on a statement told, and how many are told."""
    mine = AuditEntry.subject == SubjectKind.STATEMENT, AuditEntry.subject_id == str(statement_id)
    with console.sessions() as session:
        last = select(AuditEntry).where(*mine).order_by(AuditEntry.id.desc()).limit(1)
        entry = session.scalars(last).one()
        kind = Notification.kind == NotificationKind.CORRECTED
        count = session.scalar(select(func.count(Notification.id)).where(kind))
    return (entry.after or {})["told"], count or 0


def shown(page: str) -> dict[str, str]:
    """Return the fields of a preview's form."""
    return dict(re.findall(r'name="(id|seen-[0-9]+)" value="([^"]*)"', page))
