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
from udtlib.data.raw_video.cache_writer import CacheWriter, check_settings
from udtlib.data.raw_video.patch_cache import PatchCache, check_quality, decode_patch, encode_patch
from udtlib.data.synthetic.patches import check_clips, clip_patches, clips_name
from udtlib.errors import DataError, OptionError

CROPS = "centre"
PROBES = 8  # clips of which the first patch is drawn again


def pack_clips(
    out: str | Path,
    clips: int = 64,
    frames: int = 30,
    seed: int = 0,
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
        StorageError: the disk is full, say; what is finished is kept.
    """
    check_clips(clips, frames, CROPS)
    check_quality(webp)
    if seed < 0:
        raise OptionError(f"a seed is 0, 1, 2 ..., found {seed}")
    settings: dict[str, Any] = {
        "webp": webp,
        "frames_per_video": frames,
        "selection": CROPS,
        "measured": [],
        "synthetic": {"clips": clips, "seed": seed, "udtlib": udtlib.__version__},
    }
    if Path(out).exists():
        cache = PatchCache(out)
        check_settings(out, cache.settings, settings)
        _check_renderer(out, cache, seed, range(clips))
        return cache
    with CacheWriter(out, settings) as writer:
        before = range(len(writer.index.videos))
        for number in _bar(range(clips), progress):
            name = f"clip-{number:05d}"
            if name not in writer.finished:
                patches, _ = clip_patches(seed, number, frames, CROPS)
                writer.append([encode_patch(patch, webp) for patch in patches])
                writer.commit(name)
        writer.finish()
    cache = PatchCache(out, verify=False)
    _check_renderer(out, cache, seed, before)
    return cache


def _check_renderer(out: str | Path, cache: PatchCache, seed: int, clips: AbstractSequence[int]) -> None:
    """Draw the first patch of some clips again: a cache of another renderer must not pass for ours.

    Raises:
        DataError: it comes out otherwise.
    """
    webp = cache.settings["webp"]
    for number in clips[:: -(-len(clips) // PROBES)] if clips else ():
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
