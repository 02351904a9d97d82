"""What a run is made of beside its settings: its code and its data, so that it does not go on with others.

Book: chapter 11.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from udtlib.errors import CheckpointError
from udtlib.fingerprints import fingerprint
from udtlib.printing import log_of
from udtlib.training.checkpoint import Checkpoint
from udtlib.training.run import start, take_step
from udtlib.training.step import Batch

LOG = log_of("udtlib.training")


def code_of(batches: Callable[..., Any]) -> str:
    """Return the fingerprint of the code that trains, with that of the class that gives the batches."""
    return fingerprint(start, take_step, type(batches)).digest


def batch_of(found: Any) -> str:
    """Return the fingerprint of a batch's patches."""
    return fingerprint(found.patches if isinstance(found, Batch) else found).digest


def check_origin(checkpoint: Checkpoint, batches: Callable[[int], Any], folder: Path) -> dict[str, str]:
    """Return what the run is made of from here on; where the code has changed, a line says so.

    Raises:
        CheckpointError: the batches are cut from other patches; named data is compared by its settings.
    """
    then, now = dict(checkpoint.made_of), {"code": code_of(batches)}
    if "batch" in then and then["batch"] != batch_of(batches(0)):
        raise CheckpointError(
            f"{folder}: the run was started with other patches: its first batch is not the one given now. "
            "Resume with the data it has, or start another run in another folder"
        )
    if then.get("code", now["code"]) != now["code"]:
        LOG.warning(
            "%s: the code has changed since step %d; no command repeats this run, its card says so",
            folder,
            checkpoint.step,
        )
        then["mixed"] = str(checkpoint.step)
    return then | now
