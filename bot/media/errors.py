"""Errors of reading pictures.

PictureError
├── OcrMissing         tesseract or Pillow is not installed
├── PictureBusy        too many pictures are read at once
└── UnreadablePicture  the picture cannot be read: another format, broken, takes too long
└── TooLarge       it exceeds the limit of bytes, pixels or passes

Every message is one sentence with the way out.
"""

from bot.errors import BotError


class PictureError(BotError):
    """A picture was not read."""


class OcrMissing(PictureError):
    """Tesseract or Pillow is not installed."""


class PictureBusy(PictureError):
    """Too many pictures are read at once; a later attempt may succeed."""


class UnreadablePicture(PictureError):
    """The picture cannot be read."""


class TooLarge(UnreadablePicture):
    """It exceeds the limit of bytes, pixels or passes."""
