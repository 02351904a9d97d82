"""Data: procedural clips, benchmark sequences, videos; `load_dataset` opens one by name.

Book: chapters 00, 01 and 10.
May import: the conventions alone (errors, frames, boxes, polygons) here; the rooms inside build on it. What
is offered here is imported when it is asked for: ``udt check`` looks for data where nothing is installed yet.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from udtlib.data.locate import find_data
    from udtlib.data.registry import DATASETS, load_dataset, load_truth
    from udtlib.data.sequences import Sequence

__all__ = ["DATASETS", "Sequence", "find_data", "load_dataset", "load_truth"]

MODULES = {"Sequence": "sequences", "find_data": "locate"}
"""Where a name is defined; all others in ``registry``."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"udtlib.data.{MODULES.get(name, 'registry')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
