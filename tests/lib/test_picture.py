"""Pictures are measured as they are seen and made small, whatever is wrong with them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.lib.picture import NoPicture, measured, reduced


def picture(form: str, size: tuple[int, int] = (400, 200), **options: object) -> BytesIO:
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, form, **options)
    out.seek(0)
    return out


def bomb(width: int, height: int) -> BytesIO:
    """A PNG of a few bytes that claims to be huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return BytesIO(b"\x89PNG\r\n\x1a\n" + body)


def small(file: BytesIO, size: int = 192) -> Image.Image:
    return Image.open(BytesIO(reduced(file, size)))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_every_plain_picture_is_measured_and_reduced(form: str) -> None:
    assert measured(picture(form)) == (400, 200)
    image = small(picture(form))
    assert (image.format, image.size) == ("WEBP", (192, 96))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_measured_and_reduced_as_it_is_seen(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    is_turned = orientation >= 5
    assert measured(picture("JPEG", exif=exif)) == ((200, 400) if is_turned else (400, 200))
    assert small(picture("JPEG", exif=exif)).size == ((96, 192) if is_turned else (192, 96))


def test_a_small_picture_stays_as_small_as_it_is() -> None:
    assert small(picture("PNG", (20, 10))).size == (20, 10)


def test_of_a_moving_picture_the_first_frame_is_kept() -> None:
    out = BytesIO()
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    image = small(BytesIO(out.getvalue()))
    red, _, blue = image.convert("RGB").getpixel((25, 25))  # type: ignore[misc]  # a triple, as it is RGB
    assert getattr(image, "n_frames", 1) == 1
    assert red > 200 > 50 > blue


def test_nothing_of_where_a_photo_was_taken_is_left() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Dana"
    content = reduced(picture("JPEG", exif=exif), 192)
    assert b"Dana" not in content
    assert not Image.open(BytesIO(content)).getexif()


@pytest.mark.parametrize(
    ("mode", "form"),
    [("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("1", "PNG"), ("I;16", "PNG")],
)
def test_every_way_to_keep_colours_is_understood(mode: str, form: str) -> None:
    out = BytesIO()
    Image.new(mode, (300, 300)).save(out, form)
    assert small(BytesIO(out.getvalue())).mode == ("RGBA" if "A" in mode else "RGB")


@pytest.mark.parametrize("size", [(65535, 65535), (8001, 8000), (2**31 - 1, 1), (10**6, 10**6)])
def test_a_decompression_bomb_is_not_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(NoPicture):
        measured(bomb(*size))
    with pytest.raises(NoPicture):
        reduced(bomb(*size), 192)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_a_picture_cut_short_is_none(form: str) -> None:
    content = picture(form).getvalue()
    with pytest.raises(NoPicture):
        reduced(BytesIO(content[: len(content) // 2]), 192)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"BM" + bytes(100), b"%!PS-Adobe-3.0 EPSF-3.0\n"],
)
def test_what_is_no_plain_picture_is_none(content: bytes) -> None:
    with pytest.raises(NoPicture):
        measured(BytesIO(content))


@settings(max_examples=150, deadline=None)
@given(form=st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]), at=st.integers(0, 400), byte=st.integers(0, 255))
def test_no_damage_does_more_than_spoil_the_picture(form: str, at: int, byte: int) -> None:
    content = bytearray(picture(form, (40, 40)).getvalue())
    content[at % len(content)] = byte
    try:
        reduced(BytesIO(bytes(content)), 192)
    except NoPicture:
        assert True
