"""Inline queries, typed in other chats, against a Bot API server: cards, at once or never."""

import logging
from datetime import timedelta

import pytest

from bot.telegram.handling.inline_queries import LONGEST_WAIT_SECONDS
from bot.telegram.incoming.update_store import UpdateStore
from bot.telegram.outgoing.rate_limits import Limits
from bot.telegram.setup.application import TelegramConfig
from knowledge.domain import Course, now
from knowledge.models import QueuedUpdate
from knowledge.storage.database import Sessions
from tests.e2e.bot_api_server import PATIENCE, TOKEN, BotApiServer
from tests.e2e.echo_bot import (
    BLOCKED,
    BREAKS,
    HELD,
    SECRET,
    EchoTalk,
    Running,
    running,
)

PERSON, OTHER = 501, 502


@pytest.mark.usefixtures("bot")
class TestCards:
    def test_are_shown_for_what_is_typed_to_who_types_it(self, server: BotApiServer) -> None:
        offered = server.wait_for_offer(server.type(PERSON, "ten people came"))
        first, second = offered.cards
        assert (first.title, first.description) == ("card ten people came", "what it says")
        assert first.text == "ten people came"
        assert [[each.label for each in row] for row in first.buttons] == [["Source"]]
        # What is too long is cut, and its button is there all the same.
        assert (len(second.title), len(second.description), len(second.text)) == (128, 256, 4000)
        assert len(second.buttons) == 1
        assert (offered.personal, offered.hint) == (True, None)
        assert offered.cache_time <= 30

    def test_give_way_to_a_hint_where_there_is_no_claim_yet(self, server: BotApiServer) -> None:
        offered = server.wait_for_offer(server.type(PERSON, ""))
        assert (offered.cards, offered.hint) == ((), "write a sentence")

    def test_are_not_shown_to_who_is_blocked(self, server: BotApiServer, bot: Running) -> None:
        typed = server.type(PERSON, BLOCKED)
        bot.wait_until_done(typed)
        assert server.offered(typed) is None

    def test_that_are_sent_on_are_asked_in_earnest(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        offered = server.wait_for_offer(server.type(PERSON, "ten people came"))
        bot.wait_until_done(server.choose(PERSON, "ten people came", offered.cards[1]))
        assert talk.chosen_cards == [(PERSON, "ten people came", "0:7")]
        assert server.sent == []

    def test_that_come_too_late_for_telegram_are_nobodys_failure(
        self, server: BotApiServer, bot: Running, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.fail_next("answerInlineQuery", 400, "Bad Request: query is too old")
        bot.wait_until_done(server.type(PERSON, "ten people came"))
        assert [r.message for r in caplog.records if r.levelno >= logging.WARNING] == []

    def test_that_break_are_not_excused_to_anybody(
        self, server: BotApiServer, bot: Running, caplog: pytest.LogCaptureFixture
    ) -> None:
        bot.wait_until_done(server.type(PERSON, BREAKS))
        assert server.sent == []
        assert "secret words" not in caplog.text


class TestTyping:
    def test_only_the_last_of_what_waits_is_answered(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        server.type(PERSON, HELD)
        assert talk.holding.wait(PATIENCE)
        typed = [server.type(PERSON, "ten people"[:length]) for length in (3, 6, 10)]
        server.wait_until_acknowledged(typed[-1])
        talk.release.set()
        assert server.wait_for_offer(typed[-1]).cards[0].title == "card ten people"
        assert [server.offered(each) for each in typed[:-1]] == [None, None]

    def test_the_same_is_answered_whenever_it_is_typed(
        self, server: BotApiServer, bot: Running
    ) -> None:
        for _ in range(2):
            assert server.wait_for_offer(server.type(PERSON, "ten people came")).cards

    async def test_what_waited_too_long_is_let_go(
        self, server: BotApiServer, talk: EchoTalk, sessions: Sessions
    ) -> None:
        before = timedelta(seconds=LONGEST_WAIT_SECONDS + 1)
        typed = server.chats.type(PERSON, "ten people came", "ar")
        inbox = UpdateStore(sessions, SECRET, clock=lambda: now() - before)
        late = {"update_id": 7, "inline_query": typed}
        await inbox.store([inbox.make_new_update(7, "lane", late, Course.ANSWER)])
        await inbox.close()
        with running(TelegramConfig(TOKEN, server.url), talk, None, sessions) as bot:
            bot.wait_until_done(7)
        assert server.chats.offered[typed["id"]] is None

    def test_costs_nothing_of_what_may_be_sent_and_nobody_is_told_of_too_much(
        self, server: BotApiServer, talk: EchoTalk
    ) -> None:
        limits = Limits(person_burst=1, typed_burst=2, typed_per_minute=0.01)
        config = TelegramConfig(TOKEN, server.url, limits=limits, placeholder_seconds=PATIENCE)
        with running(config, talk) as bot:
            for _ in range(2):
                server.wait_for_offer(server.type(PERSON, "ten people came"))
            over = server.type(PERSON, "ten people came")
            bot.wait_until_left_out(server, over)
            assert server.wait_for_offer(server.type(OTHER, "ten people came")).cards
            server.send_text(PERSON, "a claim")
            assert "a claim" in server.wait_for_message(PERSON).text
        assert server.offered(over) is None
        assert len(server.sent) == 1

    def test_leaves_nothing_that_says_what_or_whose_it_was(
        self, server: BotApiServer, bot: Running, sessions: Sessions
    ) -> None:
        typed = server.type(PERSON, "ten people came")
        bot.wait_until_done(typed)
        with sessions() as session:
            kept = session.get(QueuedUpdate, typed)
        assert kept is not None
        assert (kept.payload, kept.message_key, kept.content_key) == (None, None, None)
