"""Writing a patch cache: video by video, resumable, and under its final name only once it is complete.

Until then the patches are in ``NAME.partial``, its index in ``NAME.partial.index``. A line of the index is
written after its video's patches are safe on the disk, so whatever was interrupted, the lines are true;
what lies behind the last of them is cut off. Before it gets its name, the whole file is read again and every
checksum compared. `write_cache` keeps a second writer out. Book: chapter 10.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Any

from udtlib.data.raw_video.cache_index import Index, PackedVideo, SkippedVideo, parse_index
from udtlib.data.raw_video.patch_cache import MAGIC, TRAILER, PatchCache
from udtlib.errors import DataError, OptionError, StorageError, UdtError
from udtlib.files import check_target, make_folder, open_partial, put_in_place
from udtlib.locks import only_writer


def write_cache(out: Path, settings: dict[str, Any], fill: Callable[["CacheWriter"], None]) -> PatchCache:
    """Return the cache ``out``, whole, of these settings and opened; ``fill`` writes the videos of a new one.

    Raises:
        OptionError: it was made with other settings.
        DataError: it is damaged.
        StorageError: it cannot be written, or another process is writing it.
    """
    check_target(out)
    make_folder(out.parent)
    if not out.exists():
        with only_writer(out):
            if not out.exists():  # another process may just have finished
                with CacheWriter(out, settings) as writer:
                    fill(writer)
                    writer.finish()
                return PatchCache(out, verify=False)
    cache = PatchCache(out)
    check_settings(out, cache.settings, settings)
    return cache


EARLIER = {"cutting": 1, "follower": "udtlib.trackers.kcf.follow"}
"""Settings as they were before caches said so."""


def check_settings(origin: str | Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Refuse to go on with a cache that was made otherwise.

    Raises:
        OptionError: names each setting that differs.
    """
    different = [
        f"{name} is {found.get(name)!r}, asked for {wanted.get(name)!r}"
        for name in sorted({*found, *wanted})
        if found.get(name, EARLIER.get(name)) != wanted.get(name, EARLIER.get(name))
    ]
    if different:
        raise OptionError(
            f"{origin} was made with other settings: {'; '.join(different)}. Choose another name"
        )


