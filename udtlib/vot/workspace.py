"""Workspaces of VOT's toolkit: ``trackers.ini`` that starts our trackers, and sequences left where they are.

A workspace has ``config.yaml``, ``trackers.ini`` and ``sequences/list.txt``, and for each sequence a folder
with a file ``sequence`` that says where its images and its ground truth are, and what the dataset's own file
of that name says. Nothing is downloaded, and no image is copied. Book: chapter 14.
"""

import configparser
import io
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from udtlib.child_process import python
from udtlib.data.box_files import read_settings, read_text, stated_path
from udtlib.data.kinds import IMAGE_SUFFIXES, is_system_name
from udtlib.errors import DataError, MissingDataError
from udtlib.files import make_folder, user_path, write_whole
from udtlib.trackers.own import absolute

LIST, TRUTH, FILE = "list.txt", "groundtruth.txt", "sequence"
CONFIG, TRACKERS = "config.yaml", "trackers.ini"
STACK = "vot2018/shortterm"
CHANNEL, NUMBERED = re.compile(r"channels\.\w+"), re.compile(r"[^%]*%(0\d)?d[^%]*")
EXTRAS = ("*.tag", "*.value")
"""Files of numbers for each frame that the toolkit looks for beside ``sequence``."""


def write_workspace(
    folder: str | Path,
    trackers: Mapping[str, str],
    root: str | Path,
    options: Mapping[str, Any] | None = None,
    stack: str = STACK,
) -> list[str]:
    """Write a workspace, or add trackers and sequences to one; what else is in it stays as it is.

    The dataset's folder may be the workspace's own ``sequences``: a file ``sequence`` there is left alone.

    Args:
        folder: the workspace.
        trackers: names as `udtlib.trackers.load_tracker` takes them, by what they are called.
        root: the dataset's folder, with ``list.txt`` and a folder for each sequence.
        options: for every tracker's constructor.
        stack: the toolkit's experiments, for a new workspace.

    Returns:
        What the trackers are called in the toolkit, which takes letters, digits, ``-`` and ``_`` alone.

    Raises:
        MissingDataError: no such dataset, or a sequence of its list is not there.
        DataError: a sequence or a file that the toolkit would not take, or a ``trackers.ini`` it cannot read.
        StorageError: a file cannot be written.
    """
    folder, root = user_path(folder).absolute(), user_path(root).absolute()
    names = _listed(root)
    described = {name: _sequence_file(root, name) for name in names}
    registry, identifiers = _registry(folder / TRACKERS, trackers, options or {})
    sequences = folder / "sequences"
    known = _names(sequences / LIST) if (sequences / LIST).exists() else []
    for name, text in described.items():
        if (sequences / name).resolve() != (root / name).resolve() or not (root / name / FILE).exists():
            _write(sequences / name / FILE, text)
        for path in sorted(path for pattern in EXTRAS for path in (root / name).glob(pattern)):
            if not is_system_name(path.name):
                _write(sequences / name / path.name, read_text(path))
    _write(sequences / LIST, "".join(f"{name}\n" for name in dict.fromkeys([*known, *names])))
    _write(folder / TRACKERS, registry)
    if not (folder / CONFIG).exists():
        _write(folder / CONFIG, f"registry:\n- ./{TRACKERS}\nstack: {stack}\nsequences: ./sequences\n")
    return identifiers


def identifier(name: str) -> str:
    """Return what the toolkit can call a tracker: ``udt+`` is ``udt-plus``."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name.replace("+", "-plus"))


def _registry(path: Path, trackers: Mapping[str, str], options: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the text of ``trackers.ini`` with our trackers, and their names there."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(read_text(path) if path.exists() else "")
    except configparser.Error as error:
        raise DataError(
            f"{path}: expected the trackers of a workspace, found {' '.join(str(error).split())}"
        ) from error
    identifiers = [identifier(name) for name in trackers]
    if len(set(identifiers)) < len(identifiers):
        raise DataError(
            f"expected trackers of different names, found {', '.join(identifiers)} in the toolkit's letters"
        )
    for name, (label, tracker) in zip(identifiers, trackers.items(), strict=True):
        command = shlex.join(_command(tracker, options))
        if not command.isprintable():
            raise DataError(f"{label}: expected a tracker and options without control characters")
        parser[name] = {"label": label, "protocol": "trax", "command": command.replace("%", "%%")}
    text = io.StringIO()
    parser.write(text)
    return text.getvalue(), identifiers


def _command(tracker: str, options: Mapping[str, Any]) -> list[str]:
    """Return the command that serves a tracker from whatever folder the toolkit starts it in."""
    pairs = [f"{key}={value}" for key, value in whole_paths(options).items()]
    given = [word for pair in pairs for word in ("--option", pair)]
    return python("-m", "udtlib", "vot", "serve", "--tracker", absolute(tracker), *given)


def whole_paths(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tracker's options with the files that are among them by their whole paths."""
    return {key: _whole(value) for key, value in options.items()}


