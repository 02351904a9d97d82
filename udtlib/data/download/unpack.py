"""Benchmark archives to folders of sequences: checked before a byte is written, and moved in whole.

An archive is a stranger's list of paths and sizes. One that would write outside its folder, holds links,
hidden files or files of ours, or is a bomb is refused as a whole: `udtlib.data.download.members` says what
counts. While it is unpacked, no entry becomes larger than its list says. Book: chapter 13.
"""

import glob
import io
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from udtlib.data.download.members import LARGEST, check_names, check_sizes, parts_of, wanted
from udtlib.errors import ArchiveError, OptionError, StorageError, UdtError
from udtlib.files import UNFINISHED, make_folder, storage_errors, user_path

DAMAGED = (
    zipfile.BadZipFile,
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What reading a damaged archive raises."""

BLOCK = 1 << 18
LARGEST_LIST = 32 << 20
"""Bytes of an archive's list of entries, which zipfile reads in one piece."""


def unpack(
    archive: str | Path,
    root: str | Path,
    is_sequence: Callable[[Path], bool],
    name: str,
    *,
    largest: int = LARGEST,
) -> list[str]:
    """Unpack the sequences of a zip archive into ``root``, each whole or not at all.

    The archive is unpacked beside them first; then each folder with ``is_sequence`` in it, at any depth, is
    renamed to ``root/FOLDER``. Sequences that are in ``root`` already are left as they are.

    Args:
        archive: the zip file.
        root: the folder of sequences; made if need be.
        is_sequence: tells whether a folder holds a sequence.
        name: what a sequence is called whose files lie in the archive without a folder.
        largest: how many bytes it may take unpacked.

    Returns:
        The names of the sequences in the archive, sorted.

    Raises:
        ArchiveError: not a whole zip archive, one that is refused (see above), or one without sequences.
        OptionError: a name that is no plain one.
        StorageError: not enough space, or no permission.
    """
    root = user_path(root)
    if name != os.path.basename(name) or name in ("", ".", ".."):
        raise OptionError(f"expected a plain name for a sequence, found {name!r}")
    for left in root.glob(f".{glob.escape(name)}*{UNFINISHED}"):  # by a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    make_folder(root)
    with storage_errors(root):
        workplace = Path(tempfile.mkdtemp(UNFINISHED, f".{name}.", root))
    try:
        _extract(user_path(archive), workplace / name, largest)
        found = _sequences(workplace / name, is_sequence)
        if not found:
            raise ArchiveError(
                f"{archive}: expected the folder of a sequence of {name}, img/ and ground truth, found none"
            )
        for folder in found:
            with storage_errors(root / folder.name):
                if not os.path.lexists(root / folder.name):
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


def _extract(archive: Path, folder: Path, largest: int) -> None:
    try:
        with _Archive(archive) as file, zipfile.ZipFile(file) as opened:
            members = wanted(opened.infolist())
            check_names(members, archive)
            check_sizes(opened.infolist(), archive, largest)
            _check_space(sum(member.file_size for member in members), folder.parent.parent, archive)
            with storage_errors(folder):
                folder.mkdir(parents=True)
            for member in members:
                _write(opened, member, folder.joinpath(*parts_of(member)))
    except UdtError:
        raise
    except DAMAGED as error:
        raise ArchiveError(
            f"{archive}: expected a whole zip archive, found a damaged one ({error})"
        ) from error


class _Archive(io.FileIO):
    """A file that is never read by more than `LARGEST_LIST` at a time, whatever its own lengths say."""

    def read(self, size: int | None = -1) -> bytes:
        """Return as `io.FileIO.read`, or raise ValueError."""
        left = max(0, os.fstat(self.fileno()).st_size - self.tell())
        length = left if size is None or size < 0 else size
        if min(length, left) > LARGEST_LIST:
            raise ValueError(f"a piece of {length:,} bytes, expected at most {LARGEST_LIST:,}")
        return super().read(min(length, left)) or b""


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Write one entry; refuse it when its bytes are not as many as the list says."""
    with storage_errors(target):
        (target if member.is_dir() else target.parent).mkdir(parents=True, exist_ok=True)
    if member.is_dir():
        return
    done = 0
    with opened.open(member) as source, _new_file(target) as file:
        while block := source.read(BLOCK):
            done += len(block)
            if done > member.file_size:
                break
            with storage_errors(target):
                view = memoryview(block)
                while view:
                    view = view[file.write(view) :]
    if done != member.file_size:
        raise ValueError(f"{member.filename!r} is not of {member.file_size:,} bytes")


def _new_file(path: Path) -> io.FileIO:
    with storage_errors(path):
        return open(path, "xb", buffering=0)


def _check_space(needed: int, root: Path, archive: Path) -> None:
    free = shutil.disk_usage(root).free
    if needed > free:
        raise StorageError(
            f"{archive}: unpacked it takes {needed / 2**20:.0f} MiB, {root} has {free / 2**20:.0f} MiB left"
        )
