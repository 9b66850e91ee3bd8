"""Moderators' commands and buttons over a real database: who may, what happens, what is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation.commands import describe_commands
from bot.conversation.conversation import Conversation
from bot.conversation.moderator_access import Place
from bot.conversation.moderator_commands import Moderation
from bot.conversation.outbox import Outbox
from bot.conversation.reply import Asker, Button, Reply
from bot.conversation.translations import Language, load_catalogue
from bot.fetching.errors import PrivateAddress
from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.accounts import people, roles, sign_in
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import cluster_actions, demand, inquiries
from knowledge.corpus import reports
from knowledge.curation import resolution
from knowledge.curation.resolution import UNDO_FOR
from knowledge.domain import (
    ClusterStatus,
    Outcome,
    Rating,
    RejectReason,
    Relation,
    ReportDraft,
    Role,
    StatementDraft,
    StatementStatus,
    SubjectKind,
    now,
)
from knowledge.index.serving_index import ServingIndex
from knowledge.models import AuditEntry, Claim, Cluster, Inquiry, Notification, Statement, Verdict
from knowledge.outbox import pending_notifications
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions

SECRET = b"the key of these tests"
TODAY = date(2030, 5, 1)
CLAIM = "the clock tower stands 80 metres high"
TEXT = "the clock tower stands 80 metres high, the city said on Monday"

ADMIN = Asker(1, "en", "1")
MODERATOR = Asker(2, "en", "2")
PUBLIC = Asker(3, "en", "3")
ARAB = Asker(4, "ar", "4")
IN_GROUP = Asker(3, "en")
COMMANDS = ("queue", "pending", "add", "retract", "stats", "console", "grant", "revoke")
GONE = "This button no longer works. Send the claim again."


def key_of(number: int) -> str:
    return people.person_key(SECRET, "telegram", number)


@dataclass
class Services:
    """The conversation with its services, and what was embedded."""

    sessions: Sessions
    talk: Conversation
    embedded: list[int]


@pytest.fixture
def services(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> Services:
    """Return a conversation with one first admin and one moderator."""
    return opened(sessions, fake_encoder, tmp_path)


def opened(
    sessions: Sessions, encoder: Encoder, folder: Path, two_people: bool = False
) -> Services:
    index = ServingIndex(sessions, encoder, folder / "index")
    checker = ClaimChecker(sessions, encoder, index, RuleJudge())
    embedded: list[int] = []
    place = Place(
        secret=SECRET,
        key_of=key_of,
        first_admins=frozenset({key_of(ADMIN.id)}),
        read_address=read_address,
        embed=embedded.extend,
        console_url="https://console.example.org",
        two_people=two_people,
    )
    moderation = Moderation(sessions, checker, place, today=lambda: TODAY)
    talk = Conversation(sessions, checker, SECRET, "telegram", lambda: TODAY, moderation=moderation)
    with sessions.begin() as session:
        roles.grant(session, key_of(MODERATOR.id), Role.MODERATOR, "Sara", "command line")
    return Services(sessions, talk, embedded)


def read_address(url: str) -> Sequence[ReportDraft]:
    """Read a report off an address without a network: one statement, its text the address."""
    if "127.0.0.1" in url:
        raise PrivateAddress(f"{url} leads to a private address; give a public one")
    text = f"the page {url} says so"
    return [ReportDraft("A page", "A paper", url, statements=(StatementDraft(text),))]


def said(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


def button(reply: Reply, label: str) -> Button:
    (found,) = [each for row in reply.buttons for each in row if label in each.label]
    return found


def presses(services: Services, asker: Asker, reply: Reply, label: str) -> Reply:
    action = button(reply, label).action
    assert action is not None
    assert len(action.encode()) <= 64
    return services.talk.press(asker, action)


def asked(services: Services, *claims: str) -> list[int]:
    """Have a public person ask each claim; each is gathered into a cluster of its own."""
    for claim in claims:
        services.talk.claim(PUBLIC, claim)
    with services.sessions.begin() as session:
        waiting = session.scalars(select(Claim).where(Claim.cluster_id.is_(None)))
        for row in waiting.all():
            cluster = Cluster(title=row.text, status=ClusterStatus.OPEN)
            session.add(cluster)
            session.flush()
            demand.join_clusters(session, {row.id: cluster})
        return list(session.scalars(select(Cluster.id).order_by(Cluster.id)))


def published(
    services: Services, text: str = TEXT, ref: str = "tower", rating: Rating | None = None
) -> int:
    statement = StatementDraft(text, ref=ref, rating=rating)
    draft = ReportDraft("The tower", "The Post", statements=(statement,))
    with services.sessions.begin() as session:
        (number,) = reports.store(session, draft).statement_ids
        curation.publish(session, [number], "test")
    return number


def status(services: Services, cluster_id: int) -> ClusterStatus:
    with services.sessions() as session:
        return session.get_one(Cluster, cluster_id).status


def audited(services: Services) -> list[tuple[str, str]]:
    with services.sessions() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(row.actor, row.action) for row in rows]


class TestWhoMay:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_the_public_gets_the_reply_to_an_unknown_command(
        self, services: Services, command: str
    ) -> None:
        before = audited(services)
        for argument in ("", "tower because", "9 admin Eve"):
            reply = services.talk.command(PUBLIC, command, argument)
            assert reply == services.talk.command(PUBLIC, "nonsense", argument)
            assert reply == services.talk.help(PUBLIC)
        assert audited(services) == before

    @pytest.mark.parametrize("command", ["grant", "revoke"])
    def test_a_moderator_is_no_admin(self, services: Services, command: str) -> None:
        reply = services.talk.command(MODERATOR, command, "9 admin Eve")
        assert reply == services.talk.help(MODERATOR)

    def test_a_conversation_without_moderation_knows_none_of_it(
        self, services: Services, fake_encoder: Encoder, tmp_path: Path
    ) -> None:
        index = ServingIndex(services.sessions, fake_encoder, tmp_path / "other")
        checker = ClaimChecker(services.sessions, fake_encoder, index, RuleJudge())
        plain = Conversation(services.sessions, checker, SECRET, "telegram")
        assert plain.command(ADMIN, "queue", "") == plain.help(ADMIN)
        assert plain.menu(ADMIN) == ()

    def test_every_button_asks_for_the_role_again(self, services: Services) -> None:
        (cluster,) = asked(services, CLAIM)
        statement = published(services)
        shown = services.talk.command(MODERATOR, "queue", "")
        actions = [each.action for row in shown.buttons for each in row if each.action]
        actions += [f"mod:why:{cluster}:spam", f"mod:publish:{statement}", "mod:all:1", "mod:next:"]
        with services.sessions.begin() as session:
            roles.revoke(session, key_of(MODERATOR.id), "test")
        before = audited(services)
        for action in actions:
            for person in (MODERATOR, PUBLIC):
                assert said(services.talk.press(person, action)) == GONE, action
        assert audited(services) == before
        assert status(services, cluster) is ClusterStatus.OPEN

    @pytest.mark.parametrize(
        "forged",
        [
            "mod", "mod:", "mod:yes", "mod:yes:1", "mod:yes:1:x", "mod:yes:x:1", "mod:why:1:",
            "mod:why:1:fun", "mod:snooze:1:0", "mod:snooze:1:365", "mod:snooze:1:-1", "mod:fly:1:1",
            "mod:publish:99999999999999999999", "mod:publish:١",
        ],
    )  # fmt: skip
    def test_a_forged_button_does_nothing(self, services: Services, forged: str) -> None:
        assert said(services.talk.press(MODERATOR, forged)) == GONE

    def test_the_menu_shows_what_a_person_may_do(self, services: Services) -> None:
        everybody = tuple(name for name, _ in describe_commands(Language.ARABIC))
        names = {
            person.id: tuple(name for name, _ in services.talk.menu(person))
            for person in (ADMIN, MODERATOR, PUBLIC)
        }
        assert names == {
            1: (*COMMANDS, *everybody),
            2: (*COMMANDS[:6], *everybody),
            3: (),
        }


class TestQueue:
    def test_what_is_asked_most_comes_first_with_who_asks_and_what_may_answer_it(
        self, services: Services
    ) -> None:
        published(services)
        _, cluster = asked(services, "the harbour is closed for a week", CLAIM)
        services.talk.claim(MODERATOR, CLAIM)
        reply = services.talk.command(MODERATOR, "queue", "")
        text = said(reply)
        assert text.startswith(f"📥 Claim {cluster}\n{CLAIM}\n")
        assert "People: 2 · asked: 2 · waiting to be told: 0" in text
        assert f"«{TEXT}»" in text
        after = said(presses(services, MODERATOR, reply, "Next"))
        assert "the harbour is closed" in after
        assert "People: 1 · asked: 1 · waiting to be told: 1" in after

    def test_nothing_waits(self, services: Services) -> None:
        assert said(services.talk.command(MODERATOR, "queue", "")).startswith("Nothing is waiting")

    def test_a_damaged_place_begins_again(self, services: Services) -> None:
        (cluster,) = asked(services, CLAIM)
        reply = services.talk.press(MODERATOR, "mod:next:nonsense")
        assert said(reply).startswith(f"📥 Claim {cluster}\n")

    def test_an_answer_reaches_everybody_once_and_the_second_moderator_sees_it(
        self, services: Services
    ) -> None:
        published(services)
        (cluster,) = asked(services, CLAIM)
        with services.sessions.begin() as session:
            # What was settled at once waits for nothing.
            for inquiry in session.scalars(select(Inquiry)):
                inquiry.waiting = True
        shown = services.talk.command(MODERATOR, "queue", "")
        asking = presses(services, MODERATOR, shown, "❌ 1 contradicts it")
        done = presses(services, MODERATOR, asking, "📤 Send it")
        assert said(done).startswith(f"Claim {cluster} is answered. 1 person will be told.\n")
        assert status(services, cluster) is ClusterStatus.ANSWERED
        second = presses(services, ADMIN, shown, "✅ 1 supports it")
        assert said(second).startswith("This was handled already")
        with services.sessions() as session:
            assert len(session.scalars(select(Notification)).all()) == 1
        # From now on it is said to whoever asks.
        assert said(services.talk.claim(PUBLIC, CLAIM)).startswith("❌")

    def test_a_reviewed_falsehood_refutes_and_is_never_said_to_support(
        self, services: Services
    ) -> None:
        number = published(services, rating=Rating.FALSE)
        (cluster,) = asked(services, CLAIM)
        shown = services.talk.command(MODERATOR, "queue", "")
        labels = [each.label for row in shown.buttons for each in row if "1 " in each.label]
        assert labels == ["❌ 1 reviews this very claim: refuted"]
        # What an older message still offers.
        with services.sessions() as session:
            seen = audit_log.load_latest_id(session)
        for verb in ("yes", "support"):
            pressed = services.talk.press(MODERATOR, f"mod:{verb}:{cluster}:{number}:{seen}")
            assert said(pressed).startswith("Fact-checkers did not confirm what this statement")
        assert status(services, cluster) is ClusterStatus.OPEN
        asking = presses(services, MODERATOR, shown, "reviews this very claim")
        assert "You say that this statement reviews this very claim:" in said(asking)
        presses(services, MODERATOR, asking, "📤 Send it")
        told = said(services.talk.claim(PUBLIC, CLAIM))
        assert told.startswith("❌ Fact-checkers reviewed this claim and reject it")

    def test_a_rejection_asks_why(self, services: Services) -> None:
        (cluster,) = asked(services, CLAIM)
        shown = services.talk.command(MODERATOR, "queue", "")
        why = presses(services, MODERATOR, shown, "Reject")
        assert status(services, cluster) is ClusterStatus.OPEN
        done = presses(services, MODERATOR, why, "An opinion")
        assert said(done).startswith(f"Claim {cluster} is rejected.")
        with services.sessions() as session:
            assert session.get_one(Cluster, cluster).reject_reason is RejectReason.OPINION
        assert audited(services)[-1] == (key_of(MODERATOR.id), "rejected")
        assert said(presses(services, MODERATOR, done, "Next")).startswith("Nothing is waiting")

    def test_a_snoozed_claim_comes_back_when_its_time_is_over(self, services: Services) -> None:
        (cluster,) = asked(services, CLAIM)
        shown = services.talk.command(MODERATOR, "queue", "")
        presses(services, MODERATOR, shown, "For a day")
        assert said(services.talk.command(MODERATOR, "queue", "")).startswith("Nothing is waiting")
        with services.sessions.begin() as session:
            session.get_one(Cluster, cluster).snoozed_until = now()
        assert said(services.talk.command(MODERATOR, "queue", "")).startswith("📥")

    def test_a_source_is_added_for_a_claim_and_answers_it_unpublished(
        self, services: Services
    ) -> None:
        (cluster,) = asked(services, CLAIM)
        shown = services.talk.command(MODERATOR, "queue", "")
        how = said(presses(services, MODERATOR, shown, "Add a source"))
        assert f"/add #{cluster} " in how
        added = services.talk.command(MODERATOR, "add", f"#{cluster} The tower\n{TEXT}.")
        asking = presses(services, MODERATOR, added, "1 supports it")
        done = presses(services, MODERATOR, asking, "📤 Send it")
        assert said(done).startswith(f"Claim {cluster} is answered")
        with services.sessions() as session:
            statement = session.scalars(select(Statement)).one()
        assert statement.status is StatementStatus.PUBLISHED
        assert services.embedded == [statement.id]

    def test_what_is_about_something_else_is_not_offered(self, services: Services) -> None:
        published(services, "the minister opened a school in the valley on Sunday", "school")
        asked(services, CLAIM)
        reply = services.talk.command(MODERATOR, "queue", "")
        assert "school" not in said(reply)
        assert "No published statement is about this." in said(reply)
        assert "/console" in said(reply)
        labels = [each.label for row in reply.buttons for each in row]
        assert labels[0] == "➕ Add a source"
        published(services)
        reply = services.talk.command(MODERATOR, "queue", "")
        assert f"«{TEXT}»" in said(reply)
        assert "school" not in said(reply)

    def test_what_is_about_another_wording_is_offered(self, services: Services) -> None:
        _, cluster = asked(services, "the harbour is closed for a week", CLAIM)
        published(services)
        with services.sessions.begin() as session:
            harbour = session.get_one(Cluster, 1)
            cluster_actions.merge_clusters(session, harbour.id, [cluster], key_of(ADMIN.id))
        assert f"«{TEXT}»" in said(services.talk.command(MODERATOR, "queue", ""))


@pytest.fixture
def waiting(services: Services) -> int:
    """Return a cluster that an Arab and a Briton wait for, and nothing published is about."""
    services.talk.claim(PUBLIC, CLAIM)
    services.talk.claim(ARAB, CLAIM)
    (cluster,) = asked(services)
    return cluster


def letters(services: Services, later: timedelta = timedelta()) -> dict[str, Reply]:
    """Return what is delivered by then, by the address it goes to."""
    outbox = Outbox(services.sessions, SECRET, lambda: now() + later, lambda: TODAY)
    found = {}
    while (letter := outbox.take()) is not None:
        found[letter.address] = letter.reply
        outbox.record_sent(letter)
    return found


def adding(services: Services, cluster: int) -> Reply:
    """Return what a moderator is shown who adds a report for a cluster."""
    return services.talk.command(MODERATOR, "add", f"#{cluster} The tower\n{TEXT}.")


def asking(services: Services, cluster: int, label: str = "1 supports it") -> Reply:
    """Return what a moderator is asked who taps on an answer."""
    return presses(services, MODERATOR, adding(services, cluster), label)


def checker(services: Services, cluster: int) -> Reply:
    """Answer a cluster; returns what the moderator reads."""
    return presses(services, MODERATOR, asking(services, cluster), "📤 Send it")


class TestSending:
    def test_a_tap_shows_what_everybody_would_read_and_does_nothing(
        self, services: Services, waiting: int
    ) -> None:
        added = adding(services, waiting)
        before = audited(services)
        reply = presses(services, MODERATOR, added, "1 contradicts it")
        text = said(reply)
        assert text.startswith(f"📤 Claim {waiting}: nothing is sent yet\n{CLAIM}\n❌ You say ")
        assert "It goes to 2 people." in text
        assert audited(services) == before
        assert status(services, waiting) is ClusterStatus.OPEN
        assert letters(services, timedelta(days=1)) == {}
        presses(services, MODERATOR, reply, "📤 Send it")
        read = letters(services, UNDO_FOR)
        assert set(read) == {PUBLIC.address, ARAB.address}
        for letter in read.values():
            start = reply.blocks.index(letter.blocks[0])
            assert reply.blocks[start : start + len(letter.blocks)] == letter.blocks
        assert {letter.blocks[0].text[:9] for letter in read.values()} == {
            "📬 You ask",
            "📬 وصل الج",
        }

    def test_where_nobody_waits_it_shows_what_is_answered_from_then_on(
        self, services: Services
    ) -> None:
        published(services)
        (cluster,) = asked(services, CLAIM)
        shown = services.talk.command(MODERATOR, "queue", "")
        reply = presses(services, MODERATOR, shown, "1 contradicts it")
        assert "Nobody is waiting for an answer." in said(reply)
        done = presses(services, MODERATOR, reply, "📤 Send it")
        assert said(done).startswith(f"Claim {cluster} is answered. 0 people will be told.")
        answer = services.talk.claim(PUBLIC, CLAIM)
        assert answer.blocks[0] in reply.blocks

    def test_back_leads_to_the_claim_and_on_to_the_next(
        self, services: Services, waiting: int
    ) -> None:
        asked(services, "the harbour is closed for a week")
        reply = presses(services, MODERATOR, asking(services, waiting), "↩ Back")
        assert said(reply).startswith(f"📥 Claim {waiting}\n")
        assert "the harbour is closed" in said(presses(services, MODERATOR, reply, "Next"))
        assert status(services, waiting) is ClusterStatus.OPEN

    @pytest.mark.parametrize(
        ("meanwhile", "says"),
        [
            ("answered", "This was handled already"),
            ("rejected", "This was handled already"),
            ("retracted", "It was changed since this was shown, so nothing was done."),
            ("snoozed", "It was changed since this was shown, so nothing was done."),
            ("role", GONE),
        ],
    )
    def test_nothing_is_sent_if_something_was_done_meanwhile(
        self, services: Services, waiting: int, meanwhile: str, says: str
    ) -> None:
        published(services)
        shown = services.talk.command(MODERATOR, "queue", "")
        reply = presses(services, MODERATOR, shown, "1 supports it")
        admin = key_of(ADMIN.id)
        with services.sessions.begin() as session:
            match meanwhile:
                case "answered":
                    resolution.answer_cluster(session, waiting, 1, Relation.REFUTES, admin)
                case "rejected":
                    cluster_actions.reject(session, waiting, RejectReason.SPAM, admin)
                case "retracted":
                    curation.retract(session, [1], admin, "wrong")
                case "snoozed":
                    cluster_actions.snooze(session, waiting, now() + timedelta(days=1), admin)
                case "role":
                    roles.revoke(session, key_of(MODERATOR.id), admin)
        before = audited(services)
        assert said(presses(services, MODERATOR, reply, "📤 Send it")).startswith(says)
        assert audited(services) == before


class TestUndoing:
    def test_nobody_is_told_for_a_minute_and_then_everybody(
        self, services: Services, waiting: int
    ) -> None:
        done = checker(services, waiting)
        assert "Nothing is sent for 60 seconds: until then you can take it back." in said(done)
        assert letters(services, UNDO_FOR - timedelta(seconds=5)) == {}
        assert set(letters(services, UNDO_FOR)) == {PUBLIC.address, ARAB.address}

    def test_an_answer_is_taken_back_after_a_restart_and_nobody_hears_of_it(
        self, services: Services, waiting: int, fake_encoder: Encoder, tmp_path: Path
    ) -> None:
        done = checker(services, waiting)
        restarted = opened(services.sessions, fake_encoder, tmp_path / "restarted")
        reply = presses(restarted, MODERATOR, done, "↩ Undo")
        assert said(reply).startswith(f"It was taken back: claim {waiting} is in the inbox again.")
        assert letters(services, timedelta(days=1)) == {}
        assert status(services, waiting) is ClusterStatus.OPEN
        with services.sessions() as session:
            assert session.scalars(select(Verdict)).all() == []
            # What the answer published stays so: it is what its report says.
            (statement,) = session.scalars(select(Statement))
            assert statement.status is StatementStatus.PUBLISHED
            inquired = session.scalars(select(Inquiry)).all()
            assert {(each.waiting, each.answered_at) for each in inquired} == {(True, None)}
        assert audited(services)[-1][1] == "undone"
        # Whoever waits is told once the claim is answered after all.
        again = presses(restarted, MODERATOR, reply, "↩ Back")
        assert said(again).startswith(f"📥 Claim {waiting}\n")
        checker(restarted, waiting)
        assert len(letters(restarted, UNDO_FOR)) == 2

    def test_it_is_too_late_after_a_minute(
        self, services: Services, waiting: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done = checker(services, waiting)
        monkeypatch.setattr("knowledge.curation.resolution.now", lambda: now() + UNDO_FOR)
        before = audited(services)
        assert said(presses(services, MODERATOR, done, "↩ Undo")).startswith("It is too late")
        assert audited(services) == before
        assert len(letters(services, UNDO_FOR)) == 2

    def test_an_old_button_takes_nothing_else_back(self, services: Services, waiting: int) -> None:
        first = checker(services, waiting)
        presses(services, MODERATOR, first, "↩ Undo")
        assert "was changed since" in said(presses(services, MODERATOR, first, "↩ Undo"))
        checker(services, waiting)
        assert "was changed since" in said(presses(services, ADMIN, first, "↩ Undo"))
        assert len(letters(services, UNDO_FOR)) == 2

    def test_it_asks_for_the_role_again(self, services: Services, waiting: int) -> None:
        done = checker(services, waiting)
        with services.sessions.begin() as session:
            roles.revoke(session, key_of(MODERATOR.id), "test")
        for person in (MODERATOR, PUBLIC):
            assert said(presses(services, person, done, "↩ Undo")) == GONE
        assert status(services, waiting) is ClusterStatus.ANSWERED

    def test_a_statement_that_another_answer_rests_on_stays_published(
        self, services: Services, waiting: int
    ) -> None:
        first = checker(services, waiting)
        other = asked(services, "how high is the clock tower")[-1]
        presses(services, MODERATOR, asking(services, other), "📤 Send it")
        presses(services, MODERATOR, first, "↩ Undo")
        assert status(services, waiting) is ClusterStatus.OPEN
        assert status(services, other) is ClusterStatus.ANSWERED
        with services.sessions() as session:
            assert session.scalars(select(Statement.status)).one() is StatementStatus.PUBLISHED

    def test_where_two_people_are_asked_for_a_proposal_is_sent_and_both_can_take_it_back(
        self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
    ) -> None:
        services = opened(sessions, fake_encoder, tmp_path, two_people=True)
        services.talk.claim(PUBLIC, CLAIM)
        (cluster,) = asked(services)
        published(services)

        def proposed() -> Reply:
            shown = services.talk.command(MODERATOR, "queue", "")
            reply = presses(services, MODERATOR, shown, "1 supports it")
            assert "A second person has to approve it first." in said(reply)
            assert "It goes to 1 person." in said(reply)
            return presses(services, MODERATOR, reply, "📤 Propose it")

        assert (
            said(presses(services, MODERATOR, proposed(), "↩ Withdraw it")) == "It was withdrawn."
        )
        assert said(services.talk.command(ADMIN, "pending", "")).startswith("Nothing waits")
        assert "waits for a second person" in said(proposed())
        waits = services.talk.command(ADMIN, "pending", "")
        done = presses(services, ADMIN, waits, "✔ Approve")
        assert said(done).startswith("It was approved and done.\nNothing is sent for 60 seconds")
        presses(services, ADMIN, done, "↩ Undo")
        assert status(services, cluster) is ClusterStatus.OPEN
        assert letters(services, timedelta(days=1)) == {}


class TestAdd:
    def test_an_address(self, services: Services) -> None:
        reply = services.talk.command(MODERATOR, "add", "https://example.org/a")
        assert said(reply).splitlines()[:-1] == [
            "📄 This report was added",
            "A page",
            "1. «the page https://example.org/a says so»",
        ]
        assert said(presses(services, MODERATOR, reply, "Publish 1")) == "Statements published: 1"
        again = services.talk.command(MODERATOR, "add", "https://example.org/a")
        assert said(again).startswith("📄 It is here already")
        assert again.buttons == ()

    def test_all_of_a_report_at_once(self, services: Services) -> None:
        text = (
            "The bridges\nThe old bridge closed on Monday, the mayor said. Nobody was hurt there."
        )
        reply = services.talk.command(MODERATOR, "add", text)
        done = said(presses(services, MODERATOR, reply, "Publish all"))
        assert done.startswith("Statements published: ")
        again = presses(services, MODERATOR, reply, "Publish all")
        assert said(again) == "Nothing of it is left to publish."

    def test_where_two_people_are_asked_for_one_publishes_nothing(
        self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
    ) -> None:
        strict = opened(sessions, fake_encoder, tmp_path, two_people=True)
        (cluster,) = asked(strict, CLAIM)
        added = strict.talk.command(MODERATOR, "add", f"#{cluster} The tower\n{TEXT}.")
        assert "Another person has to review" in said(
            presses(strict, MODERATOR, added, "1 supports it")
        )
        added = strict.talk.command(MODERATOR, "add", "https://example.org/a")
        assert "Another person has to review" in said(
            presses(strict, MODERATOR, added, "Publish 1")
        )
        with sessions() as session:
            statuses = session.scalars(select(Statement.status)).all()
        assert set(statuses) == {StatementStatus.DRAFT}

    @pytest.mark.parametrize("two_people", [False, True])
    @pytest.mark.parametrize("label", ["Publish 1", "Publish all"])
    def test_an_old_button_publishes_nothing_that_was_changed_since(
        self,
        sessions: Sessions,
        fake_encoder: Encoder,
        tmp_path: Path,
        label: str,
        two_people: bool,
    ) -> None:
        services = opened(sessions, fake_encoder, tmp_path, two_people)
        shown = services.talk.command(MODERATOR, "add", f"The tower\n{TEXT}.")
        with sessions.begin() as session:
            (number,) = session.scalars(select(Statement.id))
            report = curation.load_report(
                session, curation.load_statement(session, number).report_id
            )
            edit = curation.ReportEdit("It is a lie", "The Onion", body=report.body)
            curation.edit_report(session, report.id, edit, key_of(ADMIN.id), None, report.version)
            curation.review(session, [number], key_of(ADMIN.id))
        reply = presses(services, MODERATOR, shown, label)
        assert "was changed since this was shown" in said(reply)
        with sessions() as session:
            assert session.get_one(Statement, number).status is StatementStatus.REVIEWED
        again = services.talk.command(MODERATOR, "add", f"The tower\n{TEXT}.")
        assert "It is a lie" in said(again)
        assert "The Onion" in said(again)
        assert said(presses(services, MODERATOR, again, label)) == "Statements published: 1"

    @pytest.mark.parametrize("rest", ["publish:1", "all:1", "publish:1:", "all:1:x"])
    def test_a_button_that_does_not_say_when_it_was_shown_publishes_nothing(
        self, services: Services, rest: str
    ) -> None:
        services.talk.command(MODERATOR, "add", f"The tower\n{TEXT}.")
        with services.sessions.begin() as session:
            audit_log.record(session, "test", "edited", SubjectKind.REPORT, 1)
        reply = services.talk.press(MODERATOR, f"mod:{rest}")
        assert "was changed since this was shown" in said(reply)

    def test_a_statement_that_was_added_since_is_not_published_with_the_others(
        self, services: Services
    ) -> None:
        shown = services.talk.command(MODERATOR, "add", f"The tower\n{TEXT}.")
        with services.sessions.begin() as session:
            added = StatementDraft("80 metres high, the city said on Monday")
            curation.add_statement(session, 1, added, key_of(ADMIN.id))
        reply = presses(services, MODERATOR, shown, "Publish all")
        assert "was changed since this was shown" in said(reply)

    def test_a_private_address_is_refused_with_the_reason(self, services: Services) -> None:
        reply = services.talk.command(MODERATOR, "add", "http://127.0.0.1/secret")
        assert said(reply).startswith("This address cannot be read: ")

    @pytest.mark.parametrize("argument", ["", "#5", "#5 ", "  "])
    def test_nothing_says_how(self, services: Services, argument: str) -> None:
        reply = services.talk.command(MODERATOR, "add", argument)
        assert said(reply).startswith("Write it like this: /add")

    def test_nothing_is_fetched_for_the_public(self, services: Services) -> None:
        reply = services.talk.command(PUBLIC, "add", "http://127.0.0.1/secret")
        assert reply == services.talk.help(PUBLIC)


class TestRetract:
    def test_it_is_withdrawn_with_the_reason(self, services: Services) -> None:
        published(services)
        reply = services.talk.command(MODERATOR, "retract", "tower the number was wrong")
        assert said(reply).startswith("Statements withdrawn: 1.")
        with services.sessions() as session:
            entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.actor, entry.reason) == (key_of(MODERATOR.id), "the number was wrong")
        again = services.talk.command(MODERATOR, "retract", "tower once more")
        assert said(again) == "Nothing of tower is published."

    def test_without_a_reason_or_a_known_reference_it_says_so(self, services: Services) -> None:
        published(services)
        usage = said(services.talk.command(MODERATOR, "retract", "tower"))
        assert usage == "Write it like this: /retract REF reason"
        unknown = said(services.talk.command(MODERATOR, "retract", "nothing at all"))
        assert unknown.startswith("Nothing has this reference")


class TestRoles:
    def test_a_role_is_given_and_taken_and_holds_at_once(self, services: Services) -> None:
        services.talk.command(ADMIN, "grant", "3 moderator Omar of the desk")
        assert said(services.talk.command(PUBLIC, "queue", "")).startswith("Nothing is waiting")
        with services.sessions() as session:
            held = {each.name: each.role for each in roles.list_holders(session)}
        assert held == {"Sara": Role.MODERATOR, "Omar of the desk": Role.MODERATOR}
        with services.sessions.begin() as session:
            token = sign_in.issue_link(session, key_of(3), now())
            cookie = sign_in.use_link(session, token, now()).cookie
        services.talk.command(ADMIN, "revoke", "3")
        assert services.talk.command(PUBLIC, "queue", "") == services.talk.help(PUBLIC)
        with services.sessions() as session:
            assert sign_in.session_of(session, cookie, now()) is None

    @pytest.mark.parametrize(
        ("command", "argument", "says"),
        [
            ("grant", "", "Write it like this: /grant"),
            ("grant", "9", "Write it like this: /grant"),
            ("grant", "9 king Eve", "Write it like this: /grant"),
            ("grant", "Eve admin Eve", "Write it like this: /grant"),
            ("revoke", "", "Write it like this: /revoke"),
            ("revoke", "x", "Write it like this: /revoke"),
            ("revoke", "999", "Nobody with this number"),
            ("revoke", "1", "ADMIN_IDS makes this person an admin"),
        ],
    )
    def test_what_cannot_be_done_is_said(
        self, services: Services, command: str, argument: str, says: str
    ) -> None:
        assert said(services.talk.command(ADMIN, command, argument)).startswith(says)


class TestConsoleAndStats:
    def test_the_link_is_the_persons_own_and_works(self, services: Services) -> None:
        reply = services.talk.command(MODERATOR, "console", "")
        url = button(reply, "Open the console").url
        assert url is not None
        address, _, token = url.partition("?token=")
        assert address == "https://console.example.org/sign-in"
        with services.sessions.begin() as session:
            assert sign_in.use_link(session, token, now()).person_key == key_of(MODERATOR.id)

    def test_the_figures_come_with_a_picture(self, services: Services) -> None:
        asked(services, CLAIM)
        reply = services.talk.command(MODERATOR, "stats", "")
        assert said(reply).startswith("📊 From ")
        assert reply.picture is not None
        assert reply.picture.png.startswith(b"\x89PNG")

    def test_the_figures_say_who_could_not_be_told(self, services: Services) -> None:
        nobody = said(services.talk.command(MODERATOR, "stats", ""))
        assert "People who could not be told, in the last 7 days: 0" in nobody
        with services.sessions.begin() as session:
            (shown,) = reports.store(
                session, ReportDraft("t", statements=(StatementDraft("the dam stands"),))
            ).statement_ids
            curation.publish(session, [shown], "test")
            for person in ("one", "two"):
                inquiries.record(session, person, CLAIM, Outcome.SUPPORTED, [shown], "en")
            curation.retract(session, [shown], "test", "wrong")
            for number in session.scalars(select(Notification.id)):
                pending_notifications.mark_unreachable(
                    session, number, "Forbidden: bot was blocked by the user"
                )
        text = said(services.talk.command(MODERATOR, "stats", ""))
        assert "People who could not be told, in the last 7 days: 2" in text
        assert "They blocked the bot: 2" in text

    def test_a_moderators_address_is_remembered_for_the_digest(self, services: Services) -> None:
        services.talk.command(MODERATOR, "queue", "")
        with services.sessions() as session:
            assert people.address_of(session, key_of(MODERATOR.id), SECRET) == "2"


def test_who_is_blocked_is_not_answered_and_nothing_is_kept(services: Services) -> None:
    with services.sessions.begin() as session:
        until = now() + timedelta(days=1)
        people.block(session, key_of(PUBLIC.id), until, key_of(ADMIN.id), "floods")
    assert (
        said(services.talk.claim(PUBLIC, CLAIM)) == "For now I do not answer you. Try again later."
    )
    with services.sessions.begin() as session:
        assert session.scalars(select(Inquiry)).all() == []
        people.unblock(session, key_of(PUBLIC.id), key_of(ADMIN.id))
    assert said(services.talk.claim(PUBLIC, CLAIM)).startswith("⚪")


class TestPromise:
    PROMISE = "when they settle it, I will tell you here."

    def test_who_writes_in_private_is_told_later(self, services: Services) -> None:
        assert self.PROMISE in said(services.talk.claim(PUBLIC, "the harbour is closed for a week"))
        with services.sessions() as session:
            assert session.scalars(select(Inquiry)).one().waiting
            assert people.address_of(session, key_of(PUBLIC.id), SECRET) == "3"

    def test_in_a_group_nothing_is_promised(self, services: Services) -> None:
        reply = said(services.talk.claim(IN_GROUP, "the harbour is closed for a week"))
        assert self.PROMISE not in reply
        with services.sessions() as session:
            assert not session.scalars(select(Inquiry)).one().waiting
            assert people.address_of(session, key_of(PUBLIC.id), SECRET) is None


@pytest.mark.parametrize("language", list(Language))
def test_the_moderators_side_speaks_both_languages(services: Services, language: Language) -> None:
    published(services)
    asked(services, CLAIM)
    asker = Asker(ADMIN.id, language.value, "1")
    arabic = language is Language.ARABIC
    for name, argument in (
        ("queue", ""),
        ("add", "https://example.org/a"),
        ("stats", ""),
        ("grant", ""),
        ("revoke", ""),
        ("retract", ""),
    ):
        first = services.talk.command(asker, name, argument).blocks[0].text
        assert any("\u0620" <= letter <= "\u064a" for letter in first) is arabic
    words = load_catalogue(language)
    assert all(description for _, description in services.talk.menu(asker)), words
