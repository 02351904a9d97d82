"""What a tracker's convolutions alone would take at the highest speed this processor reaches.

No tracker with these features is faster than this floor, however well the rest is written: its sums and
products have to be computed. The highest speed is measured, with a convolution that suits the library
better than ours. Book: chapter 06.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

CHANNELS, SIDE, TURNS = 256, 56, 6
"""A convolution of many channels on a small map: its numbers stay in the processor's cache."""
CONVOLUTIONS = (torch.ops.aten.convolution.default, torch.ops.aten.conv2d.default)
"""What torch calls them: the second is not taken apart in inference mode."""


class ConvolutionCounter(TorchDispatchMode):
    """Counts what the convolutions inside a ``with`` block compute, the 1x1 ones included.

    Attributes:
        operations: multiplications and additions by data type.
    """

    def __init__(self) -> None:
        """Begin at 0."""
        super().__init__()
        self.operations: dict[torch.dtype, int] = defaultdict(int)

    def __torch_dispatch__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run one operation of torch's and count it."""
        result = function(*args, **(kwargs or {}))
        if function in CONVOLUTIONS:
            weight: Tensor = args[1]
            self.operations[result.dtype] += 2 * result.numel() * weight[0].numel()
        return result


def peak_speed(dtype: torch.dtype) -> float:
    """Return the operations a second of a large 3x3 convolution, the fastest of `TURNS`."""
    patches = torch.randn(2, CHANNELS, SIDE, SIDE).to(dtype, memory_format=torch.channels_last)
    weight = torch.randn(CHANNELS, CHANNELS, 3, 3).to(dtype, memory_format=torch.channels_last)
    operations, seconds = 2 * patches.numel() * weight[0].numel(), []
    with torch.inference_mode():
        for _ in range(TURNS):
            start = perf_counter()
            functional.conv2d(patches, weight, padding=1)
            seconds.append(perf_counter() - start)
    return operations / min(seconds)


def peak_speeds(counters: Iterable[ConvolutionCounter]) -> dict[torch.dtype, float]:
    """Return the `peak_speed` of each data type that was counted."""
    dtypes = {dtype for counter in counters for dtype in counter.operations}
    return {dtype: peak_speed(dtype) for dtype in sorted(dtypes, key=str)}


def floor_seconds(operations: Mapping[torch.dtype, int], peaks: Mapping[torch.dtype, float]) -> float:
    """Return the seconds that counted operations take at these speeds."""
    return sum(count / peaks[dtype] for dtype, count in operations.items())
