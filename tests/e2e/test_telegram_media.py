"""Pictures, links and other messages without words, against a Bot API server on loopback."""

from collections.abc import Iterator

import pytest

from bot.conversation.media_texts import Medium
from bot.telegram.handling.context import PICTURES, TALK_THREADS
from bot.telegram.handling.media_messages import MAX_PICTURE_BYTES
from bot.telegram.setup.application import TelegramConfig
from tests.e2e.bot_api_server import BOT_ID, BOT_NAME, PLACEHOLDER, TOKEN, BotApiServer
from tests.e2e.echo_bot import HELD, EchoTalk, Running, running

PERSON = 501
GROUP = {"id": -100200, "type": "supergroup", "title": "Group"}
BOT_USER = {"id": BOT_ID, "is_bot": True, "first_name": "Bot", "username": BOT_NAME}
SOMEBODY = {"id": 77, "is_bot": False, "first_name": "Somebody"}


def file(file_id: str, **more: object) -> dict[str, object]:
    return {"file_id": file_id, "file_unique_id": file_id, **more}


def photo(file_id: str) -> list[dict[str, object]]:
    """Return a photo as Telegram has it: in several sizes, of which the largest has the name."""
    return [file("thumb", width=90, height=60), file(file_id, width=1280, height=853)]


def replied(content: dict[str, object], sender: dict[str, object] = SOMEBODY) -> dict[str, object]:
    return {"message_id": 1, "date": 1, "chat": GROUP, "from": sender, **content}


LENGTH = {"duration": 1}
SQUARE = {"width": 1, "height": 1}
STICKER = file("s", **SQUARE, type="regular", is_animated=False, is_video=False)
ANIMATION = file("a", **SQUARE, **LENGTH)
POLL = {
    "id": "1", "question": "So?", "options": [], "total_voter_count": 0, "is_closed": False,
    "is_anonymous": True, "type": "regular", "allows_multiple_answers": False,
    "allows_revoting": True, "members_only": False,
}  # fmt: skip
PLACE = {"latitude": 1.0, "longitude": 1.0}
WITHOUT_WORDS: list[tuple[dict[str, object], Medium]] = [
    ({"voice": file("v", **LENGTH)}, Medium.VOICE),
    ({"audio": file("a", **LENGTH)}, Medium.AUDIO),
    ({"video": file("v", **LENGTH, **SQUARE)}, Medium.VIDEO),
    ({"video_note": file("v", **LENGTH, length=1)}, Medium.VIDEO_NOTE),
    ({"animation": ANIMATION, "document": file("a")}, Medium.ANIMATION),
    ({"sticker": STICKER}, Medium.STICKER),
    ({"document": file("d", mime_type="application/pdf")}, Medium.DOCUMENT),
    ({"document": file("d", mime_type="image/svg+xml")}, Medium.DOCUMENT),
    (
        {"document": file("d", mime_type="image/png", file_size=MAX_PICTURE_BYTES + 1)},
        Medium.LARGE_PICTURE,
    ),
    ({"location": PLACE}, Medium.LOCATION),
    (
        {"venue": {"location": PLACE, "title": "T", "address": "A"}, "location": PLACE},
        Medium.LOCATION,
    ),
    ({"contact": {"phone_number": "1", "first_name": "C"}}, Medium.CONTACT),
    ({"poll": POLL}, Medium.POLL),
    ({"dice": {"emoji": "🎲", "value": 1}}, Medium.OTHER),
]


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as server:
        server.files = {"p": b"of the bridge", "q": b"of the river", "held": HELD.encode()}
        yield server


@pytest.mark.usefixtures("bot")
def test_each_kind_without_words_gets_its_own_sentence(server: BotApiServer) -> None:
    for number, (content, medium) in enumerate(WITHOUT_WORDS):
        server.send(PERSON + number, content)
        assert server.wait_for_message(PERSON + number).text == f"unsupported {medium}", content
    assert {call.method for call in server.calls} & {"getFile"} == set()


