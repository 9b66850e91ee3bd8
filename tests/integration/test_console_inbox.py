"""Work through the inbox in the console: narrowed, several at once, looked for again."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select

from bot.parsing.parser_pool import ParserPool
from embeddings.encoders.encoder import Encoder
from knowledge.accounts import roles
from knowledge.claim_queue import cluster_notes, inquiries, saved_searches
from knowledge.domain import ClusterStatus, NotificationKind, Outcome, RejectReason, SubjectKind
from knowledge.models import AuditEntry, Cluster, Notification
from knowledge.privacy import data_export, erasure
from knowledge.storage.database import Sessions
from tests.integration.console import SECRET, Answer, Browser, Console, console_on, field_of, key_of
from tests.integration.newsroom import HOSTILE, add_cluster, furnish


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


def listed(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'class="title" href="/clusters/(\d+)[?"]', page)]


def links(page: str, named: str) -> list[str]:
    """Return the addresses of the links whose text holds ``named``."""
    found = re.findall(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return [html.unescape(address) for address, text in found if named in text]


def asked(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def acts(console: Console) -> list[tuple[str, int]]:
    """Return what was done to clusters, in order."""
    with console.sessions() as session:
        rows = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject == SubjectKind.CLUSTER)
            .order_by(AuditEntry.id)
        )
        return [(row.action, int(row.subject_id)) for row in rows]


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "numbers"),
        [
            ("language=en", [1, 3, 5]),
            ("people=5", [1, 2]),
            ("growth=3", [1, 2, 3]),
            ("outcome=RELATED", [3]),
            ("assigned=me", [2]),
            (f"assigned={key_of(2)}", [2]),
            ("assigned=nobody", [1, 3, 5, 6]),
            ("language=en&people=3", [1, 3]),
            ("tab=mine", [2]),
            ("tab=snoozed&language=ar", [4]),
            ("tab=snoozed&language=fr", []),
            ("since=2", [3, 5, 6]),
            ("tag=%23Bridges", [1]),
            ("tag=bridges&people=99", []),
            ("language=&people=&outcome=", [1, 2, 3, 5, 6]),
        ],
    )
    def test_only_what_is_looked_for_is_listed(
        self, console: Console, moderator: Browser, query: str, numbers: list[int]
    ) -> None:
        with console.sessions.begin() as session:
            cluster_notes.tag(session, 1, "bridges", key_of(2))
        assert sorted(listed(moderator.get(f"/inbox?{query}").text)) == numbers

    @pytest.mark.parametrize(
        "query",
        [
            "people=x",
            "growth=-1",
            "outcome=x",
            f"language={'x' * 99}",
            f"tag={'x' * 99}",
            "since=99999999999",
        ],
    )
    def test_what_no_filter_can_be_is_a_bad_request(self, moderator: Browser, query: str) -> None:
        assert moderator.get(f"/inbox?{query}").status_code == 400

    def test_each_can_be_taken_off_and_the_others_stay(self, moderator: Browser) -> None:
        page = moderator.get("/inbox?language=en&people=4&order=newest&after=&x=1").text
        (without,) = links(page, "English")
        assert asked(without) == {"people": "4", "order": "newest", "x": "1"}
        (without,) = links(page, "4 or more")
        assert asked(without) == {"language": "en", "order": "newest", "x": "1"}
        (bare,) = links(page, "Remove all filters")
        assert asked(bare) == {"order": "newest", "x": "1"}

    def test_they_stay_where_the_list_is_sorted_turned_and_acted_on(
        self, moderator: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.console.pages.claim_queue.PAGE", 1)
        page = moderator.get("/inbox?language=en&order=people").text
        assert listed(page) == [1]
        assert asked(links(page, "Newest")[0]) == {"language": "en", "order": "newest"}
        assert asked(links(page, "Snoozed")[0])["language"] == "en"
        page = moderator.get(links(page, "Next page")[0]).text
        assert listed(page) == [3]
        (action,) = re.findall(r'action="(/clusters/3/assign[^"]*)"', page)
        answer = moderator.send(html.unescape(action), **{"from": "inbox", "assignee": key_of(2)})
        back = asked(answer.headers["location"])
        assert (back["language"], back["order"], back["said"]) == ("en", "people", "assigned")
        # The browser lands on the row, and the page says which claim it was.
        assert answer.headers["location"].endswith("#c3")
        page = moderator.told(answer)
        assert listed(page) == [3]
        assert 'id="c3"' in page
        assert "A crocodile was seen" in page.split('role="status"', 1)[1].split("</p>", 1)[0]

    def test_a_row_that_goes_leads_to_the_one_beside_it(self, moderator: Browser) -> None:
        page = moderator.get("/inbox?order=people").text
        first, second = listed(page)[:2]
        form = page.split(f'action="/clusters/{first}/snooze', 1)[1].split("</form>", 1)[0]
        row = field_of(form, "row")
        answer = moderator.send(f"/clusters/{first}/snooze", **{"from": "inbox", "row": row})
        assert answer.headers["location"].endswith(f"#c{second}")

    def test_a_claims_page_leads_back_to_the_list_as_it_was(self, moderator: Browser) -> None:
        page = moderator.get("/inbox?language=en&order=people").text
        (address,) = re.findall(r'class="title" href="(/clusters/3[^"]*)"', page)
        page = moderator.get(html.unescape(address)).text
        back = html.unescape(links(page, "Inbox")[-1])
        assert back == "/inbox?order=people&language=en#c3"
        (action,) = re.findall(r'action="(/clusters/3/assign[^"]*)"', page)
        page = moderator.told(moderator.send(html.unescape(action), assignee=key_of(2)))
        assert html.unescape(links(page, "Inbox")[-1]) == back

    def test_a_row_shows_the_tags_of_its_claim(self, moderator: Browser) -> None:
        moderator.send("/clusters/3/tag", tag="river")
        page = moderator.get("/inbox?language=en").text
        row = page.split('data-row="3"', 1)[1].split("</li>", 1)[0]
        assert "#<bdi>river</bdi>" in row
        assert 'href="/inbox?language=en&amp;tag=river"' in row

    def test_wordings_stand_before_what_is_done_with_a_claim(self, moderator: Browser) -> None:
        page = moderator.get("/clusters/1").text
        assert page.index('id="wordings"') < page.index('id="handle"')

    def test_times_carry_their_zone(self, moderator: Browser) -> None:
        assert re.search(r"\d\d:\d\d UTC</time>", moderator.get("/audit").text)

    def test_what_is_mine_is_narrowed_to_nobody_elses(self, moderator: Browser) -> None:
        page = moderator.get("/inbox?tab=mine&assigned=nobody").text
        assert listed(page) == [2]
        assert "Unassigned" not in page

    def test_an_act_leads_back_to_the_inbox_and_nowhere_else(self, moderator: Browser) -> None:
        answer: Answer = moderator.send(
            "/clusters/1/snooze?people=3&next=//example.org&said=x", **{"from": "inbox"}
        )
        assert answer.headers["location"] == "/inbox?of=1&people=3&said=snoozed#c1"

    def test_a_colleague_is_named_as_text(self, console: Console, moderator: Browser) -> None:
        moderator.send("/clusters/1/assign", assignee=key_of(3))
        page = moderator.get(f"/inbox?assigned={key_of(3)}").text
        assert listed(page) == [1]
        assert html.escape(HOSTILE.replace("\u202e", ""), quote=False)[:20] in page
        assert "Remove the filter" in page


class Bulk:
    """The inbox's page in a browser, and what is sent of it."""

    def __init__(self, browser: Browser, query: str = "") -> None:
        self.browser, self.query = browser, query
        self.seen = field_of(browser.get(f"/inbox{query}").text, "seen")

    def send(self, act: str, *ticked: int, **fields: object) -> Answer:
        path = f"/inbox/{act}{self.query}"
        return self.browser.send(path, seen=self.seen, cluster=list(ticked), **fields)


