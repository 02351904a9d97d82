"""Writing files: whole or not at all, and safe on the disk. Knows nothing of what is in them.

Everything the library writes goes through this module:

- **Atomic.** `write_whole` and `replacing` write under another name in the same folder and rename. A kill, a
  full disk or an error leaves what was there before.
- **Durable.** The content is on the disk before the rename, and the rename before the function returns.
- **Nothing else is replaced.** Links are followed and stay links; ``/dev/stdout`` or a FIFO is written to.
  Temporary names cannot be guessed, and no link that waits under one is followed.

`udtlib.locks` keeps a second writer out. May import: `udtlib.errors`.
"""

import errno
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import IO, Any

from udtlib.errors import MissingDataError, StorageError, UdtError

UNFINISHED = ".unfinished"
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def user_path(path: str | Path) -> Path:
    """Return ``path`` with a ``~`` or ``~NAME`` at its start replaced by that home folder.

    Raises:
        MissingDataError: no such user, or a path that no file can have.
    """
    if "\0" in str(path):
        raise MissingDataError(f"{str(path)!r}: no file can have such a name")
    if not str(path).startswith("~"):
        path = Path(path)
        return Path.cwd() / path if str(path).startswith("~") else path  # "./~" means what it says
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise MissingDataError(f"{path}: no such home folder; ./{path} is a file of that name") from error


@contextmanager
def storage_errors(path: str | Path, advice: str = "") -> Iterator[None]:
    """Turn what the system refuses inside the block into a `StorageError` that names ``path``."""
    try:
        yield
    except UdtError:
        raise
    except OSError as error:
        why = _why(error, Path(path).parent)
        raise StorageError(f"{path}: cannot be written ({why}){advice}") from error


def _why(error: OSError, folder: Path) -> str:
    """Return what keeps a file from being written in ``folder``."""
    if isinstance(error, (FileNotFoundError, NotADirectoryError)) and not os.path.isdir(folder):
        return _no_folder(folder)
    return error.strerror or str(error)


def _no_folder(folder: Path) -> str:
    """Say what is the matter with a path that is no folder."""
    found = next((place for place in (folder, *folder.parents) if os.path.lexists(place)), folder)
    if os.path.isdir(found) or not os.path.lexists(found):
        return f"the folder {folder} does not exist"
    kind = "a file" if os.path.exists(found) else "a link that leads nowhere"
    return f"{found} is {kind}, expected a folder; choose another place"


def make_folder(folder: str | Path) -> None:
    """Make a folder and those above it, unless they are there.

    Raises:
        StorageError: it cannot be made; a file that is in the place of one of them is named.
    """
    folder = user_path(folder)
    with storage_errors(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise StorageError(f"{folder}: cannot be made ({_no_folder(folder)})") from error


def check_folder_of(path: Path) -> None:
    """Check, before the work is done, that the folder of a file to write is there.

    Raises:
        MissingDataError: it is not, or is no folder.
    """
    if not path.parent.is_dir():
        why = _no_folder(path.parent)
        raise MissingDataError(f"{path}: {why}" + "; make it first" * why.endswith("not exist"))


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, with the guarantees of this module.

    Raises:
        StorageError: it cannot be written; what was there before is still there.
    """
    path = user_path(path)
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    with storage_errors(path):
        if is_special(path):
            _write_through(path, data)
        else:
            with replacing(path) as unfinished:
                unfinished.write_bytes(data)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give the name of an empty file, of the same suffix, that becomes ``path`` if the block ends well.

    The new file has the mode of the old one, or that of any new file. Nothing is left of a block that fails.

    Raises:
        StorageError: it cannot be written, is a folder or a device, or is there and write-protected.
    """
    path = user_path(path)
    with storage_errors(path):
        target = check_target(path)
        name = f".{_plain(target.name)}.{secrets.token_hex(8)}{UNFINISHED}{target.suffix[:12]}"
        unfinished = target.with_name(name)
        _create_like(target, unfinished)
        try:
            yield unfinished
            put_in_place(unfinished, target)
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)


def _plain(name: str) -> str:
    """Return a name's start in ASCII: native libraries may be handed it."""
    return name[:40].encode("ascii", "ignore").decode()


