"""From raw videos to training patches: find the videos, decode, cut, check, cache. Book: chapter 10.

A video is a file or a folder of numbered images; no label of any kind is read.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np

from udtlib.arguments import Between, check
from udtlib.data.folder import folder_name, list_images
from udtlib.data.images import largest_image
from udtlib.data.kinds import Walk
from udtlib.data.raw_video.cache_index import Index, PackedVideo
from udtlib.data.raw_video.cache_writer import CacheWriter, write_cache
from udtlib.data.raw_video.decoding import Chunk, Decoder, Job, source_sha256
from udtlib.data.raw_video.leak_check import Measured
from udtlib.data.raw_video.patch_cache import PatchCache, check_quality
from udtlib.data.raw_video.patch_selection import CUTTING, Follower, check_selection
from udtlib.errors import DataError, MissingDataError, UdtError
from udtlib.files import user_path

Item = TypeVar("Item")

VID_PARTS = ("train", "val", "test")
"""Of ILSVRC2015 VID, below ``Data/VID``; ``snippets`` there has the same videos again."""


@dataclass(frozen=True)
class VideoSource:
    """A video on the disk: ``name`` is unique among those found together."""

    name: str
    path: Path


def find_videos(paths: Iterable[str | Path]) -> list[VideoSource]:
    """Return the videos in these files and folders, each folder's sorted by name.

    A folder is searched in depth: every video file in it and every folder of images is a video, once, even
    if several links lead to it. What is left out is logged, and why (`udtlib.data.kinds`). A folder with
    ``Data/VID`` in it is ILSVRC2015 VID: its train, val and test parts are taken.

    Raises:
        MissingDataError: no such file or folder.
        DataError: a folder without a video, or two videos of one name.
    """
    walk = Walk()
    sources = [source for path in paths for source in _find_in(user_path(path), walk)]
    if not sources:
        raise DataError("expected video files or folders of them, found none")
    twice = [name for name, count in Counter(source.name for source in sources).items() if count > 1]
    if twice:
        raise DataError(f"two videos are called {min(twice)}; pack a folder that holds both")
    return sources


def _find_in(path: Path, walk: Walk) -> list[VideoSource]:
    if path.is_file():
        return [VideoSource(path.name, path) for path in walk.new([path])]
    if not path.is_dir():
        raise MissingDataError(f"{path}: no such video, nor folder of videos")
    vid = path / "Data" / "VID"
    roots = [vid / part for part in VID_PARTS if (vid / part).is_dir()] if vid.is_dir() else [path]
    folders = [folder for root in roots for folder in walk.folders(root)]
    for folder in folders:
        folder.log()
    videos = [video for folder in folders for video in folder.videos]
    sequences = [folder.path for folder in folders if folder.sequence]
    if not videos and not sequences and (folders or not roots):
        raise DataError(f"{path}: expected video files or folders of images in it, found none")
    return [
        VideoSource(folder_name(path) if video == path else video.relative_to(path).as_posix(), video)
        for video in sorted([*sequences, *walk.new(videos)])
    ]


def pack_videos(
    videos: Iterable[str | Path],
    out: str | Path,
    webp: int | None = None,
    frames_per_video: int = 300,
    selection: str = "centre",
    measured: Measured | None = None,
    decoder: Decoder | None = None,
    progress: bool = False,
    follower: Follower | None = None,
) -> PatchCache:
    """Cut the training patches of all videos and cache them in one file; return it, opened.

    A video that cannot be decoded, or shows what is measured on, is left out and listed in the cache's
    ``skipped``. A run that was killed continues with the first unfinished video; one that is complete is
    verified and returned. Of what is finished the videos are read again, and must be the same.

    Args:
        videos: files and folders, as `find_videos`.
        out: the file, or a folder that exists: ``patches.raw`` or ``patches.webp`` in it.
        webp: quality 1 to 100 of the compression, about 2.6 kB a patch at 80; None keeps the 46,875 bytes.
        frames_per_video: so many frames from the start of each, at least 2.
        selection: a key of `udtlib.data.raw_video.patch_selection.SELECTIONS`.
        measured: sequences that must not be trained on; None checks nothing.
        decoder: the process that decodes; None starts one.
        progress: draw a bar if the output is a terminal.
        follower: the tracker of selection ``"follow"``, such as `udtlib.trackers.kcf.follow`.

    Raises:
        MissingDataError, DataError: as `find_videos`; no usable video; a cache that is damaged, or of others.
        OptionError: an option outside its range, or a cache made with other settings.
        UnknownNameError: an unknown selection.
        StorageError: another process is writing it, or the disk is full, say; what is finished is kept.
    """
    webp, frames_per_video = _checked_options(webp, frames_per_video)
    check_selection(selection, follower)
    sources = find_videos(videos)
    out = user_path(out)
    out = out / ("patches.raw" if webp is None else "patches.webp") if out.is_dir() else out
    settings = {
        "webp": webp,
        "frames_per_video": frames_per_video,
        "selection": selection,
        "measured": measured.names if measured else [],
        "cutting": CUTTING,
    }
    if selection == "follow" and follower is not None:
        settings["follower"] = f"{follower.__module__}.{follower.__qualname__}"
    if measured and measured.names:
        settings["measured_content"] = measured.fingerprint()
    there = out.exists()

    def fill(writer: CacheWriter) -> None:
        _check_sources(out, writer.index, sources, progress)
        finished = writer.finished
        with decoder or Decoder() as process:
            for source in _bar(sources, progress):
                if source.name not in finished:
                    job = Job(source.path, frames_per_video, webp, selection, follower)
                    _pack_one(writer, process, source, job, measured)

    cache = write_cache(out, settings, fill)
    different = cache.names ^ {source.name for source in sources}
    if different:
        raise DataError(
            f"{out} was made of other videos ({min(different)} is not in both); choose another name"
        )
    if there:
        _check_sources(out, cache, sources, progress)
    return cache


def _checked_options(webp: int | None, frames_per_video: int) -> tuple[int | None, int]:
    """Return both as the cache's settings hold them, whatever kind of whole number they are."""
    quality = check_quality(webp)
    largest_image()  # a limit that cannot be read is said before the work
    return quality, check("frames_per_video", frames_per_video, Annotated[int, Between(2, 10**9)])


