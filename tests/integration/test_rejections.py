"""What people hear of claims that moderators reject: why, once, and no promise nobody keeps."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation.answer_texts import compose_rejection
from bot.conversation.outbox import Outbox, OutgoingNotification
from bot.conversation.reply import Asker, Reply
from bot.conversation.translations import Language, load_catalogue
from embeddings.encoders.encoder import Encoder
from knowledge import approvals, curation
from knowledge.approvals import Applied, Policy
from knowledge.claim_queue import cluster_actions, cluster_listing, inquiries
from knowledge.claim_queue.clustering import Clusters
from knowledge.curation.resolution import UNDO_FOR
from knowledge.domain import (
    ClusterStatus,
    Outcome,
    RejectReason,
    Relation,
    SubjectKind,
)
from knowledge.models import Inquiry
from knowledge.outbox import pending_notifications
from knowledge.storage import audit_log
from knowledge.storage.database import Sessions
from tests.integration.moderation import asks, clustered, told
from tests.integration.test_clustering import ByWords
from tests.integration.test_moderation import (
    CLAIM,
    IN_GROUP,
    MODERATOR,
    PUBLIC,
    SECRET,
    House,
    asked,
    opened,
    presses,
    published,
    said,
    status,
)

PROMISE = "when they settle it, I will tell you here."
EVERY_REASON = list(RejectReason)
LABELS = {
    RejectReason.SPAM: "Spam",
    RejectReason.OPINION: "An opinion",
    RejectReason.NOT_CHECKABLE: "Cannot be checked",
}
NOT_CHECKABLE = "it cannot be checked as it stands"
OPINION = "read this as an opinion"
FRENCH, ARAB, ANOTHER = Asker(4, "fr", "4"), Asker(5, "ar", "5"), Asker(6, "en", "6")
LATER = timedelta(hours=1)


@pytest.fixture
def house(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> House:
    return opened(sessions, fake_encoder, tmp_path)


def rejects(house: House, why: RejectReason = RejectReason.NOT_CHECKABLE) -> Reply:
    """Have the moderator reject what is first in the queue."""
    shown = house.talk.command(MODERATOR, "queue", "")
    return presses(house, MODERATOR, presses(house, MODERATOR, shown, "Reject"), LABELS[why])


def after_the_minute() -> datetime:
    """Return when nothing is held any more that was rejected just now."""
    return datetime.now(UTC) + UNDO_FOR


def delivered(sessions: Sessions) -> list[tuple[str, str]]:
    """Deliver all letters that are due; returns to whom and what each says."""
    post, found = Outbox(sessions, SECRET, now=after_the_minute), list[OutgoingNotification]()
    while (letter := post.take()) is not None:
        post.sent(letter)
        found.append(letter)
    return sorted((letter.address, said(letter.reply)) for letter in found)


def answers(house: House, cluster: int, statement: int) -> int:
    with house.sessions.begin() as session:
        return pending_notifications.answer_cluster(
            session, cluster, statement, Relation.REFUTES, "moderator"
        )


def questions(house: House, asker: Asker) -> list[tuple[bool, str | None]]:
    """Return of each question in a person's own data whether it waits, and why it is closed."""
    document = house.talk.command(asker, "mydata", "").document
    assert document is not None
    held = json.loads(document.content)
    return [(each["waiting_to_be_told"], each["closed"]) for each in held["questions"]]


