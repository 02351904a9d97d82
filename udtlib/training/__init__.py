"""Training without labels: settings, batches, the step, the loop, checkpoints, the log.

Book: chapter 11.
May import: labels, the network, the filter layer, weights, `udtlib.unsupervised`, videos of `udtlib.data`.
What is offered here is imported, and torch with it, when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from udtlib.training.loop import WEIGHTS, Ending, open_run, train
    from udtlib.training.settings import TrainingSettings
    from udtlib.training.step import Batch, TrainingStep

__all__ = ["WEIGHTS", "Batch", "Ending", "TrainingSettings", "TrainingStep", "open_run", "train"]

MODULES = {"Batch": "step", "TrainingSettings": "settings", "TrainingStep": "step"}
"""Where a name is defined; all others in ``loop``."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"udtlib.training.{MODULES.get(name, 'loop')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
