"""udtlib: the small library behind “Unsupervised Deep Tracking, from scratch”.

What it offers is imported when it is asked for: a child process that reads one file needs nothing else.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from udtlib.adaptation import adapt
    from udtlib.data import load_dataset
    from udtlib.trackers import load_tracker

__version__ = "0.1.0"
__all__ = ["adapt", "load_dataset", "load_tracker"]


def __getattr__(name: str) -> Any:
    if name == "adapt":
        from udtlib.adaptation import adapt

        return adapt
    if name == "load_dataset":
        from udtlib.data import load_dataset

        return load_dataset
    if name == "load_tracker":
        from udtlib.trackers import load_tracker

        return load_tracker
    raise AttributeError(f"module 'udtlib' has no attribute {name!r}")
