"""What people edit, against a Bot API server on loopback: the answer changes where it stands."""

from bot.telegram.outgoing.rate_limits import Limits
from bot.telegram.setup.application import TelegramConfig
from knowledge.update_queue import queued_updates
from tests.e2e.bot_api_server import BOT_NAME, PATIENCE, TOKEN, BotApiServer, Sent
from tests.e2e.echo_bot import BREAKS, HELD, EchoTalk, Running, running

PERSON, OTHER = 501, 502
GROUP = {"id": -100200, "type": "supergroup", "title": "Group"}


def answered(server: BotApiServer, text: str, chat: dict[str, object] | None = None) -> Sent:
    """Have a person say something; returns the answer."""
    after = len(server.sent)
    server.send(PERSON, {"text": text}, chat=chat)
    return server.wait_for_message(PERSON if chat is None else -100200, after)


def asked(answer: Sent) -> int:
    """Return the number of the message that was answered."""
    assert answer.reply_to is not None
    return answer.reply_to


class TestAnEditedClaim:
    def test_is_answered_where_its_answer_stands(self, server: BotApiServer, bot: Running) -> None:
        first = answered(server, "ten people came")
        server.edit(PERSON, asked(first), {"text": "twelve people came"})
        second = server.wait_for_message(PERSON, after=first.number)
        assert "twelve people came" in second.text
        assert (second.message_id, second.edited) == (first.message_id, True)
        server.edit(PERSON, asked(first), {"text": "nobody came"})
        third = server.wait_for_message(PERSON, after=second.number)
        assert (third.message_id, len(server.sent)) == (first.message_id, 3)

    def test_that_says_the_same_is_passed_over(self, server: BotApiServer, bot: Running) -> None:
        first = answered(server, "ten people came")
        bot.wait_until_done(server.edit(PERSON, asked(first), {"text": "ten people came"}))
        assert server.sent == [first]

    def test_whose_answer_was_deleted_is_answered_anew(
        self, server: BotApiServer, bot: Running
    ) -> None:
        first = answered(server, "ten people came")
        server.fail_next("editMessageText", 400, "Bad Request: message to edit not found")
        server.edit(PERSON, asked(first), {"text": "twelve people came"})
        second = server.wait_for_message(PERSON, after=first.number)
        assert (second.edited, second.reply_to) == (False, first.reply_to)
        server.edit(PERSON, asked(first), {"text": "nobody came"})
        third = server.wait_for_message(PERSON, after=second.number)
        assert third.message_id == second.message_id

    def test_that_telegram_may_have_shown_already_is_shown_once(
        self, server: BotApiServer, bot: Running
    ) -> None:
        first = answered(server, "ten people came")
        server.fail_next("editMessageText", 500, "Internal Server Error")
        edited = server.edit(PERSON, asked(first), {"text": "twelve people came"})
        bot.wait_until_done(edited)
        assert {sent.message_id for sent in server.sent} == {first.message_id}
        # An edit that is made twice is made once: nothing is counted as there twice.
        with bot.sessions() as session:
            assert queued_updates.count_states(session).repeats == 0

    def test_while_it_waits_is_answered_once(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        server.send_text(PERSON, HELD)
        assert talk.holding.wait(PATIENCE)
        waiting = server.send_text(PERSON, "ten people came")
        message_id = server.message_of(waiting)
        last = server.edit(PERSON, message_id, {"text": "twelve people came"})
        server.wait_until_acknowledged(last)
        talk.release.set()
        bot.wait_until_done(last)
        _, answer = server.sent
        assert "twelve people came" in answer.text

    def test_that_breaks_says_so_where_the_answer_stood(
        self, server: BotApiServer, bot: Running
    ) -> None:
        first = answered(server, "ten people came")
        server.edit(PERSON, asked(first), {"text": BREAKS})
        second = server.wait_for_message(PERSON, after=first.number)
        assert (second.text, second.message_id) == ("failure", first.message_id)

    def test_given_with_the_command_is_answered_too(
        self, server: BotApiServer, bot: Running
    ) -> None:
        first = answered(server, "/check ten people came")
        server.edit(PERSON, asked(first), {"text": "/check nobody came"})
        second = server.wait_for_message(PERSON, after=first.number)
        assert "nobody came" in second.text
        assert second.message_id == first.message_id

    def test_of_a_caption_is_answered_too(self, server: BotApiServer, bot: Running) -> None:
        photo = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}]
        server.send(PERSON, {"photo": photo, "caption": "ten people came"})
        first = server.wait_for_message(PERSON)
        server.edit(PERSON, asked(first), {"photo": photo, "caption": "nobody came"})
        assert server.wait_for_message(PERSON, after=1).message_id == first.message_id

    def test_that_is_too_much_leaves_the_answer_alone(
        self, server: BotApiServer, talk: EchoTalk
    ) -> None:
        limits = Limits(person_burst=1, person_per_minute=0.01)
        with running(TelegramConfig(TOKEN, server.url, limits=limits), talk):
            first = answered(server, "ten people came")
            server.edit(PERSON, asked(first), {"text": "nobody came"})
            refused = server.wait_for_message(PERSON, after=first.number)
        assert (refused.text, refused.edited) == ("slow down", False)


class TestInAGroup:
    def test_chatter_that_is_edited_to_ask_the_bot_is_answered_as_new(
        self, server: BotApiServer, bot: Running
    ) -> None:
        said = server.send(PERSON, {"text": "ten people came"}, chat=GROUP)
        message_id = server.message_of(said)
        edited = {"text": f"@{BOT_NAME} ten people came"}
        server.edit(PERSON, message_id, edited, chat=GROUP)
        answer = server.wait_for_message(-100200)
        assert (answer.edited, answer.reply_to) == (False, message_id)

    def test_what_is_not_meant_for_the_bot_is_left_alone(
        self, server: BotApiServer, bot: Running
    ) -> None:
        first = answered(server, f"@{BOT_NAME} ten people came", GROUP)
        edited = server.edit(PERSON, asked(first), {"text": "ten people came"}, chat=GROUP)
        bot.wait_until_left_out(server, edited)
        assert server.sent == [first]
