"""Pictures that are none, or too much of one: what is kept is pixels only, or nothing (attacks C19 to C21)."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from sessionhours.desk.media import LONGEST_SIDE, Unusable, cleaned

SEED = 20261203


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def header_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large, with hardly a byte in it."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    parts = [struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.proves("C20", "F80")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_damaged_picture_is_kept_clean_or_not_at_all(kind: str) -> None:
    """400 damaged ones a format: none takes the loop down that waits for the next file."""
    chance, whole, refused = random.Random(SEED), picture(kind), 0
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            damaged[chance.randrange(len(damaged))] = chance.getrandbits(8)
        if chance.random() < 0.3:
            del damaged[chance.randrange(len(damaged)) :]
        try:
            mime_type, kept = cleaned(bytes(damaged), f"image/{kind.lower()}")
        except Unusable:
            refused += 1
            continue
        assert mime_type in ("image/jpeg", "image/png")
        assert Image.open(io.BytesIO(kept)).size[0] <= LONGEST_SIDE
    assert refused


@pytest.mark.proves("C20")
@pytest.mark.parametrize("size", [(12_000, 12_000), (6_401, 6_250), (65_535, 65_535), (2**31 - 1, 1), (0, 5)])
def test_a_bomb_of_pixels_is_not_opened(size: tuple[int, int]) -> None:
    with pytest.raises(Unusable):
        cleaned(header_of(*size), "image/png")


@pytest.mark.proves("C19", "C22")
@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script></html>",
        b"GIF89a" + b"\0" * 40,
        b"%PDF-1.7",
        b"BM" + b"\0" * 60,
        b"II*\0" + b"\0" * 60,
        b"",
    ],
)
def test_what_is_no_photograph_is_no_picture(data: bytes) -> None:
    with pytest.raises(Unusable):
        cleaned(data, "image/jpeg")


@pytest.mark.proves("C19", "C21", "AC-29")
def test_only_pixels_are_kept() -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 35.0, 0.0)}
    exif[0x010E] = "Kanarienvogel"
    hidden = picture(exif=exif, comment=b"Kanarienvogel") + b"<script>alert(1)</script>"
    mime_type, kept = cleaned(hidden, "image/jpeg")
    assert mime_type == "image/jpeg"
    assert not Image.open(io.BytesIO(kept)).getexif()
    for trace in (b"Kanarienvogel", b"<script>", b"Exif"):
        assert trace not in kept
