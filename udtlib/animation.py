"""Pictures that move: short looping WebP animations, and the still picture that stands for one in print.

A reader sees what a sequence of pictures shows without pressing anything. Readers and tests get the same
bytes from the same pictures, on one machine. Book: chapters 02, 07.
"""

import base64
import html
import io
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from udtlib.errors import FrameError, OptionError
from udtlib.frames import Frame, check_frame

LARGEST = 300_000
"""Bytes of an animation; a page holds several."""


def webp_animation(
    pictures: Sequence[Frame], milliseconds: int | Sequence[int] = 80, largest: int = LARGEST
) -> bytes:
    """Return an animation that loops, as compressed as ``largest`` demands.

    Args:
        pictures: RGB uint8 ``(H, W, 3)``, all of one size; equal neighbours are stored once.
        milliseconds: how long each is shown, or one number for each.
        largest: bytes.

    Raises:
        FrameError: no pictures, or of different sizes.
        OptionError: as many times as pictures are expected; or even the lowest quality takes more bytes.
    """
    if not len(pictures):
        raise FrameError("an animation has at least one picture, found none")
    pictures = [check_frame(picture, like=pictures[0].shape) for picture in pictures]
    if isinstance(milliseconds, int | np.integer):
        milliseconds = [int(milliseconds)] * len(pictures)
    times = list(milliseconds)
    if len(times) != len(pictures):
        raise OptionError(f"milliseconds: expected {len(pictures)}, one a picture, found {len(times)}")
    for quality in (80, 60, 40, 25, 10):
        data = _encode(*_without_repeats(pictures, times), quality)
        if len(data) <= largest:
            return data
    raise OptionError(f"{len(pictures)} pictures take {len(data)} bytes, more than {largest}; show fewer")


def _without_repeats(pictures: list[Frame], times: list[int]) -> tuple[list[Frame], list[int]]:
    kept, shown = [pictures[0]], [times[0]]
    for (before, picture), time in zip(pairwise(pictures), times[1:], strict=True):
        if np.array_equal(before, picture):
            shown[-1] += time
        else:
            kept.append(picture)
            shown.append(time)
    return kept, shown


def _encode(pictures: list[Frame], times: list[int], quality: int) -> bytes:
    from PIL import Image

    first, *others = (Image.fromarray(picture) for picture in pictures)
    file = io.BytesIO()
    first.save(
        file, "WebP", save_all=True, append_images=others, duration=times, loop=0, quality=quality, method=4
    )
    return file.getvalue()


def animation(
    pictures: Sequence[Frame], alt: str, milliseconds: int | Sequence[int] = 80, still: int = -1
) -> Any:
    """Return an animation to end a notebook's cell with; what is printed shows one of its pictures.

    Args:
        pictures: as `webp_animation`.
        alt: what it shows, in words, for those who cannot see it.
        milliseconds: as `webp_animation`.
        still: index of the picture that stands for it where nothing moves.

    Raises:
        FrameError, OptionError: as `webp_animation`; no words.
    """
    from IPython.display import HTML

    if not alt.strip():
        raise OptionError("alt: expected words that say what the animation shows, found none")
    moving = _data_url(webp_animation(pictures, milliseconds))
    resting = _data_url(_encode([check_frame(pictures[still])], [0], 80))
    return HTML(
        "<style>.moves + .rests {display: none} @media print, (prefers-reduced-motion: reduce)"
        " {.moves {display: none} .moves + .rests {display: inline}}</style>"
        f'<img class="moves" alt="{html.escape(alt)}" src="{moving}">'
        f'<img class="rests" alt="{html.escape(alt)}" src="{resting}">'
    )


def _data_url(data: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(data).decode()