class CacheWriter:
    """Writes one cache; use it in a ``with``, which closes the files.

    Attributes:
        out: the file to be.
        index: what is finished: after a kill, what the former run finished.
    """

    def __init__(self, out: str | Path, settings: dict[str, Any]) -> None:
        """Begin, or continue what an interrupted run left.

        Raises:
            OptionError: it left a cache with other settings.
            DataError: it left something that is not a cache.
            StorageError: the files cannot be written.
        """
        self.out = check_target(out)
        self.partial = Path(f"{self.out}.partial")
        self.index_path = Path(f"{self.out}.partial.index")
        self.settings = json.loads(json.dumps(settings))
        make_folder(self.out.parent)
        is_new = not self.partial.exists()
        self._patches, self._lines = open_partial(self.partial), open_partial(self.index_path)
        try:
            with self._storage_errors():
                if is_new:  # an index alone is of patches that are gone
                    self._lines.truncate(0)
                self.index = self._resume()
                if not self._lines.tell():
                    self._write_line(self.settings)
                self.discard()
        except UdtError:
            self._patches.close()
            self._lines.close()
            raise

    def __enter__(self) -> "CacheWriter":
        return self

    def __exit__(self, *error: object) -> None:
        """Close the files; an unfinished video is cut off."""
        if not self._patches.closed:
            with suppress(OSError):
                self.discard()
            self._patches.close()
        self._lines.close()

    @property
    def finished(self) -> set[str]:
        """Names of the videos that need not be looked at again."""
        return self.index.names

    def append(self, blobs: list[bytes]) -> None:
        """Add patches to the current video.

        Raises:
            StorageError: the disk is full, say; the current video is cut off, finished ones are safe.
        """
        with self._storage_errors():
            data = b"".join(blobs)
            _write(self._patches, data)
        self._digest.update(data)
        self._lengths += [len(blob) for blob in blobs]

    def commit(self, name: str, source_sha256: str = "", note: str = "") -> PackedVideo:
        """Finish the current video.

        Raises:
            StorageError: as `append`.
        """
        lengths = self._lengths
        video = PackedVideo(
            name=name,
            start=self.index.frames,
            frames=len(lengths),
            offset=self.index.nbytes,
            nbytes=sum(lengths),
            sha256=self._digest.hexdigest(),
            source_sha256=source_sha256,
            note=note,
            lengths=() if self.settings["webp"] is None else tuple(lengths),
        )
        with self._storage_errors():
            os.fsync(self._patches.fileno())
            self._write_line(asdict(video))
        self.index.videos.append(video)
        self.discard()
        return video

    def skip(self, name: str, reason: str, leak: bool = False, source_sha256: str = "") -> None:
        """Leave the current video out, and say why."""
        self.discard()
        skipped = SkippedVideo(name, reason, leak, source_sha256)
        with self._storage_errors():
            self._write_line(asdict(skipped))
        self.index.skipped.append(skipped)

    def discard(self) -> None:
        """Cut off what was appended since the last `commit`."""
        self._digest, self._lengths = hashlib.sha256(), list[int]()
        self._patches.truncate(self.index.nbytes)
        self._patches.seek(0, os.SEEK_END)

    def finish(self) -> None:
        """Add the index, and give the file its name.

        Raises:
            DataError: not one video to keep; the message has a line for each and its reason, and no file is
                left behind.
            StorageError: as `append`.
        """
        if not self.index.videos:
            reasons = [f"\n  {video.name}: {video.reason}" for video in self.index.skipped]
            self._patches.close()
            self.partial.unlink()
            self.remove_index()
            raise DataError(
                f"{self.out}: not one usable video among {len(reasons)}, nothing written" + "".join(reasons)
            )
        self._lines.seek(0)
        text = self._lines.readall()
        trailer = TRAILER.pack(len(text), hashlib.sha256(text).digest(), MAGIC)
        with self._storage_errors():
            _write(self._patches, text + trailer)
            os.fsync(self._patches.fileno())
            self._verify()
            self._patches.close()
            put_in_place(self.partial, self.out)
        self.remove_index()

    def _verify(self) -> None:
        """Read the file again; one that is not what was written is removed, the next run starts anew."""
        try:
            PatchCache(self.partial)
        except DataError as error:
            self._patches.close()
            self.partial.unlink()
            self.remove_index()
            raise StorageError(
                f"{self.out}: what is read again is not what was written ({error}); nothing is kept. Is the "
                "disk sound, and no other program at work there?"
            ) from error

    def remove_index(self) -> None:
        """Remove the index beside the patches."""
        self._lines.close()
        self.index_path.unlink(missing_ok=True)

    def _write_line(self, entry: dict[str, Any]) -> None:
        _write(self._lines, json.dumps(entry).encode() + b"\n")
        os.fsync(self._lines.fileno())

    def _resume(self) -> Index:
        """Return the index of what an interrupted run left, without lines or patches that were cut off."""
        text = self._lines.readall()
        whole = text[: text.rfind(b"\n") + 1]
        self._lines.seek(self._lines.truncate(len(whole)))
        if not whole:
            return Index(self.settings, [], [])
        index = parse_index(whole.splitlines(), str(self.index_path))
        check_settings(self.partial, index.settings, self.settings)
        if index.nbytes > os.fstat(self._patches.fileno()).st_size:
            raise DataError(f"{self.partial}: shorter than its index says; remove both and begin again")
        return index

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except UdtError:
            raise
        except OSError as error:
            with suppress(OSError, AttributeError):
                self.discard()
            raise StorageError(
                f"{self.out}: cannot be written ({error.strerror}); finished videos are kept in "
                f"{self.partial.name}, run the same command again to continue"
            ) from error


def _write(file: FileIO, data: bytes) -> None:
    """Write all of ``data`` to an unbuffered file, which may take less at a time."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
