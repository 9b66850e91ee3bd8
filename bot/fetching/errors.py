"""Errors of fetching documents.

FetchError
├── BadAddress         not an http or https address that may be fetched
│   └── PrivateAddress it leads to a machine that is not on the public internet
├── Unreachable        no answer, a broken one, or one that says "later": may work another time
│   └── TooSlow        the answer was not complete in time
├── Refused            the server refuses the document
├── TooLarge           the answer is larger than the limit, as sent or once decompressed
└── WrongContent       the answer is not the kind of document that was asked for

Every message is one sentence that names the address and the way out.
"""

from bot.errors import BotError


class FetchError(BotError):
    """A document could not be fetched."""


class BadAddress(FetchError):
    """An address may not be fetched."""


class PrivateAddress(BadAddress):
    """An address leads to a machine that is not on the public internet."""


class Unreachable(FetchError):
    """The server gives no usable answer now, but may do so later."""


class TooSlow(Unreachable):
    """The answer was not complete in time."""


class Refused(FetchError):
    """The server refuses the document."""


class TooLarge(FetchError):
    """The answer is larger than the limit."""


class WrongContent(FetchError):
    """The answer is not the kind of document that was asked for."""
