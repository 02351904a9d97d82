"""udtlib: the small library behind “Unsupervised Deep Tracking, from scratch”.

What it offers is imported when it is asked for: a child process that reads one file needs nothing else.
So are its modules, as in ``udtlib.widgets.pick_box``.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from udtlib.adaptation import adapt
    from udtlib.data import load_dataset
    from udtlib.trackers import load_tracker

__version__ = "0.1.0"
__all__ = ["adapt", "load_dataset", "load_tracker"]

MODULES = {"adapt": "adaptation", "load_dataset": "data", "load_tracker": "trackers"}
"""Where a name is offered."""


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return getattr(import_module(f"udtlib.{MODULES[name]}"), name)
    if not name.startswith("_") and find_spec(f"udtlib.{name}"):
        return import_module(f"udtlib.{name}")
    raise AttributeError(f"module 'udtlib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