class TestWhoWaits:
    @pytest.mark.parametrize("why", EVERY_REASON)
    def test_is_told_the_reason_once_in_their_language(
        self, house: House, why: RejectReason
    ) -> None:
        for asker in (FRENCH, ARAB, Asker(8, "en")):
            house.talk.claim(asker, CLAIM)
        house.talk.command(Asker(7, "en", "7"), "notify", "off")
        house.talk.claim(Asker(7, "en", "7"), CLAIM)
        (cluster,) = asked(house, CLAIM)
        assert said(rejects(house, why)).startswith(f"Claim {cluster} is rejected.")
        letters = delivered(house.sessions)
        assert [address for address, _ in letters] == ["3", "4", "5"]
        languages = (Language.ENGLISH, Language.FRENCH, Language.ARABIC)
        reasons = [compose_rejection(why, load_catalogue(language).say) for language in languages]
        assert len(set(reasons)) == 3
        for (_, text), reason in zip(letters, reasons, strict=True):
            assert text.startswith("📭")
            assert reason in text
            assert CLAIM in text
        assert delivered(house.sessions) == []

    def test_sees_in_their_data_that_it_is_closed_and_why(self, house: House) -> None:
        asked(house, CLAIM)
        assert questions(house, PUBLIC) == [(True, None)]
        rejects(house)
        assert questions(house, PUBLIC) == [(False, "not_checkable")]
        delivered(house.sessions)
        document = house.talk.command(PUBLIC, "mydata", "").document
        assert document is not None
        (note,) = json.loads(document.content)["notifications"]
        assert (note["kind"], note["closed"], note["statement"]) == (
            "rejected", "not_checkable", None,
        )  # fmt: skip

    def test_counts_as_to_be_told_until_they_are(self, house: House) -> None:
        asked(house, CLAIM)
        rejects(house)
        for waiting in (1, 0):
            with house.sessions() as session:
                assert (
                    pending_notifications.count_waiting(session, datetime.now(UTC) + LATER)[0]
                    == waiting
                )
            delivered(house.sessions)

    def test_is_not_told_once_they_wish_to_hear_nothing(self, house: House) -> None:
        house.talk.claim(FRENCH, CLAIM)
        asked(house)
        rejects(house)
        house.talk.press(FRENCH, "quiet:1")
        assert delivered(house.sessions) == []

    def test_is_told_by_whoever_sends_after_a_failure(self, house: House) -> None:
        asked(house, CLAIM)
        rejects(house)
        post = Outbox(house.sessions, SECRET, now=after_the_minute)
        letter = post.take()
        assert letter is not None
        assert post.take() is None, "one process has it in hand"
        post.failed(letter, "TimedOut", timedelta(0))
        assert [address for address, _ in delivered(house.sessions)] == ["3"]

    def test_is_told_where_two_people_are_asked_for_as_well(
        self, sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
    ) -> None:
        strict = opened(sessions, fake_encoder, tmp_path, two_people=True)
        (cluster,) = asked(strict, CLAIM)
        rejects(strict)
        assert status(strict, cluster) is ClusterStatus.REJECTED
        ((_, text),) = delivered(sessions)
        assert NOT_CHECKABLE in text

    def test_the_moderator_knows_that_people_are_told(self, house: House) -> None:
        asked(house, CLAIM)
        shown = house.talk.command(MODERATOR, "queue", "")
        why = presses(house, MODERATOR, shown, "Reject")
        assert "Everybody who waits for an answer is told the reason." in said(why)


class TestWhoAsksNext:
    def test_gets_the_reason_and_no_promise(self, house: House) -> None:
        (cluster,) = asked(house, CLAIM)
        rejects(house, RejectReason.OPINION)
        reply = house.talk.claim(FRENCH, CLAIM)
        assert compose_rejection(RejectReason.OPINION, load_catalogue(Language.FRENCH).say) in said(
            reply
        )
        assert "je vous le dirai ici" not in said(reply)
        assert reply.buttons == ()
        again = said(house.talk.claim(IN_GROUP, CLAIM))
        assert OPINION in again
        assert "noted for our moderators" not in again
        # It is counted, and nothing to do.
        assert status(house, cluster) is ClusterStatus.REJECTED
        assert said(house.talk.command(MODERATOR, "queue", "")).startswith("Nothing is waiting")
        with house.sessions() as session:
            assert cluster_listing.load_cluster(session, cluster).summary.asked == 3
        assert [address for address, _ in delivered(house.sessions)] == ["3"]
        assert questions(house, FRENCH) == [(False, "opinion")]

    def test_gets_it_beside_reports_that_come_close(self, house: House) -> None:
        published(house)
        claim = "the clock tower, the city said, stands empty on Monday"
        assert said(house.talk.claim(PUBLIC, claim)).startswith("🔎")
        asked(house)
        rejects(house)
        reply = said(house.talk.claim(PUBLIC, claim))
        assert reply.startswith("🔎")
        assert NOT_CHECKABLE in reply
        assert PROMISE not in reply
        answer = said(house.talk.claim(PUBLIC, "is it true?"))
        assert NOT_CHECKABLE in answer
        assert PROMISE not in answer

    def test_is_answered_as_always_once_a_report_settles_it(self, house: House) -> None:
        asked(house, CLAIM)
        rejects(house)
        published(house)
        reply = said(house.talk.claim(PUBLIC, CLAIM))
        assert reply.startswith("✅")
        assert NOT_CHECKABLE not in reply
        assert questions(house, PUBLIC) == [(False, "not_checkable"), (False, None)]

    def test_is_promised_nothing_by_a_button_either(self, house: House) -> None:
        first = house.talk.claim(PUBLIC, CLAIM)
        stopped = presses(house, PUBLIC, first, "Do not tell me")
        asked(house)
        rejects(house)
        assert NOT_CHECKABLE in said(presses(house, PUBLIC, stopped, "Tell me when you know"))
        assert PROMISE not in said(house.talk.press(PUBLIC, "dispute:1"))
        assert questions(house, PUBLIC) == [(False, "not_checkable")]
        assert delivered(house.sessions) == []

    def test_in_other_words_is_told_once_those_are_found_to_mean_the_same(
        self, house: House, fake_encoder: Encoder
    ) -> None:
        clusters = Clusters(house.sessions, fake_encoder, ByWords())
        house.talk.claim(PUBLIC, CLAIM)
        clusters.place_waiting()
        rejects(house)
        delivered(house.sessions)
        other = f"{CLAIM} today"
        assert PROMISE in said(house.talk.claim(PUBLIC, other))
        assert PROMISE in said(house.talk.claim(ANOTHER, other))
        clusters.place_waiting()
        assert [address for address, _ in delivered(house.sessions)] == ["3", "6"]
        assert NOT_CHECKABLE in said(house.talk.claim(PUBLIC, other))
        assert said(house.talk.command(MODERATOR, "queue", "")).startswith("Nothing is waiting")