def cluster(console: Console, number: int) -> Cluster:
    with console.sessions() as session:
        return session.get_one(Cluster, number)


def figure(page: str, name: str) -> int:
    found = re.search(rf"<dt>{name}</dt><dd>(\d+)</dd>", page)
    assert found is not None, page
    return int(found[1])


def messages(console: Console) -> int:
    with console.sessions() as session:
        rejected = Notification.kind == NotificationKind.REJECTED
        return session.scalar(select(func.count(Notification.id)).where(rejected)) or 0


class TestSeveralAtOnce:
    def test_they_are_given_to_a_colleague(self, console: Console, moderator: Browser) -> None:
        answer = Bulk(moderator, "?language=en").send("assign", 1, 3, assignee=key_of(3))
        assert asked(answer.headers["location"]) == {
            "language": "en", "said": "several_assigned", "n": "2",
        }  # fmt: skip
        assert "Clusters assigned: 2." in moderator.told(answer)
        assert [cluster(console, n).assignee for n in (1, 3, 5)] == [key_of(3), key_of(3), None]
        assert acts(console)[-2:] == [("assigned", 1), ("assigned", 3)]

    def test_they_are_put_off_until_a_day(self, console: Console, moderator: Browser) -> None:
        day = (console.clock.now + timedelta(days=3)).date()
        answer = Bulk(moderator).send("snooze", 1, 2, until=day.isoformat())
        assert "Clusters snoozed: 2." in moderator.told(answer)
        assert sorted(listed(moderator.get("/inbox").text)) == [3, 5, 6]
        until = cluster(console, 1).snoozed_until
        assert until is not None
        assert until.date() == day

    def test_how_many_are_told_is_shown_before_they_are_rejected(
        self, console: Console, moderator: Browser
    ) -> None:
        bulk = Bulk(moderator, "?order=people")
        page = bulk.send("reject/preview", 1, 2, why="opinion").text
        assert figure(page, "Clusters") == 2
        assert "Opinion" in page
        foreseen = figure(page, "People who will get a message")
        assert foreseen == 12
        assert "📭" in page
        assert "read this as an opinion" in page
        assert messages(console) == 0
        assert cluster(console, 1).status is ClusterStatus.OPEN
        assert 'action="/inbox/reject?order=people"' in page
        answer = bulk.send("reject", 1, 2, why="opinion")
        assert "Clusters rejected: 2." in moderator.told(answer)
        assert messages(console) == foreseen
        assert {cluster(console, n).reject_reason for n in (1, 2)} == {RejectReason.OPINION}
        assert acts(console)[-2:] == [("rejected", 1), ("rejected", 2)]

    def test_who_asked_several_of_them_counts_once(
        self, console: Console, moderator: Browser
    ) -> None:
        with console.sessions.begin() as session:
            for claim in ("ارتفع سعر الخبز إلى ضعفين في يوم واحد", HOSTILE):
                inquiries.record(
                    session, key_of(7), claim, Outcome.NO_MATCH, [], "ar", waiting=True
                )
        page = Bulk(moderator).send("reject/preview", 2, 5, why="spam").text
        assert figure(page, "People who will get a message") == 7

    def test_they_become_part_of_the_one_that_is_asked_most(
        self, console: Console, moderator: Browser
    ) -> None:
        bulk = Bulk(moderator)
        page = bulk.send("merge/preview", 5, 3, 1).text
        assert re.findall(r'name="keep" value="(\d)" checked', page) == ["1"]
        assert figure(page, "People who will get a message") == 0
        assert cluster(console, 3).merged_into is None
        answer = bulk.send("merge", 5, 3, 1, keep=3)
        assert "Clusters merged into another: 2." in moderator.told(answer)
        assert [cluster(console, n).merged_into for n in (1, 3, 5)] == [3, None, 3]
        both = [("merged", 5), ("joined", 3), ("merged", 1), ("joined", 3)]
        assert acts(console)[-4:] == both

    @pytest.mark.parametrize(
        ("act", "fields"),
        [
            ("reject", {"why": "spam"}),
            ("snooze", {}),
            ("assign", {"assignee": ""}),
            ("merge", {"keep": 2}),
        ],
    )
    def test_what_somebody_else_handled_meanwhile_is_named_and_the_rest_done(
        self, console: Console, moderator: Browser, act: str, fields: dict[str, object]
    ) -> None:
        bulk = Bulk(moderator, "?order=people")
        colleague = console.signed_in()
        assert colleague.send("/clusters/1/reject", why="opinion", seen=10_000).status_code == 303
        if act in ("reject", "merge"):
            foreseen = bulk.send(f"{act}/preview", 1, 2, 3, **fields).text
            assert "Not done: 1" in foreseen
            assert figure(foreseen, "Clusters") == 2
        answer = bulk.send(act, 1, 2, 3, **fields)
        assert answer.status_code == 200
        assert "Not done: 1" in answer.text
        assert '<a href="/clusters/1"' in answer.text
        assert "Another moderator was faster." in answer.text
        assert re.search(r'role="status">Clusters [a-z ]+: [12]\.', answer.text)
        assert cluster(console, 1).reject_reason is RejectReason.OPINION
        assert [number for done, number in acts(console) if done != "joined"][-1] == 3

    def test_what_became_part_of_another_meanwhile_is_not_done_to_that(
        self, console: Console, moderator: Browser
    ) -> None:
        bulk = Bulk(moderator)
        console.signed_in().send("/clusters/1/merge", other=2)
        answer = bulk.send("reject", 2, why="spam")
        assert answer.status_code == 409
        assert "Clusters rejected: 0." in answer.text
        assert cluster(console, 1).status is ClusterStatus.OPEN
        assert bulk.send("merge", 2, 3, keep=2).status_code == 409
        assert cluster(console, 3).merged_into is None
        assert bulk.send("merge/preview", 2, 404).status_code == 409

    @pytest.mark.parametrize(
        ("act", "ticked", "fields", "problem"),
        [
            ("reject/preview", (), {"why": "opinion"}, "Tick between 1 and 30 clusters."),
            ("merge/preview", (1,), {}, "Tick between 2 and 30 clusters to merge them."),
            ("snooze", (1, 3), {"until": "1999-01-01"}, "Choose a day within a year from now."),
            ("assign", (1, 3), {"assignee": "f" * 64}, "Choose a colleague who holds a role."),
            ("reject/preview", (1,), {"why": "x"}, "Choose why they are rejected."),
            ("assign", tuple(range(1, 40)), {}, "Tick between 1 and 30 clusters."),
        ],
    )
    def test_what_cannot_be_taken_is_said_over_the_form_that_stays(
        self,
        console: Console,
        moderator: Browser,
        act: str,
        ticked: tuple[int, ...],
        fields: dict[str, object],
        problem: str,
    ) -> None:
        before = len(acts(console))
        answer = Bulk(moderator, "?language=en&order=people").send(act, *ticked, **fields)
        assert answer.status_code == 400
        assert problem in answer.text
        assert links(answer.text, "Growth")[0].startswith("/inbox?language=en")
        kept = re.findall(r'name="cluster" value="(\d+)"[^>]* checked', answer.text)
        assert {int(number) for number in kept} >= set(ticked) & {1, 3}
        if fields.get("why") == "opinion":
            assert '<option value="opinion" selected>' in answer.text
        assert len(acts(console)) == before

    def test_what_was_ticked_is_listed_still_though_it_is_on_another_page(
        self, moderator: Browser
    ) -> None:
        page = Bulk(moderator, "?language=en").send("snooze", 2, until="x").text
        assert listed(page)[0] == 2
        assert sorted(listed(page)) == [1, 2, 3, 5]

    def test_a_role_that_ends_meanwhile_ends_the_act(self, console: Console) -> None:
        browser = console.signed_in(3)
        bulk, token = Bulk(browser), browser.token()
        with console.sessions.begin() as session:
            roles.revoke(session, key_of(3), "command line")
        fields = {"form_token": token, "seen": bulk.seen, "cluster": [1], "why": "spam"}
        assert browser.post("/inbox/reject", **fields).status_code == 401
        assert cluster(console, 1).status is ClusterStatus.OPEN


