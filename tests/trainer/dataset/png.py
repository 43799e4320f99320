"""PNG files that Pillow does not write: of any depth, and of any size by their header alone."""

import struct
import zlib

GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6


def png(size: tuple[int, int], depth: int, kind: int, rows: bytes = b"", extra: bytes = b"") -> bytes:
    """`rows` are the pixels as the file holds them, without the filter byte that starts each row."""
    width, height = size
    length = len(rows) // height if rows else 0
    filtered = b"".join(b"\0" + rows[start : start + length] for start in range(0, len(rows), length or 1))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    data = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(filtered)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
