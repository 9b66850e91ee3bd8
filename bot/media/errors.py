"""Errors of reading pictures.

PictureError
├── OcrMissing         what reads pictures is not installed here
├── PictureBusy        too many pictures are read at once
└── UnreadablePicture  it is no picture that can be read: another format, broken, endless
    └── TooLarge       it has more bytes, pixels or passes than are taken

Every message is one sentence with the way out.
"""

from bot.errors import BotError


class PictureError(BotError):
    """A picture was not read."""


class OcrMissing(PictureError):
    """What reads pictures is not installed here."""


class PictureBusy(PictureError):
    """It is not read now; it may be another time."""


class UnreadablePicture(PictureError):
    """It is no picture that can be read."""


class TooLarge(UnreadablePicture):
    """It has more bytes, pixels or passes than are taken."""