def searches(page: str) -> dict[str, str]:
    """Return the addresses of the saved searches that a page lists, by name."""
    found = re.findall(r'<li><a href="([^"]*)"[^>]*><bdi>(.*?)</bdi></a>', page)
    return {html.unescape(name): html.unescape(address) for address, name in found}


class TestSavedSearches:
    def test_one_is_found_again_by_its_name_and_deleted(self, moderator: Browser) -> None:
        address = "/inbox/searches?tab=open&language=en&people=3&order=people&after=&since=1"
        answer = moderator.send(address, name="  Busy,  English ")
        page = moderator.told(answer)
        assert "The search was saved." in page
        found = searches(page)["Busy, English"]
        assert asked(found) == {"language": "en", "people": "3", "order": "people"}
        page = moderator.get(found).text
        assert listed(page) == [1, 3]
        assert 'aria-current="true"><bdi>Busy, English' in page
        (action,) = re.findall(r'action="(/inbox/searches/\d+/delete[^"]*)"', page)
        answer = moderator.send(html.unescape(action))
        assert asked(answer.headers["location"])["language"] == "en"
        assert searches(moderator.told(answer)) == {}

    def test_the_same_name_stands_for_the_last_one(self, moderator: Browser) -> None:
        for language in ("en", "ar"):
            moderator.send(f"/inbox/searches?language={language}", name="Mine")
        found = searches(moderator.get("/inbox").text)
        assert found == {"Mine": "/inbox?language=ar"}

    def test_they_are_their_own(self, console: Console, moderator: Browser) -> None:
        moderator.send("/inbox/searches?language=en", name=HOSTILE)
        (name,) = searches(moderator.get("/inbox").text)
        assert name == HOSTILE.replace("\u202e", "")
        other = console.signed_in()
        page = other.get("/inbox").text
        assert searches(page) == {}
        with console.sessions() as session:
            number = saved_searches.list_searches(session, key_of(2))[0].id
        other.send(f"/inbox/searches/{number}/delete")
        assert len(searches(moderator.get("/inbox").text)) == 1

    @pytest.mark.parametrize("name", ["", " \n", "x" * 61])
    def test_a_name_that_cannot_be_is_said_over_the_form_that_stays(
        self, moderator: Browser, name: str
    ) -> None:
        answer = moderator.send("/inbox/searches?language=en", name=name)
        assert answer.status_code == 400
        assert "Give the search a name of 60 characters at most." in answer.text
        assert listed(answer.text) == [1, 3, 5]
        assert searches(answer.text) == {}

    def test_there_are_only_so_many(self, moderator: Browser) -> None:
        for number in range(saved_searches.MOST):
            moderator.send(f"/inbox/searches?people={number}", name=f"{number}")
        answer = moderator.send("/inbox/searches?people=99", name="one more")
        assert answer.status_code == 409
        assert "You have 20 saved searches already. Delete one first." in answer.text
        assert 'value="one more"' in answer.text
        assert moderator.send("/inbox/searches?people=99", name="0").status_code == 303

    def test_what_the_inbox_cannot_be_asked_for_is_not_kept(self, moderator: Browser) -> None:
        for query in ("people=x", "assigned=" + "é" * 64, "outcome=x", "tab=x"):
            answer = moderator.send(f"/inbox/searches?{query}", name="x")
            assert answer.status_code == 400, query
        assert searches(moderator.get("/inbox").text) == {}

    def test_they_are_in_a_moderators_data_and_go_with_it(
        self, console: Console, moderator: Browser
    ) -> None:
        moderator.send("/inbox/searches?language=en", name="Rumours")
        with console.sessions.begin() as session:
            document = json.loads(data_export.export(session, key_of(2), SECRET).document)
            assert document["moderation"]["saved_searches"] == [
                {"name": "Rumours", "query": "language=en"}
            ]
            erasure.forget(session, key_of(2))
            assert saved_searches.list_searches(session, key_of(2)) == ()


class TestNews:
    def test_what_came_since_the_list_was_shown_is_counted_as_the_list_is_narrowed(
        self, console: Console, moderator: Browser
    ) -> None:
        page = moderator.get("/inbox?language=en&order=people&after=").text
        (address,) = re.findall(r'data-news="([^"]*)"', page)
        address = html.unescape(address)
        assert asked(address) == {"language": "en", "order": "people", "since": "6"}
        assert moderator.get(address).status_code == 204
        add_cluster(console.sessions, "The airport is closed until further notice")
        add_cluster(console.sessions, "أُغلق المطار حتى إشعار آخر")
        news = moderator.get(address).text
        assert "1 new claim " in news
        (show,) = links(news, "Show")
        assert listed(moderator.get(show).text) == [7]
        assert "New ones only" in moderator.get(show).text

    def test_other_parts_than_the_open_ones_announce_nothing(self, moderator: Browser) -> None:
        for tab in ("mine", "snoozed", "answered", "rejected"):
            assert "data-news" not in moderator.get(f"/inbox?tab={tab}").text

    def test_who_is_signed_out_hears_nothing(self, console: Console) -> None:
        answer = console.browser().get("/inbox/news?since=0")
        assert answer.headers["location"] == "/sign-in"
