"""Videos that teach nothing: dark or of one colour throughout, or without any motion. Book: chapter 10."""

from collections.abc import Sequence

import numpy as np

from udtlib.data.raw_video.cache_index import PackedVideo
from udtlib.data.raw_video.patch_cache import PatchCache, Patches

FLAT = 3.0  # grey levels: a patch of a smaller standard deviation shows nothing
STILL = 1.0  # grey levels: patches that mostly differ less, on average, show the same; key frames may flicker
PROBES = 6  # patches looked at in a video
MOST_VIDEOS = 400  # looked at, evenly spread; more would take long
NAMED = 5  # videos named in a line


def find_dull(cache: PatchCache, videos: Sequence[PackedVideo]) -> dict[str, list[str]]:
    """Return the names of videos whose patches show nothing (``"flat"``) or never change (``"still"``).

    A few patches of each are looked at, of at most `MOST_VIDEOS`.
    """
    found: dict[str, list[str]] = {"flat": [], "still": []}
    for video in videos[:: -(-len(videos) // MOST_VIDEOS) or 1]:
        probes = np.linspace(video.start, video.end - 1, min(PROBES, video.frames)).astype(np.int64)
        kind = dullness(cache.read(probes))
        if kind:
            found[kind].append(video.name)
    return found


def dullness(patches: Patches) -> str:
    """Return ``"flat"``, ``"still"`` or an empty text for patches ``(n, H, W, 3)`` of one video."""
    if (patches.std((1, 2)).max(1) < FLAT).all():
        return "flat"
    change = np.abs(np.diff(patches[:, ::2, ::2].astype(np.int16), axis=0))
    return "still" if len(patches) > 1 and np.median(change.mean((1, 2, 3))) < STILL else ""


def dull_lines(found: dict[str, list[str]], count: int) -> list[str]:
    """Return what to tell about dull videos among ``count`` of them, one line a kind."""
    what = {
        "flat": "dark or of one colour in the middle of every frame, and teach nothing. Leave them out, or "
        "name videos that show something there",
        "still": "still: nothing moves in them, and a network learns little from them. Name videos with "
        "motion, or use --augment 1",
    }
    return [
        f"{len(names)} of {count} videos ({listed(names)}) {'is' if len(names) == 1 else 'are'} {what[kind]}"
        for kind, names in found.items()
        if names
    ]


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
