"""A picture as a stranger sent it into plain grey ones of sizes that are read well."""

import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from bot.media.errors import OcrMissing, TooLarge, UnreadablePicture

if TYPE_CHECKING:
    from PIL import Image

#: Bytes of a picture that are taken.
MAX_BYTES: Final = 10 * 2**20
#: Pixels of a picture that are opened: those of a phone's camera, a hundred megabytes once open.
MAX_PIXELS: Final = 25_000_000
#: Passes over a JPEG that are taken: a picture that comes in stages has ten. Each may cost a few
#: bytes, and unpacks every pixel anew.
MAX_SCANS: Final = 100
#: Formats that are opened, so that the parsers of all others stay shut.
FORMATS: Final = ("JPEG", "PNG", "WEBP")
_IN_PASSES: Final = ("JPEG", "MPO")
#: Lengths of the longer side at which a picture is read. Letters of 20 to 30 pixels are read best,
#: and at any one size tesseract now and then misses a line. See benchmarks/ocr.py.
SIDES: Final = (1300, 700, 550, 450)
#: More than that, small letters only become larger blots.
_MOST_ENLARGED: Final = 3.0
#: A shorter side below which there is no line of text.
_LEAST_SIDE: Final = 8
#: What a pass begins with; within what is packed these two bytes never follow each other.
_SCAN: Final = b"\xff\xda"


def prepare(data: bytes) -> Iterator[bytes]:
    """Yield a picture as a grey PNG in each of the sizes it is read at, dark letters on light.

    Raises:
        TooLarge: it has more bytes, pixels or passes than are taken; nothing of it was unpacked.
        UnreadablePicture: it is no picture of a format that is taken, or a broken one.
        OcrMissing: Pillow is not installed.
    """
    grey = _dark_on_light(_opened(data))
    for side in SIDES:
        scale = min(side / max(grey.size), _MOST_ENLARGED)
        size = round(grey.width * scale), round(grey.height * scale)
        if min(size) >= _LEAST_SIDE:
            yield _png(grey.resize(size))


def _opened(data: bytes) -> "Image.Image":
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise OcrMissing("Pillow is not installed; run `pip install 'tathabbat[ocr]'`") from error

    if len(data) > MAX_BYTES:
        raise TooLarge(f"the picture is larger than {MAX_BYTES >> 20} MiB; send a smaller one")
    try:
        # Pillow warns of the pictures it finds too large; here they are measured before.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise TooLarge(f"the picture has more than {MAX_PIXELS:,} pixels; scale it")
                if picture.format in _IN_PASSES and data.count(_SCAN) > MAX_SCANS:
                    raise TooLarge(
                        "the picture has too many passes; save it without progressive encoding"
                    )
                # A JPEG is unpacked no larger than it is needed.
                picture.draft("L", (max(SIDES), max(SIDES)))
                turned = ImageOps.exif_transpose(picture)
                opaque = turned.convert("RGBA") if turned.has_transparency_data else turned
                if opaque.mode == "RGBA":
                    # Before two more of its size are made.
                    opaque.thumbnail((2 * max(SIDES), 2 * max(SIDES)))
                    paper = Image.new("RGBA", opaque.size, "white")
                    opaque = Image.alpha_composite(paper, opaque)
                return opaque.convert("L")
    except UnreadablePicture:
        raise
    except Exception as error:  # Whatever its parsers raise over hostile bytes.
        raise UnreadablePicture("this picture cannot be read; send another") from error


def _dark_on_light(grey: "Image.Image") -> "Image.Image":
    from PIL import ImageOps

    even = ImageOps.autocontrast(grey)
    counted = even.histogram()
    dark = sum(counted[:128]) > sum(counted[128:])
    return ImageOps.invert(even) if dark else even


def _png(grey: "Image.Image") -> bytes:
    packed = io.BytesIO()
    grey.save(packed, "PNG", compress_level=1)
    return packed.getvalue()
