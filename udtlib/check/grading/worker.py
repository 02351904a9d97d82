"""The child process that runs a student's functions: it gets a notebook's cells, then calls to answer.

Of the cells it keeps imports, functions, classes and constants; nothing else is run. The judge is another
process, so there is no reference here to be found, and no mark to be changed. An audit hook refuses what an
answer has no need of: writing files, other processes, the network, native libraries, the rest of `udtlib`.
That stops tricks, not an attacker who breaks the interpreter itself. Book: chapters 02 to 14.
"""

import ast
import importlib
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy

from udtlib.check.grading.wire import LENGTHS, lengths, pack, unpack
from udtlib.child_process import messages_out

CPU_SECONDS = 120
LONGEST = 300  # characters of an error that the student is shown
FILES = (
    "chdir",
    "chmod",
    "chown",
    "fchdir",
    "link",
    "mkdir",
    "remove",
    "rename",
    "rmdir",
    "symlink",
    "truncate",
)
PROCESSES = ("exec", "fork", "kill", "posix_spawn", "putenv", "setxattr", "spawn", "system", "utime")
MODULES = ("ctypes", "fcntl", "gc", "pty", "resource", "shutil", "socket", "sqlite3", "subprocess")
REFUSED = (
    *(f"os.{name}" for name in (*FILES, *PROCESSES)),
    *(f"{name}." for name in MODULES),
    *("code.__new__", "sys.addaudithook", "sys.setprofile", "signal.pthread_kill"),
)
"""Beginnings of audit events."""

PLAIN = (
    *(ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Name, ast.Attribute, ast.Call, ast.keyword),
    *(ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context),
)
"""What a constant's value may be made of."""


def kept(cells: Iterable[str]) -> ast.Module:
    """Return what a notebook's code cells define, as one module; a cell that cannot be parsed is left out.

    Kept are functions, classes, lambdas with a name, constants with a name in capitals, such as
    ``TURN = 2 * np.pi``, and the imports whose names one of these uses.
    """
    found: list[ast.stmt] = []
    for cell in cells:
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            lines = [line for line in cell.splitlines() if not line.lstrip().startswith(("%", "!"))]
            found += ast.parse("\n".join(lines)).body
    imports = [node for node in found if isinstance(node, ast.Import | ast.ImportFrom)]
    body = [node for node in found if isinstance(node, ast.FunctionDef | ast.ClassDef) or _constant(node)]
    used = {node.id for part in body for node in ast.walk(part) if isinstance(node, ast.Name)}
    needed = [node for node in imports if {_bound(alias) for alias in node.names} & {*used, "*"}]
    return ast.Module([*needed, *body], [])


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _constant(node: ast.stmt) -> bool:
    """Tell whether a statement gives names in capitals to constants, or a name to a lambda."""
    if isinstance(node, ast.Assign):
        targets, value = node.targets, node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets, value = [node.target], node.value
    else:
        return False
    names = [name for one in targets for name in (one.elts if isinstance(one, ast.Tuple) else [one])]
    if isinstance(value, ast.Lambda):
        return all(isinstance(name, ast.Name) for name in names)
    return all(isinstance(name, ast.Name) and name.id.isupper() for name in names) and _is_plain(value)


def _is_plain(value: ast.expr) -> bool:
    """Tell whether a value is made of literals, arithmetic and functions of numpy or math."""
    parts = list(ast.walk(value))
    return all(
        isinstance(part, PLAIN) and (not isinstance(part, ast.Call) or _is_math(part)) for part in parts
    )


def _is_math(call: ast.Call) -> bool:
    root = call.func
    while isinstance(root, ast.Attribute):
        root = root.value
    return root is not call.func and isinstance(root, ast.Name) and root.id in ("np", "numpy", "math")


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


def restrict() -> None:
    """Let this process neither write files nor do what `REFUSED` names; there is no way back."""
    _limit()
    homes = {sys.prefix, sys.base_prefix, str(Path(numpy.__path__[0]).parent)}
    homes |= {os.path.realpath(home) for home in homes}
    sys.addaudithook(_hook(tuple(home + os.sep for home in homes)))


def _limit() -> None:
    """Have the system refuse files and endless calculations too, where it can (not on Windows)."""
    if sys.platform == "win32":
        return
    import resource

    for kind, most in ((resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CPU, CPU_SECONDS)):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _hook(homes: tuple[str, ...]) -> Any:
    """Return the audit hook; all it needs is in its own scope, out of a student's reach.

    Args:
        homes: the folders from which files may be read, those of Python, numpy and scipy.
    """
    refused, writing = REFUSED, os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    ours, up = f"{os.sep}udtlib{os.sep}", os.pardir

    def allow(event: str, arguments: Any) -> None:
        if event == "open":
            path, _, flags = arguments
            readable = (
                isinstance(path, str) and path.startswith(homes) and ours not in path and up not in path
            )
            if not (readable or isinstance(path, int)) or (flags or 0) & writing:
                raise PermissionError("an answer can neither write files nor read those of the course")
        elif event == "import" and str(arguments[0]).split(".")[0] in ("udtlib", "torch"):
            raise ImportError(f"{arguments[0]} cannot be imported; answers need numpy and scipy only")
        elif event.startswith(refused):
            raise PermissionError(f"{event} is not allowed in an answer")

    return allow


def serve(requests: BinaryIO, out: BinaryIO) -> None:
    """Take the cells, say so, and answer calls until there are no more."""
    cells = _read(requests)
    if any("scipy" in cell for cell in cells):
        importlib.import_module("scipy.fft")  # before the hook looks: parts of scipy load native libraries
        importlib.import_module("scipy.linalg")
    restrict()
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
    with messages_out() as out:
        serve(sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