@pytest.mark.usefixtures("bot")
class TestPictures:
    @pytest.mark.parametrize(
        "content",
        [
            {"photo": photo("p")},
            {"document": file("p", mime_type="image/jpeg", file_size=13)},
            {"text": "/check", "reply_to_message": replied({"photo": photo("p")})},
        ],
    )
    def test_one_without_words_is_fetched_and_read(
        self, server: BotApiServer, content: dict[str, object]
    ) -> None:
        server.send(PERSON, content)
        assert "picture of the bridge" in server.wait_for_message(PERSON).text

    @pytest.mark.parametrize(
        "content",
        [
            {"photo": photo("p"), "reply_to_message": replied({"text": "?"}, BOT_USER)},
            {"photo": photo("p"), "caption": f"@{BOT_NAME}"},
            {"text": f"@{BOT_NAME}", "reply_to_message": replied({"photo": photo("p")})},
            {"text": "/check", "reply_to_message": replied({"photo": photo("p")})},
        ],
    )
    def test_one_in_a_group_is_read_where_it_is_meant_for_the_bot(
        self, server: BotApiServer, content: dict[str, object]
    ) -> None:
        server.send(PERSON, content, chat=GROUP)
        assert "picture of the bridge" in server.wait_for_message(-100200).text

    def test_one_that_is_exchanged_is_read_where_the_answer_stands(
        self, server: BotApiServer
    ) -> None:
        message = server.message_of(server.send(PERSON, {"photo": photo("p")}))
        first = server.wait_for_message(PERSON)
        server.edit(PERSON, message, {"photo": photo("q")})
        second = server.wait_for_message(PERSON, after=first.number)
        assert "picture of the river" in second.text
        assert second.message_id == first.message_id

    def test_one_in_a_channel_is_read_where_the_post_asks(self, server: BotApiServer) -> None:
        channel = {"id": -100300, "type": "channel", "title": "Channel"}
        server.post(channel, {"photo": photo("p"), "caption": f"@{BOT_NAME}"})
        assert "picture of the bridge" in server.wait_for_message(-100300).text

    def test_where_a_forward_comes_from_is_known(self, server: BotApiServer) -> None:
        origin = {"type": "user", "sender_user": SOMEBODY, "date": 1}
        server.send(PERSON, {"photo": photo("p"), "forward_origin": origin})
        assert "from person 77" in server.wait_for_message(PERSON).text
        channel = {"id": -100300, "type": "channel", "title": "Channel"}
        server.post(channel, {"text": f"@{BOT_NAME} news", "forward_origin": origin})
        assert "from person 77" in server.wait_for_message(-100300).text

    def test_the_first_of_an_album_is_read(self, server: BotApiServer, bot: Running) -> None:
        for file_id in ("p", "q", "q"):
            server.send(PERSON, {"photo": photo(file_id), "media_group_id": "album"})
        bot.wait_until_done(server.send_text(PERSON, "after it"))
        first, second = (sent.text for sent in server.sent)
        assert "picture of the bridge" in first
        assert "after it" in second

    def test_a_failing_download_is_tried_again(self, server: BotApiServer) -> None:
        server.fail_next("getFile", 502, "Bad Gateway")
        server.send(PERSON, {"photo": photo("p"), "media_group_id": "album"})
        assert "picture of the bridge" in server.wait_for_message(PERSON).text

    def test_one_that_is_gone_is_said_to_be(self, server: BotApiServer) -> None:
        server.fail_next("getFile", 400, "Bad Request: file is too big")
        server.send(PERSON, {"photo": photo("p")})
        assert server.wait_for_message(PERSON).text == "lost picture"

    def test_no_more_wait_than_are_read_soon(self, server: BotApiServer, talk: EchoTalk) -> None:
        after = 0
        for number in range(PICTURES):
            server.send(PERSON + number, {"photo": photo("held")})
            after = server.wait_for_call("getFile", after).number
        server.send(PERSON + PICTURES, {"photo": photo("p")})
        assert server.wait_for_message(PERSON + PICTURES).text == "busy"
        # Who sends words does not wait for pictures.
        server.send_text(PERSON + PICTURES, "words")
        assert "words" in server.wait_for_message(PERSON + PICTURES, after=1).text
        talk.release.set()
        server.wait_for_message(PERSON + PICTURES - 1)


def test_links_do_not_wait_for_words(server: BotApiServer, talk: EchoTalk, bot: Running) -> None:
    for number in range(TALK_THREADS):
        server.send_text(PERSON + number, HELD)
    server.send_text(PERSON + TALK_THREADS, "https://example.org/story")
    assert "https://example.org/story" in server.wait_for_message(PERSON + TALK_THREADS).text
    talk.release.set()


def test_a_placeholder_becomes_the_answer_to_a_picture(
    server: BotApiServer, talk: EchoTalk
) -> None:
    with running(TelegramConfig(TOKEN, server.url, placeholder_seconds=0.0), talk):
        server.send(PERSON, {"photo": photo("held")})
        placeholder = server.wait_for_text(PERSON, PLACEHOLDER)
        talk.release.set()
        answer = server.wait_for_message(PERSON)
    assert (answer.message_id, answer.edited) == (placeholder.message_id, True)
