"""Errors of reading a document in another process, beside those of its reader.

FetchError (see ``fetching.errors``)
└── Unreachable
    └── ParserUnavailable   documents are not read now: too many at once, or the program ends

A document that takes too much time or memory is one that cannot be read, and is told as its reader
would: UnreadableFile, UnusableFeed or UnreadablePicture.
"""

from bot.fetching.errors import Unreachable


class ParserUnavailable(Unreachable):
    """Documents are not read now; they may be another time."""