def reopens(house: House, cluster: int) -> None:
    with house.sessions.begin() as session:
        cluster_actions.reopen(session, cluster, "moderator")


class TestTakingBack:
    def test_within_the_minute_nobody_hears_of_it(self, house: House) -> None:
        (cluster,) = asked(house, CLAIM)
        sent = rejects(house)
        assert "Nothing is sent for 60 seconds" in said(sent)
        assert Outbox(house.sessions, SECRET).take() is None
        assert "is in the inbox again" in said(presses(house, MODERATOR, sent, "Undo"))
        assert status(house, cluster) is ClusterStatus.OPEN
        assert delivered(house.sessions) == []
        assert "Nothing is sent" not in said(presses(house, MODERATOR, sent, "Undo"))

    @pytest.mark.parametrize("two_people", [False, True])
    def test_later_who_was_told_hears_that_it_is_open_again(
        self, house: House, two_people: bool
    ) -> None:
        (cluster,) = asked(house, CLAIM)
        rejects(house)
        delivered(house.sessions)
        with house.sessions.begin() as session:
            entry = audit_log.load_latest(session, SubjectKind.CLUSTER, cluster)
            assert entry is not None
            policy = Policy(two_people, frozenset({"moderator"}))
            act = approvals.Undo(entry.id)
            assert isinstance(approvals.submit(session, act, "moderator", "", policy), Applied)
        assert status(house, cluster) is ClusterStatus.OPEN
        ((_, text),) = delivered(house.sessions)
        assert text.startswith("🔄")

    def test_what_was_put_off_is_put_off_again(self, house: House) -> None:
        (cluster,) = asked(house, CLAIM)
        with house.sessions.begin() as session:
            cluster_actions.snooze(session, cluster, datetime.now(UTC) + LATER, "moderator")
            cluster_actions.reject(session, cluster, RejectReason.SPAM, "moderator")
            entry = audit_log.load_latest(session, SubjectKind.CLUSTER, cluster)
            assert entry is not None
            curation.undo(session, entry.id, "moderator", None)
        assert status(house, cluster) is ClusterStatus.SNOOZED


