"""The Telegram channel against a Bot API server on loopback: what comes in, what breaks."""

import logging
import re
import threading

import pytest

from bot.observability import telemetry
from bot.telegram.errors import (
    PollingConflict,
    TelegramChannelError,
    TelegramUnreachable,
    TokenMissing,
    TokenRejected,
)
from bot.telegram.handling.workers import ANSWER_TRIES
from bot.telegram.setup.application import TelegramConfig, build, check
from bot.telegram.setup.registration import load_registration
from tests.e2e.bot_api_rules import SentButton
from tests.e2e.bot_api_server import BOT_ID, BOT_NAME, PATIENCE, TOKEN, BotApiServer
from tests.e2e.echo_bot import BREAKS, HELD, RATED, EchoTalk, Running, running
from tests.e2e.repeating_proxy import repeating

PERSON, OTHER = 501, 502
HERE: int = -100200
GROUP = {"id": HERE, "type": "supergroup", "title": "Group"}
PHOTO = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}]
CHANNEL = {
    "type": "channel",
    "chat": {
        "id": -100300,
        "type": "channel",
        "title": "News of the valley",
        "username": "valley",
    },
    "message_id": 1,
    "date": 1,
}
BOT_USER = {"id": BOT_ID, "is_bot": True, "first_name": "Bot", "username": BOT_NAME}