def check_target(path: str | Path) -> Path:
    """Return where a file called ``path`` is written: ``~`` replaced and links followed.

    Raises:
        StorageError: it is a folder, or not a regular file; or its links lead in a circle.
    """
    path = user_path(path)
    with storage_errors(path):
        if path.is_dir():
            raise StorageError(f"{path}: expected the name of a file to write, found a folder")
        if is_special(path):
            raise StorageError(f"{path}: expected the name of a file to write, found a device or a pipe")
        return Path(os.path.realpath(path))


def is_special(path: Path) -> bool:
    """Say whether this is a pipe, a character device or an open file of ours: it is written to in place.

    Raises:
        StorageError: a disk, or a socket.
        OSError: links that lead in a circle.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise StorageError(f"{path}: expected the name of a file to write, found a disk or a socket")
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode) or _open_number(path) is not None


def _open_number(path: Path) -> int | None:
    """Return the number of the open file that is meant (1 for ``/dev/stdout``); None for a usual name."""
    while True:
        folder = os.path.realpath(path.parent)
        if folder in (f"/proc/{os.getpid()}/fd", "/dev/fd") and path.name.isdecimal():
            return int(path.name)
        if not path.is_symlink():
            return None
        path = Path(folder, os.readlink(path))


def _write_through(path: Path, data: bytes) -> None:
    number = _open_number(path)
    sys.stdout.flush()
    with open(path if number is None else os.dup(number), "wb") as file:
        file.write(data)


def _create_like(target: Path, unfinished: Path) -> None:
    """Make an empty file that nobody else made, with owner and mode of ``target`` where that exists."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | NO_FOLLOW
    descriptor = os.open(unfinished, flags, 0o666)
    try:
        if target.exists():
            if not os.access(target, os.W_OK):
                raise PermissionError(errno.EACCES, "it is write-protected")
            old = target.stat()
            if sys.platform != "win32":  # whose files have no such owners and modes
                with suppress(PermissionError):
                    os.fchown(descriptor, old.st_uid, old.st_gid)
                os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
    except OSError:
        unfinished.unlink()
        raise
    finally:
        os.close(descriptor)


def put_in_place(unfinished: Path, target: Path) -> None:
    """Rename a finished file; both its content and its new name are on the disk afterwards.

    Raises:
        OSError: the disk is full, say; ``target`` is as it was.
    """
    _sync(unfinished, os.O_RDWR)
    os.replace(unfinished, target)
    with suppress(OSError):  # not every system can do this with folders
        _sync(target.parent, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_partial(path: Path, of: Path | None = None) -> FileIO:
    """Open a file of a fixed name that is written piece by piece, over several runs; made if need be.

    Args:
        path: the file.
        of: what messages name where it cannot be written, if not the file itself.

    Returns:
        It, unbuffered, to read and write from the start.

    Raises:
        StorageError: it cannot be written, or what is there is a link or no regular file.
    """

    def opener(name: str, _: int) -> int:
        return os.open(name, os.O_RDWR | os.O_CREAT | NO_FOLLOW | getattr(os, "O_BINARY", 0), 0o666)

    with storage_errors(of or path):
        if path.is_symlink():
            raise StorageError(f"{path}: expected a file of an earlier run, or none, found a link; remove it")
        file = open(str(path), "r+b", buffering=0, opener=opener)  # noqa: SIM115
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise StorageError(f"{path}: expected a file of an earlier run, or none, found another kind")
        return file


def remove_unfinished(folder: Path, of: str = "") -> None:
    """Remove what killed runs left half written in a folder over a minute ago, or of one file there."""
    ours = re.compile(
        rf"\.{re.escape(_plain(of)) or '.*'}\.[0-9a-f]{{16}}{re.escape(UNFINISHED)}.*", re.DOTALL
    )
    for path in folder.glob(f".*{UNFINISHED}*"):
        with suppress(OSError):
            if ours.fullmatch(path.name) and path.is_file() and time.time() - path.stat().st_mtime > 60:
                path.unlink()


def is_same_file(file: IO[Any] | FileIO, path: Path) -> bool:
    """Say whether an open file is still the one of this name, neither removed nor replaced."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except OSError:
        return False


def same_place(one: str | Path, other: str | Path) -> bool:
    """Say whether two names are there and lead to one file or folder."""
    try:
        return os.path.samefile(user_path(one), user_path(other))
    except (OSError, ValueError):  # no such file; no name of one at all
        return False
