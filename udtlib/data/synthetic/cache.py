"""Patches of procedural clips in a patch cache: rendered once, trained on often. Book: chapter 10.

The file is one of `udtlib.data.raw_video.patch_cache`, read like any other; its settings say under
``synthetic`` what it was rendered from, so that nobody takes it for real video.
"""

from collections.abc import Iterable
from collections.abc import Sequence as AbstractSequence
from pathlib import Path
from typing import Any

import numpy as np

import udtlib
from udtlib.arguments import checked
from udtlib.data.raw_video.cache_writer import CacheWriter, write_cache
from udtlib.data.raw_video.patch_cache import PatchCache, check_quality, decode_patch, encode_patch
from udtlib.data.synthetic.patches import Clips, Frames, Seed, clip_patches, clips_name
from udtlib.errors import DataError
from udtlib.files import user_path

CROPS = "centre"
PROBES = 8  # clips of which the first patch is drawn again


@checked
def pack_clips(
    out: str | Path,
    clips: Clips = 64,
    frames: Frames = 30,
    seed: Seed = 0,
    webp: int | None = None,
    progress: bool = False,
) -> PatchCache:
    """Render clips and cache the centre patches, clip by clip; return the cache, opened.

    Only one clip is in memory. A run that was killed continues with the first unfinished clip; one that is
    complete is verified and returned.

    Args:
        out: the file to write.
        clips: how many, at least 1.
        frames: of each, at least 2.
        seed: equal seeds give the patches of `udtlib.data.synthetic.patches.render_patches`.
        webp: quality 1 to 100 of the compression, or None to store them as they are.
        progress: draw a bar if the output is a terminal.

    Raises:
        OptionError: a value out of range (negative seeds too), or a cache made with other settings.
        DataError: the cache is damaged, or was drawn by another version of the renderer.
        StorageError: another process is writing it, or the disk is full, say; what is finished is kept.
    """
    check_quality(webp)
    settings: dict[str, Any] = {
        "webp": webp,
        "frames_per_video": frames,
        "selection": CROPS,
        "measured": [],
        "synthetic": {"clips": clips, "seed": seed, "udtlib": udtlib.__version__},
    }
    out = user_path(out)

    def fill(writer: CacheWriter) -> None:
        finished = writer.finished
        for number in _bar(range(clips), progress):
            name = f"clip-{number:05d}"
            if name not in finished:
                patches, _ = clip_patches(seed, number, frames, CROPS)
                writer.append([encode_patch(patch, webp) for patch in patches])
                writer.commit(name)

    cache = write_cache(out, settings, fill)
    _check_renderer(out, cache, seed, range(clips))
    return cache


def _check_renderer(out: Path, cache: PatchCache, seed: int, clips: AbstractSequence[int]) -> None:
    """Draw the first patch of some clips again: a cache of another renderer must not pass for ours.

    Raises:
        DataError: it comes out otherwise.
    """
    webp = cache.settings["webp"]
    for number in clips[:: -(-len(clips) // PROBES)]:
        drawn = decode_patch(encode_patch(clip_patches(seed, number, 1, CROPS)[0][0], webp), webp)
        if drawn is None or not np.array_equal(drawn, cache.read(cache.videos[number].start)):
            raise DataError(
                f"{out}: clip {number} is not what this udtlib draws; the renderer, or OpenCV, has "
                "changed since. Choose another name, or remove it to render it again"
            )


def synthetic_name(cache: PatchCache) -> str:
    """Return what a cache was rendered from, in words; empty if it holds real video."""
    made = cache.settings.get("synthetic")
    if not made:
        return ""
    name = clips_name(made["clips"], cache.settings["frames_per_video"], made["seed"], CROPS)
    return f"{name}, rendered by udtlib {made['udtlib']}"


def _bar(numbers: Iterable[int], progress: bool) -> Iterable[int]:
    from tqdm import tqdm

    return tqdm(numbers, unit="clip", disable=None if progress else True)
