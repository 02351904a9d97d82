"""From a sampler of triplets to the batch of a step. Book: chapters 10 and 11."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from udtlib.training_step import Batch


class Loader(Protocol):
    """What is needed of a sampler; `udtlib.data.triplets.TripletLoader` is one."""

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""

    def indices(self, epoch: int) -> NDArray[np.int64]:
        """Return the frame numbers of an epoch, ``(len(self), n, 3)``, always the same for one epoch."""

    def read(self, indices: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Return the patches ``(n, 3, 125, 125, 3)`` of triplets ``(n, 3)``."""


class LoaderSource:
    """Gives the batch of any step, epoch after epoch: what `udtlib.training.train` asks for."""

    def __init__(
        self, loader: Loader, displacements: Callable[[NDArray[np.int64]], NDArray[np.float64]] | None = None
    ) -> None:
        """Keep the sampler.

        Args:
            loader: draws and reads triplets.
            displacements: gives the true displacements ``(n, 2, 2)`` of triplets ``(n, 3)``, where known.
        """
        self.loader, self.displacements = loader, displacements
        self.epoch = -1
        self.indices: Any = None

    def __call__(self, step: int) -> Batch:
        """Return the batch of ``step`` (0-indexed)."""
        epoch, place = divmod(step, len(self.loader))
        if epoch != self.epoch:
            self.epoch, self.indices = epoch, self.loader.indices(epoch)
        triplets = self.indices[place]
        truth = self.displacements(triplets) if self.displacements else None
        return Batch(self.loader.read(triplets), truth)
