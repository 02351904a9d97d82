"""One writer at a time. The system ends a lock with its process, so a killed writer blocks nobody.

May import: `udtlib.errors`, `udtlib.files`.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO
from pathlib import Path
from zlib import crc32

from udtlib.errors import StorageError
from udtlib.files import is_same_file, is_special, open_partial, storage_errors, user_path

BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)


@contextmanager
def only_writer(*paths: str | Path | None) -> Iterator[None]:
    """Be the only one to write these files or folders; None, devices and pipes are passed over.

    An empty lock file, ``.NAME.lock`` beside a file or ``.lock`` in a folder, is there meanwhile. One that is
    left by a killed process means nothing. Where the file system knows no locks, nobody is kept out.

    Raises:
        StorageError: another process, or another call in this one, is writing there; or nobody can.
    """
    with ExitStack() as stack:
        held = set()
        for path in [user_path(path) for path in paths if path]:
            with storage_errors(path):
                lock = None if is_special(path) else _lock_of(path)
            if lock and lock not in held:
                stack.enter_context(_locked(path, lock))
                held.add(lock)
        yield


def _lock_of(path: Path) -> Path:
    target = Path(os.path.realpath(path))
    if target.is_dir():
        return target / ".lock"
    name = (
        target.name if len(target.name) <= 50 else f"{target.name[:40]}.{crc32(os.fsencode(target.name)):08x}"
    )
    return target.with_name(f".{name}.lock")


@contextmanager
def _locked(path: Path, lock: Path) -> Iterator[None]:
    with storage_errors(path):
        if not lock.parent.is_dir():  # where a link leads, say
            raise FileNotFoundError(errno.ENOENT, f"the folder {lock.parent} does not exist")
        file = _take(path, lock)
    try:
        yield
    finally:
        ours = is_same_file(file, lock)
        if sys.platform == "win32":  # nobody can remove a file there that anybody has open
            file.close()
        with suppress(OSError):  # the folder may be gone
            if ours:
                lock.unlink()
        file.close()


def _take(path: Path, lock: Path) -> FileIO:
    while True:
        file = open_partial(lock, of=path)
        if not _try_lock(file):
            file.close()
            raise StorageError(
                f"{path}: another process is writing there; wait for its end, or choose another name"
            )
        if is_same_file(file, lock):
            return file
        file.close()  # the one who held it has just removed it


def _try_lock(file: FileIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in BUSY
    return True
