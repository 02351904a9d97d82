"""The patch cache: the training patches of many videos in one file, raw or as WebP. Book: chapter 10.

Layout: the patches one after the other, video by video; then the index (`cache_index`), JSON lines; then a
trailer with the index's length and checksum. Raw patches are used in place through a memory map, so a cache
of N frames needs no memory for N frames. `cache_writer` beside this writes it.
"""

import hashlib
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from udtlib.arguments import Between, check, shown
from udtlib.data.image_header import read_header
from udtlib.data.raw_video.cache_index import NUMEL, SHAPE, Index, PackedVideo, parse_index
from udtlib.data.raw_video.patch_selection import PATCH_SIZE
from udtlib.errors import DataError, MissingDataError, OptionError
from udtlib.files import user_path

MAGIC = b"UDTPATCH"
AGAIN = "remove it, and make the cache again"
TRAILER = struct.Struct("<Q32s8s")
"""Length of the index, its SHA-256, `MAGIC`."""


Patches = NDArray[np.uint8]


def check_quality(webp: int | None) -> int | None:
    """Return ``webp`` as an int; raise `OptionError` unless it is None or a quality from 1 to 100."""
    return None if webp is None else check("webp", webp, Annotated[int, Between(1, 100)])


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
    header = read_header(stored.tobytes())  # before the decoder takes memory for what a damaged one claims
    if header is None or (header.format, header.height, header.width) != ("WebP", *SHAPE[:2]):
        return None
    try:
        image = cv2.imdecode(stored, cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if image is None or image.shape != SHAPE:
        return None
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


class PatchCache:
    """A finished cache.

    Attributes:
        path: the file's absolute path, which stays right when the current folder changes.
        videos: the `PackedVideo` in it, in order.
        skipped: the `SkippedVideo` that are not.
        names: of the videos in it and of those that are not.
        frames: number of patches, also ``len()``.
        settings: how it was made: ``webp``, ``frames_per_video``, ``selection``, ``measured`` (names of the
            sequences for measuring) and ``measured_content`` (their fingerprint), ``cutting``
            (`udtlib.data.raw_video.patch_selection.CUTTING`), the ``follower`` if there was one;
            and ``synthetic`` (see `udtlib.data.synthetic.cache`) if nothing in it was filmed.
    """

    def __init__(self, path: str | Path, verify: bool = True) -> None:
        """Open a cache; ``verify`` reads it once and compares every checksum.

        Raises:
            MissingDataError: no such file.
            DataError: not a patch cache, cut off, or damaged; the message names the video.
        """
        self.path = user_path(path).absolute()
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
            OptionError: something else than whole numbers.
            IndexError: a number outside this range.
            DataError: a compressed patch that cannot be decoded.
        """
        indices = _whole_numbers(indices)
        if not indices.size:
            return np.empty((*indices.shape, *SHAPE), np.uint8)
        if not 0 <= indices.min() <= indices.max() < self.frames:
            raise IndexError(f"frames {indices.min()} to {indices.max()} of {self.frames} in {self.path}")
        if self._offsets is None:
            return np.array(self._bytes.reshape(-1, *SHAPE)[indices])
        patches = np.empty((indices.size, *SHAPE), np.uint8)
        for place, index in enumerate(indices.ravel()):
            patches[place] = self._decode(int(index))
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
                raise DataError(f"{self.path}: the patches of {video.name} are damaged; {AGAIN}")

    def _decode(self, index: int) -> Patches:
        assert self._offsets is not None
        stored = self._bytes[self._offsets[index] : self._offsets[index + 1]]
        patch = decode_patch(stored, self.settings["webp"])
        if patch is None:
            name = next(video.name for video in self.videos if index < video.end)
            raise DataError(
                f"{self.path}: expected patch {index}, of {name}, as WebP of {PATCH_SIZE}x{PATCH_SIZE} "
                f"pixels, found one that cannot be decoded; {AGAIN}"
            )
        return patch


def _whole_numbers(indices: ArrayLike) -> NDArray[np.integer]:
    try:
        found = np.asarray(indices)
    except ValueError as error:  # rows of several lengths
        raise OptionError(f"indices: expected whole numbers in an array, found {shown(indices)}") from error
    if found.size and found.dtype.kind not in "iu":
        raise OptionError(f"indices: expected whole numbers, found {shown(indices)}")
    return found


def _read_index(path: Path) -> Index:
    size = path.stat().st_size
    with open(path, "rb") as file:
        file.seek(max(0, size - TRAILER.size))
        trailer = file.read()
        length, digest, magic = TRAILER.unpack(trailer) if len(trailer) == TRAILER.size else (0, b"", b"")
        if magic != MAGIC or length > size - TRAILER.size:
            raise DataError(
                f"{path}: expected a patch cache, found another file or one that was cut off. Choose "
                "another name; or, if it was a cache, remove it and make it again"
            )
        file.seek(size - TRAILER.size - length)
        text = file.read(length)
    if hashlib.sha256(text).digest() != digest:
        raise DataError(f"{path}: the index is damaged; {AGAIN}")
    index = parse_index(text.splitlines(), str(path))
    if index.nbytes != size - TRAILER.size - length:
        raise DataError(
            f"{path}: expected {index.nbytes} bytes of patches, found {size - TRAILER.size - length}; {AGAIN}"
        )
    return index
