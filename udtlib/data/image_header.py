"""What an image file says of itself, read before anything is decoded or allocated for it.

Known are JPEG, PNG, WebP, TIFF, BMP and GIF, told by their first bytes and not by their names. Nothing here
trusts a number in the file: what does not fit is no image, or an image that ends too early.
"""

import re
import struct
from dataclasses import dataclass

SIGNATURES = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "WebP": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "TIFF": re.compile(rb"II\*\0|MM\0\*"),
    "BMP": re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL),
    "GIF": re.compile(rb"GIF8[79]a"),
}
"""Of the formats that are read; the names stand in messages."""

NEXT_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
"""In the data of a JPEG scan, FF 00 is a pixel's and FF D0 to FF D7 are restarts; any other FF ends it."""

START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
START, END = 0xD8, 0xD9
TIFF_SIZES = (256, 257), (322, 323)  # tags of width and height: of the image, of a tile


@dataclass(frozen=True)
class Header:
    """What an image claims: ``width`` and ``height`` in pixels, ``channels`` where a JPEG says so, else 0."""

    format: str
    width: int
    height: int
    channels: int = 0
    whole: bool = True


def image_format(head: bytes) -> str | None:
    """Return the format, a key of `SIGNATURES`, of a file that begins with these bytes; None for others."""
    return next((name for name, signature in SIGNATURES.items() if signature.match(head)), None)


def read_header(data: bytes) -> Header | None:
    """Return what an image file claims, or None if it is none that is known or its header is cut off.

    ``whole`` is false of a JPEG without an end marker; what follows the marker, such as the video of a
    motion photo, belongs to others. The other formats' decoders notice themselves that something is missing.
    """
    name = image_format(data)
    if name is None:
        return None
    try:
        return READERS[name](data)
    except (struct.error, IndexError):
        return None


def _png(data: bytes) -> Header:
    return Header("PNG", *struct.unpack_from(">II", data, 16))


def _gif(data: bytes) -> Header:
    return Header("GIF", *struct.unpack_from("<HH", data, 6))


def _bmp(data: bytes) -> Header:
    old = data[14] == 12
    width, height = struct.unpack_from("<HH" if old else "<ii", data, 18)
    return Header("BMP", abs(width), abs(height))


def _webp(data: bytes) -> Header | None:
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(data[place : place + 3], "little") for place in (24, 27))
    elif kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 ":
        width, height = (size & 0x3FFF for size in struct.unpack_from("<HH", data, 26))
    else:
        return None
    return Header("WebP", width, height)


def _tiff(data: bytes) -> Header:
    """Return the size of the first picture, or of its tiles where those are larger."""
    order = "<" if data[:2] == b"II" else ">"
    (place,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, place)
    values: dict[int, int] = {}
    for entry in range(place + 2, place + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        form = {1: "B", 3: "H", 4: "I"}.get(kind)
        if form:
            (values[tag],) = struct.unpack_from(order + form, data, entry + 8)
    sizes = [(values.get(width, 0), values.get(height, 0)) for width, height in TIFF_SIZES]
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Header("TIFF", width, height)


def _jpeg(data: bytes) -> Header | None:
    """Walk the segments up to the end marker."""
    size, place = None, 2
    while match := NEXT_MARKER.search(data, place):
        marker, place = data[match.end() - 1], match.end()
        if marker == END:
            break
        if marker in (START, 1):
            continue
        if marker in START_OF_FRAME and size is None:
            height, width, channels = struct.unpack_from(">HHB", data, place + 3)
            size = width, height, channels
        place += struct.unpack_from(">H", data, place)[0]
    return Header("JPEG", *size, whole=match is not None) if size else None


READERS = {"JPEG": _jpeg, "PNG": _png, "WebP": _webp, "TIFF": _tiff, "BMP": _bmp, "GIF": _gif}


def is_animated_gif(data: bytes) -> bool:
    """Tell whether a GIF has a second picture within ``data``."""
    pictures = 0
    try:
        place = 13 + _colours(data[10])
        while pictures < 2 and data[place] in b"\x21\x2c":
            if data[place] == 0x2C:
                pictures += 1
                place += 10 + _colours(data[place + 9]) + 1
            else:
                place += 2
            while data[place]:  # blocks of so many bytes; an empty one is the last
                place += 1 + data[place]
            place += 1
    except IndexError:
        pass
    return pictures > 1


def _colours(flags: int) -> int:
    """Return the bytes of the colour table that these flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