class TestWaysIn:
    """Each kind of update reaches its question, or none."""

    @pytest.fixture(autouse=True)
    def _running(self, bot: Running) -> None: ...

    def test_a_text_is_answered_as_a_claim_under_it_with_its_buttons(
        self, server: BotApiServer
    ) -> None:
        server.send_text(PERSON, "  خبر <b> & جديد\u202e ")
        sent = server.wait_for_message(PERSON)
        assert sent.html.startswith(f"<b>claim {PERSON}</b>\n\n<blockquote>")
        assert "خبر <b> & جديد" in _letters(sent.text)
        assert sent.reply_to is not None
        assert sent.button("Source").url == "https://example.org/report"
        call = server.wait_for_call("sendMessage")
        assert "is_disabled" in call.parameters["link_preview_options"]

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ({"photo": PHOTO, "caption": "the caption"}, "the caption"),
            (
                {
                    "text": "the forwarded",
                    "forward_origin": {"type": "hidden_user", "sender_user_name": "X", "date": 1},
                },
                "the forwarded",
            ),
            (
                {"photo": PHOTO, "caption": "from a channel", "forward_origin": CHANNEL},
                "claim 501 from channel -100300 News of the valley",
            ),
            (
                {
                    "text": "/check",
                    "reply_to_message": {"text": "the bridge is open", "forward_origin": CHANNEL},
                },
                "claim 501 from channel -100300 News of the valley",
            ),
            ({"text": "/start payload"}, f"start {PERSON} ar"),
            ({"text": "/help"}, f"help {PERSON}"),
            ({"text": f"/HELP@{BOT_NAME.upper()}"}, f"help {PERSON}"),
            ({"text": "/language"}, "language"),
            ({"text": "/check the bridge is closed"}, "the bridge is closed"),
            (
                {"text": "/check", "reply_to_message": {"text": "the bridge is open"}},
                "the bridge is open",
            ),
            (
                {
                    "text": "/check",
                    "reply_to_message": {"text": "the bridge is open"},
                    "quote": {"text": "open", "position": 0},
                },
                "open",
            ),
            ({"text": "/notify off"}, "command notify [off]"),
            ({"text": "/forgetme"}, "command forgetme []"),
            ({"text": "/privacy"}, "command privacy []"),
            ({"text": "/about"}, "command about []"),
            ({"text": "/nothing like it"}, f"help {PERSON}"),
            ({"text": "/مساعدة"}, f"help {PERSON}"),
            ({"text": "/ is a slash before words"}, "/ is a slash before words"),
            ({"text": "\u200b\u200f"}, f"help {PERSON}"),
        ],
    )
    def test_a_private_message_of_any_kind_gets_its_answer(
        self, server: BotApiServer, content: dict[str, object], expected: str
    ) -> None:
        server.send(PERSON, _replying(content, {"id": PERSON, "type": "private"}))
        assert expected in server.wait_for_message(PERSON).text

    def test_a_document_follows_its_words(self, server: BotApiServer) -> None:
        server.send_text(PERSON, "/mydata")
        words = server.wait_for_message(PERSON)
        document = server.wait_for_message(PERSON, after=words.number)
        assert (words.text, words.document) == ("all of it", None)
        assert document.document == b'{"all": "it"}'

    @pytest.mark.parametrize("command", ["/notify off", "/mydata", f"/forgetme@{BOT_NAME}"])
    def test_what_is_about_a_person_is_not_said_in_a_group(
        self, server: BotApiServer, command: str
    ) -> None:
        server.send(PERSON, {"text": command}, chat=GROUP)
        assert server.wait_for_message(-100200).text == "in private"

    def test_a_check_in_a_group_is_of_what_it_replies_to(self, server: BotApiServer) -> None:
        content: dict[str, object] = {
            "text": "/check",
            "reply_to_message": {"text": "the bridge is open"},
        }
        server.send(PERSON, _in_group(content), chat=GROUP)
        assert "the bridge is open" in server.wait_for_message(-100200).text

    @pytest.mark.parametrize("action", ["useful:7", "useless:7", "tell:7", "quiet:7"])
    def test_what_is_said_of_an_answer_is_acknowledged_and_the_answer_stays(
        self, server: BotApiServer, bot: Running, action: str
    ) -> None:
        server.send_text(PERSON, "claim")
        answer = server.wait_for_message(PERSON)
        press = server.press(PERSON, answer, SentButton("said", None, action))
        bot.wait_until_done(press)
        server.wait_for_call("answerCallbackQuery")
        assert server.chats.notices == [f"press {action}"]
        assert server.sent == [answer]

    def test_what_was_chosen_is_seen_under_the_answer_and_all_else_stays(
        self, server: BotApiServer, bot: Running
    ) -> None:
        server.send_text(PERSON, RATED)
        answer = server.wait_for_message(PERSON)
        bot.wait_until_done(server.press(PERSON, answer, answer.button("Useful")))
        bot.wait_until_done(server.press(PERSON, answer, answer.button("Tell me")))
        shown = server.sent[-1]
        assert (shown.message_id, shown.html) == (answer.message_id, answer.html)
        assert [[each.label for each in row] for row in shown.buttons] == [
            ["Source", "Others"],
            ["1. ✓ Useful", "1. Useless"],
            ["1. Do not tell me"],
        ]
        bot.wait_until_done(server.press(PERSON, shown, shown.button("✓ Useful")))
        bot.wait_until_done(server.press(PERSON, shown, shown.button("Useless")))
        bot.wait_until_done(server.press(PERSON, shown, shown.button("Do not tell me")))
        assert [[each.label for each in row] for row in server.sent[-1].buttons] == [
            ["Source", "Others"],
            ["1. Useful", "1. ✓ Useless"],
            ["1. Tell me"],
        ]
        # The answer, and one change a press: the one that changed nothing is none.
        assert len(server.sent) == 5

    def test_what_was_chosen_of_an_answer_that_is_gone_is_acknowledged_all_the_same(
        self, server: BotApiServer, bot: Running
    ) -> None:
        server.send_text(PERSON, RATED)
        answer = server.wait_for_message(PERSON)
        server.fail_next("editMessageReplyMarkup", 400, "Bad Request: message to edit not found")
        bot.wait_until_done(server.press(PERSON, answer, answer.button("Useful")))
        assert server.chats.notices == ["press useful:7"]
        assert server.sent == [answer]

    def test_an_endless_text_is_bounded_before_it_goes_on(
        self, server: BotApiServer, bot: Running
    ) -> None:
        server.send_text(PERSON, "ا" * 20_000)
        acknowledged = server.send_text(PERSON, "/help")
        bot.wait_until_done(acknowledged)
        claimed = "".join(sent.text for sent in server.sent)
        assert claimed.count("ا") == 4096

    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("edited_message", {"text": "/help"}),
            ("edited_message", {"sticker": "no words at all"}),
            ("channel_post", {"text": "posted"}),
            ("message", {"new_chat_title": "a service message"}),
            ("message", {"text": "of a bot", "from": BOT_USER}),
        ],
    )
    def test_what_is_not_for_the_bot_is_passed_over(
        self, server: BotApiServer, kind: str, content: dict[str, object], bot: Running
    ) -> None:
        server.send(PERSON, content, kind=kind)
        last = server.send_text(PERSON, "after it")
        bot.wait_until_done(last)
        (sent,) = server.sent
        assert "after it" in sent.text

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ({"text": "the claim", "reply_to_message": {"from": BOT_USER}}, "the claim"),
            ({"text": f"@{BOT_NAME} is it so?"}, "is it so?"),
            (
                {
                    "text": f"@{BOT_NAME}",
                    "reply_to_message": {"text": "their claim", "from": {"id": 9, "is_bot": False}},
                },
                "their claim",
            ),
            ({"text": "/help"}, f"help {PERSON}"),
            ({"text": f"/unknown@{BOT_NAME}"}, f"help {PERSON}"),
        ],
    )
    def test_a_group_is_answered_where_it_speaks_to_the_bot(
        self, server: BotApiServer, content: dict[str, object], expected: str
    ) -> None:
        server.send(PERSON, _in_group(content), chat=GROUP)
        sent = server.wait_for_message(-100200)
        assert expected in sent.text
        assert "@" not in sent.text

    @pytest.mark.parametrize(
        "text", ["just talk", "/unknown", "/help@some_other_bot", f"mail@{BOT_NAME}"]
    )
    def test_a_group_is_left_alone_otherwise(
        self, server: BotApiServer, text: str, bot: Running
    ) -> None:
        passed = server.send(PERSON, {"text": text}, chat=GROUP)
        bot.wait_until_left_out(server, passed)
        assert server.sent == []

    def test_a_press_is_acknowledged_and_answered_by_a_new_message(
        self, server: BotApiServer
    ) -> None:
        server.send_text(PERSON, "claim")
        first = server.wait_for_message(PERSON)
        server.press(PERSON, first, first.button("Others"))
        second = server.wait_for_message(PERSON, after=first.number)
        assert (second.text, second.edited) == ("press other:7", False)
        assert second.reply_to == first.message_id
        server.wait_for_call("answerCallbackQuery")
        assert server.chats.unacknowledged_presses == []

    def test_a_setting_takes_the_place_of_its_buttons_and_may_be_pressed_twice(
        self, server: BotApiServer, bot: Running
    ) -> None:
        server.send_text(PERSON, "/language")
        menu = server.wait_for_message(PERSON)
        server.press(PERSON, menu, menu.button("English"))
        changed = server.wait_for_message(PERSON, after=menu.number)
        assert (changed.message_id, changed.edited) == (menu.message_id, True)
        again = server.press(PERSON, menu, menu.button("English"))
        bot.wait_until_done(again)
        assert server.sent == [menu, changed]

    def test_a_press_that_no_button_says_writes_over_nothing(
        self, server: BotApiServer, bot: Running
    ) -> None:
        server.send(PERSON, {"text": "/check the bridge is closed"}, chat=GROUP)
        answer = server.wait_for_message(HERE)
        forged = SentButton("Useful", None, "lang:en")
        bot.wait_until_done(server.press(OTHER, answer, forged))
        said = [each.text for each in server.sent]
        assert said == [answer.text, "press lang:en"]
        assert not any(each.edited for each in server.sent)

    def test_the_profile_is_published_in_each_language(self, server: BotApiServer) -> None:
        first = server.wait_for_call("setMyCommands")
        assert "البداية" in first.parameters["commands"].encode().decode("unicode_escape")
        description = server.wait_for_call("setMyDescription", after=first.number)
        assert description.parameters["language_code"] == "en"