class TestReopening:
    def test_drops_what_was_not_sent_and_promises_again(self, house: House) -> None:
        (cluster,) = asked(house, CLAIM)
        rejects(house)
        with house.sessions.begin() as session:
            cluster_actions.reopen(session, cluster, "moderator")
        assert delivered(house.sessions) == []
        assert questions(house, PUBLIC) == [(True, None)]
        assert PROMISE in said(house.talk.claim(ANOTHER, CLAIM))

    def test_has_everybody_told_who_waited_before_and_since(self, house: House) -> None:
        (cluster,) = asked(house, CLAIM)
        rejects(house)
        delivered(house.sessions)
        house.talk.claim(ARAB, CLAIM)
        with house.sessions.begin() as session:
            cluster_actions.reopen(session, cluster, "moderator")
        house.talk.claim(FRENCH, CLAIM)
        assert answers(house, cluster, published(house)) == 2
        letters = delivered(house.sessions)
        # Who asked while it was rejected was promised nothing.
        assert [(address, text[0]) for address, text in letters] == [("3", "📬"), ("4", "📬")]

    @pytest.mark.parametrize("asker", [PUBLIC, FRENCH, ARAB])
    def test_is_told_to_who_was_told_once_in_their_language(
        self, house: House, asker: Asker
    ) -> None:
        house.talk.claim(asker, CLAIM)
        (cluster,) = asked(house)
        rejects(house)
        delivered(house.sessions)
        reopens(house, cluster)
        ((address, text),) = delivered(house.sessions)
        assert address == asker.address
        assert text.startswith("🔄")
        assert CLAIM in text
        assert delivered(house.sessions) == []

    def test_is_told_to_nobody_once_it_is_rejected_or_answered_again(self, house: House) -> None:
        (cluster,) = asked(house, CLAIM)
        rejects(house)
        delivered(house.sessions)
        reopens(house, cluster)
        rejects(house)
        assert delivered(house.sessions) == []
        reopens(house, cluster)
        answers(house, cluster, published(house))
        ((_, text),) = delivered(house.sessions)
        assert text.startswith("📬")

    def test_has_who_heard_of_it_hear_of_the_next_rejection(self, house: House) -> None:
        (cluster,) = asked(house, CLAIM)
        signs = []
        for _ in range(2):
            rejects(house)
            signs += [text[0] for _, text in delivered(house.sessions)]
            reopens(house, cluster)
            signs += [text[0] for _, text in delivered(house.sessions)]
        assert signs == ["📭", "🔄"] * 2

    def test_is_not_needed_to_answer_after_all(self, house: House) -> None:
        (cluster,) = asked(house, CLAIM)
        rejects(house)
        assert answers(house, cluster, published(house)) == 1
        ((_, text),) = delivered(house.sessions)
        assert text.startswith("📬")
        assert questions(house, PUBLIC) == [(False, None)]

    def test_and_rejecting_again_tells_whoever_has_not_heard_this(self, house: House) -> None:
        (cluster,) = asked(house, CLAIM)

        def again(why: RejectReason) -> list[str]:
            reopens(house, cluster)
            house.talk.claim(FRENCH, CLAIM)
            rejects(house, why)
            return [address for address, _ in delivered(house.sessions)]

        rejects(house)
        delivered(house.sessions)
        assert again(RejectReason.NOT_CHECKABLE) == ["4"]
        assert again(RejectReason.OPINION) == ["3", "4"]


def test_clusters_that_are_merged_into_a_rejected_one_are_rejected(sessions: Sessions) -> None:
    kept, _ = clustered(sessions, "the dam broke")
    other, _ = clustered(sessions, "the big dam broke")
    asks(sessions, "one", "the dam broke", waiting=True)
    asks(sessions, "two", "the big dam broke", waiting=True)
    with sessions.begin() as session:
        cluster_actions.reject(session, kept, RejectReason.SPAM, "amal")
        cluster_actions.snooze(session, other, datetime.now(UTC) + LATER, "amal")
        cluster_actions.merge_clusters(session, kept, [other], "amal")
    assert [person for person, *_ in told(sessions)] == ["one", "two"]
    third, _ = clustered(sessions, "a dam broke")
    with sessions.begin() as session:
        cluster_actions.merge_clusters(session, kept, [third], "amal")
    # It is open, as one of them was: there is nothing to tell.
    assert told(sessions) == []


def test_nobody_waits_for_what_is_rejected_while_they_are_answered(sessions: Sessions) -> None:
    cluster, _ = clustered(sessions, "the dam broke")
    with sessions.begin() as session:
        cluster_actions.reject(session, cluster, RejectReason.SPAM, "amal")
        inquiries.record(session, "one", "the dam broke", Outcome.NO_MATCH, [], "en", waiting=True)
    with sessions() as session:
        assert session.scalars(select(Inquiry.waiting)).all() == [False]
