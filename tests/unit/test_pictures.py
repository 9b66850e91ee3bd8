"""What of a picture is unpacked at all, and what of its text is sure enough."""

import io
import struct
import zlib

import pytest
from PIL import Image

from bot.media.errors import TooLarge, UnreadablePicture
from bot.media.image_preparation import MAX_BYTES, MAX_PIXELS, MAX_SCANS, SIDES, prepare
from bot.media.ocr_words import (
    MAX_TEXT,
    MAX_WORDS,
    Place,
    Word,
    choose_clearest,
    extract_sure_text,
    parse_words,
)

HEADER = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
)


def table(*rows: tuple[int, str, float]) -> str:
    """Return what tesseract writes of words: (paragraph, text, confidence)."""
    written = [
        f"5\t1\t{p}\t1\t1\t1\t{10 * n}\t0\t9\t9\t{c}\t{text}" for n, (p, text, c) in enumerate(rows)
    ]
    return "\n".join([HEADER, "4\t1\t1\t1\t1\t0\t0\t0\t9\t9\t-1\t", *written])


def text_of(*rows: tuple[int, str, float]) -> str:
    return extract_sure_text(parse_words(table(*rows)))


def packed(picture: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


class TestWords:
    def test_paragraphs_that_are_sure_are_taken_whole(self) -> None:
        said = text_of(
            (1, "لم", 96), (1, "تغلق", 45), (1, "المدارس", 93), (1, "أبوابها", 92),
            (2, "Sas", 40), (2, "oo", 51),
            (3, "Bread", 95), (3, "rose", 94),
        )  # fmt: skip
        assert said == "لم تغلق المدارس أبوابها\nBread rose"

    def test_digits_of_two_kinds_are_another_number(self) -> None:
        assert text_of((1, "تحمل", 93), (1, "5٠٠", 99), (1, "طن", 96)) == ""
        assert text_of((1, "تحمل", 93), (1, "٥٠٠", 99), (1, "طن", 96)) == "تحمل ٥٠٠ طن"

    @pytest.mark.parametrize("odd", ["200", "yaw", "E+5"])
    def test_a_number_or_another_script_must_be_surer(self, odd: str) -> None:
        rows = [(1, "تحمل", 93.0), (1, "السفينة", 93.0), (1, "طنا", 96.0)]
        assert text_of(*rows, (1, odd, 78)) == ""
        assert text_of(*rows, (1, odd, 91)) == f"تحمل السفينة طنا {odd}"

    def test_a_reading_that_reads_a_place_twice_does_not_count(self) -> None:
        whole = parse_words(table((1, "لم", 95), (1, "تغلق", 92)))
        twice = [*whole, Word("المدارس", 96, (1, 2), Place(12, 2, 9, 9))]
        beside = [*whole, Word("المدارس", 96, (1, 2), Place(12, 8, 9, 9))]
        assert choose_clearest([whole, twice]) is whole
        assert choose_clearest([whole, beside]) is beside
        assert choose_clearest([twice]) == ()

    def test_signs_by_themselves_are_specks(self) -> None:
        assert text_of((1, "~", 78), (1, "Prices", 95), (1, "rose", 95), (1, "%", 95)) == (
            "Prices rose %"
        )

    def test_what_is_not_seen_is_taken_off(self) -> None:
        assert text_of((1, "قمح\u200f", 95), (1, "\u202e", 95), (1, "جديد", 95)) == "قمح جديد"

    def test_rows_that_are_no_words_or_broken_are_passed_over(self) -> None:
        assert parse_words("") == []
        assert parse_words(f"{HEADER}\n5\t1\t1\n\t\t\n") == []

    def test_a_text_is_bounded(self) -> None:
        assert len(text_of(*[(1, "كلمات", 95)] * 2_000)) == MAX_TEXT
        assert len(parse_words(table(*[(1, "كلمة", 95)] * 2_000))) == MAX_WORDS

    def test_the_clearest_reading_has_most_that_is_sure(self) -> None:
        whole = parse_words(table((1, "لم", 95), (1, "تغلق", 92)))
        part, noise = whole[1:], parse_words(table(*[(1, "Sas", 30)] * 20))
        assert choose_clearest([part, whole, noise]) is whole
        assert choose_clearest([]) == ()
        assert extract_sure_text(()) == ""


class TestPreparing:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_each_format_is_taken_and_scaled(self, kind: str) -> None:
        sizes = [Image.open(io.BytesIO(png)).size for png in
                 prepare(packed(Image.new("RGB", (2_600, 1_300), "white"), kind))]  # fmt: skip
        assert sizes == [(side, side // 2) for side in SIDES]

    def test_small_ones_are_enlarged_three_times_at_most(self) -> None:
        first = next(prepare(packed(Image.new("L", (60, 30)))))
        assert Image.open(io.BytesIO(first)).size == (180, 90)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
    def test_each_mode_becomes_grey(self, mode: str) -> None:
        kind = "JPEG" if mode == "CMYK" else "PNG"
        png = next(prepare(packed(Image.new(mode, (90, 90)), kind)))
        assert Image.open(io.BytesIO(png)).mode == "L"

    @pytest.mark.parametrize("ink", [(0, 0, 0, 255), (255, 255, 255, 255)])
    def test_letters_are_dark_on_light(self, ink: tuple[int, int, int, int]) -> None:
        paper = tuple(255 - part for part in ink[:3])
        picture = Image.new("RGBA", (400, 400), (*paper, 255))
        picture.paste(ink, (100, 100, 200, 200))
        grey = Image.open(io.BytesIO(next(prepare(packed(picture)))))
        assert (grey.getpixel((5, 5)), grey.getpixel((450, 450))) == (255, 0)

    def test_a_transparent_one_is_on_white_paper(self) -> None:
        picture = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
        picture.paste((0, 0, 0, 255), (100, 100, 200, 200))
        grey = Image.open(io.BytesIO(next(prepare(packed(picture)))))
        assert (grey.getpixel((5, 5)), grey.getpixel((450, 450))) == (255, 0)

    @pytest.mark.parametrize("size", [(400, 1), (3_000, 3)])
    def test_a_line_is_no_picture_of_text(self, size: tuple[int, int]) -> None:
        assert list(prepare(packed(Image.new("L", size)))) == []

    def test_one_in_endless_passes_is_not_unpacked(self) -> None:
        staged = io.BytesIO()
        Image.new("L", (90, 90), 128).save(staged, "JPEG", progressive=True)
        body = staged.getvalue().removesuffix(b"\xff\xd9")
        assert next(prepare(body + b"\xff\xd9"))
        last = body[body.rindex(b"\xff\xda") :]
        with pytest.raises(TooLarge, match="passes"):
            next(prepare(body + last * MAX_SCANS + b"\xff\xd9"))

    def test_a_bomb_is_not_unpacked(self) -> None:
        bomb = png_of(MAX_PIXELS, 2)
        assert len(bomb) < 1_000
        with pytest.raises(TooLarge, match="pixels"):
            next(prepare(bomb))
        with pytest.raises(UnreadablePicture):
            next(prepare(png_of(2**31 - 1, 2**31 - 1)))

    def test_too_many_bytes_are_not_looked_at(self) -> None:
        with pytest.raises(TooLarge, match="10 MiB"):
            next(prepare(b"x" * (MAX_BYTES + 1)))

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"words",
            b"\xff\xd8\xff",
            b"\x89PNG\r\n\x1a\n\0\0",
            b"RIFF\0\0\0\0WEBPVP8 ",
            b"<svg/>",
        ],
    )
    def test_what_is_no_picture(self, data: bytes) -> None:
        with pytest.raises(UnreadablePicture):
            next(prepare(data))

    @pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM"])
    def test_other_formats_stay_shut(self, kind: str) -> None:
        with pytest.raises(UnreadablePicture):
            next(prepare(packed(Image.new("L", (90, 90)), kind)))

    def test_one_that_breaks_off(self) -> None:
        whole = packed(Image.effect_noise((400, 400), 90))
        with pytest.raises(UnreadablePicture):
            next(prepare(whole[: len(whole) // 2]))


def png_of(width: int, height: int) -> bytes:
    """Return the smallest PNG that says it has so many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
