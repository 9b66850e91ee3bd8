"""Errors of reading a document in another process, besides those of its reader.

FetchError (see ``fetching.errors``)
└── Unreachable
    └── ParserUnavailable   documents are not read now: too many at once, or the program ends

    A document that takes too much time or memory counts as unreadable and raises its reader's own
    error: UnreadableFile, UnusableFeed or UnreadablePicture.
"""

from bot.fetching.errors import Unreachable


class ParserUnavailable(Unreachable):
    """Documents are not read now; a later attempt may succeed."""
