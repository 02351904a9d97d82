"""The index of a patch cache: its settings, and a line for each video, checked value by value when read.

Book: chapter 10.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from udtlib.data.raw_video.patch_selection import PATCH_SIZE
from udtlib.errors import DataError

SHAPE = (PATCH_SIZE, PATCH_SIZE, 3)
NUMEL = PATCH_SIZE * PATCH_SIZE * 3


@dataclass(frozen=True)
class PackedVideo:
    """One video in the cache.

    Attributes:
        name: its path below the folder it was found in.
        start: number of its first frame in the cache.
        frames: how many frames it has.
        offset: first byte of its patches in the file.
        nbytes: how many bytes they take.
        sha256: of these bytes.
        source_sha256: of the video file, or of its images one after the other.
        note: what was odd about the video; empty if nothing.
        lengths: bytes of each compressed patch; empty in a raw cache.
    """

    name: str
    start: int
    frames: int
    offset: int
    nbytes: int
    sha256: str
    source_sha256: str
    note: str = ""
    lengths: tuple[int, ...] = field(default=(), repr=False)

    @property
    def end(self) -> int:
        """Number of the frame after its last."""
        return self.start + self.frames


@dataclass(frozen=True)
class SkippedVideo:
    """A video that is not in the cache, and why; ``leak`` if it shows what is measured on.

    ``source_sha256`` is as in `PackedVideo`, of all images of a folder; empty in older caches.
    """

    name: str
    reason: str
    leak: bool = False
    source_sha256: str = ""


@dataclass
class Index:
    """What a cache holds: settings by name, the videos in it, and those that are not."""

    settings: dict[str, Any]
    videos: list[PackedVideo]
    skipped: list[SkippedVideo]

    @property
    def frames(self) -> int:
        """Number of patches."""
        return self.videos[-1].end if self.videos else 0

    @property
    def nbytes(self) -> int:
        """Number of bytes of the patches."""
        return self.videos[-1].offset + self.videos[-1].nbytes if self.videos else 0

    @property
    def names(self) -> set[str]:
        """Names of all videos that were looked at."""
        return {video.name for video in self.videos} | {video.name for video in self.skipped}


def parse_index(lines: Iterable[bytes], origin: str) -> Index:
    """Return the index in these lines; every value has its type, and the numbers fit each other.

    Raises:
        DataError: lines that are not an index; ``origin`` is named.
    """
    try:
        settings, *entries = [json.loads(line) for line in lines]
        index = Index(_checked_settings(settings), [], [])
        for entry in entries:
            if "reason" in entry:
                index.skipped.append(_typed(SkippedVideo(**entry)))
            else:
                video = _typed(PackedVideo(**{**entry, "lengths": tuple(entry["lengths"])}))
                index.videos.append(_fitting(video, index))
        return index
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(
            f"{origin}: expected the index of a patch cache, found something else ({str(error)[:80]})"
        ) from error


def _checked_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Return an index's settings, or raise a `ValueError`, `TypeError` or `KeyError`."""
    webp, made = settings["webp"], settings.get("synthetic")
    expected = [
        (settings["frames_per_video"], int),
        (settings["selection"], str),
        (settings["measured"], list),
        (settings.get("measured_content", ""), str),
    ]
    expected += [(name, str) for name in settings["measured"]]
    expected += [(made["clips"], int), (made["seed"], int), (made["udtlib"], str)] if made is not None else []
    wrong = [value for value, kind in expected if type(value) is not kind]
    if wrong or not (webp is None or (type(webp) is int and 1 <= webp <= 100)):
        raise ValueError(f"settings {settings}")
    return settings


Entry = TypeVar("Entry", PackedVideo, SkippedVideo)


def _typed(entry: Entry) -> Entry:
    """Return an entry whose plain values are of the types its class says, or raise a `TypeError`."""
    for one in fields(entry):
        if one.type in (str, int, bool) and type(getattr(entry, one.name)) is not one.type:
            raise TypeError(f"{one.name} is {getattr(entry, one.name)!r}")
    return entry


def _fitting(video: PackedVideo, index: Index) -> PackedVideo:
    """Return a video that follows on those of the index, of as many bytes as its patches need, or raise."""
    sizes = video.lengths
    if index.settings["webp"] is None:
        fits = sizes == () and video.nbytes == video.frames * NUMEL
    else:
        fits = len(sizes) == video.frames and all(type(size) is int and size > 0 for size in sizes)
        fits = fits and sum(sizes) == video.nbytes
    if not (fits and video.frames > 0 and (video.start, video.offset) == (index.frames, index.nbytes)):
        raise ValueError(f"{video.name}: frames and bytes that do not fit")
    return video
