"""Is this machine ready? `banner` for a chapter's first cell, `report` behind ``udt check``.

Book: chapter 00. torch and OpenCV are imported only to ask them, and may be missing or broken.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.util import find_spec
from pathlib import Path
from re import findall
from typing import Any

import udtlib
from udtlib.data.locate import checkout, data_roots, shipped_folder

PYTHON = (3, 11)
PACKAGES = {
    "joblib": "1.3",
    "matplotlib": "3.8",
    "numpy": "1.26",
    "pillow": "10.0",
    "safetensors": "0.4",
    "scipy": "1.11",
    "shapely": "2.0",
    "threadpoolctl": "3.2",
    "torch": "2.2",
    "tqdm": "4.65",
}
"""Oldest versions that work, as in pyproject.toml; OpenCV has lines of its own."""

BOOK = ("jupyterlab", "ipywidgets", "ipykernel", "jupytext")
OPENCV = "opencv-contrib-python-headless"
OUTSIDE = ("otb", "vot", "videos", "published")


@dataclass(frozen=True)
class Line:
    """One thing that was looked at.

    Attributes:
        name: what.
        found: its version, number or place.
        advice: what to do; empty if all is well.
        needed: whether the library cannot do without.
    """

    name: str
    found: str
    advice: str = ""
    needed: bool = True

    @property
    def is_ok(self) -> bool:
        """Whether nothing has to be done: all is well, or it is not needed."""
        return not (self.advice and self.needed)

    def __str__(self) -> str:
        """Return the line as printed: OK, FIX with what to do, or "-" for what only some chapters use."""
        mark = "OK " if not self.advice else "-  " if self.is_ok else "FIX"
        return f"{mark}  {self.name:<12} {self.found}" + (f": {self.advice}" if self.advice else "")


def banner() -> None:
    """Print one line that is the same on every machine, or what to do if this one is not ready."""
    problems = [line for line in requirements() if not line.is_ok]
    state = "ready" if not problems else "but this machine is not ready:"
    print(f"udtlib {udtlib.__version__}, {state}", *problems, sep="\n")


def report() -> list[Line]:
    """Return every line of ``udt check``."""
    return [*requirements(), threads(), device(), *book_packages(), weights(), *outside_data()]


def requirements() -> list[Line]:
    """Return the lines for what no chapter can do without; takes milliseconds."""
    return [python(), *packages(), *opencv()]


def python() -> Line:
    """Return the line for the Python version."""
    found = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, PYTHON))
    return Line("python", found, "" if sys.version_info >= PYTHON else f"install Python {wanted} or later")


def packages() -> Iterator[Line]:
    """Yield a line for each package but OpenCV."""
    for name, oldest in PACKAGES.items():
        found = installed(name)
        old = found is not None and numbers(found) < numbers(oldest)
        install = f"run `pip install '{name}>={oldest}'`"
        yield Line(name, found or "not installed", install if old or not found else "")


def load_opencv() -> Any:
    """Return the module cv2; an ImportError where it does not load, or builds have overwritten each other."""
    try:
        import cv2
    except Exception as error:  # whatever a broken build raises
        return ImportError(" ".join(str(error).split())[:100])
    return cv2 if hasattr(cv2, "getNumThreads") else ImportError("files of it are missing")


def opencv() -> Iterator[Line]:
    """Yield the lines for OpenCV: one build only, which loads, with the tracking module."""
    cv2 = load_opencv()
    builds = [name for dist in distributions() if (name := dist.name or "").startswith("opencv")]
    uninstall = f"`pip uninstall -y {' '.join(builds)}`, then " if builds else ""
    reinstall = f"{uninstall}`pip install {OPENCV}`"
    if isinstance(cv2, ImportError):
        yield Line("opencv", f"{', '.join(builds) or 'not installed'}: {cv2}", f"run {reinstall}")
        return
    several = f"builds overwrite each other; run {reinstall}"
    yield Line("opencv", f"{cv2.__version__} ({', '.join(builds)})", several if len(builds) > 1 else "")
    legacy = getattr(cv2, "legacy", None)
    has = {"MOSSE": hasattr(legacy, "TrackerMOSSE_create"), "KCF": hasattr(cv2, "TrackerKCF_create")}
    has["CSRT"] = hasattr(cv2, "TrackerCSRT_create") or hasattr(legacy, "TrackerCSRT_create")
    absent = [name for name, there in has.items() if not there]
    found = f"OpenCV's {', '.join(name for name in has if has[name])}" if any(has.values()) else "none"
    advice = f"{', '.join(absent)} absent; run {reinstall}"
    yield Line("its trackers", found, advice if absent else "")


def threads() -> Line:
    """Return the line for cores and thread settings."""
    cv2, limit = load_opencv(), os.environ.get("OMP_NUM_THREADS", "not set")
    used = "is not there" if isinstance(cv2, ImportError) else f"uses {cv2.getNumThreads()}"
    return Line("threads", f"{os.cpu_count()} cores, OpenCV {used}, OMP_NUM_THREADS {limit}")


def device() -> Line:
    """Return the line for the device torch would use, and for what torch was built."""
    if find_spec("torch") is None:
        return Line("device", "cpu", "known once torch is installed", needed=False)
    import torch

    cuda, hip = torch.version.cuda, getattr(torch.version, "hip", None)
    build = f"CUDA {cuda} build" if cuda else f"ROCm {hip} build" if hip else "CPU build"
    if torch.cuda.is_available():
        return Line("device", f"cuda ({torch.cuda.get_device_name()}), {build} of torch")
    kind = "mps" if torch.backends.mps.is_available() else "cpu"
    return Line("device", f"{kind}, {build} of torch, {torch.get_num_threads()} threads")


def book_packages() -> Iterator[Line]:
    """Yield a line for each package that only the notebooks need."""
    project = checkout()
    for name in BOOK:
        found = installed(name)
        run = (
            f"`pip install -c constraints.txt -e '.[book]'` in {project}"
            if project
            else f"`pip install {name}`"
        )
        advice = "" if found else f"the notebooks need it; run {run}"
        yield Line(name, found or "not installed", advice, needed=False)


def weights() -> Line:
    """Return the line for network weights."""
    folder = shipped_folder("weights")
    names = sorted(path.name for path in folder.glob("*.safetensors"))
    again = "take the project's files again" if checkout() else "install udtlib again"
    advice = f"expected in {folder}; {again}, or set UDT_WEIGHTS to a file; the classic trackers need none"
    advice = "" if names else advice
    return Line("weights", ", ".join(names) or "none", advice, needed=False)


def outside_data() -> Iterator[Line]:
    """Yield the lines for data from elsewhere; nothing but a few measurements needs it."""
    chosen = os.environ.get("UDT_DATA", "none")
    if chosen != "none" and not data_roots():
        yield Line("UDT_DATA", chosen, "no such folder; set it to one, or to none")
    for name in OUTSIDE:
        places = [root / name for root in data_roots() if (root / name).exists()]
        advice = "" if places else f"optional; {_place_for(name)}"
        yield Line(name, str(places[0]) if places else "not found", advice, needed=False)


def _place_for(name: str) -> str:
    """Return where to put data from elsewhere, as `udtlib.data.locate` looks for it now."""
    chosen = os.environ.get("UDT_DATA")
    if chosen == "none":
        return "UDT_DATA=none hides it: set UDT_DATA to the folder it is in"
    if chosen and data_roots():
        return f"put it at {data_roots()[0] / name}, UDT_DATA names that folder"
    folder = (checkout() or Path.cwd()) / "data"
    return f"put it at {folder / name}, or set UDT_DATA to the folder it is in"


def installed(name: str) -> str | None:
    """Return the version of an installed package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def numbers(text: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: ``"2.13.0+cpu"`` is ``(2, 13, 0)``."""
    return tuple(map(int, findall(r"\d+", text.split("+")[0])[:3]))
