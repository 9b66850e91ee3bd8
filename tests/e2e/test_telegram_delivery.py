"""Letters to people against a Bot API server on loopback: sent once, whatever Telegram answers."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.conversation.outbox import OutgoingNotification
from bot.conversation.reply import Block, Button, Reply
from bot.telegram.setup.application import TelegramConfig
from knowledge.errors import DatabaseUnavailable
from tests.e2e.bot_api_server import TOKEN, BotApiServer
from tests.e2e.echo_bot import MODERATOR, PIXEL, EchoTalk, Letters, running

PERSON, OTHER = 501, 502


def letter(number: int, address: int = PERSON, tries: int = 1) -> OutgoingNotification:
    link = Button("Source", url="https://example.org/report")
    return OutgoingNotification(
        number, str(address), Reply((Block(f"letter {number}"),), ((link,),)), tries
    )


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as server:
        # Telegram lets a bot write to whoever wrote to it before.
        for person in (PERSON, OTHER, MODERATOR):
            server.meet(person)
        yield server


def config(server: BotApiServer) -> TelegramConfig:
    return TelegramConfig(TOKEN, server.url)


def letters_in(server: BotApiServer) -> list[str]:
    return [sent.text for sent in server.sent if sent.text.startswith("letter")]


class TestLetters:
    def test_each_is_sent_once_and_recorded(self, server: BotApiServer) -> None:
        post = Letters(letter(1), letter(2, OTHER))
        with running(config(server), EchoTalk(), post):
            post.wait_for(2, "sent")
        assert letters_in(server) == ["letter 1", "letter 2"]
        assert post.records == {1: ["sent"], 2: ["sent"]}
        assert server.problems == []

    def test_who_blocked_the_bot_is_given_up_and_the_others_are_told(
        self, server: BotApiServer
    ) -> None:
        server.fail_next("sendMessage", 403, "Forbidden: bot was blocked by the user")
        post = Letters(letter(1), letter(2, OTHER))
        with running(config(server), EchoTalk(), post):
            post.wait_for(2, "sent")
        assert post.records[1] == ["unreachable Forbidden: bot was blocked by the user"]

    def test_a_chat_that_is_gone_is_given_up(self, server: BotApiServer) -> None:
        post = Letters(letter(1, 99), letter(2))
        with running(config(server), EchoTalk(), post):
            post.wait_for(2, "sent")
        assert post.records[1] == ["unreachable Chat not found"]

    def test_words_that_are_said_back_are_no_reason(
        self, server: BotApiServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        words = "The moonlit harbour bridge of Tripoli fell"
        caplog.set_level(logging.DEBUG)
        server.fail_next("sendMessage", 400, f"Bad Request: {words}")
        asked = Reply((Block(f"You asked: «{words}»"),))
        post = Letters(OutgoingNotification(1, str(PERSON), asked, 0), letter(2))
        with running(config(server), EchoTalk(), post):
            post.wait_for(2, "sent")
        assert post.records[1] == ["unreachable BadRequest"]
        told = [str(vars(record)) for record in caplog.records if record.name.startswith("bot")]
        assert words.lower() not in " ".join(told).lower()

    def test_a_pause_telegram_asks_for_is_kept_by_all(self, server: BotApiServer) -> None:
        server.fail_next("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1)
        post = Letters(letter(1), letter(2, OTHER))
        with running(config(server), EchoTalk(), post):
            post.wait_for(1, "sent")
        assert post.records == {1: ["failed RetryAfter", "sent"], 2: ["sent"]}
        assert post.pauses == [timedelta(seconds=1)]

    @pytest.mark.parametrize("status", [500, 502])
    def test_a_broken_telegram_is_tried_again(self, server: BotApiServer, status: int) -> None:
        server.fail_next("sendMessage", status, "Internal Server Error")
        post = Letters(letter(1))
        with running(config(server), EchoTalk(), post):
            post.wait_for(1, "sent")
        assert post.records[1] == ["failed NetworkError", "sent"]
        assert post.pauses == [None]
        assert letters_in(server) == ["letter 1"]

    def test_a_record_that_fails_is_made_again_and_nothing_is_sent_twice(
        self, server: BotApiServer
    ) -> None:
        post = Forgetful(letter(1))
        with running(config(server), EchoTalk(), post):
            post.wait_for(1, "sent")
        assert letters_in(server) == ["letter 1"]

    def test_a_post_that_breaks_is_looked_through_again(self, server: BotApiServer) -> None:
        post = Broken(letter(1))
        with running(config(server), EchoTalk(), post):
            post.wait_for(1, "sent")


class Forgetful(Letters):
    """Fails to record once."""

    failing = True

    def sent(self, letter: OutgoingNotification) -> None:
        if self.failing:
            self.failing = False
            raise DatabaseUnavailable("the database is locked")
        super().sent(letter)


class Broken(Letters):
    """Fails to hand anything out once."""

    failing = True

    def take(self) -> OutgoingNotification | None:
        if self.failing:
            self.failing = False
            raise OSError("the database is locked")
        return super().take()


class TestModerators:
    @pytest.fixture
    def bot(self, server: BotApiServer) -> Iterator[EchoTalk]:
        talk = EchoTalk()
        with running(config(server), talk):
            yield talk

    def ask(self, server: BotApiServer, person: int, text: str) -> str:
        before = len(server.sent)
        server.send_text(person, text)
        return server.wait_for_message(person, after=before).text

    def test_a_command_goes_on_with_what_follows_it(
        self, server: BotApiServer, bot: EchoTalk
    ) -> None:
        text = "/add@tathabbat_test_bot  A title\u202e\nand a body "
        assert self.ask(server, MODERATOR, text) == "command add [A title\nand a body]"

    def test_a_public_person_gets_the_reply_to_an_unknown_command(
        self, server: BotApiServer, bot: EchoTalk
    ) -> None:
        assert self.ask(server, PERSON, "/queue") == self.ask(server, PERSON, "/nonsense")

    def test_a_group_is_shown_nothing_of_it(self, server: BotApiServer, bot: EchoTalk) -> None:
        group = {"id": -100200, "type": "supergroup", "title": "Group"}
        server.send(MODERATOR, {"text": "/queue@tathabbat_test_bot"}, chat=group)
        assert server.wait_for_message(-100200).text == f"help {MODERATOR}"

    def test_a_picture_comes_before_its_words(self, server: BotApiServer, bot: EchoTalk) -> None:
        before = len(server.sent)
        server.send_text(MODERATOR, "/picture")
        picture = server.wait_for_message(MODERATOR, after=before)
        assert picture.photo == PIXEL
        assert server.wait_for_message(MODERATOR, after=picture.number).text == "under it"
        assert server.problems == []

    def test_the_menu_is_a_moderators_for_as_long_as_they_are_one(
        self, server: BotApiServer, bot: EchoTalk
    ) -> None:
        self.ask(server, MODERATOR, "/start")
        server.wait_for_call("setMyCommands", after=2)
        self.ask(server, PERSON, "/start")
        bot.dismissed = True
        self.ask(server, MODERATOR, "/start")
        server.wait_for_call("deleteMyCommands")
        assert server.chats.menus == {MODERATOR: ()}
