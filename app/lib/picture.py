"""Measures pictures and makes small ones of them, without being overwhelmed by what pretends to be one."""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

# 64 megapixels take 256 MB to decode, the most that one picture may cost.
MAX_PIXELS = 64_000_000
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
_ORIENTATION = 0x0112
_TURNED = (5, 6, 7, 8)


class NoPicture(Exception):
    """The bytes are damaged, larger than MAX_PIXELS, or no PNG, JPEG, GIF, WebP or AVIF at all."""


def measured(file: BinaryIO) -> tuple[int, int]:
    """Width and height in pixels as the picture is seen, EXIF orientation applied. Raises NoPicture."""
    try:
        with Image.open(file, formats=_FORMATS) as image:
            width, height = image.size
            is_turned = image.getexif().get(_ORIENTATION) in _TURNED
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as broken:
        raise NoPicture(str(broken)) from broken
    if width * height > MAX_PIXELS:
        raise NoPicture(f"{width} x {height} pixels are too many")
    return (height, width) if is_turned else (width, height)


def squared(file: BinaryIO, size: int) -> bytes:
    """The middle of the picture, or of its first frame, as a square WebP of `size`, without metadata. Raises NoPicture."""
    measured(file)
    file.seek(0)
    try:
        with Image.open(file, formats=_FORMATS) as image:
            image.draft("RGB", (size, size))
            image.seek(0)
            square = ImageOps.fit(ImageOps.exif_transpose(image).convert("RGBA"), (size, size))
            out = BytesIO()
            square.save(out, "WEBP", quality=85, method=4)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError) as broken:
        raise NoPicture(str(broken)) from broken
    return out.getvalue()


def reduced(file: BinaryIO, size: int) -> bytes:
    """The picture, or its first frame, as WebP no wider or higher than `size`, without metadata. Raises NoPicture."""
    measured(file)
    file.seek(0)
    try:
        with Image.open(file, formats=_FORMATS) as image:
            # JPEGs are decoded at a fraction of their size, where that is enough.
            image.draft("RGB", (size, size))
            image.seek(0)
            small = ImageOps.exif_transpose(image)
            small.thumbnail((size, size))
            has_alpha = small.mode in ("RGBA", "LA", "PA") or "transparency" in small.info
            out = BytesIO()
            small.convert("RGBA" if has_alpha else "RGB").save(out, "WEBP", quality=80, method=4)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError) as broken:
        raise NoPicture(str(broken)) from broken
    return out.getvalue()


def as_jpeg(file: BinaryIO) -> bytes:
    """A small picture of ours as a JPEG, on white where it is transparent: not everybody reads WebP."""
    with Image.open(file, formats=("WEBP",)) as image:
        seen = image.convert("RGBA")
        flat = Image.new("RGB", seen.size, "white")
        flat.paste(seen, mask=seen.getchannel("A"))
        out = BytesIO()
        flat.save(out, "JPEG", quality=85)
    return out.getvalue()
