"""What counts as data: which files are frames, which are videos, and why the others are left out.

Everything that looks into a folder for data asks here. Nothing that could be meant is left out without a
line in the log: hidden files such as ``._0001.jpg``, a cover beside numbered frames, posters beside videos,
a second way to the same file. Book: chapters 00 and 10.
"""

import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from udtlib.data.image_header import image_format, is_animated_gif
from udtlib.data.numbering import Image, check_numbering, check_unique, choose_sequence, numbers_of
from udtlib.errors import DataError, MissingDataError
from udtlib.printing import log_of

LOG = log_of(__name__)

IMAGE_SUFFIXES = (".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""Of image files, in any case; a ``.gif`` with more than one picture is a video."""

_VIDEOS = (
    ".3g2 .3gp .asf .avi .divx .f4v .flv .gif .h264 .m1v .m2ts .m2v .m4v .mkv .mov .mp4 .mpe .mpeg .mpg .mts "
    ".mxf .ogm .ogv .qt .rm .rmvb .ts .vob .webm .wmv .y4m"
)
VIDEO_SUFFIXES = tuple(_VIDEOS.split())
"""Of video files, in any case; a file named by itself may have any other if its first bytes are a video's."""

OTHER_IMAGES = (".avif", ".exr", ".heic", ".heif", ".jp2", ".jxl", ".pgm", ".ppm", ".svg", ".tga")
"""Of images that are not read."""

SYSTEM_NAMES = ("__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information")
"""Folders that archivers and systems make, with files in them that have the names of data."""

BESIDE_VIDEOS = 10
"""So many images of one pattern beside video files are a sequence; fewer are posters."""

HEAD_BYTES = 4096
GIF_BYTES = 1 << 26
VIDEO_SIGNATURE = re.compile(
    rb"\0...(ftyp|moov|mdat|wide|free|skip|pnot)|\x1aE\xdf\xa3|RIFF....AVI |FLV\x01|OggS|GIF8[79]a|YUV4MPEG2 "
    rb"|\0\0\x01[\xb3\xba]|\0\0\0\x01|G.{187}G.{187}G|.{4}G.{191}G.{191}G|0&\xb2u\x8ef\xcf\x11|\.RMF"
    rb"|\x06\x0e\+4\x02\x05\x01\x01",
    re.DOTALL,
)
"""How video files begin: MP4, Matroska, AVI, Flash, MPEG, transport streams, ASF, Ogg, GIF and others."""

TEXT = re.compile(rb"[\t\n\r\f\x08\x1b\x20-\x7e\x80-\xff]+|(\xff\xfe|\xfe\xff).*", re.DOTALL)


@dataclass
class Folder:
    """What was found in a folder, all sorted by name.

    Attributes:
        path: the folder.
        sequence: the images that are its frames, in order; empty if it has none.
        videos: video files.
        folders: folders in it.
        left_out: the path of what could be meant but is not taken, and why.
    """

    path: Path
    sequence: list[Image] = field(default_factory=list)
    videos: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    left_out: dict[Path, str] = field(default_factory=dict)

    def frames(self) -> list[Path]:
        """Return the image files that are its frames, in order; errors as `check_numbering`."""
        check_numbering(self.sequence)
        return [image.path for image in self.sequence]

    def numbered(self) -> dict[int, Path]:
        """Return the frames by number; empty where they have none; DataError if two have the same."""
        check_unique(self.sequence)
        numbers = numbers_of(self.sequence) or ()
        return {number: image.path for number, image in zip(numbers, self.sequence, strict=bool(numbers))}

    def log(self) -> None:
        """Say what was left out, a line for each reason."""
        by_reason: dict[str, list[str]] = {}
        for path, reason in self.left_out.items():
            by_reason.setdefault(reason, []).append(path.name)
        for reason, names in by_reason.items():
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            LOG.warning("%s: left out %s: %s", self.path, shown, reason)


def look_into(path: str | Path) -> Folder:
    """Return what a folder holds; nothing is logged yet.

    Raises:
        MissingDataError: no such folder, or one that may not be read.
    """
    found, images = Folder(Path(path)), list[Path]()
    try:
        with os.scandir(path) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise MissingDataError(f"{path}: no folder that can be read ({error.strerror})") from error
    for entry in ordered:
        kind, reason = _kind(entry)
        if reason:
            found.left_out[found.path / entry.name] = reason
        elif kind:
            lists = {"folder": found.folders, "image": images, "video": found.videos}
            lists[kind].append(found.path / entry.name)
    found.sequence = _sequence(images, found.videos)
    taken = {image.path for image in found.sequence}
    for image in images:
        if image not in taken:
            found.left_out[image] = (
                f"the sequence is the {len(taken)} images named like {found.sequence[0].path.name}"
                if taken
                else f"posters: named after a video beside them, or fewer than {BESIDE_VIDEOS} of one pattern"
            )
    return found


def _kind(entry: os.DirEntry[str]) -> tuple[str, str]:
    """Return ``folder``, ``image``, ``video`` or nothing, and the reason why it is left out if it is."""
    suffix = os.path.splitext(entry.name)[1].lower()
    try:
        is_folder, is_file = entry.is_dir(), entry.is_file()
    except OSError:  # a link to itself, say
        is_folder = is_file = False
    has_name = suffix in IMAGE_SUFFIXES or suffix in VIDEO_SUFFIXES
    if is_system_name(entry.name):
        return "", "hidden, or made by the system" if has_name or is_folder else ""
    if is_folder:
        return "folder", ""
    if not is_file:
        return "", "no file that can be read" if has_name else ""
    if suffix == ".gif":
        return "video" if is_animated_gif(read_head(entry, GIF_BYTES)) else "image", ""
    if has_name:
        return "image" if suffix in IMAGE_SUFFIXES else "video", ""
    if suffix in OTHER_IMAGES:
        return "", "such images are not read; convert them, to PNG say"
    is_video = VIDEO_SIGNATURE.match(read_head(entry))
    return "", "a video by its first bytes, but not by its name" if is_video else ""


def is_system_name(name: str) -> bool:
    """Tell whether a file or folder of this name is hidden, or made by an archiver or the system."""
    return name.startswith(".") or name in SYSTEM_NAMES


def may_be(check: Callable[[], bool]) -> bool:
    """Return what a check such as ``path.is_dir`` finds; True where that is refused: reading will say so."""
    try:
        return check()
    except PermissionError:
        return True


def is_open(folder: Path) -> bool:
    """Tell whether we may look into a folder; one that is not there counts as open."""
    try:
        os.scandir(folder).close()
    except PermissionError:
        return False
    except OSError:
        pass
    return True


def read_head(path: str | os.PathLike[str], size: int = HEAD_BYTES) -> bytes:
    """Return the first bytes of a file; nothing if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(size)
    except OSError:
        return b""


def _sequence(images: list[Path], videos: list[Path]) -> list[Image]:
    """Return the images that are frames; beside videos, not what is named after one, and not a few."""
    stems = {video.stem.lower() for video in videos}
    sequence = choose_sequence(image for image in images if not _is_named_after(image, stems))
    numbered = sequence and numbers_of(sequence) is not None
    return sequence if not videos or (numbered and len(sequence) >= BESIDE_VIDEOS) else []


def _is_named_after(image: Path, stems: set[str]) -> bool:
    """Tell whether an image is named ``clip.jpg`` or ``clip-poster.jpg`` for a video ``clip``."""
    stem = image.stem.lower()
    ends = [match.start() for match in re.finditer(r"[\W_]", stem)]
    return any(stem[:end] in stems for end in [*ends, len(stem)])


class Walk:
    """A walk through folders that meets each real folder and file once, whatever links there are."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], Path] = {}

    def folders(self, root: Path) -> Iterator[Folder]:
        """Yield ``root`` and the folders in it that were not met before; a link comes after what is real.

        Raises:
            MissingDataError: ``root`` is not there or may not be read; such a folder in it is logged.
        """
        todo, links = deque([root]), deque[Path]()
        while todo or links:
            path = (todo or links).popleft()
            first = self.meet(path)
            if first:
                LOG.warning("%s: left out: the same folder as %s", path, first)
                continue
            try:
                found = look_into(path)
            except MissingDataError as error:
                if path is root:
                    raise
                LOG.warning("left out: %s", error)
                continue
            yield found
            for folder in found.folders:
                (links if folder.is_symlink() else todo).append(folder)

    def meet(self, path: Path) -> Path | None:
        """Return where the same file or folder was met before, or None, the first time."""
        try:
            status = path.stat()
        except OSError:
            return None
        identity = status.st_dev, status.st_ino
        first = self._seen.get(identity)
        self._seen.setdefault(identity, path)
        return first

    def new(self, videos: Iterable[Path]) -> list[Path]:
        """Return the files not met before; of a file and a link to it, the file."""
        kept = []
        for video in sorted(videos, key=lambda path: (path.is_symlink(), path)):
            first = self.meet(video)
            if first:
                LOG.warning("%s: left out: the same file as %s", video, first)
            else:
                kept.append(video)
        return kept


def check_video_start(path: str | Path, head: bytes) -> None:
    """Refuse a file that no decoder should guess at: FFmpeg also opens texts, playlists and images.

    Args:
        path: the file, for its suffix and the message.
        head: its first `HEAD_BYTES` bytes.

    Raises:
        DataError: empty, a text, an image, or neither the name nor the first bytes are a video's.
    """
    is_video = VIDEO_SIGNATURE.match(head)
    if not head:
        raise DataError(f"{path}: expected a video, found an empty file")
    if not is_video and TEXT.fullmatch(head):
        raise DataError(f"{path}: expected a video, found a text")
    if not is_video and image_format(head):
        raise DataError(f"{path}: expected a video file or a folder of images, found one image")
    if not is_video and Path(path).suffix.lower() not in VIDEO_SUFFIXES:
        raise DataError(
            f"{path}: expected a video, found a file that is none by its name or by its first bytes"
        )
