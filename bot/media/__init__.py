"""Read the text in pictures that people send; their bytes are treated as hostile."""

from bot.media.ocr import installed, read_picture

__all__ = ["installed", "read_picture"]
