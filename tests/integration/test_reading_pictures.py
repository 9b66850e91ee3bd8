"""Tesseract over real pictures: headlines are read, what holds none stays silent."""

import io
import shutil
from pathlib import Path

import matplotlib
import pytest
from PIL import Image, ImageDraw, ImageFont, features

from bot.media import find_tesseract, ocr, read_picture
from bot.media.errors import OcrMissing, UnreadablePicture

try:
    find_tesseract()
    MISSING = ""
except OcrMissing as missing:
    MISSING = str(missing)
needs_tesseract = pytest.mark.skipif(bool(MISSING), reason=MISSING)
needs_raqm = pytest.mark.skipif(
    not features.check("raqm"), reason="Pillow cannot shape Arabic here; libfribidi0 is missing"
)
# Comes with matplotlib, and draws Arabic.
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def drawn(text: str, *, rtl: bool = False) -> bytes:
    picture = Image.new("RGB", (900, 120), (20, 30, 60))
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 32)
    if rtl:
        pen.text((860, 40), text, "white", font, "ra", direction="rtl")
    else:
        pen.text((40, 40), text, "white", font)
    packed = io.BytesIO()
    picture.save(packed, "JPEG", quality=80)
    return packed.getvalue()


@needs_tesseract
@needs_raqm
def test_an_arabic_headline_is_read() -> None:
    text = "الوزارة تنفي إغلاق المدارس يوم الأحد"
    assert read_picture(drawn(text, rtl=True)) == text


@needs_tesseract
def test_an_english_headline_is_read() -> None:
    text = "Bread prices rose by 25% since March"
    assert read_picture(drawn(text)) == text


@needs_tesseract
def test_a_picture_without_text_is_silent() -> None:
    packed = io.BytesIO()
    Image.effect_noise((500, 400), 80).save(packed, "PNG")
    assert read_picture(packed.getvalue()) == ""


def test_what_is_missing_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    for call in (find_tesseract, lambda: read_picture(drawn("words"))):
        with pytest.raises(OcrMissing, match=r"apt-get install tesseract-ocr tesseract-ocr-ara"):
            call()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
class TestAnother:
    """A program that is called tesseract and does something else."""

    @pytest.fixture(autouse=True)
    def _short(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    def put(self, folder: Path, script: str) -> None:
        program = folder / "tesseract"
        program.write_text(f"#!/bin/bash\n{script}\n", "utf-8")
        program.chmod(0o755)

    def test_without_arabic_says_so(self, tmp_path: Path) -> None:
        self.put(tmp_path, 'if [ "$1" = --list-langs ]; then echo eng; else exit 1; fi')
        with pytest.raises(OcrMissing, match="does not know ara; install"):
            read_picture(drawn("words"))

    def test_that_fails_is_no_picture_to_read(self, tmp_path: Path) -> None:
        self.put(tmp_path, 'if [ "$1" = --list-langs ]; then echo ara eng; else exit 1; fi')
        with pytest.raises(UnreadablePicture, match="cannot read this picture"):
            read_picture(drawn("words"))

    def test_that_never_ends_is_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ocr, "READ_S", 0.1)
        self.put(tmp_path, "exec cat /dev/zero >/dev/null")
        with pytest.raises(UnreadablePicture, match="too long to read"):
            read_picture(drawn("words"))
