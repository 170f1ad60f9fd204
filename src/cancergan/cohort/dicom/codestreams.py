"""The size that a compressed frame declares by itself, read before a decoder allocates for it."""

from __future__ import annotations

import struct

_JPEG, _JPEG_2000, _BOXED = b"\xff\xd8", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  "
# Start-of-frame markers; C4, C8 and CC are tables, F7 is JPEG-LS.
_STARTS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


def stated_size(stream: bytes) -> tuple[int, int] | None:
    """Return (rows, columns) of a JPEG, JPEG-LS or JPEG 2000 frame, None where it states none."""
    if stream.startswith(_BOXED):
        start = stream.find(_JPEG_2000)
        return None if start < 0 else _of_jpeg_2000(stream[start:])
    if stream.startswith(_JPEG_2000):
        return _of_jpeg_2000(stream)
    return _of_jpeg(stream) if stream.startswith(_JPEG) else None


def _of_jpeg_2000(stream: bytes) -> tuple[int, int] | None:
    if len(stream) < 24:
        return None
    right, bottom, left, top = struct.unpack(">4I", stream[8:24])
    return bottom - top, right - left


def _of_jpeg(stream: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(stream):
        if stream[at] != 0xFF:
            return None
        marker = stream[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _STARTS:
            rows, columns = struct.unpack(">2H", stream[at + 5 : at + 9])
            return rows, columns
        elif marker in _WITHOUT_LENGTH:
            at += 2
        else:
            at += 2 + struct.unpack(">H", stream[at + 2 : at + 4])[0]
    return None
