"""Any video as frames: a folder of images or a video file, with or without true boxes. Book: chapter 00."""

import os
import re
from collections.abc import Callable
from collections.abc import Sequence as AbstractSequence
from pathlib import Path

import numpy as np

from udtlib.boxes import Boxes
from udtlib.data.box_files import read_boxes
from udtlib.data.images import ImageFiles
from udtlib.data.kinds import IMAGE_SUFFIXES, VIDEO_SUFFIXES, look_into, may_be
from udtlib.data.sequences import Frames, Sequence
from udtlib.data.video.file import VideoFile
from udtlib.errors import DataError, MissingDataError
from udtlib.files import user_path

TRUTH = "groundtruth.txt"


def load_folder(
    root: str | Path | None, truth: str | Path | None = None, index_base: int = 0
) -> list[Sequence]:
    """Return one sequence: a folder of images or a video file.

    Args:
        root: the folder, or the video file.
        truth: text file of the true boxes, one a frame, or one alone for the first frame; None
            takes ``groundtruth.txt`` in the folder, and no boxes, ``(0, 4)``, where there is none.
        index_base: number of the first pixel in the file of boxes.

    Raises:
        MissingDataError: no folder or file of this name, or no ``truth``.
        DataError: as `open_frames` and `read_boxes`, or a wrong number of boxes.
    """
    if root is None:
        raise MissingDataError(
            'the dataset "folder" is one of your own: name its folder of images or its video file with root= '
            "(in a terminal --root; --annotations of `udt score` and `udt report`)"
        )
    root = user_path(root)
    frames = open_frames(root)
    return [Sequence(sequence_name(root), frames, _read_truth(root, truth, frames, index_base))]


def load_folders(root: str | Path) -> list[Sequence]:
    """Return a sequence of each folder in ``root`` that holds ``groundtruth.txt``, by name; 0-indexed.

    Raises:
        MissingDataError: no such folder, or none in it.
        DataError: as `load_folder`.
    """
    root = user_path(root)
    inside = look_into(root).folders if root.is_dir() else []
    found = [path for path in inside if may_be((path / TRUTH).exists)]
    if not found:
        raise MissingDataError(f"{root}: expected folders SEQUENCE/{TRUTH} with their images, found none")
    return [sequence for folder in found for sequence in load_folder(folder)]


def sequence_name(path: Path) -> str:
    """Return what the sequence of a folder or a video file is called: the name, without a file's suffix.

    A suffix is a dot and a word with a letter in it: ``clip.1`` and ``clip.2`` are two names, of files too.
    """
    whole = folder_name(path)
    has_type = re.search(r"[A-Za-z]", path.suffix) and not path.is_dir()
    return whole.removesuffix(path.suffix) if has_type else whole


def folder_name(path: Path) -> str:
    """Return what a folder is called; ``.`` is called what the folder is called."""
    return Path(os.path.abspath(path)).name or "root"


def _read_truth(root: Path, truth: str | Path | None, frames: AbstractSequence, index_base: int) -> Boxes:
    if truth is None and not (root / TRUTH).exists():
        return np.empty((0, 4))
    path = user_path(truth) if truth else root / TRUTH
    boxes = read_boxes(path, index_base)
    if len(boxes) not in (1, len(frames)):
        raise DataError(f"{path}: expected {len(frames)} boxes, one a frame of {root}, found {len(boxes)}")
    return boxes


def open_frames(path: str | Path, open_video: Callable[[Path], Frames] = VideoFile) -> Frames:
    """Return the lazy frames of a video file, or of a folder of images in the order of their numbers.

    Numbered images must be evenly spaced, so that a lost frame is noticed. What is in the folder beside
    them, such as a cover or masks, is left out with a line in the log (`udtlib.data.kinds`).

    Args:
        path: the file or folder.
        open_video: what opens a video file; `VideoFile` decodes it in a process of its own.

    Raises:
        MissingDataError: no such file or folder, or a gap in the numbering.
        DataError: a folder without images, or a file that is no video.
    """
    path = user_path(path)
    if path.is_dir():
        return ImageFiles(list_images(path))
    suffix = path.suffix.lower()
    if path.is_file() and suffix in IMAGE_SUFFIXES and suffix not in VIDEO_SUFFIXES:
        raise DataError(f"{path}: expected a video file or a folder of images, found one image")
    return open_video(path)


def list_images(folder: Path) -> list[Path]:
    """Return the images of a folder that are its frames, in the order of their numbers.

    Raises:
        MissingDataError: a gap in the numbering; the message names the file. Or no such folder.
        DataError: no image, or two with one number.
    """
    found = look_into(folder)
    found.log()
    if not found.sequence:
        videos = f", but the video {found.videos[0].name}: name that file" if found.videos else ""
        raise DataError(f"{folder}: expected images ({', '.join(IMAGE_SUFFIXES)}), found none{videos}")
    return found.frames()
