"""Several processes as one: what a data-parallel step exchanges. Book: chapter 11.

``torchrun --nproc-per-node 2 -m udtlib train ...`` starts the processes; each works on its part of every
batch. Sums and gathered numbers make all of them take the same step, so no weights are ever sent.
"""

import itertools
import os
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from udtlib.devices import usable_device
from udtlib.errors import OptionError, TrainingError, UdtError

Result = TypeVar("Result")
GROUPS = itertools.count()  # that this process has formed
PATIENCE = timedelta(hours=12)  # the others wait while the first packs the videos


class Workers:
    """This process among its equals; alone unless started by torchrun."""

    def __init__(self, device: torch.device) -> None:
        """Join the group that the environment describes: gloo on a CPU, nccl on GPUs."""
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        self.device = device
        if self.count > 1 and not dist.is_initialized():
            join("nccl" if device.type == "cuda" else "gloo")

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0

    def share(self, batch: int) -> slice:
        """Return which triplets of a batch are this process's.

        Raises:
            OptionError: the batch cannot be divided.
        """
        if batch % self.count:
            raise OptionError(f"a batch of {batch} cannot be divided among {self.count} processes")
        size = batch // self.count
        return slice(self.rank * size, (self.rank + 1) * size)

    def gather(self, numbers: Tensor) -> Tensor:
        """Return all processes' ``(n, k)``, in the order of their ranks."""
        if self.count == 1:
            return numbers
        parts = [torch.empty_like(numbers) for _ in range(self.count)]
        dist.all_gather(parts, numbers.contiguous())
        return torch.cat(parts)

    def sum_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Replace each gradient by its sum over all processes; a missing one counts as 0."""
        if self.count == 1:
            return
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        parts = flat.split([gradient.numel() for gradient in gradients])
        for parameter, gradient, part in zip(parameters, gradients, parts, strict=True):
            parameter.grad = part.view_as(gradient)

    def any(self, flag: int) -> int:
        """Return the largest of all processes' flags."""
        if self.count == 1:
            return flag
        value = torch.tensor([flag], device=self.device)
        dist.all_reduce(value, dist.ReduceOp.MAX)
        return int(value)

    def first_decides(self, decide: Callable[[], Result]) -> Result:
        """Return what ``decide`` gives in the first process, in all of them; so too an error it raises."""
        if self.count == 1:
            return decide()
        answer: list[Any] = [None, None]
        if self.is_first:
            try:
                answer[0] = decide()
            except UdtError as error:
                answer[1] = str(error)
        dist.broadcast_object_list(answer, device=self.device if self.device.type == "cuda" else None)
        if answer[1] is not None:
            raise TrainingError(answer[1])
        return answer[0]

    def leave(self) -> None:
        """Leave the group."""
        if self.count > 1 and dist.is_initialized():
            dist.destroy_process_group()


def join(backend: str) -> None:
    """Form a group with the processes that torchrun started.

    Each group has keys of its own in the store where the processes meet. An earlier group's keys stay there,
    and a process that found them would call addresses at which nobody listens any more.
    """
    store, rank, size = next(dist.rendezvous("env://", timeout=PATIENCE))
    own = dist.PrefixStore(f"group-{next(GROUPS)}", store)
    dist.init_process_group(backend, store=own, rank=rank, world_size=size, timeout=PATIENCE)


def device_of(name: str | None) -> torch.device:
    """Return the device called ``name``; None or auto is the GPU if there is one, one for each process.

    Raises:
        OptionError: no such device here.
    """
    if name in (None, "auto"):
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    device = usable_device(name)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    return device
