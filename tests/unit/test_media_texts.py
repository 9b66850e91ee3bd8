"""What people are told of pictures, links and messages without words that are not read."""

import pytest

from bot.conversation import media_texts
from bot.conversation.media_texts import Medium
from bot.conversation.translations import Catalogue, Language, load_catalogue
from bot.fetching import errors as fetching
from bot.media import errors as pictures
from bot.parsing.errors import ParserUnavailable
from bot.telegram.handling.bounded_pool import BoundedPool

WORDS = [load_catalogue(language) for language in Language]
WAY_OUT = "Write in words what it says, and I will check that."


@pytest.mark.parametrize("words", WORDS)
def test_each_kind_has_a_sentence_of_its_own_and_the_way_out(words: Catalogue) -> None:
    said = [media_texts.compose_unsupported(medium, words).blocks[0].text for medium in Medium]
    assert len(set(said)) == len(Medium)
    assert all(each.endswith(words.say(WAY_OUT)) for each in said)


ENGLISH = load_catalogue(Language.ENGLISH)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (fetching.BadAddress("secret"), "I only open pages on the public internet"),
        (fetching.PrivateAddress("secret"), "I only open pages on the public internet"),
        (fetching.Unreachable("secret"), "I could not reach the page"),
        (fetching.TooSlow("secret"), "I could not reach the page"),
        (fetching.Refused("secret"), "The site does not show me the page"),
        (fetching.TooLarge("secret"), "The page behind this link is too large"),
        (fetching.WrongContent("secret"), "This link does not lead to a page"),
    ],
)
def test_each_failure_of_a_link_is_said_without_its_details(
    error: fetching.FetchError, said: str
) -> None:
    (block,) = media_texts.compose_unread_link(error, ENGLISH).blocks
    assert block.text.startswith(said)
    assert block.text.endswith(WAY_OUT)
    assert "secret" not in block.text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (pictures.OcrMissing("secret"), "I cannot read the text in pictures here"),
        (pictures.TooLarge("secret"), "This picture is too large"),
        (pictures.UnreadablePicture("secret"), "I cannot open this picture"),
    ],
)
def test_each_failure_of_a_picture_is_said_without_its_details(
    error: pictures.PictureError, said: str
) -> None:
    (block,) = media_texts.compose_unread_picture(error, ENGLISH).blocks
    assert block.text.startswith(said)
    assert "secret" not in block.text


def test_a_line_has_room_for_so_many_and_again_when_they_leave() -> None:
    line = BoundedPool("test", threads=1, room=2)
    for _ in range(2):
        with line.place() as first, line.place() as second, line.place() as third:
            assert (first, second, third) == (True, True, False)
    with pytest.raises(ZeroDivisionError), line.place():
        raise ZeroDivisionError
    with line.place() as first, line.place() as second:
        assert all((first, second))
    line.threads.shutdown()


def test_where_too_much_is_read_people_are_told_so_and_not_that_theirs_is_at_fault() -> None:
    busy = media_texts.compose_busy(ENGLISH)
    assert "Please send it again in a few minutes" in busy.blocks[0].text
    assert media_texts.compose_unread_link(ParserUnavailable("secret"), ENGLISH) == busy
    assert media_texts.compose_unread_picture(pictures.PictureBusy("secret"), ENGLISH) == busy
