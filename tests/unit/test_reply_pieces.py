"""A reply as it is kept: the same after reading; in place of what stands there."""

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.conversation.reply import Block, Button, Document, Picture, Reply
from bot.telegram.handling.pending_reply import PendingReply
from bot.telegram.outgoing.rendering import Buttons
from bot.telegram.outgoing.reply_pieces import read, split_reply, write
from bot.telegram.outgoing.sending import Place

PLACE = Place(-100, 3, 7)
LINK = Button("رابط", url="https://example.org/a?b=1&c=2")
PRESS = Button("other", action="other:7")
WORDS = Reply((Block("خبر <b> & 😀"),), ((LINK, PRESS), (LINK,)))
LONG = Reply((Block("a" * 4000), Block("b" * 4000)))
SHOWN = Reply((Block("under it"),), picture=Picture(b"\x89PNG\x00\xff", "a pixel"))
GIVEN = Reply((Block("all of it"),), document=Document("all.json", b"{}\xff"))


@pytest.mark.parametrize("reply", [WORDS, LONG, SHOWN, GIVEN, Reply(())])
@pytest.mark.parametrize("edits", [None, 9])
def test_what_is_kept_is_read_as_it_was(reply: Reply, edits: int | None) -> None:
    pieces = split_reply(reply, PLACE, edits)
    assert read(write(pieces)) == pieces


def test_buttons_alone_are_kept_too() -> None:
    hand = PendingReply()
    hand.relabel(Buttons(9, InlineKeyboardMarkup([[InlineKeyboardButton("a", url="b")]])), -100)
    assert read(write(hand.pieces)) == tuple(hand.pieces)


def test_only_the_first_stands_under_the_persons_message() -> None:
    first, second = split_reply(LONG, PLACE)
    assert (first.place.message_id, second.place.message_id) == (7, None)
    assert (first.place.topic_id, second.place.topic_id) == (3, 3)


def test_a_picture_follows_words_that_take_a_place() -> None:
    words, picture = split_reply(SHOWN, PLACE, 9)
    assert (words.edits, picture.edits) == (9, None)
    assert isinstance(picture.part, Picture)
    assert isinstance(split_reply(SHOWN, PLACE)[0].part, Picture)


def test_a_document_follows_its_words() -> None:
    words, document = split_reply(GIVEN, PLACE, 9)
    assert (words.edits, document.edits) == (9, None)
    assert isinstance(document.part, Document)


def test_the_first_reply_takes_the_placeholders_place_and_a_second_does_not() -> None:
    hand = PendingReply(placeholder=9)
    assert hand.say(WORDS, PLACE) == 1
    assert hand.say(LONG, PLACE) == 2
    assert [piece.edits for piece in hand.pieces] == [9, None, None]
