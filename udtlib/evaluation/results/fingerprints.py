"""What a result is made of, for its record: the frames, the true boxes, the tracker. Book: chapter 13.

A result on the disk counts as finished only if all of it is what it was (`records` beside this).
"""

import hashlib
from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from udtlib.data.images import ImageFiles
from udtlib.data.sequences import FrameSlice, Sequence
from udtlib.data.video.file import VideoFile
from udtlib.fingerprints import files_fingerprint, fingerprint
from udtlib.fingerprints.files import BUDGET, update_with_array
from udtlib.frames import Frame

SAMPLES = 8
"""Frames that are looked at where it cannot be told where they come from."""


def sequence_fingerprints(sequence: Sequence) -> dict[str, str]:
    """Return ``images`` and ``truth`` of a record: of the annotated frames, and of all true boxes."""
    return {
        "images": frames_fingerprint(sequence.frames, sequence.tracked),
        "truth": boxes_fingerprint(sequence.boxes),
    }


def frames_fingerprint(frames: AbstractSequence[Frame], count: int) -> str:
    """Return the fingerprint of the first ``count`` frames: their content, whatever they are called.

    Image and video files are read as bytes, see `udtlib.fingerprints.files`; arrays likewise; frames that are
    drawn, such as `udtlib.data.synthetic.render_clip`'s, count by what draws them.

    Returns:
        32 hex digits; empty if the frames cannot be read here and now.
    """
    count = min(count, len(frames))
    try:
        if isinstance(frames, FrameSlice):
            chosen = frames.indices[:count]
            return _hex(repr(chosen), frames_fingerprint(frames.source, max(chosen, default=-1) + 1))
        if isinstance(frames, ImageFiles):
            return files_fingerprint(frames.paths[:count])
        if isinstance(frames, VideoFile):
            return files_fingerprint([frames.path])
        if isinstance(frames, list | tuple | np.ndarray):
            return _arrays_fingerprint([frames[index] for index in range(count)])
        found = fingerprint(frames)
        if not found.unknown:
            return found.digest
        places = sorted({index * (count - 1) // (SAMPLES - 1) for index in range(SAMPLES)}) if count else []
        return _arrays_fingerprint([frames[index] for index in places])
    except Exception:  # whatever a file or somebody's frames raise: said when the frame is tracked
        return ""


def _arrays_fingerprint(arrays: AbstractSequence[ArrayLike]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        update_with_array(digest, np.asarray(array), BUDGET // len(arrays))
    return digest.hexdigest()[:32]


def boxes_fingerprint(boxes: ArrayLike) -> str:
    """Return the fingerprint of boxes ``(N, 4)`` to 4 decimals, which is how they are written to files."""
    rounded = np.round(np.asarray(boxes, dtype="<f8"), 4) + 0.0  # no negative zeros
    rounded[np.isnan(rounded)] = np.nan
    return _hex(repr(rounded.shape), rounded.tobytes().hex())


def tracker_fingerprints(made: Any, *made_by: Any) -> dict[str, Any]:
    """Return what of a record says which code and data made it.

    Args:
        made: a new tracker; counts with what it has read from files, such as weights.
        made_by: the user's class or function, and the options it was called with.

    Returns:
        ``code`` (also of weights and other data), ``libraries``, ``files`` and ``unknown``, see
        `udtlib.fingerprints.Fingerprint`.
    """
    found = fingerprint(*made_by, made=[made])
    return {
        "code": found.digest,
        "libraries": found.libraries,
        "files": found.files,
        "unknown": list(found.unknown),
    }


def described_options(options: Mapping[str, Any]) -> dict[str, str]:
    """Return a tracker's options for the record: as they are written, or by their fingerprint.

    What ``repr`` shows of an array or an object is cut short, or holds an address.
    """
    return {key: _described(_without_numpy(value)) for key, value in sorted(options.items())}


def _without_numpy(value: Any) -> Any:
    """Return numpy's numbers as Python's, also in lists: 0.5 is the same option however it was computed."""
    if type(value) in (list, tuple):
        return type(value)(map(_without_numpy, value))
    return value.item() if isinstance(value, np.generic) else value


def _described(value: Any) -> str:
    kind = type(value).__qualname__
    if not isinstance(value, np.ndarray) and _is_plain(value):
        return repr(value)
    return f"{kind} {fingerprint(value).digest}"


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) < 100 and all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def _hex(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
