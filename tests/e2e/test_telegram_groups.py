"""Groups and channels against a Bot API server on loopback: who may, what is looked at, moves."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.telegram.handling import groups
from knowledge.domain import UpdateState, now
from knowledge.models import QueuedUpdate
from knowledge.storage.database import Sessions
from tests.e2e.bot_api_server import BOT_ID, BOT_NAME, BotApiServer
from tests.e2e.echo_bot import BREAKS, HELD, RUMOUR, EchoTalk, Running

ADMIN, MEMBER = 501, 502
GROUP = {"id": -100200, "type": "supergroup", "title": "Group"}
BASIC = {"id": -300, "type": "group", "title": "Small group"}
CHANNEL = {"id": -100400, "type": "channel", "title": "Channel"}
HERE: int = -100200
PRIVATE = {"id": MEMBER, "type": "private", "first_name": "Person"}
BOT_USER = {"id": BOT_ID, "is_bot": True, "first_name": "Bot", "username": BOT_NAME}
#: Who is said to bring a channel's posts into its group.
TELEGRAM = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
ANOTHER_BOT = {"id": 9, "is_bot": True, "first_name": "Other", "username": "other_bot"}


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as server:
        server.chats.appoint(HERE, ADMIN)
        server.chats.appoint(BASIC["id"], ADMIN, "creator")  # type: ignore[arg-type]
        yield server


@pytest.fixture(autouse=True)
def _acknowledged(server: BotApiServer) -> Iterator[None]:
    # Asked for before the bot is, so that the bot has ended by the time of the check.
    yield
    assert server.chats.unacknowledged_presses == []


def says(server: BotApiServer, who: int, text: str) -> int:
    return server.send(who, {"text": text}, chat=GROUP)


def texts(server: BotApiServer) -> list[str]:
    return [sent.text for sent in server.sent]


def kept(sessions: Sessions, update_id: int) -> QueuedUpdate:
    with sessions() as session:
        found = session.get(QueuedUpdate, update_id)
        assert found is not None
        return found


class TestSettings:
    def test_an_admin_sees_them_and_a_press_changes_them_in_their_place(
        self, server: BotApiServer, bot: Running
    ) -> None:
        says(server, ADMIN, "/settings")
        shown = server.wait_for_message(HERE)
        assert shown.text == "silent"
        server.press(ADMIN, shown, shown.button("Watch"))
        changed = server.wait_for_message(HERE, after=shown.number)
        assert (changed.text, changed.message_id) == ("watching", shown.message_id)
        server.wait_for_call("answerCallbackQuery")

    def test_whoever_is_no_admin_is_told_so_once_and_changes_nothing(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        says(server, MEMBER, "/settings")
        assert server.wait_for_message(HERE).text == "refused MEMBER"
        bot.wait_until_done(says(server, MEMBER, f"/watch@{BOT_NAME} on"))
        says(server, ADMIN, "/settings")
        shown = server.wait_for_text(HERE, "silent")
        bot.wait_until_done(server.press(MEMBER, shown, shown.button("Watch")))
        server.wait_for_call("answerCallbackQuery")
        assert texts(server) == ["refused MEMBER", "silent"]
        assert server.chats.notices == ["refused MEMBER"]
        assert not talk.groups.is_watched(HERE)

    def test_who_was_an_admin_when_it_was_shown_may_be_none_when_it_is_pressed(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        says(server, ADMIN, "/settings")
        shown = server.wait_for_message(HERE)
        server.chats.appoint(HERE, ADMIN, "member")
        bot.wait_until_done(server.press(ADMIN, shown, shown.button("Watch")))
        assert not talk.groups.is_watched(HERE)

    def test_an_admin_who_speaks_as_the_group_is_one(
        self, server: BotApiServer, bot: Running
    ) -> None:
        server.send_as_group(GROUP, {"text": "/watch on"})
        assert server.wait_for_message(HERE).text == "watching"

    @pytest.mark.parametrize("stand_in", [ANOTHER_BOT, TELEGRAM])
    def test_a_channel_that_speaks_in_the_group_is_none(
        self, server: BotApiServer, bot: Running, stand_in: dict[str, Any]
    ) -> None:
        update = server.send(
            9, {"text": "/watch on", "from": stand_in, "sender_chat": CHANNEL}, chat=GROUP
        )
        bot.wait_until_left_out(server, update)
        assert server.sent == []

    def test_where_telegram_does_not_say_who_is_an_admin_nothing_is_changed(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        server.fail_next("getChatMember", 500, "Internal Server Error")
        says(server, ADMIN, "/watch on")
        assert server.wait_for_message(HERE).text == "refused UNKNOWN"
        assert not talk.groups.is_watched(HERE)

    @pytest.mark.parametrize(
        ("admin", "state"), [(False, "watching but blind"), (True, "watching")]
    )
    def test_watching_in_privacy_mode_says_that_nothing_can_be_read(
        self, server: BotApiServer, bot: Running, admin: bool, state: str
    ) -> None:
        server.private = True
        if admin:
            server.chats.appoint(HERE, BOT_ID)
        says(server, ADMIN, "/watch on")
        assert server.wait_for_message(HERE).text == state

    @pytest.mark.parametrize("command", ["settings", "watch"])
    def test_alone_they_are_explained(
        self, server: BotApiServer, bot: Running, command: str
    ) -> None:
        server.send_text(ADMIN, f"/{command} on")
        assert server.wait_for_message(ADMIN).text == f"command {command} []"


class TestWatching:
    """Of a watched group everything people say is looked at, and hardly anything is answered."""

    @pytest.fixture(autouse=True)
    def _watched(self, talk: EchoTalk) -> None:
        talk.groups.watched = frozenset({HERE})

    def test_only_what_is_contradicted_is_answered_under_it_in_silence_otherwise(
        self, server: BotApiServer, bot: Running, talk: EchoTalk, sessions: Sessions
    ) -> None:
        passed = says(server, MEMBER, "good morning")
        broken = says(server, MEMBER, BREAKS)
        caption = server.send(MEMBER, {"photo": [], "caption": f"a {RUMOUR}"}, chat=GROUP)
        for update in (passed, broken, caption):
            bot.wait_until_done(update)
        (sent,) = server.sent
        assert (sent.text, sent.edited) == (f"contradicted a {RUMOUR}", False)
        assert sent.reply_to is not None
        assert talk.groups.looked_at == ["good morning", f"a {RUMOUR}"]
        for update in (passed, broken, caption):
            # Its words are gone, and what broke is nobody's to see.
            row = kept(sessions, update)
            assert (row.payload, row.reply) == (None, None)
            assert row.state in (UpdateState.SENT, UpdateState.DROPPED)

    @pytest.mark.parametrize(
        "content",
        [
            {"from": ANOTHER_BOT},
            {"via_bot": BOT_USER},
            {"forward_origin": {"type": "user", "date": 1, "sender_user": BOT_USER}},
            {"text": f"/unknown {RUMOUR}"},
            {"date": int((now() - 2 * groups.FRESH).timestamp())},
        ],
    )
    def test_what_bots_say_and_what_is_old_is_not_looked_at(
        self, server: BotApiServer, bot: Running, talk: EchoTalk, content: dict[str, object]
    ) -> None:
        update = server.send(MEMBER, {"text": f"a {RUMOUR}", **content}, chat=GROUP)
        bot.wait_until_left_out(server, update)
        title = server.send(MEMBER, {"new_chat_title": RUMOUR}, chat=GROUP)
        bot.wait_until_left_out(server, title)
        assert (server.sent, talk.groups.looked_at) == ([], [])

    def test_what_is_said_to_the_bot_is_answered_as_ever(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        bot.wait_until_done(says(server, MEMBER, f"@{BOT_NAME} a {RUMOUR}"))
        assert [sent.text.split("\n")[0] for sent in server.sent] == [f"claim {MEMBER}"]
        assert talk.groups.looked_at == []

    def test_another_group_is_left_alone(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        bot.wait_until_left_out(server, server.send(MEMBER, {"text": RUMOUR}, chat=BASIC))
        assert (server.sent, talk.groups.looked_at) == ([], [])

    def test_many_who_ask_go_first(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        held = [server.send_text(1000 + number, HELD) for number in range(20)]
        for update in held:
            server.wait_until_acknowledged(update)
        bot.wait_until_left_out(server, says(server, MEMBER, RUMOUR))
        assert talk.groups.looked_at == []
        talk.release.set()
        for update in held:
            bot.wait_until_done(update)

    def test_what_may_have_been_said_is_not_said_again(
        self, server: BotApiServer, bot: Running
    ) -> None:
        server.fail_next("sendMessage", 502, "Bad Gateway")
        bot.wait_until_done(says(server, MEMBER, RUMOUR))
        assert server.sent == []


class TestChannels:
    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ({"text": "/check the bridge is open"}, "the bridge is open"),
            ({"text": f"@{BOT_NAME} is the bridge open?"}, "is the bridge open?"),
            ({"photo": [], "caption": f"the bridge @{BOT_NAME}"}, "the bridge"),
        ],
    )
    def test_a_post_that_asks_is_answered_under_it_as_the_channels(
        self, server: BotApiServer, bot: Running, content: dict[str, object], expected: str
    ) -> None:
        server.post(CHANNEL, content)
        sent = server.wait_for_message(-100400)
        assert sent.text.split("\n")[0] == "claim -100400"
        assert expected in sent.text
        assert sent.reply_to is not None

    @pytest.mark.parametrize("text", ["a post", "/help", "/check@other_bot it", "/settings"])
    def test_others_are_left_alone(self, server: BotApiServer, bot: Running, text: str) -> None:
        bot.wait_until_left_out(server, server.post(CHANNEL, {"text": text}))
        assert server.sent == []


class TestComingAndGoing:
    def test_a_group_is_greeted_once_and_forgotten_when_it_is_left(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        for status in ("member", "administrator"):
            bot.wait_until_done(server.change_membership(ADMIN, GROUP, status))
        assert texts(server) == [f"hello {HERE} from {ADMIN}"]
        bot.wait_until_done(server.change_membership(ADMIN, GROUP, "kicked"))
        assert talk.groups.gone == [HERE]
        assert len(server.sent) == 1

    def test_a_channel_is_not_greeted(self, server: BotApiServer, bot: Running) -> None:
        bot.wait_until_done(server.change_membership(ADMIN, CHANNEL, "administrator"))
        assert server.sent == []

    def test_who_blocks_the_bot_is_not_written_to_any_more(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        for status in ("kicked", "member"):
            bot.wait_until_done(server.change_membership(MEMBER, PRIVATE, status))
        assert talk.lost == [MEMBER]
        assert server.sent == []

    def test_what_was_set_follows_a_group_that_moves(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        server.send(ADMIN, {"text": "/watch on"}, chat=BASIC)
        server.wait_for_message(-300)
        for update in server.migrate(BASIC, -100300):
            bot.wait_until_done(update)
        assert talk.groups.watched == {-100300}

    def test_what_was_set_follows_where_a_sending_finds_the_group_moved(
        self, server: BotApiServer, bot: Running, talk: EchoTalk
    ) -> None:
        talk.groups.watched = frozenset({HERE})
        server.chats.meet(-100201)
        server.fail_next(
            "sendMessage", 400, "group chat was upgraded", chat_id=HERE, migrate_to=-100201
        )
        says(server, MEMBER, f"@{BOT_NAME} a claim")
        assert server.wait_for_message(-100201).text.startswith("claim")
        assert talk.groups.watched == {-100201}
