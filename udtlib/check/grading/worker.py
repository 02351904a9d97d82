"""The child process that runs a student's functions: it gets the notebook's cells, then calls, and answers them.

Of the cells it keeps imports, functions, classes and constants; nothing else is run. The judge is another
process, so there is no reference here to be found, and no mark to be changed. An audit hook refuses what an
answer has no need of: writing files, other processes, the network, native libraries, the rest of `udtlib`.
That stops tricks, not an attacker who breaks the interpreter itself. Book: TEACHING.md.
"""

import ast
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from udtlib.check.grading.wire import LENGTHS, lengths, pack, unpack
from udtlib.child_process import messages_out

CPU_SECONDS = 120
LONGEST = 300  # characters of an error that the student is shown
REFUSED = (
    *("subprocess.", "socket.", "ctypes.", "shutil.", "sqlite3.", "gc.", "pty.", "fcntl.", "code.__new__"),
    *("os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.kill", "os.remove", "os.rename"),
    *("os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.chown", "os.link", "os.symlink", "os.putenv"),
    *("os.utime", "os.setxattr", "sys.addaudithook", "sys.setprofile", "resource.", "signal.pthread_kill"),
)
"""Beginnings of audit events."""


def kept(cells: Iterable[str]) -> ast.Module:
    """Return what a notebook's code cells define, as one module; a cell that cannot be parsed is left out.

    Kept are functions, classes, assignments of literals to names in capitals, and the imports whose names
    one of these uses.
    """
    found: list[ast.stmt] = []
    for cell in cells:
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            lines = [line for line in cell.splitlines() if not line.lstrip().startswith(("%", "!"))]
            found += ast.parse("\n".join(lines)).body
    imports = [node for node in found if isinstance(node, ast.Import | ast.ImportFrom)]
    body = [node for node in found if isinstance(node, ast.FunctionDef | ast.ClassDef) or _constant(node)]
    used = {node.id for part in body for node in ast.walk(part) if isinstance(node, ast.Name)}
    needed = [node for node in imports if {_bound(alias) for alias in node.names} & used]
    return ast.Module([*needed, *body], [])


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _constant(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign) or not all(
        isinstance(target, ast.Name) and target.id.isupper() for target in node.targets
    ):
        return False
    with suppress(ValueError, TypeError, MemoryError, RecursionError):
        ast.literal_eval(node.value)
        return True
    return False


def defined(cells: Iterable[str]) -> dict[str, Any]:
    """Return the names that a notebook's cells define; a statement that fails is left out, with its error."""
    names: dict[str, Any] = {"__name__": "notebook"}
    for statement in kept(cells).body:
        try:
            exec(compile(ast.Module([statement], []), "<notebook>", "exec"), names)
        except BaseException as error:
            names.setdefault("__errors__", []).append(_in_a_line(error))
    return names


def answer(names: dict[str, Any], name: str, arguments: list[Any]) -> bytes:
    """Return the frame that answers a call: ``{"answer": ...}`` or ``{"error": text}``."""
    function = names.get(name)
    if not callable(function):
        errors = "; ".join(names.get("__errors__", [])) or "is its cell there, and without a syntax error?"
        return pack({"error": f"there is no function {name} in the notebook ({errors[:LONGEST]})"})
    try:
        return pack({"answer": function(*arguments)})
    except NotImplementedError:
        return pack({"error": "not solved yet"})
    except BaseException as error:
        return pack({"error": f"the function raised {_in_a_line(error)}"})


def _in_a_line(error: BaseException) -> str:
    with suppress(Exception):
        return " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST]
    return "an error without a text"


def restrict(library: str) -> None:
    """Let this process neither write files nor do what `REFUSED` names; there is no way back.

    Args:
        library: the folder of `udtlib`, whose files cannot be read either.
    """
    import resource

    for kind, most in ((resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CPU, CPU_SECONDS)):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
    sys.addaudithook(_hook(library + os.sep, REFUSED, os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


def _hook(library: str, refused: tuple[str, ...], writing: int) -> Any:
    """Return the audit hook; all it needs is in its own scope, out of a student's reach."""

    def allow(event: str, arguments: Any) -> None:
        if event == "open":
            path, mode, flags = arguments
            there = path if isinstance(path, str) else ""
            absolute = there if there[:1] == "/" else "/" + there
            hidden = library in absolute or ".ipynb" in there or "nbgrader" in there or "/proc/" in absolute
            if hidden or (flags or 0) & writing or isinstance(path, bytes):
                raise PermissionError(
                    "files cannot be written, nor the library's read, while a notebook is graded"
                )
        elif event == "import" and str(arguments[0]).split(".")[0] in ("udtlib", "torch"):
            raise ImportError(
                f"{arguments[0]} cannot be imported while graded; answers need numpy and scipy only"
            )
        elif event.startswith(refused):
            raise PermissionError(f"{event} is not allowed while a notebook is graded")

    return allow


def serve(requests: BinaryIO, out: BinaryIO) -> None:
    """Take the cells, say so, and answer calls until there are no more."""
    cells = _read(requests)
    names = defined(cells)
    out.write(pack({"ready": True}))
    out.flush()
    with suppress(ValueError):
        while True:
            name, *arguments = _read(requests)
            out.write(answer(names, name, arguments))
            out.flush()


def _read(stream: BinaryIO) -> Any:
    text, payload = lengths(stream.read(LENGTHS.size))
    return unpack(stream.read(text), stream.read(payload))


def main() -> None:
    """Serve one notebook, whose cells and calls come by standard input."""
    import scipy.fft
    import scipy.linalg

    assert scipy.fft and scipy.linalg  # what answers use is there before the hook looks
    with messages_out() as out:
        restrict(str(Path(__file__).resolve().parents[2]))
        serve(sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
