"""Compose replies to pictures, links and media that cannot be read (pure)."""

from enum import StrEnum

from bot.conversation.reply import Block, Reply
from bot.conversation.translations import Catalogue
from bot.fetching.errors import BadAddress, FetchError, Refused, TooLarge, Unreachable
from bot.media import errors as pictures
from bot.parsing.errors import ParserUnavailable


class Medium(StrEnum):
    """The medium of a message without text."""

    VOICE = "voice"
    AUDIO = "audio"
    VIDEO = "video"
    VIDEO_NOTE = "video_note"
    ANIMATION = "animation"
    STICKER = "sticker"
    DOCUMENT = "document"
    PICTURE = "picture"
    LARGE_PICTURE = "large_picture"
    LOCATION = "location"
    CONTACT = "contact"
    POLL = "poll"
    OTHER = "other"


def compose_unsupported(medium: Medium, words: Catalogue) -> Reply:
    """Say kindly that this kind of message is not read, and what to send instead."""
    say = words.say
    text = {
        Medium.VOICE: say("I cannot listen to voice messages yet."),
        Medium.AUDIO: say("I cannot listen to recordings yet."),
        Medium.VIDEO: say("I cannot watch videos yet."),
        Medium.VIDEO_NOTE: say("I cannot watch video messages yet."),
        Medium.ANIMATION: say("I cannot watch animations yet."),
        Medium.STICKER: say("A sticker says nothing that I could check."),
        Medium.DOCUMENT: say("I cannot open files yet."),
        Medium.PICTURE: say("I cannot read the text in pictures here."),
        Medium.LARGE_PICTURE: say("This picture is too large for me to read."),
        Medium.LOCATION: say("A place alone says nothing that I could check."),
        Medium.CONTACT: say("A contact says nothing that I could check."),
        Medium.POLL: say("I cannot read polls yet."),
        Medium.OTHER: say("I cannot read this kind of message yet."),
    }[medium]
    return _compose_note(text, words)


def compose_unread_picture(error: pictures.PictureError, words: Catalogue) -> Reply:
    """Say why a picture was not read, and what to do."""
    match error:
        case pictures.OcrMissing():
            return compose_unsupported(Medium.PICTURE, words)
        case pictures.TooLarge():
            return compose_unsupported(Medium.LARGE_PICTURE, words)
        case pictures.PictureBusy():
            return compose_busy(words)
        case _:
            return _compose_note(words.say("I cannot open this picture."), words)


def compose_wordless_picture(words: Catalogue) -> Reply:
    """Say that no text in a picture was read with certainty."""
    return _compose_note(
        words.say("I find no text in this picture that I can read clearly."), words
    )


def compose_lost_picture(words: Catalogue) -> Reply:
    """Say that Telegram does not provide a picture."""
    return _compose_note(words.say("I could not get this picture; you may send it again."), words)


def compose_unread_link(error: FetchError, words: Catalogue) -> Reply:
    """Say why the page behind a link was not read, and what to do."""
    say = words.say
    match error:
        case ParserUnavailable():
            return compose_busy(words)
        case BadAddress():
            text = say("I only open pages on the public internet, and this link leads elsewhere.")
        case Unreachable():
            text = say("I could not reach the page behind this link; you may try again later.")
        case Refused():
            text = say("The site does not show me the page behind this link.")
        case TooLarge():
            text = say("The page behind this link is too large for me to read.")
        case _:
            text = say("This link does not lead to a page that I can read.")
    return _compose_note(text, words)


def compose_wordless_page(words: Catalogue) -> Reply:
    """Say that a page's title and description contain no claim."""
    return _compose_note(
        words.say("I opened the page, but its title does not say which news it is about."), words
    )


def compose_busy(words: Catalogue) -> Reply:
    """Say that too many ask at once."""
    text = words.say(
        "Very many people are asking right now, and I cannot get to your message."
        " Please send it again in a few minutes."
    )
    return Reply((Block(text),))


def _compose_note(text: str, words: Catalogue) -> Reply:
    way_out = words.say("Write in words what it says, and I will check that.")
    return Reply((Block(f"{text} {way_out}"),))
