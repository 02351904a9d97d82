"""Names of image files: which of them are one numbered sequence, in which order, and is one missing.

``0001.jpg``, ``frame_12.png``, ``-1.jpg`` and ``1403636579763555584.png`` carry a number; a pattern is a name
with ``#`` in the place of its number. The images of the commonest pattern in a folder are its sequence: a
cover or masks beside the frames have other patterns.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from udtlib.errors import DataError, MissingDataError

NUMBER = re.compile(r"(?:(?<![^_=])-)?\d+")
"""A minus belongs to the number at the start of a name, and after ``_`` or ``=``; elsewhere it is a dash."""

BEHIND_WORD = re.compile(r"[^\W\d_]{2}$")
"""The number of ``cam2_0001`` is 1: what stands right behind a word belongs to the pattern if it can."""

CLOCK_DIGITS = 10
"""A number of so many digits is a time stamp: seconds since 1970 have ten, nanoseconds nineteen."""

SAME_SUFFIX = {".jpe": ".jpg", ".jpeg": ".jpg", ".jfif": ".jpg", ".tiff": ".tif"}


@dataclass(frozen=True)
class Image:
    """An image file by its name; ``places`` are where its ``numbers`` stand in ``path.stem``."""

    path: Path
    pattern: str
    numbers: tuple[int, ...]
    places: tuple[tuple[int, int], ...]


def parse(path: Path) -> Image:
    """Return the pattern and the numbers of a name; of ``2024-05-31_12`` there are four."""
    stem = path.stem
    found = list(NUMBER.finditer(stem))
    free = [match for match in found if not BEHIND_WORD.search(stem[: match.start()])] or found[-1:]
    pattern, end = "", 0
    for match in free:
        pattern, end = f"{pattern}{stem[end : match.start()]}#", match.end()
    suffix = path.suffix.lower()
    return Image(
        path,
        pattern + stem[end:] + SAME_SUFFIX.get(suffix, suffix),
        tuple(int(match[0]) for match in free),
        tuple(match.span() for match in free),
    )


def choose_sequence(paths: Iterable[Path]) -> list[Image]:
    """Return the images of the commonest numbered pattern, in the order of their numbers.

    Of patterns that are as common, the shortest is taken, so ``0001.jpg`` before ``0001_mask.jpg``, and
    of the same names JPEG before others. Where no two images share a pattern and none is a plain number,
    all images are the sequence, in natural order (``b2`` before ``b10``).
    """
    images = [parse(path) for path in paths]
    groups: dict[str, list[Image]] = defaultdict(list)
    for image in images:
        if image.numbers:
            groups[image.pattern].append(image)
    best = min(groups, key=lambda pattern: _rank(pattern, groups[pattern]), default="")
    if best and (len(groups[best]) > 1 or Path(best).stem == "#"):
        return sorted(groups[best], key=lambda image: (image.numbers, image.path.name))
    return sorted(images, key=lambda image: (_natural_key(image.path.stem), image.path.suffix))


def _rank(pattern: str, images: list[Image]) -> tuple[int, int, bool, str]:
    stem, _, suffix = pattern.rpartition(".")
    return -len(images), len(stem), suffix != "jpg", pattern


def _natural_key(stem: str) -> list[tuple[int, str]]:
    return [(int(digits or 0), text) for digits, text in re.findall(r"(\d+)|(\D+)", stem)]


def numbers_of(images: Sequence[Image]) -> list[int] | None:
    """Return the number that counts the images of one pattern, or None if there is not one such number."""
    if len({image.pattern for image in images}) != 1 or not images[0].numbers:
        return None
    place = _counting_place(images)
    return None if place is None else [image.numbers[place] for image in images]


def _counting_place(images: Sequence[Image]) -> int | None:
    """Return which of several numbers differs from image to image; None if more than one does."""
    columns = list(zip(*(image.numbers for image in images), strict=True))
    varying = [place for place, column in enumerate(columns) if len(set(column)) > 1]
    if len(varying) > 1:
        return None
    return varying[0] if varying else len(columns) - 1


def check_numbering(images: Sequence[Image]) -> None:
    """Notice a lost frame: numbers that count go up in equal steps; time stamps may do as they like.

    Numbers are a count if they are short and every step is a multiple of the smallest.

    Args:
        images: as `choose_sequence` returns them.

    Raises:
        MissingDataError: a gap; the message names the file.
        DataError: two images with one number.
    """
    check_unique(images)
    numbers = numbers_of(images)
    if numbers is None or len(numbers) < 2:
        return
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    common = min(steps)
    if max(map(abs, numbers)) >= 10 ** (CLOCK_DIGITS - 1) or any(step % common for step in steps):
        return
    for image, number, step in zip(images, numbers, steps, strict=False):
        if step != common:
            missing = _renumbered(image, images, number + common)
            raise MissingDataError(f"{missing}: missing from the numbered images")


def check_unique(images: Sequence[Image]) -> None:
    """Raise DataError if two images in a row, sorted, have the same pattern and numbers."""
    for earlier, later in pairwise(images):
        if earlier.numbers and (earlier.pattern, earlier.numbers) == (later.pattern, later.numbers):
            raise DataError(f"{earlier.path} and {later.path.name} have one number")


def _renumbered(image: Image, images: Sequence[Image], number: int) -> Path:
    """Return the path of an image with another number in the place that counts."""
    start, end = image.places[_counting_place(images) or 0]
    stem = image.path.stem
    digits = stem[start:end].lstrip("-")
    width = len(digits) if digits.startswith("0") else 1
    text = f"{'-' if number < 0 else ''}{abs(number):0{width}d}"
    return image.path.with_name(stem[:start] + text + stem[end:] + image.path.suffix)