def test_it_tells_whoever_watches_that_its_loop_runs(
    server: BotApiServer, talk: EchoTalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()
    monkeypatch.setattr(telemetry, "note_inbox_checked", looked.set)
    with running(TelegramConfig(TOKEN, server.url), talk):
        assert looked.wait(PATIENCE)


class TestManyAtOnce:
    """People do not wait for each other, and nobody's messages change order."""

    @pytest.fixture(autouse=True)
    def _running(self, bot: Running) -> None: ...

    def test_one_persons_messages_are_answered_in_order(
        self, server: BotApiServer, talk: EchoTalk, bot: Running
    ) -> None:
        server.send_text(PERSON, HELD)
        last = [server.send_text(PERSON, f"number {number}") for number in range(5)][-1]
        assert talk.holding.wait(30)
        talk.release.set()
        bot.wait_until_done(last)
        said = [_letters(sent.text).split("\n")[-1] for sent in server.sent]
        assert said == [HELD, *(f"number {number}" for number in range(5))]


class TestBreaking:
    """Whatever breaks, the person hears of it, the log knows it, and the bot goes on."""

    def test_a_broken_answer_is_logged_without_words_and_told_to_the_person(
        self, server: BotApiServer, bot: Running, caplog: pytest.LogCaptureFixture
    ) -> None:
        update = server.send_text(PERSON, BREAKS)
        assert server.wait_for_message(PERSON).text == "failure"
        server.send_text(PERSON, "next")
        assert "next" in server.wait_for_message(PERSON, after=1).text
        failed = [record for record in caplog.records if record.message == "update_failed"]
        assert {vars(record)["update_id"] for record in failed} == {update}
        assert [vars(record)["error"] for record in failed] == ["ValueError"] * ANSWER_TRIES
        assert "secret words" not in caplog.text

    def test_a_broken_press_is_still_acknowledged(self, server: BotApiServer, bot: Running) -> None:
        server.send_text(PERSON, "claim")
        first = server.wait_for_message(PERSON)
        button = first.button("Others")
        server.press(PERSON, first, type(button)(button.label, None, BREAKS))
        assert server.wait_for_message(PERSON, after=1).text == "failure"
        server.wait_for_call("answerCallbackQuery")
        assert server.chats.unacknowledged_presses == []

    def test_flood_control_delays_the_answer_but_does_not_lose_it(
        self, server: BotApiServer, bot: Running
    ) -> None:
        server.fail_next("sendMessage", 429, "Too Many Requests", retry_after=1)
        server.send_text(PERSON, "claim")
        assert f"claim {PERSON}" in server.wait_for_message(PERSON).text
        assert len(server.sent) == 1

    def test_a_person_who_blocked_the_bot_is_nobodys_failure(
        self, server: BotApiServer, bot: Running, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.fail_next("sendMessage", 403, "Forbidden: bot was blocked by the user")
        blocked = server.send_text(PERSON, "claim")
        bot.wait_until_done(blocked)
        assert server.sent == []
        assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == []

    def test_a_failing_network_is_one_line_a_try_and_polling_goes_on(
        self, server: BotApiServer, bot: Running, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.fail_next("getUpdates", 502, "Bad Gateway")
        server.send_text(PERSON, "claim")
        assert f"claim {PERSON}" in server.wait_for_message(PERSON).text
        failed = [record for record in caplog.records if record.message == "polling_failed"]
        assert len(failed) == 1
        assert failed[0].exc_info is None

    def test_a_profile_that_cannot_be_published_stops_nothing(
        self, server: BotApiServer, talk: EchoTalk
    ) -> None:
        server.fail_next("setMyCommands", 400, "BOT_COMMAND_INVALID")
        with running(TelegramConfig(TOKEN, server.url), talk):
            server.send_text(PERSON, "claim")
            assert f"claim {PERSON}" in server.wait_for_message(PERSON).text

    def test_another_poller_stops_the_bot(self, server: BotApiServer, talk: EchoTalk) -> None:
        bot = Running(TelegramConfig(TOKEN, server.url), talk)
        bot.start()
        server.wait_for_call("getUpdates")
        for _ in range(3):
            server.interrupt_poller()
        with pytest.raises(PollingConflict, match="Another process"):
            bot.join()

    @pytest.mark.parametrize(
        ("token", "api_url", "expected"),
        [
            ("", None, TokenMissing),
            ("not a token", None, TokenRejected),
            ("123456:somebody-elses", None, TokenRejected),
            (TOKEN, "http://127.0.0.1:9", TelegramUnreachable),
            (TOKEN, "127.0.0.1:9", TelegramUnreachable),
        ],
    )
    async def test_a_start_that_cannot_succeed_says_why_without_the_token(
        self,
        server: BotApiServer,
        caplog: pytest.LogCaptureFixture,
        token: str,
        api_url: str | None,
        expected: type[TelegramChannelError],
    ) -> None:
        config = TelegramConfig(token, api_url or server.url, startup_tries=1)
        with pytest.raises(expected) as of_check:
            await check(config)
        bot = Running(config, EchoTalk())
        bot.start()
        with pytest.raises(expected) as of_serve:
            bot.join()
        assert str(of_check.value) == str(of_serve.value)
        if token:
            assert token not in f"{of_serve.value} {config!r} {caplog.text}"
        assert of_serve.value.__cause__ is None

    @pytest.mark.parametrize(
        ("status", "page", "said"),
        [
            (200, "null", "not an answer of a Bot API: TypeError"),
            (200, '"words"', "not an answer of a Bot API: TypeError"),
            (200, '{"ok": false}', "not an answer of a Bot API: KeyError"),
            (200, '{"result": null}', "not an answer of a Bot API"),
            (200, '{"result": "words"}', "not an answer of a Bot API"),
            (200, '{"result": [["words"]]}', "not an answer of a Bot API"),
            (200, '{"result": {}}', "not an answer of a Bot API"),
            (200, "[" * 100_000, "not an answer of a Bot API: RecursionError"),
            (200, "<html>", "not an answer of a Bot API: JSONDecodeError"),
            (400, '["words"]', "not an answer of a Bot API: AttributeError"),
            (400, '{"parameters": "words"}', "not an answer of a Bot API: AttributeError"),
            (302, "<html>", "HTTP status 302"),
            (400, "<html>", "HTTP status 400"),
            (500, "<html>", "HTTP status 500"),
            (502, '{"ok": false}', "HTTP status 502"),
            (599, "<html>", "HTTP status 599"),
            (500, '{"ok": false, "description": "words"}', "NetworkError"),
        ],
    )
    async def test_what_answers_in_place_of_a_bot_api_is_said_without_its_words(
        self, status: int, page: str, said: str
    ) -> None:
        with repeating("", {"*": (status, page)}) as proxy:
            config = TelegramConfig(TOKEN, proxy.url)
            with pytest.raises(TelegramUnreachable, match=re.escape(f"({said}")) as of_check:
                await check(config)
            with pytest.raises(TelegramUnreachable, match=re.escape(f"({said}")):
                await load_registration(config)
        assert "check the network, a proxy, and TELEGRAM_API_URL" in str(of_check.value)
        assert "words" not in str(of_check.value)

    @pytest.mark.parametrize("page", ["null", "[" * 100_000, '["words"]', '{"result": null}'])
    def test_an_answer_that_is_none_holds_the_polling_up_and_ends_nothing(
        self, server: BotApiServer, page: str
    ) -> None:
        with (
            repeating(server.url, {"getUpdates": (200, page)}) as proxy,
            running(TelegramConfig(TOKEN, proxy.url), EchoTalk()),
        ):
            proxy.wait_for("getUpdates", 2)
            del proxy.broken["getUpdates"]
            server.send_text(PERSON, "after")
            assert f"claim {PERSON}" in server.wait_for_message(PERSON).text

    async def test_check_names_the_bot(self, server: BotApiServer) -> None:
        assert await check(TelegramConfig(TOKEN, server.url)) == BOT_NAME

    def test_building_sends_nothing(self, server: BotApiServer, talk: EchoTalk) -> None:
        build(TelegramConfig(TOKEN, server.url), talk).bot_data.threads.shutdown()
        assert server.calls == []


def _in_group(content: dict[str, object]) -> dict[str, object]:
    return _replying(content, GROUP)


def _replying(content: dict[str, object], chat: dict[str, object]) -> dict[str, object]:
    """Return ``content`` with the message it replies to completed."""
    replied = content.get("reply_to_message")
    if not isinstance(replied, dict):
        return content
    somebody = {"id": 77, "is_bot": False, "first_name": "Somebody"}
    whole = {"message_id": 1, "date": 1, "chat": chat, **replied}
    whole["from"] = {**somebody, **replied.get("from", {})}
    return {**content, "reply_to_message": whole}


def _letters(text: str) -> str:
    """Return ``text`` without direction marks."""
    return "".join(character for character in text if character not in "\u200e\u200f\u2068\u2069")