def _check_sources(
    out: Path, made: PatchCache | Index, sources: Sequence[VideoSource], progress: bool
) -> None:
    """Refuse to go on with patches of other videos, also if they have the same names.

    Raises:
        DataError: a video is not among the sources, or has changed.
    """
    known = {source.name: source for source in sources}
    entries = [*made.videos, *made.skipped]
    for entry in _bar([entry for entry in entries if entry.name in known], progress, "comparing videos"):
        frames = entry.frames if isinstance(entry, PackedVideo) else None
        if entry.source_sha256 not in ("", _sha256_of(known[entry.name], frames)):
            raise DataError(
                f"{out} was made of another {entry.name}, which has changed since; choose another name, or "
                "remove what was made"
            )
    other = made.names - set(known)
    if other:
        raise DataError(f"{out} was begun with other videos ({min(other)} is not here); choose another name")


def _sha256_of(source: VideoSource, frames: int | None = None) -> str:
    """Return what the cache says of a source: of a file, or of the first images; of what is gone, a word."""
    try:
        paths = list_images(source.path)[:frames] if source.path.is_dir() else [source.path]
        return source_sha256(paths)
    except (OSError, UdtError):
        return "unreadable"


def _pack_one(
    writer: CacheWriter,
    decoder: Decoder,
    source: VideoSource,
    job: Job,
    measured: Measured | None,
) -> None:
    hashes: list[np.ndarray] = []

    def receive(chunk: Chunk) -> None:
        writer.append(chunk.blobs)
        hashes.append(chunk.hashes)

    try:
        ending = decoder.decode(job, receive)
    except DataError as error:
        writer.skip(source.name, str(error), source_sha256=_sha256_of(source))
        return
    leak = measured.find(np.concatenate(hashes)) if measured else None
    if leak:
        writer.skip(source.name, str(leak), leak=True, source_sha256=_sha256_of(source))
    else:
        writer.commit(source.name, ending.source_sha256, ending.note)


def _bar(items: Sequence[Item], progress: bool, title: str | None = None) -> Iterable[Item]:
    from tqdm import tqdm

    return tqdm(items, title, unit="video", disable=None if progress else True)