def _whole(value: Any) -> Any:
    return user_path(value).absolute() if isinstance(value, str) and user_path(value).is_file() else value


def _listed(root: Path) -> list[str]:
    if not (root / LIST).is_file():
        raise MissingDataError(f"{root}: expected a folder of VOT sequences with {LIST}, found no such file")
    names = _names(root / LIST)
    for name in names:
        if Path(name).name != name or name == ".." or not (root / name).is_dir():
            raise MissingDataError(f"{root / LIST}: expected names of folders beside it, found {name[:80]!r}")
    if not names or len(set(names)) < len(names):
        raise DataError(f"{root / LIST}: expected names of sequences, each once, found {names[:5] or 'none'}")
    return names


def _names(path: Path) -> list[str]:
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]


def _sequence_file(root: Path, name: str) -> str:
    """Return what a file ``sequence`` says: where images and truth are, and the dataset's own settings.

    Raises:
        MissingDataError: no ground truth, or no image.
        DataError: images that are not numbered from 1 on, or a path that the file cannot hold.
    """
    folder, own = root / name, root / name / FILE
    settings = read_settings(own)
    truth = stated_path(own, "groundtruth", settings.get("groundtruth") or TRUTH)
    if not truth.is_file():
        raise MissingDataError(f"{truth}: no such file")
    channels = {
        key: _stated_images(own, key, value) for key, value in settings.items() if CHANNEL.fullmatch(key)
    }
    channels = channels or {"channels.color": _found_images(folder)}
    if "%" in str(folder) or not "".join([str(folder), *settings, *settings.values()]).isprintable():
        raise DataError(f"{folder}: the toolkit cannot read paths with % or control characters; rename it")
    lines = {**channels, "groundtruth": truth, "fps": "30", "format": "default"}
    rest = {key: value for key, value in settings.items() if key not in (*channels, "groundtruth", "name")}
    return "".join(f"{key}={value}\n" for key, value in {**lines, **rest, "name": name}.items())


def _stated_images(own: Path, key: str, pattern: str) -> str:
    """Return a channel's images as the dataset's own file ``sequence`` has them, with the whole path.

    Raises:
        DataError: they are elsewhere, or not numbered as ``%08d.jpg``.
        MissingDataError: the first of them is not there.
    """
    place = stated_path(own, key, pattern)
    if not NUMBERED.fullmatch(pattern):
        raise DataError(f"{own}: expected images such as color/%08d.jpg, found {key}={pattern[:60]!r}")
    first = own.parent / (pattern % 1)
    if not first.is_file():
        raise MissingDataError(f"{first}: no such image, which {own} says is the first of {key}")
    return str(place)


def _found_images(folder: Path) -> str:
    """Return a sequence's images as the toolkit writes them, those in ``color`` if there is such a folder."""
    images = folder / "color" if (folder / "color").is_dir() else folder
    suffixes = {suffix.lower() for suffix in IMAGE_SUFFIXES}
    found = [path for path in images.iterdir() if path.stem.isdecimal() and path.suffix.lower() in suffixes]
    if not found:
        raise MissingDataError(f"{images}: expected images such as 00000001.jpg, found none")
    first = min(found, key=lambda path: int(path.stem))
    if int(first.stem) != 1:
        raise DataError(
            f"{images}: expected images numbered from 1, as the toolkit does, found {first.name} first"
        )
    return f"{images}/%0{len(first.stem)}d{first.suffix}"


def _write(path: Path, text: str) -> None:
    make_folder(path.parent)
    write_whole(path, text)
