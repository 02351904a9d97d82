"""Benchmark archives to folders of sequences: checked before a byte is written, and moved in whole.

An archive is a stranger's list of paths. One that would write outside its folder (``../``, absolute
paths, drive letters), holds links or two entries of one name, or does not fit on the disk is refused as a
whole. Book: chapter 13.
"""

import glob
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from udtlib.errors import ArchiveError, StorageError, UdtError
from udtlib.files import UNFINISHED, storage_errors, user_path

IGNORED = ("__MACOSX", ".DS_Store", "Thumbs.db")
"""What other systems leave in archives."""

DAMAGED = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error)
"""What reading a damaged archive raises."""


def unpack(
    archive: str | Path, root: str | Path, is_sequence: Callable[[Path], bool], name: str
) -> list[str]:
    """Unpack the sequences of a zip archive into ``root``, each whole or not at all.

    The archive is unpacked beside them first; then each folder with ``is_sequence`` in it, at any depth, is
    renamed to ``root/FOLDER``. Sequences that are in ``root`` already are left as they are.

    Args:
        archive: the zip file.
        root: the folder of sequences; made if need be.
        is_sequence: tells whether a folder holds a sequence.
        name: what a sequence is called whose files lie in the archive without a folder.

    Returns:
        The names of the sequences in the archive, sorted.

    Raises:
        ArchiveError: not a whole zip archive, one that is refused (see above), or one without sequences.
        StorageError: not enough space, or no permission.
    """
    root = user_path(root)
    for left in root.glob(f".{glob.escape(name)}*{UNFINISHED}"):  # by a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    with storage_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        workplace = Path(tempfile.mkdtemp(UNFINISHED, f".{name}.", root))
    try:
        _extract(user_path(archive), workplace / name)
        found = _sequences(workplace / name, is_sequence)
        if not found:
            raise ArchiveError(
                f"{archive}: expected the folder of a sequence of {name}, img/ and ground truth, found none"
            )
        for folder in found:
            if not (root / folder.name).exists():
                folder.rename(root / folder.name)
        return sorted(folder.name for folder in found)
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def _sequences(folder: Path, is_sequence: Callable[[Path], bool]) -> list[Path]:
    """Return the folders that are sequences, innermost first: none lies in another."""
    if is_sequence(folder):
        return [folder]
    inside = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    return [found for entry in inside for found in _sequences(entry, is_sequence)]


def _extract(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not _is_ignored(member)]
            check_members(members, archive)
            folder.mkdir(parents=True)
            _check_space(members, folder, archive)
            for member in members:
                _write(opened, member, folder)
    except UdtError:
        raise
    except (
        *DAMAGED,
        FileExistsError,
        NotADirectoryError,
    ) as error:  # a file where another entry has a folder
        raise ArchiveError(
            f"{archive}: expected a whole zip archive, found a damaged one ({error})"
        ) from error
    except OSError as error:
        raise StorageError(f"{folder.parent.parent}: cannot be written there ({error.strerror})") from error


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    target = folder.joinpath(*_parts(member))
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as source, target.open("xb") as file:
        shutil.copyfileobj(source, file)


def _parts(member: zipfile.ZipInfo) -> tuple[str, ...]:
    return PurePosixPath(member.filename).parts


def _is_ignored(member: zipfile.ZipInfo) -> bool:
    return any(part in IGNORED for part in _parts(member))


def check_members(members: list[zipfile.ZipInfo], archive: Path) -> None:
    """Refuse an archive with an entry that must not be unpacked.

    Raises:
        ArchiveError: see the module's text.
    """
    seen: set[str] = set()
    for member in members:
        problem = _problem(member)
        key = "/".join(_parts(member)).lower()
        if not problem and not member.is_dir() and key in seen:
            problem = "is there twice"
        if problem:
            raise ArchiveError(f"{archive}: refused, nothing unpacked: {member.filename!r} {problem}")
        seen.add(key)


def _problem(member: zipfile.ZipInfo) -> str:
    """Return what is wrong with an entry, empty if nothing."""
    name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
    if name.startswith(("/", "\\")) or ":" in name:
        return "is an absolute path"
    if ".." in name.replace("\\", "/").split("/"):
        return "leads outside the archive's folder"
    if "\\" in name or not name.isprintable():
        return "is no plain name"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or another special file"
    return "is encrypted" if member.flag_bits & 1 else ""


def _check_space(members: list[zipfile.ZipInfo], folder: Path, archive: Path) -> None:
    needed, free = sum(member.file_size for member in members), shutil.disk_usage(folder).free
    if needed > free:
        raise StorageError(
            f"{archive}: unpacked it takes {needed / 2**20:.0f} MiB, {folder.parent.parent} has "
            f"{free / 2**20:.0f} MiB left"
        )
