"""Python as it is on Windows, as far as Linux can play it, where PYTHONPATH begins with this folder.

Python imports a module of this name when it starts, in children too. Only our code sees
the difference, the modules of `udtlib` and what is run as ``__main__``: the standard library and the packages
of this machine were installed for Linux and need it. Our code finds modules without what Windows lacks, with
what it has instead (`msvcrt`, handles), and with ``sys.platform == "win32"``. Files that are open cannot be
removed or replaced, folders cannot be opened, and links cannot be made. Text files are cp1252, unless their
encoding is named, and their lines end in a carriage return and a line feed; with
``PYTHONWARNDEFAULTENCODING=1`` it is an error of `udtlib` not to name it.

Not played: drive letters and backslashes, names that differ in case only, exit codes, the console.
"""

import builtins
import contextlib
import fcntl
import glob
import io
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import time
import types
import warnings
from pathlib import Path

MISSING_MODULES = {"curses", "fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
NUMBERS = 10_000
"""A handle is the descriptor's number and so much: whoever mixes them up is found out."""

MISSING = {
    os: """
        O_ASYNC O_CLOEXEC O_DIRECT O_DIRECTORY O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_SYNC
        WNOHANG chown chroot confstr copy_file_range ctermid eventfd fchdir fchmod fchown fdatasync fork
        forkpty get_blocking getegid geteuid getgid getgroups getloadavg getpgid getpgrp getpriority getsid
        getuid getxattr killpg lchown lockf major memfd_create minor mkfifo mknod nice openpty pathconf pipe2
        posix_fadvise posix_spawn pread preadv pwrite pwritev readv register_at_fork sched_getaffinity
        sched_get_priority_max sched_setaffinity sched_setscheduler sched_yield sendfile set_blocking setpgid
        setpriority setsid setuid statvfs sync sysconf tcgetpgrp ttyname uname wait wait3 wait4 waitid writev
        """,
    select: "EPOLLIN POLLERR POLLHUP POLLIN POLLOUT POLLPRI epoll poll",
    signal: """
        SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGUSR1 SIGUSR2 SIGXCPU SIGXFSZ
        alarm getitimer pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending sigwait
        """,
    time: "clock_getres clock_gettime pthread_getcpuclockid tzset",
}
"""By module: what Python 3.11 for Windows does not have of it."""

REFUSED = ("pass_fds", "preexec_fn", "start_new_session", "process_group", "user", "group", "umask")
"""What `subprocess.Popen` does not take there."""


def ours(names: dict) -> bool:
    """Say whether these globals belong to a module of ours, or to a program's own code."""
    name, spec = str(names.get("__name__")), names.get("__spec__")
    name = spec.name if name == "__main__" and spec else name
    return name == "__main__" or name.partition(".")[0] == "udtlib"


def called_by_us() -> bool:
    """Say whether our code is calling, directly or by way of the standard library's helpers."""
    frame = sys._getframe(2)
    while frame and frame.f_globals.get("__name__") in ("contextlib", "os", "pathlib", "shutil", "tempfile"):
        frame = frame.f_back
    return frame is not None and ours(frame.f_globals)


class Seen(types.ModuleType):
    """A module as our code sees it."""

    def __init__(self, module: types.ModuleType, **instead: object) -> None:
        hidden = frozenset(MISSING.get(module, "").split())
        self.__dict__.update(_module=module, _hidden=hidden, **instead)

    def __getattr__(self, name: str) -> object:
        if name in self._hidden:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} on Windows")
        return getattr(self._module, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._module, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._module, name)

    def __dir__(self) -> list[str]:
        return [name for name in dir(self._module) if name not in self._hidden]


def open_file(path, flags, *others, **named):
    """`os.open`, which opens no folder."""
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied", str(path))
    return os.open(path, flags, *others, **named)


def select_sockets(read, write, other, timeout=None):
    """`select.select`, which takes sockets alone."""
    import socket

    if not all(isinstance(one, socket.socket) for one in (*read, *write, *other)):
        raise OSError(10038, "an operation was attempted on something that is not a socket")
    return select.select(read, write, other, timeout)


def context_of(method: str | None = None) -> object:
    """`multiprocessing.get_context`, which knows one way to start."""
    if method not in (None, "spawn"):
        raise ValueError(f"cannot find context for {method!r}")
    return multiprocessing.get_context("spawn")


INHERITABLE = set()


class StartupInfo:
    """`subprocess.STARTUPINFO`."""

    def __init__(self, *, lpAttributeList=None, **_: object) -> None:
        self.lpAttributeList = lpAttributeList or {}


class Popen(subprocess.Popen):
    """`subprocess.Popen`, which hands over handles and no descriptors."""

    def __init__(self, *arguments, startupinfo=None, **named) -> None:
        for name in REFUSED:
            if named.get(name) not in (None, (), False):
                raise ValueError(f"{name} is not supported on Windows platforms")
        handles = startupinfo.lpAttributeList.get("handle_list", []) if startupinfo else []
        if not set(handles) <= INHERITABLE:
            raise OSError(87, "the parameter is incorrect: a handle that is not inheritable")
        super().__init__(*arguments, pass_fds=[handle - NUMBERS for handle in handles], **named)


