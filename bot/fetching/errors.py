"""Errors of fetching documents.

FetchError
├── BadAddress         not an http or https address that may be fetched
│   └── PrivateAddress it leads to a machine that is not on the public internet
├── Unreachable        no answer, a broken one, or one that says "later": may work another time
│   └── TooSlow        the answer was not complete in time
├── Refused            the server answers that the document is not to be had
├── TooLarge           the answer is larger than is taken, as sent or once decompressed
└── WrongContent       the answer is not the kind of document that was asked for

Every message is one sentence that names the address and the way out.
"""

from bot.errors import BotError


class FetchError(BotError):
    """A document could not be fetched."""


class BadAddress(FetchError):
    """An address is none that may be fetched."""


class PrivateAddress(BadAddress):
    """An address leads to a machine that is not on the public internet."""


class Unreachable(FetchError):
    """The server gives no usable answer now; it may another time."""


class TooSlow(Unreachable):
    """The answer was not complete in time."""


class Refused(FetchError):
    """The server answers that the document is not to be had."""


class TooLarge(FetchError):
    """The answer is larger than is taken."""


class WrongContent(FetchError):
    """The answer is not the kind of document that was asked for."""
