"""A user's own tracker, by what stands on the command line: ``file.py:Class`` or ``package.module:Class``.

Class stands for anything that makes a new tracker: a class, or a function that returns one. It is called with
the options, and what it makes is watched (`udtlib.trackers.watched`).

A file is run because somebody named it. Neither its folder nor the current one joins ``sys.path`` for that: a
``json.py`` beside it is never imported. A module is imported from where Python finds it: installed, or in a
folder that ``PYTHONPATH`` names. Book: chapter 13.
"""

import hashlib
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from inspect import Parameter, signature
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

from udtlib.arguments import shown
from udtlib.errors import MissingDataError, TrackerError, UdtError, UnknownNameError, UnknownOptionError
from udtlib.files import user_path
from udtlib.trackers.watched import Watched, described, methods

LARGEST_SOURCE = 10 << 20
"""Bytes of a file of Python that is run; those people write have a hundredth."""

LONGEST_NAME = 60
RUNNING = RLock()
"""Held while a file is run: another thread that wants it waits until all of it has been run."""

FORMS = "file.py:Class or package.module:Class"


def is_own(name: object) -> bool:
    """Say whether a tracker's name is not one of the table's, but says where a user's own is."""
    return isinstance(name, str) and (":" in name or name.endswith(".py"))


def tracker_name(name: str) -> str:
    """Return what a tracker is called in results: a registered name, or ``file.Class`` of a user's own.

    Letters, digits, ``-``, ``+`` and ``_`` of the file's name are kept, so that it can be that of a folder.

    Raises:
        UnknownNameError: neither of the two forms of a user's own.
    """
    if not is_own(name):
        return name
    place, attribute = _split(name)
    stem = Path(place).stem if _is_file(place) else place.rpartition(".")[2]
    safe = "".join(letter if letter.isalnum() or letter in "-+_" else "_" for letter in stem)
    return f"{safe[:LONGEST_NAME]}.{attribute[:LONGEST_NAME]}"


def absolute(name: str) -> str:
    """Return a tracker's name that means the same in another folder: a file by its whole path."""
    if not is_own(name):
        return name
    place, attribute = _split(name)
    return f"{_whole(place)}:{attribute}" if _is_file(place) else name


def own_tracker(name: str) -> "OwnTracker":
    """Return what makes the tracker that ``name`` describes; its file or module has been run then.

    Raises:
        UnknownNameError: neither of the two forms, or nothing of that name in the file or module.
        MissingDataError: no such file.
        TrackerError: no such module, a file that is no Python, or an exception while it is run.
    """
    place, attribute = _split(name)
    digest = ""
    if _is_file(place):
        path = _whole(place)
        place, digest = str(path), _digest(_source(path))
    found = OwnTracker(place, attribute, digest)
    found.load()
    return found


@dataclass(frozen=True)
class OwnTracker:
    """Makes trackers of a user's class. It can be sent to another process, which finds the class anew.

    Attributes:
        place: the file's whole path, or the module's name.
        attribute: the name of the class or function there.
        digest: of the file's content; a process that finds another content makes no tracker.
    """

    place: str
    attribute: str
    digest: str = ""

    @property
    def name(self) -> str:
        """What it is called in results."""
        return tracker_name(f"{self.place}:{self.attribute}")

    def __call__(self, **options: Any) -> Watched:
        """Return a new tracker.

        Raises:
            UnknownOptionError: options that the class does not take, or lacks.
            TrackerError: the constructor raised an exception, or what it made is no tracker.
            MissingDataError, UnknownNameError: as `own_tracker`.
        """
        make = self.load()
        what = f"{self.place}: {self.attribute}"
        _check_options(make, options, what)
        try:
            made = make(**options)
        except UdtError as error:
            raise type(error)(f"{what}: {error}") from error
        except (Exception, SystemExit) as error:
            asked = f" with the options {shown(options)}" if options else ""
            raise TrackerError(described(error, self._file(), f"{self.attribute}(...){asked}")) from error
        return Watched(made, make)

    def load(self) -> Any:
        """Return the class or function itself."""
        if self.digest:
            with RUNNING:
                module = _run_file(Path(self.place), self.digest)
        else:
            module = _imported(self.place)
        if not hasattr(module, self.attribute):
            found = ", ".join(_candidates(module)) or "none"
            raise UnknownNameError(
                f"{self.place}: expected a class or function {self.attribute}, found no such name; "
                f"classes with init and update there: {found}"
            )
        make = getattr(module, self.attribute)
        if not callable(make):
            raise TrackerError(
                f"{self.place}: expected {self.attribute} to be a class, or a function that returns a new "
                f"tracker, found {shown(make)}"
            )
        return make

    def _file(self) -> str:
        return (
            self.place if self.digest else str(getattr(sys.modules.get(self.place), "__file__", self.place))
        )


