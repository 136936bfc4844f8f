"""A stranger's picture file becomes a small portrait that is nothing but a picture.

Only what can be decoded as JPEG, PNG or WebP is taken, whatever it calls itself, and it is encoded
anew: where it was taken, by which phone, and whatever else was hidden in the file stays behind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

#: of a portrait, 4 to 5
WIDTH_PX, HEIGHT_PX = 540, 675
#: less shows no face
LEAST_PX = 100
#: a phone's largest photo; a small file that unpacks to more is not a photo
MOST_PIXELS = 60_000_000
MOST_BYTES = 8 * 1024 * 1024
#: what is read; others (SVG, GIF, TIFF, PDF …) are not
FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 85

#: marks a text for translation later
N_: Callable[[str], str] = str

NO_PICTURE = N_("This is no photo that can be read: send a JPEG, PNG or WebP file.")
TOO_MANY_PIXELS = N_("This photo has too many pixels: send a smaller one.")
TOO_SMALL = N_("This photo is too small to recognise anybody: at least 100 by 100 pixels.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """A harmless JPEG."""

    jpeg: bytes
    width_px: int
    height_px: int


def portrait(data: bytes) -> Portrait:
    """Return the picture in *data*, upright, at most 540 x 675; ValueError says what to send."""
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise ValueError(TOO_MANY_PIXELS)
            if min(width, height) < LEAST_PX:
                raise ValueError(TOO_SMALL)
            image.draft("RGB", (2 * WIDTH_PX, 2 * HEIGHT_PX))  # a JPEG is decoded smaller at once
            upright = ImageOps.exif_transpose(image)
            flat = _flat(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(TOO_MANY_PIXELS) from None
    except (OSError, SyntaxError, EOFError, ArithmeticError, LookupError, TypeError):
        raise ValueError(NO_PICTURE) from None
    except ValueError as error:
        raise ValueError(str(error) if str(error) in _OURS else NO_PICTURE) from None
    flat.thumbnail((WIDTH_PX, HEIGHT_PX), Image.Resampling.LANCZOS)
    written = BytesIO()
    bare = Image.new("RGB", flat.size)
    bare.paste(flat)  # pixels only: no profile, no comment, no place
    bare.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return Portrait(jpeg=written.getvalue(), width_px=flat.width, height_px=flat.height)


_OURS = frozenset({NO_PICTURE, TOO_MANY_PIXELS, TOO_SMALL})


def _flat(image: Image.Image) -> Image.Image:
    """Return *image* without transparency: white behind it."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(white, clear).convert("RGB")
    return image.convert("RGB")