def set_handle_inheritable(handle: int, inheritable: bool) -> None:
    """`os.set_handle_inheritable`."""
    os.fstat(handle - NUMBERS)
    (INHERITABLE.add if inheritable else INHERITABLE.discard)(handle)


def locking(descriptor: int, mode: int, length: int) -> None:
    """`msvcrt.locking` without waiting."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise PermissionError(13, "Permission denied") from None


MSVCRT = types.ModuleType("msvcrt")
MSVCRT.LK_NBLCK, MSVCRT.locking = 2, locking
MSVCRT.get_osfhandle = lambda descriptor: (os.fstat(descriptor), descriptor + NUMBERS)[1]
MSVCRT.open_osfhandle = lambda handle, flags: (os.fstat(handle - NUMBERS), handle - NUMBERS)[1]

SEEN = {
    "os": Seen(
        os,
        O_BINARY=0,
        O_NOINHERIT=0,
        open=open_file,
        set_handle_inheritable=set_handle_inheritable,
        supports_dir_fd=set(),
    ),
    "select": Seen(select, select=select_sockets),
    "signal": Seen(signal),
    "time": Seen(time),
    "sys": Seen(sys, platform="win32"),
    "subprocess": Seen(subprocess, Popen=Popen, STARTUPINFO=StartupInfo),
    "multiprocessing": Seen(multiprocessing, get_context=context_of),
    "msvcrt": MSVCRT,
}
REAL_IMPORT = builtins.__import__


def import_as_on_windows(name, globals=None, locals=None, fromlist=(), level=0):
    """`__import__`, which looks at who imports."""
    if level == 0 and globals is not None and ours(globals):
        if name in MISSING_MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name in SEEN:
            return SEEN[name]
    return REAL_IMPORT(name, globals, locals, fromlist, level)


def refuse_open_files(name: str) -> None:
    """Let our code neither remove nor replace a file that this process has open."""
    function = getattr(os, name)

    def checked(path, *others, **named):
        if called_by_us():
            for one in (path, *others):
                if isinstance(one, str | os.PathLike) and is_open(one):
                    raise PermissionError(13, "another program is using this file", os.fspath(one))
        return function(path, *others, **named)

    setattr(os, name, checked)


def is_open(path: str | os.PathLike) -> bool:
    """Say whether this process or a child of it has a file open, or mapped into its memory."""
    held = {os.path.realpath(os.path.dirname(path)) + os.sep + os.path.basename(path)}
    return os.path.isfile(path) and any(held & open_files(process) for process in [os.getpid(), *children()])


def children() -> list[int]:
    """Return the processes that this one started."""
    tasks = glob.glob("/proc/self/task/*/children")
    return [int(number) for task in tasks for number in Path(task).read_text("utf-8").split()]


def open_files(process: int) -> set[str]:
    """Return the paths of what a process has open or mapped; nothing of one that has ended."""
    found = set()
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{process}/maps").read_text("utf-8", "replace").splitlines()
        found |= {line.split(maxsplit=5)[5] for line in lines if "/" in line}
    for number in glob.glob(f"/proc/{process}/fd/*"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(number))
    return found


def refuse_links(source, target, *others, **named):
    """`os.symlink`, for which an ordinary user has no privilege."""
    if called_by_us():
        raise OSError(1314, "a required privilege is not held by the client")
    return REAL_SYMLINK(source, target, *others, **named)


def hide_unix_folders(exists):
    """Return `exists`, to which our code's ``/proc`` and ``/dev`` are nowhere."""

    def checked(path, **named):
        if str(path).startswith(("/proc/", "/dev/")) and called_by_us():
            return False
        return exists(path, **named)

    return checked


def open_as_cp1252(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *rest, **named):
    """`open` with the default encoding and the ends of lines of Windows."""
    if "b" not in mode and encoding in (None, "locale") and called_by_us():
        encoding = "cp1252"
    if "b" not in mode and "r" not in mode and newline is None and called_by_us():
        newline = "\r\n"
    return REAL_OPEN(file, mode, buffering, encoding, errors, newline, *rest, **named)


def run_with_cp1252(*command, text=None, encoding=None, **named):
    """`subprocess.run`, whose default encoding is that of Windows."""
    return subprocess.run(*command, encoding=encoding or ("cp1252" if text else None), **named)


SEEN["subprocess"].__dict__["run"] = run_with_cp1252
REAL_OPEN, builtins.open = builtins.open, open_as_cp1252
io.open = open_as_cp1252
REAL_SYMLINK, os.symlink = os.symlink, refuse_links
for function_name in ("remove", "unlink", "rename", "replace"):
    refuse_open_files(function_name)
os.path.exists = hide_unix_folders(os.path.exists)
Path.exists, Path.is_file = hide_unix_folders(Path.exists), hide_unix_folders(Path.is_file)
builtins.__import__ = import_as_on_windows
warnings.filterwarnings("ignore", category=EncodingWarning)
warnings.filterwarnings("error", category=EncodingWarning, module="udtlib")