def _split(name: str) -> tuple[str, str]:
    """Return file or module, and attribute.

    Raises:
        UnknownNameError: another form.
    """
    place, _, attribute = name.rpartition(":")
    is_module = all(part.isidentifier() for part in place.split("."))
    if not attribute.isidentifier() or not (_is_file(place) or is_module):
        advice = f"; name the class in it: {name}:Class" if name.endswith(".py") else ""
        raise UnknownNameError(f"expected your own tracker as {FORMS}, found {shown(name)}{advice}")
    return place, attribute


def _whole(place: str) -> Path:
    return Path.cwd() / user_path(place)


def _is_file(place: str) -> bool:
    return place.endswith(".py")


def _source(path: Path) -> bytes:
    """Return the content of a file of Python.

    Raises:
        MissingDataError: no such file, or one that may not be read.
        TrackerError: it is too large.
    """
    try:
        if not path.is_file():
            raise MissingDataError(f"{path}: no such file; a tracker of your own is named as {FORMS}")
        if path.stat().st_size > LARGEST_SOURCE:
            raise TrackerError(
                f"{path}: expected a file of Python of at most {LARGEST_SOURCE:,} bytes, found "
                f"{path.stat().st_size:,}"
            )
        return path.read_bytes()
    except OSError as error:
        if isinstance(error, UdtError):
            raise
        raise MissingDataError(f"{path}: cannot be read ({error.strerror})") from error


def _digest(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()[:16]


def _run_file(path: Path, digest: str) -> ModuleType:
    """Return a file's module; each content of it is run once in a process.

    Raises:
        TrackerError: it was edited since the run began, is no Python, or raised an exception.
    """
    source = _source(path)
    if _digest(source) != digest:
        raise TrackerError(
            f"{path}: was edited while the run went on; run it again, with one file throughout"
        )
    name = f"udt_tracker_{_digest(bytes(path) + source)}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, path)
    assert spec is not None  # its name ends in .py
    module = sys.modules[name] = module_from_spec(spec)
    try:
        exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, Exception | SystemExit):
            raise TrackerError(
                described(error, str(path), "running the file") + _advice(error, path)
            ) from error
        raise
    return module


def _imported(name: str) -> ModuleType:
    """Return a module by its name.

    Raises:
        TrackerError: there is none, or it raised an exception.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise TrackerError(described(error, name, "importing the module")) from error
        file = Path(*name.split(".")).with_suffix(".py")
        beside = f"; the file here is named {file}:Class" if file.is_file() else ""
        raise TrackerError(
            f"{name}: expected a module that is installed, or in a folder of PYTHONPATH, found none{beside}"
        ) from error
    except (Exception, SystemExit) as error:
        raise TrackerError(described(error, name, "importing the module")) from error


def _advice(error: BaseException, path: Path) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        beside = path.parent / error.name.partition(".")[0]
        if beside.is_dir() or beside.with_suffix(".py").is_file():
            return f"; it lies beside the file: set the environment variable PYTHONPATH={path.parent}"
        return f"; install {error.name} into this Python"
    if isinstance(error, ImportError) and "relative import" in str(error):
        return "; a file of a package is named as package.module:Class"
    return ""


def _candidates(module: ModuleType) -> list[str]:
    """Return the names of the classes of a module that could be meant."""
    classes = {name: value for name, value in vars(module).items() if isinstance(value, type)}
    of_its_own = {name: one for name, one in classes.items() if one.__module__ == module.__name__}
    return sorted(name for name, one in of_its_own.items() if not methods(one, "init", "update"))


def _check_options(make: Any, options: dict[str, Any], what: str) -> None:
    """Refuse options that a class or function does not take.

    Raises:
        UnknownOptionError: unknown ones, or one is missing.
    """
    try:
        parameters = signature(make)
    except (TypeError, ValueError):  # machine code
        return
    try:
        parameters.bind(**options)
    except TypeError as error:
        variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        names = [name for name, one in parameters.parameters.items() if one.kind not in variable]
        raise UnknownOptionError(
            f"{what}: {error}, with the options {shown(options)}; it takes: {', '.join(names) or 'none'}"
        ) from error
