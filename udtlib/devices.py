"""Where tensors live, a processor or a GPU; how the C library keeps their memory; whose threads compute.

Book: chapter 06.
"""

from collections.abc import Callable
from functools import cache, wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

import torch
from threadpoolctl import ThreadpoolController
from torch import Tensor

from udtlib.errors import OptionError

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
"""What trackers may compute the network's features in, by name."""


def usable_device(device: torch.device | str) -> torch.device:
    """Return the device of that name.

    Raises:
        OptionError: no such device here.
    """
    try:
        number = torch.zeros(1, device=device)
        number.item()  # which a device without memory cannot tell
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise OptionError(f"device {str(device)!r} cannot be used here ({reason})") from error
    return number.device


def in_double(tensor: Tensor) -> Tensor:
    """Return a tensor in float64, where it lives or, of one on Apple's GPUs, which have none, on the CPU."""
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).double()


def keep_freed_memory() -> None:
    """Make the C library keep memory that is freed, up to some 60 MB, instead of returning it each time.

    Every frame allocates and frees the same few megabytes. glibc gives them back to the system and takes
    them again, zeroed page by page, which costs up to a tenth of a frame. It learns from the largest
    block freed so far (at most 32 MB) how much to keep; so one such block is made and freed.
    """
    torch.empty(31 * 2**20, dtype=torch.uint8)


def one_blas_thread(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Return ``function`` so that numpy's matrix products take one thread while it runs.

    The threads of OpenBLAS go on spinning for some 20 ms after each product, on the cores that torch's
    convolutions need next: with two threads on two cores UDT+ had 8 frames a second so, and has 30. Its
    matrices are too small to gain from a second thread. The limit is the whole process's: of several Python
    threads the first sets it and the last takes it away.
    """

    @wraps(function)
    def limited(*args: Arguments.args, **named: Arguments.kwargs) -> Answer:
        with _ONE:
            return function(*args, **named)

    return limited


class _OneThread:
    """One thread for matrix products while anybody is in the block."""

    def __init__(self) -> None:
        self.lock, self.inside = Lock(), 0
        self.limit: Any = None

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                self.limit = _libraries().limit(limits=1, user_api="blas")
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self.limit.restore_original_limits()


_ONE = _OneThread()


@cache
def _libraries() -> ThreadpoolController:
    """Return the libraries with threads that are loaded, looked for once, which takes milliseconds."""
    return ThreadpoolController()
