"""The patch cache: the training patches of many videos in one file, raw or as WebP. Book: chapter 10.

Layout: the patches one after the other, video by video; then the index, JSON lines (settings, then one
line a video); then a trailer with the index's length and checksum. Raw patches are used in place through
a memory map, so a cache of N frames needs no memory for N frames. `cache_writer` beside this writes it.
"""

import hashlib
import json
import struct
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.arguments import Between, check
from udtlib.data.raw_video.patch_selection import PATCH_SIZE
from udtlib.errors import DataError, MissingDataError
from udtlib.files import user_path

MAGIC = b"UDTPATCH"
TRAILER = struct.Struct("<Q32s8s")
"""Length of the index, its SHA-256, `MAGIC`."""

SHAPE = (PATCH_SIZE, PATCH_SIZE, 3)
NUMEL = PATCH_SIZE * PATCH_SIZE * 3

Patches = NDArray[np.uint8]


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


def check_quality(webp: int | None) -> None:
    """Raise `OptionError` unless ``webp`` is None or a quality from 1 to 100."""
    if webp is not None:
        check("webp", webp, Annotated[int, Between(1, 100)])


def encode_patch(patch: Patches, webp: int | None) -> bytes:
    """Return a patch as a cache stores it.

    Args:
        patch: RGB uint8 ``(125, 125, 3)``.
        webp: quality 1 to 100, or None for the 46,875 bytes as they are.
    """
    if webp is None:
        return patch.tobytes()
    quality = [cv2.IMWRITE_WEBP_QUALITY, webp]
    return cv2.imencode(".webp", cv2.cvtColor(patch, cv2.COLOR_RGB2BGR), quality)[1].tobytes()


def decode_patch(data: bytes | Patches, webp: int | None) -> Patches | None:
    """Return the patch that `encode_patch` stored, RGB uint8 ``(125, 125, 3)``; None if there is none."""
    stored = np.frombuffer(data, np.uint8)
    if webp is None:
        return stored.reshape(SHAPE) if stored.size == NUMEL else None
    image = cv2.imdecode(stored, cv2.IMREAD_COLOR)
    if image is None or image.shape != SHAPE:
        return None
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


class PatchCache:
    """A finished cache.

    Attributes:
        path: the file.
        videos: the `PackedVideo` in it, in order.
        skipped: the `SkippedVideo` that are not.
        names: of the videos in it and of those that are not.
        frames: number of patches, also ``len()``.
        settings: how it was made: ``webp``, ``frames_per_video``, ``selection``, ``measured``, ``cutting``
            (`udtlib.data.raw_video.patch_selection.CUTTING`), the ``follower`` if there was one;
            and ``synthetic`` (see `udtlib.data.synthetic.cache`) if nothing in it was filmed.
    """

    def __init__(self, path: str | Path, verify: bool = True) -> None:
        """Open a cache; ``verify`` reads it once and compares every checksum.

        Raises:
            MissingDataError: no such file.
            DataError: not a patch cache, cut off, or damaged; the message names the video.
        """
        self.path = user_path(path)
        if not self.path.is_file():
            raise MissingDataError(f"{path}: no such patch cache; make one with `udt data pack`")
        index = _read_index(self.path)
        self.settings, self.videos, self.skipped = index.settings, tuple(index.videos), tuple(index.skipped)
        self.names, self.frames = index.names, index.frames
        self._bytes = np.memmap(self.path, np.uint8, mode="r")[: index.nbytes]
        lengths = [length for video in self.videos for length in video.lengths]
        self._offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]) if lengths else None
        if verify:
            self.verify()

    def __len__(self) -> int:
        """Return the number of patches."""
        return self.frames

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as the path alone."""
        return PatchCache, (self.path, False)

    def read(self, indices: ArrayLike) -> Patches:
        """Return the patches of these frames, of any order and shape; nothing else is kept in memory.

        Args:
            indices: whole numbers, 0 to ``len(self) - 1``.

        Returns:
            RGB uint8 ``(*indices.shape, 125, 125, 3)``, a new array.

        Raises:
            IndexError: a number outside this range.
            DataError: a compressed patch that cannot be decoded.
        """
        indices = np.asarray(indices)
        if not indices.size:
            return np.empty((*indices.shape, *SHAPE), np.uint8)
        if not 0 <= indices.min() <= indices.max() < self.frames:
            raise IndexError(f"frames {indices.min()} to {indices.max()} of {self.frames} in {self.path}")
        if self._offsets is None:
            return np.array(self._bytes.reshape(-1, *SHAPE)[indices])
        patches = np.empty((indices.size, *SHAPE), np.uint8)
        for place, index in enumerate(indices.ravel()):
            patches[place] = self._decode(index)
        return patches.reshape(*indices.shape, *SHAPE)

    def load(self) -> Patches:
        """Return all patches, decoded once, in memory: ``(N, 125, 125, 3)``, 46,875 bytes each."""
        patches = np.empty((self.frames, *SHAPE), np.uint8)

        def read_into_place(video: PackedVideo) -> None:
            patches[video.start : video.end] = self.read(np.arange(video.start, video.end))

        with ThreadPoolExecutor(max(1, cv2.getNumThreads())) as pool:
            list(pool.map(read_into_place, self.videos))
        return patches

    def verify(self) -> None:
        """Compare every video's checksum.

        Raises:
            DataError: the first video whose patches are not what was written.
        """
        for video in self.videos:
            patches = self._bytes[video.offset : video.offset + video.nbytes].data
            if hashlib.sha256(patches).hexdigest() != video.sha256:
                raise DataError(f"{self.path}: the patches of {video.name} are damaged; make the cache again")

    def _decode(self, index: int) -> Patches:
        assert self._offsets is not None
        stored = self._bytes[self._offsets[index] : self._offsets[index + 1]]
        patch = decode_patch(stored, self.settings["webp"])
        if patch is None:
            raise DataError(f"{self.path}: patch {index} cannot be decoded; make the cache again")
        return patch


def _read_index(path: Path) -> Index:
    size = path.stat().st_size
    with open(path, "rb") as file:
        file.seek(max(0, size - TRAILER.size))
        trailer = file.read()
        length, digest, magic = TRAILER.unpack(trailer) if len(trailer) == TRAILER.size else (0, b"", b"")
        if magic != MAGIC or length > size - TRAILER.size:
            raise DataError(f"{path}: expected a patch cache, found another file or one that was cut off")
        file.seek(size - TRAILER.size - length)
        text = file.read(length)
    if hashlib.sha256(text).digest() != digest:
        raise DataError(f"{path}: the index is damaged; make the cache again")
    index = parse_index(text.splitlines(), str(path))
    if index.nbytes != size - TRAILER.size - length:
        raise DataError(
            f"{path}: expected {index.nbytes} bytes of patches, found {size - TRAILER.size - length}"
        )
    return index
