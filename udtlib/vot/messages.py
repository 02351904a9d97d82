r"""Messages of TraX, the protocol between VOT's toolkit and a tracker, as lines of text.

``@@TRAX:state "1.5,2.25,30,40" "confidence=0.7"``: a kind, then arguments in quotes, in which ``\"``, ``\\``
and ``\n`` stand for a quote, a backslash and a line feed; arguments ``key=value`` are properties. Version 3
is spoken: one object, whose region comes with the first image. Lines without the prefix are no messages.
What a client sends is bounded before it is read on. Book: chapter 14.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import BinaryIO

from udtlib.arguments import read_number, shown
from udtlib.boxes import Boxes, check_box
from udtlib.errors import DataError

PREFIX = "@@TRAX:"
VERSION = 3
LONGEST = 1 << 16
"""Bytes of a line that is read; a path and a polygon have a few hundred."""

MOST_NUMBERS = 2000
"""Of a region: 1000 corners."""

ARGUMENT = re.compile(r'\s*"((?:[^"\\]|\\.)*)"', re.DOTALL)
ESCAPED = {"n": "\n"}
FILE = "file://"


@dataclass(frozen=True)
class Message:
    """What a client asks: ``initialize``, ``frame`` or ``quit``, and its arguments."""

    kind: str
    arguments: tuple[str, ...] = ()


def format_message(kind: str, *arguments: str) -> str:
    """Return a message as its line, with the line feed."""
    quoted = [re.sub(r'["\\]', r"\\\g<0>", one).replace("\n", "\\n") for one in arguments]
    return PREFIX + " ".join([kind, *(f'"{one}"' for one in quoted)]) + "\n"


def parse_message(line: str) -> Message | None:
    """Return the message in a line, None if the line is none.

    Raises:
        DataError: it begins like a message and goes on otherwise.
    """
    if not line.startswith(PREFIX):
        return None
    kind, _, rest = line[len(PREFIX) :].rstrip().partition(" ")
    arguments, end = [], 0
    while match := ARGUMENT.match(rest, end):
        arguments.append(re.sub(r"\\(.)", lambda found: ESCAPED.get(found[1], found[1]), match[1]))
        end = match.end()
    if not kind.isalpha() or rest[end:].strip():
        raise DataError(
            f'TraX: expected a message such as {PREFIX}frame "file:///1.jpg", found {shown(line)}'
        )
    return Message(kind, tuple(arguments))


def read_messages(source: BinaryIO) -> Iterator[Message]:
    """Yield the messages of a client until it goes away; other lines are passed over.

    Raises:
        DataError: a line of more than `LONGEST` bytes, or as `parse_message`.
    """
    while line := source.readline(LONGEST + 1):
        if len(line) > LONGEST:
            raise DataError(f"TraX: expected lines of at most {LONGEST:,} bytes, found a longer one")
        message = parse_message(line.decode("utf-8", "surrogateescape").rstrip("\r\n"))
        if message is not None:
            yield message


def image_path(argument: str) -> Path:
    """Return the file that an image argument names.

    Raises:
        DataError: an image in another form than a path, which we did not offer.
    """
    path = Path(argument.removeprefix(FILE))
    if not path.is_absolute():
        raise DataError(f"TraX: expected an image as {FILE}/its/path, found {shown(argument)}")
    return path


def region_box(argument: str) -> Boxes:
    """Return the box ``(4,)`` of a region ``x,y,w,h``, or the one around a polygon ``x1,y1,x2,y2,...``.

    Raises:
        DataError: neither; a mask, for example.
        BoxError: a box without a size.
    """
    words = argument.split(",", MOST_NUMBERS)
    numbers = [number for word in words if (number := read_number(word)) is not None and isfinite(number)]
    if len(numbers) != len(words) or len(numbers) < 4 or len(numbers) % 2 or len(numbers) > MOST_NUMBERS:
        raise DataError(
            f"TraX: expected a region as x,y,w,h or a polygon's corners x1,y1,x2,y2,..., found "
            f"{shown(argument)}"
        )
    if len(numbers) > 4:
        left, top, right, bottom = (pick(numbers[first::2]) for pick in (min, max) for first in (0, 1))
        numbers = [left, top, right - left, bottom - top]
    return check_box(numbers)


def box_region(box: Boxes) -> str:
    """Return a box as a region; one that is not finite has no size, and overlaps nothing."""
    numbers = box.tolist() if all(map(isfinite, box.tolist())) else [0.0] * 4
    return ",".join(f"{number:.4f}" for number in numbers)
