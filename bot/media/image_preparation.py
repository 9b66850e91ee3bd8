"""Prepare a picture for OCR: grey PNGs in sizes that tesseract reads well."""

import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from bot.media.errors import OcrMissing, TooLarge, UnreadablePicture

if TYPE_CHECKING:
    from PIL import Image

#: Maximum bytes of a picture.
MAX_BYTES: Final = 10 * 2**20
#: Maximum pixels: those of a phone's camera, a hundred megabytes once decoded.
MAX_PIXELS: Final = 25_000_000
#: Maximum passes (scans) of a JPEG: a progressive one has ten. A pass may have a few bytes but
#: decodes every pixel again.
MAX_SCANS: Final = 100
#: Accepted formats; the parsers of all others are never used.
FORMATS: Final = ("JPEG", "PNG", "WEBP")
_IN_PASSES: Final = ("JPEG", "MPO")
#: Lengths of the longer side, in pixels, at which a picture is read. Letters of 20 to 30 pixels are
#: read best, and at any one size tesseract sometimes misses a line. See benchmarks/ocr.py.
SIDES: Final = (1300, 700, 550, 450)
#: Maximum enlargement: beyond it small letters only get blurred.
_MOST_ENLARGED: Final = 3.0
#: Minimum length of the shorter side: below it there is no line of text.
_LEAST_SIDE: Final = 8
#: The marker at the start of a pass; it never occurs within compressed data.
_SCAN: Final = b"\xff\xda"


def prepare(data: bytes) -> Iterator[bytes]:
    """Yield a picture as a grey PNG in each reading size, dark letters on light.

    Raises:
        TooLarge: it exceeds the limit of bytes, pixels or passes; nothing of it was decoded.
        UnreadablePicture: its format is not accepted, or it is broken.
        OcrMissing: Pillow is not installed.
    """
    grey = _make_dark_on_light(_open(data))
    for side in SIDES:
        scale = min(side / max(grey.size), _MOST_ENLARGED)
        size = round(grey.width * scale), round(grey.height * scale)
        if min(size) >= _LEAST_SIDE:
            yield _encode_png(grey.resize(size))


def _open(data: bytes) -> "Image.Image":
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise OcrMissing("Pillow is not installed; run `pip install 'tathabbat[ocr]'`") from error

    if len(data) > MAX_BYTES:
        raise TooLarge(f"the picture is larger than {MAX_BYTES >> 20} MiB; send a smaller one")
    try:
        # Pillow warns about large pictures; here their size is checked first.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise TooLarge(f"the picture has more than {MAX_PIXELS:,} pixels; scale it")
                if picture.format in _IN_PASSES and data.count(_SCAN) > MAX_SCANS:
                    raise TooLarge(
                        "the picture has too many passes; save it without progressive encoding"
                    )
                # Decode a JPEG no larger than needed.
                picture.draft("L", (max(SIDES), max(SIDES)))
                turned = ImageOps.exif_transpose(picture)
                opaque = turned.convert("RGBA") if turned.has_transparency_data else turned
                if opaque.mode == "RGBA":
                    # Close it before two more of its size are created.
                    opaque.thumbnail((2 * max(SIDES), 2 * max(SIDES)))
                    paper = Image.new("RGBA", opaque.size, "white")
                    opaque = Image.alpha_composite(paper, opaque)
                return opaque.convert("L")
    except UnreadablePicture:
        raise
    except Exception as error:  # Whatever its parsers raise over hostile bytes.
        raise UnreadablePicture("this picture cannot be read; send another") from error


def _make_dark_on_light(grey: "Image.Image") -> "Image.Image":
    from PIL import ImageOps

    even = ImageOps.autocontrast(grey)
    counted = even.histogram()
    dark = sum(counted[:128]) > sum(counted[128:])
    return ImageOps.invert(even) if dark else even


def _encode_png(grey: "Image.Image") -> bytes:
    packed = io.BytesIO()
    grey.save(packed, "PNG", compress_level=1)
    return packed.getvalue()
