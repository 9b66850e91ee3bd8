"""Measure reading text in pictures: sentences drawn as people's screenshots and cards show them.

    python -m benchmarks.ocr

Draws invented headlines in several manners with Noto fonts (Debian: fonts-noto-core), reads them as
the bot does, and prints for each manner and language: the accuracy of characters and of words in
what was read, how many pictures were read without one wrong word, how many were declined, and the
seconds one takes. Pictures without text follow: each must be declined.
"""

import argparse
import io
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from bot.media import read_picture

FONTS: Final = Path("/usr/share/fonts/truetype/noto")
_FACES: Final = {
    "ar": ("NotoSansArabic-Regular", "NotoNaskhArabic-Bold", "NotoKufiArabic-Bold"),
    "en": ("NotoSans-Regular", "NotoSerif-Bold", "NotoSans-Bold"),
}
SENTENCES: Final = {
    "ar": (
        "أعلنت بلدية المدينة افتتاح الجسر الجديد على النهر صباح يوم الثلاثاء بعد ثلاث سنوات",
        "الوزارة تنفي إغلاق المدارس يوم الأحد بسبب العاصفة الرملية",
        "ارتفع سعر الخبز بنسبة 25 في المئة منذ بداية شهر مارس 2024",
        "لم تسجل المستشفيات أي حالة وفاة بالمرض خلال الأسبوع الماضي",
        "عاجل: زلزال بقوة 5.6 درجات يضرب السواحل الشمالية ولا أنباء عن ضحايا",
        "رئيس النقابة: لن نوقع الاتفاق قبل صرف رواتب ثلاثة آلاف عامل",
        "المحكمة ترفض دعوى تطالب بمنع بيع المياه المعبأة في الأسواق",
        "وصول أول قطار سريع إلى العاصمة قادما من الميناء الجنوبي",
        "غرق سفينة شحن تحمل ٤٠٠ طن من القمح قرب الميناء القديم",
    ),
    "en": (
        "City council approves the new bridge over the river after three years of work",
        "Ministry denies that schools will close on Sunday because of the sandstorm",
        "Bread prices rose by 25% since March 2024, the statistics office says",
        "No deaths from the disease were recorded in hospitals last week",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manner:
    """How a headline is set: size of its letters, width and height of the picture, colours."""

    size: int
    width: int
    ink: tuple[int, int, int] = (0, 0, 0)
    paper: tuple[int, int, int] = (255, 255, 255)
    photo: int = 0
    quality: int | None = 75


MANNERS: Final = {
    "plain": Manner(40, 1080, quality=None),
    "dark": Manner(40, 1080, (255, 255, 255), (20, 30, 60)),
    "small": Manner(17, 480, quality=60),
    "large": Manner(90, 1280, (255, 255, 255), (180, 20, 30)),
    "under a photo": Manner(44, 1080, (255, 255, 255), (160, 10, 20), photo=400),
    "screenshot": Manner(21, 576, (20, 20, 20), (245, 245, 245), photo=900),
}


def main() -> None:
    """Run the benchmark and print its figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    for name, manner in MANNERS.items():
        for language, sentences in SENTENCES.items():
            read = [_read(drawn(sentence, language, number, manner))
                    for number, sentence in enumerate(sentences)]  # fmt: skip
            print(f"{name:14} {language}  {_figures(sentences, read)}", flush=True)
    blank = [read_picture(picture) for picture in without_text()]
    print(f"without text: {sum(map(bool, blank))} of {len(blank)} taken for text {blank}")


def drawn(sentence: str, language: str, face: int, manner: Manner) -> bytes:
    """Return a picture of a sentence."""
    rtl = language == "ar"
    faces = _FACES[language]
    font = ImageFont.truetype(FONTS / f"{faces[face % len(faces)]}.ttf", manner.size)
    lines = _wrapped(sentence, font, manner.width - 2 * manner.size)
    step = round(manner.size * 1.7)
    height = manner.photo + step * len(lines) + manner.size
    picture = Image.new("RGB", (manner.width, height), manner.paper)
    if manner.photo:
        picture.paste(_scene(face).resize((manner.width, manner.photo)), (0, 0))
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        where = (manner.width - manner.size if rtl else manner.size,
                 manner.photo + manner.size // 2 + step * number)  # fmt: skip
        direction = "rtl" if rtl else "ltr"
        pen.text(where, line, manner.ink, font, "ra" if rtl else "la", direction=direction)
    packed = io.BytesIO()
    if manner.quality is None:
        picture.save(packed, "PNG")
    else:
        picture.save(packed, "JPEG", quality=manner.quality)
    return packed.getvalue()


def without_text() -> Iterator[bytes]:
    """Yield pictures that hold no text: smooth scenes, noise, stripes, shapes."""
    chance = random.Random(5)  # noqa: S311 - the same pictures every time
    pictures = [_scene(seed).resize((1280, 860)) for seed in range(4)]
    pictures += [Image.effect_noise((900, 700), spread) for spread in (20, 60, 120)]
    for step in (9, 23, 60):
        striped = Image.new("L", (1000, 700), 230)
        pen = ImageDraw.Draw(striped)
        for at in range(0, 1700, step):
            pen.line((at, 0, at - 700, 700), 40, max(1, step // 4))
        pictures.append(striped)
    for count in (30, 300, 3_000):
        shapes = Image.new("L", (1000, 800), 250)
        pen = ImageDraw.Draw(shapes)
        for _ in range(count):
            x, y, size = chance.randrange(1000), chance.randrange(800), chance.randrange(4, 60)
            pen.arc((x, y, x + size, y + size), 0, chance.randrange(360), 20, 3)
        pictures.append(shapes)
    for picture in pictures:
        packed = io.BytesIO()
        picture.save(packed, "JPEG", quality=80)
        yield packed.getvalue()


def _scene(seed: int) -> Image.Image:
    """Return something as smooth and as coloured as a photograph out of focus."""
    chance = random.Random(seed)  # noqa: S311 - the same pictures every time
    scene = Image.new("RGB", (24, 16))
    for x in range(24):
        for y in range(16):
            scene.putpixel((x, y), tuple(chance.randrange(20, 190) for _ in "rgb"))
    return scene.resize((480, 320), Image.Resampling.BICUBIC)


def _wrapped(sentence: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines = [""]
    for word in sentence.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _read(picture: bytes) -> tuple[str, float]:
    started = time.perf_counter()
    return read_picture(picture), time.perf_counter() - started


def _figures(sentences: Sequence[str], read: Sequence[tuple[str, float]]) -> str:
    taken = [(sentence, text.replace("\n", " "))
             for sentence, (text, _) in zip(sentences, read, strict=True) if text]  # fmt: skip
    characters = statistics.mean(_accuracy(a, b) for a, b in taken) if taken else 0.0
    words = statistics.mean(_accuracy(a.split(), b.split()) for a, b in taken) if taken else 0.0
    whole = sum(a == b for a, b in taken)
    seconds = statistics.mean(spent for _, spent in read)
    return (
        f"characters {characters:.3f}  words {words:.3f}  without a fault {whole}/{len(read)}"
        f"  declined {len(read) - len(taken)}  {seconds:.2f} s"
    )


def _accuracy(wanted: Sequence[str], got: Sequence[str]) -> float:
    """Return 1 minus the edits from one to the other, for each item that is wanted."""
    before = list(range(len(got) + 1))
    for row, a in enumerate(wanted, start=1):
        now = [row]
        for column, b in enumerate(got, start=1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (a != b)))
        before = now
    return max(0.0, 1 - before[-1] / len(wanted))


if __name__ == "__main__":
    main()
