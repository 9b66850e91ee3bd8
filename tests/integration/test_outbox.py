"""What people are told unasked: taken by one process at a time, worded in their language."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.conversation.delivery_failures import compose_failure_line
from bot.conversation.outbox import BACKOFF, LEASE, MAX_TRIES, Outbox, OutgoingNotification
from bot.conversation.reply import Reply
from bot.conversation.translations import Language, load_catalogue
from knowledge import curation
from knowledge.accounts import people
from knowledge.claim_queue import inquiries
from knowledge.corpus import reports
from knowledge.curation import StatementEdit
from knowledge.domain import (
    ClusterStatus,
    NotificationStatus,
    Outcome,
    Relation,
    ReportDraft,
    StatementDraft,
    SubjectKind,
)
from knowledge.models import Claim, Cluster, Inquiry, Notification, Person
from knowledge.outbox import delivery, pending_notifications
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions

SECRET = b"the key of these tests"
NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
CLAIM = "بلغ ارتفاع برج الساعة 80 مترا"
TEXT = "بلغ ارتفاع برج الساعة 80 مترا بحسب البلدية"


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(sessions: Sessions, clock: Clock) -> Outbox:
    return Outbox(sessions, SECRET, clock, lambda: date(2030, 5, 1))


def asks(sessions: Sessions, person: str, language: str = "ar", address: str | None = "7") -> None:
    """Have a person ask the claim and wait for an answer."""
    with sessions.begin() as session:
        inquiries.record(
            session, person, CLAIM, Outcome.NO_MATCH, (), language, waiting=address is not None
        )
        if address is not None:
            people.remember_address(session, person, address, SECRET)


def answered(sessions: Sessions, relation: Relation = Relation.SUPPORTS) -> int:
    """Have a moderator answer everybody; returns the statement."""
    draft = ReportDraft(
        "برج الساعة",
        publisher="نشرة المدينة",
        url="https://example.org/tower",
        statements=(StatementDraft(TEXT, ref="tower"),),
    )
    with sessions.begin() as session:
        (statement,) = reports.store(session, draft).statement_ids
        cluster = Cluster(title=CLAIM, status=ClusterStatus.OPEN)
        cluster.claims = list(session.scalars(select(Claim)))
        session.add(cluster)
        session.flush()
        pending_notifications.answer_cluster(session, cluster.id, statement, relation, "moderator")
    return statement


def said(reply: Reply) -> str:
    return "\n".join(block.text for block in reply.blocks)


def rows(sessions: Sessions) -> list[Notification]:
    with sessions() as session:
        return list(session.scalars(select(Notification).order_by(Notification.id)))


def taken(outbox: Outbox) -> OutgoingNotification:
    letter = outbox.take()
    assert letter is not None
    return letter


class TestWording:
    def test_an_answer_in_arabic(self, sessions: Sessions, outbox: Outbox) -> None:
        asks(sessions, "someone")
        answered(sessions)
        letter = taken(outbox)
        assert letter.address == "7"
        assert said(letter.reply).splitlines()[:4] == [
            "📬 وصل الجواب عن الخبر الذي سألت عنه",
            f"في رسالتك: «{CLAIM}»",
            "✅ تقرير موثّق يؤيّد هذا الخبر",
            f"«{TEXT}»",
        ]
        ((button,),) = letter.reply.buttons
        assert button.url == "https://example.org/tower"

    def test_a_refutation_in_english(self, sessions: Sessions, outbox: Outbox) -> None:
        asks(sessions, "someone", "en")
        answered(sessions, Relation.REFUTES)
        text = said(taken(outbox).reply)
        assert text.startswith("📬 You asked about this; our moderators have an answer")
        assert "❌ A verified report contradicts this" in text

    def test_the_language_a_person_chose_since_counts(
        self, sessions: Sessions, outbox: Outbox
    ) -> None:
        asks(sessions, "someone", "ar")
        with sessions.begin() as session:
            people.choose_language(session, "someone", "en")
        answered(sessions)
        assert said(taken(outbox).reply).startswith("📬 You asked about this")

    def test_a_correction_shows_what_was_and_what_is(self, sessions: Sessions) -> None:
        # Versions are kept by the real clock.
        outbox = Outbox(sessions, SECRET)
        asks(sessions, "someone", "en")
        statement = answered(sessions)
        outbox.sent(taken(outbox))
        corrected = "بلغ ارتفاع برج الساعة 90 مترا بحسب البلدية"
        with sessions.begin() as session:
            held = curation.load_statement(session, statement)
            edit = StatementEdit(text=corrected)
            curation.edit_statement(
                session, statement, edit, "moderator", "a number was wrong", held.version
            )
        text = said(taken(outbox).reply)
        assert text.startswith("✏️ A report that I showed you was corrected")
        assert text.index(f"«{TEXT}»") < text.index("What it says now:") < text.index(corrected)

    def test_a_retraction_shows_what_was_and_nothing_internal(
        self, sessions: Sessions, outbox: Outbox
    ) -> None:
        asks(sessions, "someone", "en")
        statement = answered(sessions)
        outbox.sent(taken(outbox))
        with sessions.begin() as session:
            curation.retract(session, [statement], "moderator", "the source was forged")
        text = said(taken(outbox).reply)
        assert text.startswith("⚠️ A report that I showed you was withdrawn")
        assert f"«{TEXT}»" in text
        assert "forged" not in text

    @pytest.mark.parametrize(
        ("language", "opening", "open_again"),
        [
            ("ar", "↩️ سُحب جواب كنت أعطيتك إياه", "سؤالك مفتوح من جديد"),
            ("en", "↩️ An answer I gave you was taken back", "Your question is open again"),
            ("fr", "↩️ Une réponse que je vous avais donnée", "Votre question est rouverte"),
        ],
    )
    def test_an_answer_that_is_taken_back_names_the_claim_and_what_comes_of_it(
        self, sessions: Sessions, outbox: Outbox, language: str, opening: str, open_again: str
    ) -> None:
        asks(sessions, "someone", language)
        answered(sessions)
        outbox.sent(taken(outbox))
        with sessions.begin() as session:
            (entry,) = audit_log.list_entries(session, SubjectKind.CLUSTER).items
            curation.undo(session, entry.id, "moderator", "the source was forged")
        text = said(taken(outbox).reply)
        assert text.startswith(opening)
        assert CLAIM in text
        assert open_again in text
        assert TEXT not in text
        assert "forged" not in text


class TestTaking:
    def test_one_is_nobody_elses_until_the_lease_ends(
        self, sessions: Sessions, outbox: Outbox, clock: Clock
    ) -> None:
        asks(sessions, "someone")
        answered(sessions)
        letter = taken(outbox)
        other = Outbox(sessions, SECRET, clock)
        assert other.take() is None
        # The process that took it died: another one takes it over.
        clock.now += LEASE
        assert taken(other).id == letter.id

    def test_of_many_that_take_at_once_each_letter_goes_to_one(
        self, sessions: Sessions, clock: Clock
    ) -> None:
        for number in range(12):
            asks(sessions, f"person {number}", address=str(number))
        answered(sessions)
        found: list[int] = []
        ready = threading.Barrier(4)

        def work() -> None:
            outbox = Outbox(sessions, SECRET, clock)
            ready.wait()
            while (letter := outbox.take()) is not None:
                found.append(letter.id)
                outbox.sent(letter)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found) == sorted(row.id for row in rows(sessions))
        assert {row.status for row in rows(sessions)} == {NotificationStatus.SENT}

    def test_what_was_sent_is_never_handed_out_again(
        self, sessions: Sessions, outbox: Outbox, clock: Clock
    ) -> None:
        asks(sessions, "someone")
        answered(sessions)
        outbox.sent(taken(outbox))
        clock.now += timedelta(days=365)
        assert outbox.take() is None
        with sessions() as session:
            assert not session.scalars(select(Inquiry)).one().waiting

    def test_a_failed_one_comes_again_ever_later_and_is_given_up_in_the_end(
        self, sessions: Sessions, outbox: Outbox, clock: Clock
    ) -> None:
        asks(sessions, "someone")
        answered(sessions)
        outbox.failed(taken(outbox), "TimedOut")
        clock.now += BACKOFF.first - timedelta(seconds=1)
        assert outbox.take() is None
        clock.now += timedelta(seconds=1)
        for _ in range(MAX_TRIES - 1):
            outbox.failed(taken(outbox), "TimedOut")
            assert outbox.take() is None
            clock.now += BACKOFF.longest
        outbox.failed(taken(outbox), "TimedOut")
        (row,) = rows(sessions)
        assert (row.status, row.error) == (NotificationStatus.UNREACHABLE, "TimedOut")

    def test_a_pause_that_was_asked_for_is_kept(
        self, sessions: Sessions, outbox: Outbox, clock: Clock
    ) -> None:
        asks(sessions, "someone")
        answered(sessions)
        outbox.failed(taken(outbox), "RetryAfter", timedelta(minutes=30))
        clock.now += timedelta(minutes=29)
        assert outbox.take() is None
        clock.now += timedelta(minutes=1)
        assert outbox.take() is not None

    def test_who_cannot_be_reached_is_given_up(
        self, sessions: Sessions, outbox: Outbox, clock: Clock
    ) -> None:
        asks(sessions, "someone")
        answered(sessions)
        outbox.unreachable(taken(outbox), "bot was blocked by the user")
        clock.now += timedelta(days=365)
        assert outbox.take() is None
        (row,) = rows(sessions)
        assert (row.status, row.error) == (
            NotificationStatus.UNREACHABLE,
            "bot was blocked by the user",
        )

    def test_who_was_told_and_who_was_not_is_known_of_the_cluster(
        self, sessions: Sessions, outbox: Outbox, clock: Clock
    ) -> None:
        for number, person in enumerate(("told", "blocked", "left", "slow")):
            asks(sessions, person, address=str(number))
        asks(sessions, "unknown", address="9")
        with sessions.begin() as session:
            session.get_one(Person, "unknown").address = None
        answered(sessions)
        # Without an address nothing is handed out: it is given up on the way.
        letters = {each.address: each for each in iter(outbox.take, None)}
        outbox.sent(letters["0"])
        outbox.unreachable(letters["1"], "Forbidden: bot was blocked by the user")
        outbox.unreachable(letters["2"], "Chat not found")
        outbox.failed(replace(letters["3"], tries=MAX_TRIES), "TimedOut")
        with sessions.begin() as session:
            slow = select(Notification).where(Notification.error == "TimedOut")
            session.scalars(slow).one().tries = MAX_TRIES + 1
            cluster = session.scalars(select(Cluster.id)).one()
            found = delivery.count_delivered(session, cluster)
            other = delivery.count_delivered(session, cluster + 1)
        assert (found.told, found.unreached) == (1, 4)
        assert found.last is not None
        assert (other.told, other.last, other.failures) == (0, None, ())
        english = load_catalogue(Language.ENGLISH)
        assert compose_failure_line(found.failures, english) == (
            "It was tried too many times: 1 · Their chat was not found: 1"
            " · They blocked the bot: 1 · Where to write to them is not known: 1"
        )
        assert all(datetime.now(UTC) - each.last < LEASE for each in found.failures)

    def test_who_could_not_be_told_is_counted_when_they_were_given_up(
        self, sessions: Sessions, outbox: Outbox
    ) -> None:
        asks(sessions, "someone")
        answered(sessions)
        before = datetime.now(UTC)
        outbox.unreachable(taken(outbox), "BadRequest")
        after = datetime.now(UTC) + timedelta(seconds=1)
        with sessions() as session:
            (failure,) = delivery.list_failures(session, before, after)
            assert delivery.list_failures(session, before - timedelta(days=7), before) == ()
            assert delivery.list_failures(session, after, after + timedelta(days=7)) == ()
        assert (failure.error, failure.people) == ("BadRequest", 1)
        assert compose_failure_line([failure], load_catalogue(Language.ARABIC)) == "رُفضت الرسالة: 1"

    def test_an_address_that_was_forgotten_holds_up_nobody_else(
        self, sessions: Sessions, outbox: Outbox
    ) -> None:
        asks(sessions, "first", address="1")
        asks(sessions, "second", address="2")
        answered(sessions)
        with sessions.begin() as session:
            session.get_one(Person, "first").address = None
        assert taken(outbox).address == "2"

    def test_an_address_under_another_key_waits_for_that_key(
        self, sessions: Sessions, outbox: Outbox, clock: Clock
    ) -> None:
        asks(sessions, "someone")
        answered(sessions)
        assert Outbox(sessions, b"another key", clock).take() is None
        clock.now += BACKOFF.longest
        assert taken(outbox).address == "7"

    def test_who_is_not_waiting_is_not_told(self, sessions: Sessions, outbox: Outbox) -> None:
        asks(sessions, "from a group", address=None)
        answered(sessions)
        assert outbox.take() is None
