"""From raw videos to training patches: find the videos, decode, cut, check, cache. Book: chapter 10.

A video is a file or a folder of numbered images; no label of any kind is read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from udtlib.data.images import largest_image
from udtlib.data.kinds import Walk
from udtlib.data.raw_video.cache_writer import CacheWriter, check_settings
from udtlib.data.raw_video.decoding import Chunk, Decoder, Job
from udtlib.data.raw_video.leak_check import Measured
from udtlib.data.raw_video.patch_cache import PatchCache, check_quality
from udtlib.data.raw_video.patch_selection import Follower, check_selection
from udtlib.errors import DataError, MissingDataError, OptionError

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
    sources = [source for path in paths for source in _find_in(Path(path), walk)]
    if not sources:
        raise DataError("expected video files or folders of them, found none")
    twice = {source.name for source in sources if sum(source.name == other.name for other in sources) > 1}
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
        VideoSource(path.name if video == path else video.relative_to(path).as_posix(), video)
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
    verified and returned.

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
        StorageError: the disk is full, say; what is finished is kept.
    """
    _check_options(webp, frames_per_video)
    check_selection(selection, follower)
    sources = find_videos(videos)
    out = Path(out)
    out = out / ("patches.raw" if webp is None else "patches.webp") if out.is_dir() else out
    settings = {
        "webp": webp,
        "frames_per_video": frames_per_video,
        "selection": selection,
        "measured": measured.names if measured else [],
    }
    if out.exists():
        return _open_complete(out, settings, sources)
    with CacheWriter(out, settings) as writer, decoder or Decoder() as decoder:
        for source in _bar(sources, progress):
            if source.name not in writer.finished:
                job = Job(source.path, frames_per_video, webp, selection, follower)
                _pack_one(writer, decoder, source, job, measured)
        writer.finish()
    return PatchCache(out, verify=False)


def _check_options(webp: int | None, frames_per_video: int) -> None:
    check_quality(webp)
    largest_image()
    if frames_per_video < 2:
        raise OptionError(
            f"at least 2 frames of a video are needed to learn from it, found {frames_per_video}"
        )


def _open_complete(out: Path, settings: dict[str, Any], sources: Sequence[VideoSource]) -> PatchCache:
    cache = PatchCache(out)
    check_settings(out, cache.settings, settings)
    different = cache.names ^ {source.name for source in sources}
    if different:
        raise DataError(
            f"{out} was made of other videos ({min(different)} is not in both); choose another name"
        )
    return cache


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
        writer.skip(source.name, str(error))
        return
    leak = measured.find(np.concatenate(hashes)) if measured else None
    if leak:
        writer.skip(source.name, str(leak), leak=True)
    else:
        writer.commit(source.name, ending.source_sha256, ending.note)


def _bar(sources: Sequence[VideoSource], progress: bool) -> Iterable[VideoSource]:
    from tqdm import tqdm

    return tqdm(sources, unit="video", disable=None if progress else True)
