"""Read the text in pictures that people send; their bytes are treated as hostile."""

from bot.media.ocr import find_tesseract, read_picture

__all__ = ["find_tesseract", "read_picture"]
