"""Pictures that people send, as the text that can be read in them: hostile bytes in, words out."""

from bot.media.ocr import installed, read_picture

__all__ = ["installed", "read_picture"]
