"""Child processes for native code that reads hostile files: a crash there takes nothing else down.

A child runs one of our modules. It is started by its interpreter's absolute path, and neither the current
folder nor an empty entry of ``PYTHONPATH`` comes before the library: a ``json.py`` beside the videos is not
run. It is given up after so many seconds of silence, and ends with its parent, even one that is killed.
On Linux it may take `MEMORY` bytes. macOS and Windows have no such limit that a process can set for itself as
simply: there a hostile file may fill the machine's memory until its child is given up. Book: chapter 10.
"""

import io
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from udtlib.pipes import BLOCK, PatientReader

MEMORY = 8 << 30
"""Bytes of address space that a child may have; with 8K video a decoder stays below half of it."""

PATIENCE = 60.0
"""Seconds without a byte from a child after which it hangs."""

CRASHED = 0xC0000000
"""The least exit status that Windows gives a process which crashed."""

SAFE_PATH = "PYTHONSAFEPATH"
START = "from udtlib.child_process import begin; begin()"
QUIET = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}  # each thread's pools count as memory


def after_fork(function: Callable[[], object]) -> None:
    """Have ``function`` called in every process that is forked from this one, where systems fork."""
    if hasattr(os, "register_at_fork"):  # not on Windows
        os.register_at_fork(after_in_child=function)


class Child:
    """A running child; `close` it, or drop it: it ends with this object and with this process.

    A process forked from this one has no use of it: there, `lost` is true.

    Attributes:
        input: where the child reads, unbuffered.
        output: what it writes, buffered; reading raises TimeoutError after ``patience`` seconds of silence.
        lost: whether it belongs to the process that this one was forked from.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        files: Sequence[int] = (),
        patience: float = PATIENCE,
        progress: Callable[[], object] = lambda: None,
        memory: int = MEMORY,
    ) -> None:
        """Start ``python -m module arguments...``.

        Args:
            module: its name.
            arguments: what it finds in ``sys.argv``, after ``files``.
            files: descriptors of open files that it gets too; the first of its arguments are their numbers.
            patience: seconds without output after which it hangs,
            progress: unless this returns something else than so many seconds ago.
            memory: bytes of address space it may have, on Linux.

        Raises:
            OSError: no process can be started.
        """
        ours, theirs = os.pipe()[::-1]
        try:
            given, options = _handed_over([theirs, *files])
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [*python("-c", START), given, str(memory), module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=os.environ | QUIET | {"PYTHONPATH": os.pathsep.join(import_path())},
                **options,
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self.lost, self.patience = False, patience
        self.input: Any = self._process.stdin
        self.output = io.BufferedReader(PatientReader(self._process.stdout, patience, progress))
        self._end = weakref.finalize(self, _end, self._process, ours)
        self._lifeline = ours
        _CHILDREN.add(self)

    def send(self, data: bytes) -> None:
        """Write to the child; that it has ended shows when its answer is read.

        A pipe without a reader is a BrokenPipeError on Linux, and any OSError on Windows.
        """
        with suppress(OSError):
            self.input.write(data)

    def close(self) -> None:
        """End the child, whatever it does; nothing of it is left."""
        self._end()

    def cause_of_death(self, error: BaseException, awaited: str = "answer") -> str:
        """End a child that raised ``error`` when it was read; say in a few words what it died of."""
        if isinstance(error, TimeoutError):
            self.close()
            return f"gave no {awaited} for {self.patience:g} s and was stopped"
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)  # its output is closed, so it is about to end
        status = self._process.poll()
        self.close()
        if status is None:
            return "closed its output and was stopped"
        if status >= CRASHED:
            return f"crashed (0x{status:X})"
        with suppress(ValueError):
            return f"crashed ({signal.Signals(-status).name})"
        return f"ended with status {status}"

    def forget(self) -> None:
        """In a forked process: let go of what belongs to the other one, without ending the child."""
        self.lost = True
        if self._end.detach():
            os.close(self._lifeline)
            self.input.close()
            self._process.stdout.close()  # type: ignore[union-attr]
            self._process.returncode = 0  # not ours to wait for


_CHILDREN: "weakref.WeakSet[Child]" = weakref.WeakSet()


def _forget_all() -> None:
    for child in list(_CHILDREN):
        child.forget()
    _CHILDREN.clear()


after_fork(_forget_all)


def _end(process: "subprocess.Popen[bytes]", lifeline: int) -> None:
    process.kill()
    process.wait()
    os.close(lifeline)
    if sys.platform == "win32" and process.stdout:  # python.exe of a virtual environment only starts another,
        while process.stdout.read(BLOCK):  # which ends a little later and lets go of its files then
            pass
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def python(*arguments: str) -> list[str]:
    """Return the command line of this interpreter that never imports from the current folder first."""
    return [os.path.abspath(sys.executable), "-P", *arguments]


def import_path() -> list[str]:
    """Return where a child finds modules: this process's ``sys.path`` without the current folder.

    The library's own folder comes last, where it is not there already.
    """
    here = os.getcwd()
    library = str(Path(__file__).parents[1])
    known = [path for path in sys.path if os.path.isabs(path) and os.pathsep not in path]
    kept = [path for path in known if not _same_folder(path, here)]
    return kept if library in kept else [*kept, library]


def _same_folder(one: str, other: str) -> bool:
    with suppress(OSError):
        return os.path.samefile(one, other)
    return False


@contextmanager
def safe_path() -> Iterator[None]:
    """Let children that `multiprocessing` and joblib start leave the current folder alone at their start."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(SAFE_PATH, None)
        else:
            os.environ[SAFE_PATH] = before


def begin() -> None:
    """Run a module in this process, which is a child; called by `Child` with what stands in ``sys.argv``."""
    import runpy

    given, memory, module = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    lifeline, *files = _taken(given)
    os.set_inheritable(lifeline, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent decides
    _limit(memory)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True).start()
    sys.argv[:] = [module, *map(str, files), *sys.argv[4:]]
    runpy.run_module(module, run_name="__main__")


def _handed_over(descriptors: Sequence[int]) -> tuple[str, dict[str, Any]]:
    """Return what tells a child, see `_taken`, which open files it gets, and how `Popen` hands them over."""
    if sys.platform != "win32":
        return ",".join(map(str, descriptors)), {"pass_fds": descriptors}
    import msvcrt

    handles = [msvcrt.get_osfhandle(descriptor) for descriptor in descriptors]
    for handle in handles:
        os.set_handle_inheritable(handle, True)
    start = subprocess.STARTUPINFO(lpAttributeList={"handle_list": handles})
    return ",".join(map(str, handles)), {"startupinfo": start}


def _taken(given: str) -> list[int]:
    """In a child: return the descriptors of the files that it was handed over."""
    numbers = [int(number) for number in given.split(",")]
    if sys.platform != "win32":
        return numbers
    import msvcrt

    return [msvcrt.open_osfhandle(number, 0) for number in numbers]


def _limit(memory: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(kind)[1]
        with suppress(ValueError, OSError):  # macOS knows no limit of address space
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _end_with_parent(lifeline: int) -> None:
    """Wait until nobody holds the other end of the pipe any more; nothing is ever written to it."""
    os.read(lifeline, 1)
    os._exit(1)


def messages_out() -> BinaryIO:
    """In a child: return its output for messages alone; what native code prints goes nowhere from now on."""
    messages = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return messages
