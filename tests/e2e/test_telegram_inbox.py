"""The durable inbox at work against a Bot API server on loopback: each failure as its kind."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation.reply import Asker, Reply
from bot.telegram.errors import TokenRejected
from bot.telegram.handling.workers import ANSWER_TRIES
from bot.telegram.outgoing.rate_limits import Limits
from bot.telegram.setup.application import TelegramConfig
from knowledge.domain import Course, UpdateState, now
from knowledge.models import QueuedUpdate
from knowledge.storage.database import Sessions
from knowledge.update_queue import queued_updates
from knowledge.update_queue.queued_updates import FailedUpdate, NewUpdate
from tests.e2e.bot_api_rules import SentButton
from tests.e2e.bot_api_server import PATIENCE, PLACEHOLDER, TOKEN, BotApiServer
from tests.e2e.echo_bot import BREAKS, FAILS, HELD, EchoTalk, Running, running

# As long as real ones: shorter ones stand in random bytes by chance.
PERSON, OTHER = 501_337_902, 502_337_902
GROUP = {"id": -100200, "type": "supergroup", "title": "Group"}


@pytest.fixture
def config(server: BotApiServer) -> TelegramConfig:
    return TelegramConfig(TOKEN, server.url, placeholder_seconds=PATIENCE)


@pytest.fixture
def bot(config: TelegramConfig, talk: EchoTalk, sessions: Sessions) -> Iterator[Running]:
    with running(config, talk, sessions=sessions) as bot:
        yield bot


def troubles(sessions: Sessions) -> list[FailedUpdate]:
    with sessions() as session:
        return queued_updates.list_failed(session)


def kept(sessions: Sessions, update_id: int) -> QueuedUpdate:
    with sessions() as session:
        found = session.get(QueuedUpdate, update_id)
        assert found is not None
        return found


def numbers_kept(sessions: Sessions) -> set[int]:
    with sessions() as session:
        return set(session.scalars(select(QueuedUpdate.id)))


def claims_in(server: BotApiServer, chat: int) -> list[str]:
    return [sent.text for sent in server.sent if sent.chat_id == chat]


class TestArriving:
    def test_an_update_is_acknowledged_before_it_is_answered(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        held = server.send_text(PERSON, HELD)
        server.wait_until_acknowledged(held)
        assert server.sent == []
        talk.release.set()
        assert HELD in server.wait_for_message(PERSON).text

    def test_what_one_held_claim_keeps_waiting_is_nobody_elses(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        server.send_text(PERSON, HELD)
        assert talk.holding.wait(PATIENCE)
        server.send_text(OTHER, "claim")
        assert "claim" in server.wait_for_message(OTHER).text
        assert claims_in(server, PERSON) == []

    def test_nothing_a_person_said_is_kept_after_the_answer(
        self, server: BotApiServer, bot: Running, sessions: Sessions, tmp_path: Path
    ) -> None:
        update = server.send_text(PERSON, "a very particular claim")
        bot.wait_until_done(update)
        found = kept(sessions, update)
        assert (found.state, found.payload, found.reply) == (UpdateState.SENT, None, None)
        for file in tmp_path.iterdir():
            content = file.read_bytes()
            assert b"a very particular claim" not in content
            assert str(PERSON).encode() not in content

    def test_one_that_cannot_be_understood_holds_up_nobody_and_leaves_a_trace(
        self, server: BotApiServer, bot: Running, sessions: Sessions
    ) -> None:
        strange = server.send(PERSON, {"text": "claim", "from": "not a person at all"})
        server.send_text(OTHER, "claim")
        assert "claim" in server.wait_for_message(OTHER).text
        bot.wait_until_done(strange)
        (trouble,) = troubles(sessions)
        assert (trouble.id, trouble.state) == (strange, UpdateState.GIVEN_UP)
        assert str(trouble.error).startswith("not understood: ")

    def test_another_poller_is_put_up_with_for_a_moment(
        self, server: BotApiServer, bot: Running
    ) -> None:
        server.wait_for_call("getUpdates")
        server.interrupt_poller()
        server.send_text(PERSON, "claim")
        assert "claim" in server.wait_for_message(PERSON).text


class TestPlaceholder:
    def test_one_stands_there_and_becomes_the_answer(
        self, server: BotApiServer, talk: EchoTalk
    ) -> None:
        with running(TelegramConfig(TOKEN, server.url), talk):
            server.send_text(PERSON, HELD)
            call = server.wait_for_call("sendMessage")
            assert call.parameters["text"].startswith(PLACEHOLDER)
            talk.release.set()
            answer = server.wait_for_message(PERSON)
        placeholder, edited = server.sent
        assert edited == answer
        assert (answer.message_id, answer.edited) == (placeholder.message_id, True)
        assert answer.reply_to is not None
        assert answer.button("Others").action == "other:7"
        assert server.problems == []

    def test_one_that_the_person_deleted_is_answered_anew(
        self, server: BotApiServer, talk: EchoTalk
    ) -> None:
        server.fail_next("editMessageText", 400, "Bad Request: message to edit not found")
        with running(TelegramConfig(TOKEN, server.url), talk):
            server.send_text(PERSON, HELD)
            server.wait_for_call("sendMessage")
            talk.release.set()
            assert not server.wait_for_message(PERSON).edited

    def test_a_quick_answer_needs_none(self, server: BotApiServer, bot: Running) -> None:
        server.send_text(PERSON, "claim")
        server.wait_for_message(PERSON)
        assert len(server.sent) == 1


class TestSendingThatFails:
    @pytest.mark.parametrize(
        ("status", "description"),
        [
            (403, "Forbidden: bot was blocked by the user"),
            (400, "Bad Request: chat not found"),
            (400, "Bad Request: group chat was deactivated"),
        ],
    )
    def test_where_nobody_can_be_told_it_ends(
        self, server: BotApiServer, bot: Running, sessions: Sessions, status: int, description: str
    ) -> None:
        server.fail_next("sendMessage", status, description)
        update = server.send_text(PERSON, "claim")
        bot.wait_until_done(update)
        assert kept(sessions, update).state is UpdateState.DROPPED
        assert kept(sessions, update).payload is None
        assert server.sent == []
        assert troubles(sessions) == []

    def test_what_telegram_will_never_take_is_given_up_with_a_trace(
        self, server: BotApiServer, bot: Running, sessions: Sessions
    ) -> None:
        server.fail_next("sendMessage", 400, "Bad Request: can't parse entities")
        update = server.send_text(PERSON, "claim")
        bot.wait_until_done(update)
        (trouble,) = troubles(sessions)
        assert trouble.state is UpdateState.GIVEN_UP
        assert str(trouble.error).startswith("not sent: ")
        assert str(trouble.error).endswith("can't parse entities")
        with sessions.begin() as session:
            queued_updates.retry(session, [update], now())
        assert "claim" in server.wait_for_message(PERSON).text

    def test_what_a_person_wrote_is_no_reason_though_it_is_said_back(
        self, server: BotApiServer, bot: Running, sessions: Sessions
    ) -> None:
        words = "The moonlit harbour bridge of Tripoli fell"
        server.fail_next("sendMessage", 400, f"Bad Request: {words}")
        update = server.send_text(PERSON, words)
        bot.wait_until_done(update)
        assert [trouble.error for trouble in troubles(sessions)] == ["not sent: BadRequest"]

    @pytest.mark.parametrize("status", [500, 502, 504])
    def test_a_broken_telegram_is_tried_again_and_counted(
        self, server: BotApiServer, bot: Running, sessions: Sessions, status: int
    ) -> None:
        server.fail_next("sendMessage", status, "Internal Server Error")
        update = server.send_text(PERSON, "claim")
        bot.wait_until_done(update)
        assert len(server.sent) == 1
        assert kept(sessions, update).repeats == 1

    def test_a_pause_telegram_asks_for_is_kept_and_is_no_failure(
        self, server: BotApiServer, bot: Running, sessions: Sessions
    ) -> None:
        server.fail_next("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1)
        update = server.send_text(PERSON, "claim")
        bot.wait_until_done(update)
        assert len(server.sent) == 1
        found = kept(sessions, update)
        assert (found.repeats, found.tries, found.error) == (0, 0, None)

    def test_a_group_that_moved_is_answered_where_it_is(
        self, server: BotApiServer, bot: Running
    ) -> None:
        server.chats.meet(-100999)
        server.fail_next(
            "sendMessage", 400, "Bad Request: group chat was upgraded", migrate_to=-100999
        )
        server.send(PERSON, {"text": "/help"}, chat=GROUP)
        assert server.wait_for_message(-100999).text == f"help {PERSON}"

    def test_a_token_that_is_taken_back_ends_the_bot_and_loses_nothing(
        self, server: BotApiServer, config: TelegramConfig, talk: EchoTalk, sessions: Sessions
    ) -> None:
        server.fail_next("sendMessage", 401, "Unauthorized")
        bot = Running(config, talk, sessions=sessions)
        bot.start()
        server.send_text(PERSON, "claim")
        with pytest.raises(TokenRejected):
            bot.join()
        with running(config, talk, sessions=sessions):
            assert "claim" in server.wait_for_message(PERSON).text


class TestAnsweringThatFails:
    def test_a_moments_failure_is_not_noticed(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        talk.failures = ANSWER_TRIES - 1
        server.send_text(PERSON, FAILS)
        assert FAILS in server.wait_for_message(PERSON).text
        assert len(server.sent) == 1

    def test_one_that_stays_is_told_and_left_for_an_admin(
        self, server: BotApiServer, bot: Running, sessions: Sessions
    ) -> None:
        update = server.send_text(PERSON, BREAKS)
        assert server.wait_for_message(PERSON).text == "failure"
        bot.wait_until_done(update)
        (trouble,) = troubles(sessions)
        assert (trouble.state, trouble.error) == (
            UpdateState.GIVEN_UP,
            "not answered: ValueError",
        )

    def test_an_index_that_is_away_is_waited_for_and_nothing_is_lost(
        self,
        server: BotApiServer,
        bot: Running,
        talk: EchoTalk,
        sessions: Sessions,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """The person is told that it is looked for; then the answer takes that place."""
        talk.outages = ANSWER_TRIES + 1
        update = server.send_text(PERSON, "claim")
        server.wait_for_text(PERSON, PLACEHOLDER)
        bot.wait_until_done(update)
        assert talk.outages == 0
        placeholder, answer = server.sent
        assert (placeholder.text, answer.edited) == (f"{PLACEHOLDER} looking", True)
        assert answer.message_id == placeholder.message_id
        found = kept(sessions, update)
        assert (found.tries, found.state) == (0, UpdateState.SENT)
        # While a server is away every update that waits tries again and again.
        failed = [each for each in caplog.records if each.getMessage() == "update_failed"]
        assert [each for each in failed if each.levelno >= logging.INFO] == []

    def test_what_breaks_whatever_is_done_about_it_does_not_stay_for_ever(
        self, server: BotApiServer, config: TelegramConfig, sessions: Sessions
    ) -> None:
        with running(config, MuteTalk(), sessions=sessions) as bot:
            bot.wait_until_done(server.send_text(PERSON, BREAKS))
        assert [trouble.error for trouble in troubles(sessions)] == ["broken: OSError"]


class MuteTalk(EchoTalk):
    """Cannot even say that it failed."""

    def failure(self, asker: Asker) -> Reply:
        raise OSError("the database is locked")


class TestTooMuch:
    @pytest.fixture
    def full_queue_config(self, server: BotApiServer) -> TelegramConfig:
        """One that waits is as many as may."""
        limits = Limits(waiting=1)
        return TelegramConfig(TOKEN, server.url, limits=limits, placeholder_seconds=PATIENCE)

    def test_a_flood_is_told_once_and_others_are_answered(
        self, server: BotApiServer, talk: EchoTalk, sessions: Sessions
    ) -> None:
        # Sent at once: the burst, one that is told, and those they know are not answered.
        limits = Limits(person_burst=3, person_per_minute=1, chat_burst=10)
        config = TelegramConfig(TOKEN, server.url, limits=limits, placeholder_seconds=PATIENCE)
        with running(config, talk, sessions=sessions) as bot:
            flood = [server.send_text(PERSON, f"number {number}") for number in range(20)]
            server.send_text(OTHER, "claim")
            assert "claim" in server.wait_for_message(OTHER).text
            bot.wait_until_done(flood[3])
        said = claims_in(server, PERSON)
        assert [text.split("\n")[-1] for text in said] == [
            "number 0",
            "number 1",
            "number 2",
            "slow down",
        ]
        # Of those that are left out in silence nothing is kept.
        assert numbers_kept(sessions) & set(flood) == set(flood[:4])

    def test_what_a_group_says_to_others_is_not_counted_kept_or_told_of(
        self, server: BotApiServer, talk: EchoTalk, sessions: Sessions
    ) -> None:
        # As where the bot is an admin of the group and Telegram shows it every message.
        limits = Limits(person_burst=2, person_per_minute=1, group_burst=2, group_per_minute=1)
        config = TelegramConfig(TOKEN, server.url, limits=limits, placeholder_seconds=PATIENCE)
        with running(config, talk, sessions=sessions) as bot:
            overheard = [server.send(PERSON, {"text": "talk"}, chat=GROUP) for _ in range(10)]
            asked = server.send(PERSON, {"text": "/help"}, chat=GROUP)
            bot.wait_until_done(asked)
            assert [sent.text for sent in server.sent] == [f"help {PERSON}"]
        assert numbers_kept(sessions).isdisjoint(overheard)

    def test_a_press_that_is_too_much_does_not_keep_its_waiting_sign(
        self, server: BotApiServer, talk: EchoTalk, sessions: Sessions
    ) -> None:
        limits = Limits(person_burst=1, person_per_minute=1)
        config = TelegramConfig(TOKEN, server.url, limits=limits, placeholder_seconds=PATIENCE)
        with running(config, talk, sessions=sessions) as bot:
            server.send_text(PERSON, "claim")
            answer = server.wait_for_message(PERSON)
            bot.wait_until_done(server.press(PERSON, answer, SentButton("said", None, "useful:7")))
            server.wait_for_call("answerCallbackQuery")
        assert claims_in(server, PERSON)[1:] == ["slow down"]

    def test_whoever_comes_when_too_many_wait_is_told(
        self,
        server: BotApiServer,
        talk: EchoTalk,
        sessions: Sessions,
        full_queue_config: TelegramConfig,
    ) -> None:
        with running(full_queue_config, talk, sessions=sessions) as bot:
            server.send_text(PERSON, HELD)
            assert talk.holding.wait(PATIENCE)
            late = server.send_text(OTHER, "claim")
            assert server.wait_for_message(OTHER).text == "busy"
            bot.wait_until_done(late)
            talk.release.set()
            assert HELD in server.wait_for_message(PERSON).text

    def test_whoever_was_told_is_answered_as_soon_as_fewer_wait(
        self,
        server: BotApiServer,
        talk: EchoTalk,
        sessions: Sessions,
        full_queue_config: TelegramConfig,
    ) -> None:
        with running(full_queue_config, talk, sessions=sessions) as bot:
            held = server.send_text(PERSON, HELD)
            assert talk.holding.wait(PATIENCE)
            bot.wait_until_done(server.send_text(OTHER, "claim"))
            talk.release.set()
            bot.wait_until_done(held)
            # Nothing was stored since so many waited.
            bot.wait_until_done(server.send_text(OTHER, "again"))
        assert [text.split("\n")[-1] for text in claims_in(server, OTHER)] == ["busy", "again"]


class TestStopping:
    def test_what_takes_too_long_is_left_to_the_next_start(
        self, server: BotApiServer, sessions: Sessions
    ) -> None:
        talk = EchoTalk()
        config = TelegramConfig(
            TOKEN, server.url, placeholder_seconds=PATIENCE, shutdown_seconds=0.1
        )
        bot = Running(config, talk, sessions=sessions)
        bot.start()
        server.send_text(PERSON, HELD)
        assert talk.holding.wait(PATIENCE)
        bot.stop()
        bot.join()
        talk.release.set()
        assert server.sent == []
        with running(config, talk, sessions=sessions):
            assert HELD in server.wait_for_message(PERSON).text

    def test_what_is_in_hand_is_finished_first(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        server.send_text(PERSON, HELD)
        assert talk.holding.wait(PATIENCE)
        bot.stop()
        talk.release.set()
        bot.join()
        assert HELD in server.wait_for_message(PERSON).text

    def test_two_processes_share_the_work(
        self, server: BotApiServer, config: TelegramConfig, talk: EchoTalk, sessions: Sessions
    ) -> None:
        # The second finds what nobody told it of, as behind a webhook.
        with running(config, talk, sessions=sessions):
            server.send_text(PERSON, "claim")
            server.wait_for_message(PERSON)
        with sessions.begin() as session:
            coming = NewUpdate(10**6, "nobody", b"not even sealed", Course.ANSWER)
            queued_updates.store(session, [coming], now())
        with running(config, talk, sessions=sessions) as bot:
            bot.wait_until_done(10**6)
        assert [trouble.error for trouble in troubles(sessions)] == [
            "not understood: DecryptionFailed"
        ]


def test_no_word_of_a_person_is_logged(
    server: BotApiServer, bot: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.fail_next("sendMessage", 500, "Internal Server Error")
    person = 7_310_285_946
    for text in ("a very particular claim", BREAKS):
        bot.wait_until_done(server.send_text(person, text))
    assert "particular" not in caplog.text
    assert str(person) not in "".join(str(vars(record)) for record in caplog.records)


def test_threads_end_with_the_bot(server: BotApiServer, config: TelegramConfig) -> None:
    before = {thread.name for thread in threading.enumerate()}
    with running(config, EchoTalk()):
        server.send_text(PERSON, "claim")
        server.wait_for_message(PERSON)
    left = {thread.name for thread in threading.enumerate()} - before
    assert not [name for name in left if name.startswith("commits")]
