"""One training step: patches through the network, there and back, weights over the batch, gradient.

The batch is worked through in chunks of a few triplets, whose arrays stay in the processor's cache; only
the weights of Eq. 10 need numbers of the whole batch, and those are three a triplet. So it is too with
several processes: each has its part of the batch, the three numbers are gathered, gradients are summed,
and the result is that of one process. S1 (direct; S2 when chained) has no gradient and its features are
made without. Book: chapter 11.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from udtlib.dcf import default_sigma, effective_regularisation, gaussian_label
from udtlib.dcf.spectra import hop, make_transform
from udtlib.errors import ShapeError
from udtlib.labels import FAINTEST
from udtlib.network import MEAN_RGB
from udtlib.training.settings import VARIANTS, TrainingSettings
from udtlib.unsupervised import (
    RoundTrip,
    drop_weights,
    motion_weights,
    normalise_weights,
    round_trip_errors,
    track_forward_backward,
    weighted_loss,
)

PATCH = 125  # pixels
LABEL_SIGMA = default_sigma(PATCH, PATCH)  # 4.1667 cells, on 121 x 121
CHUNK = 4  # triplets worked on at a time on a CPU

Patches = NDArray[np.uint8] | Tensor


@dataclass(frozen=True)
class Batch:
    """What a step learns from.

    Attributes:
        patches: uint8 RGB ``(n, 3, 125, 125, 3)``: template, S1, S2; numpy or a tensor on any device.
            With LUDT's three search patches ``(n, 4, 125, 125, 3)``.
        displacements: ``(n, 2, 2)`` float, true (dy, dx) in patch pixels of the target in S1 and S2
            relative to the template; None where no truth is known.
    """

    patches: Patches
    displacements: NDArray[np.floating[Any]] | None = None

    def part(self, start: int, stop: int) -> "Batch":
        """Return the triplets from ``start`` to ``stop``."""
        truth = None if self.displacements is None else self.displacements[start:stop]
        return Batch(self.patches[start:stop], truth)


@dataclass(frozen=True)
class Outcome:
    """What a step found, over the whole batch.

    Attributes:
        loss: Eq. 11 (or the variant's).
        errors: ``(n,)``, without gradient; where a triplet has several losses, their errors' sum.
        weights: ``(n,)``, Eq. 10; the mean over the losses.
    """

    loss: float
    errors: Tensor
    weights: Tensor


class TrainingStep:
    """Computes loss and gradient of a batch for one variant; the network's ``.grad`` holds the result."""

    def __init__(self, network: nn.Module, settings: TrainingSettings, device: torch.device) -> None:
        """Prepare label and transform.

        Args:
            network: from ``(N, 3, 125, 125)`` to ``(N, 32, 121, 121)``, or patches of another side to
                features of 4 cells less, on ``device``.
            settings: of the run.
            device: where to compute.
        """
        self.settings, self.device = settings, device
        self.variant = VARIANTS[settings.variant]
        self.network: Callable[[Tensor], Tensor] = torch.compile(network) if settings.compile else network
        self.parameters = list(network.parameters())
        size, self.sigma = settings.patch - 4, default_sigma(settings.patch, settings.patch)
        self.label = gaussian_label(size, size, self.sigma, device=device)
        self.transform = make_transform(size, size, self.sigma, device)
        self.mean = torch.tensor(MEAN_RGB, dtype=torch.float32, device=device)
        self.chunk = CHUNK if device.type == "cpu" else 4096

    def __call__(
        self, batch: Batch, gather: Callable[[Tensor], Tensor] | None = None, first: int = 0
    ) -> Outcome:
        """Leave the gradient of the whole batch's loss with respect to this part of it in ``.grad``.

        Args:
            batch: this process's triplets.
            gather: concatenates ``(n, k)`` over all processes; None when this is all.
            first: the place of this part's first triplet in the whole.

        Raises:
            ShapeError: patches of another shape or dtype, or a variant with truth and none given.
        """
        self.check(batch)
        count = len(batch.patches)
        for parameter in self.parameters:
            parameter.grad = None
        parts = [batch.part(i, min(i + self.chunk, count)) for i in range(0, count, self.chunk)]
        errors, numbers = zip(*(self.errors(part) for part in parts), strict=True)
        whole = torch.cat(numbers)
        whole = gather(whole) if gather else whole
        weights = torch.stack([self.weights(each) for each in whole.split(3, 1)], 1)
        scale = 1 / len(whole) if self.settings.form == "paper" else 1
        mine = (weights[first : first + count] * scale).split([len(part) for part in errors])
        for part, weight in zip(errors, mine, strict=True):
            torch.autograd.backward(part, weight)
        return Outcome(self.loss(whole), whole[:, ::3].sum(1), weights.mean(1))

    def loss(self, numbers: Tensor) -> float:
        """Return the loss of a batch, of all its numbers from `errors`: Eq. 11, summed over LUDT's losses."""
        form = self.settings.form
        return sum(float(weighted_loss(n[:, 0], self.weights(n), form)) for n in numbers.split(3, 1))

    def errors(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the errors ``(n, k)`` of k losses, with gradient, and their numbers ``(n, 3 k)``, without.

        Three each, for `weights`: the error, its unweighted form (by which A_drop sorts), and the motion.
        """
        errors, numbers = zip(*(self.compare(*answer) for answer in self.answers(batch)), strict=True)
        return torch.stack(errors, 1), torch.cat(numbers, 1)

    def compare(self, response: Tensor, label: Tensor, moved: Tensor) -> tuple[Tensor, Tensor]:
        """Return the errors ``(n,)`` and numbers ``(n, 3)`` of one loss, of what `answer` gave."""
        errors = round_trip_errors(response, label, self.settings.form)
        plain = round_trip_errors(response.detach(), label, "paper")
        return errors, torch.stack([errors.detach(), plain, moved], 1)

    def answer(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return the response ``(n, H, W)`` that is judged, its label ``(n or 1, H, W)``, motion ``(n,)``.

        The response is that of T at the way's end, or of S1 in a variant that knows the truth.
        """
        return self.answers(batch)[-1]

    def answers(self, batch: Batch) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Return `answer` for each loss: one, but for LUDT, which returns to T from every search patch."""
        patches = self.prepare(batch.patches)
        if self.variant.truth:
            response, label = self.to_the_truth(patches, batch.displacements)
            return [(response, label, self.label.new_ones(len(response)))]
        trips = self.each_round_trip(patches) if self.variant.each else [self.round_trip(patches)]
        return [(trip.back, trip.label, motion_weights(trip, self.settings.motion)) for trip in trips]

    def prepare(self, patches: Patches) -> Tensor:
        """Return uint8 ``(n, k, 125, 125, 3)`` as float ``(k, n, 3, 125, 125)``, channels last."""
        if isinstance(patches, np.ndarray):  # torch knows no negative strides, as of [..., ::-1]
            patches = np.ascontiguousarray(patches)
        pixels = torch.as_tensor(patches).to(self.device, non_blocking=True)
        return (pixels.transpose(0, 1).float() - self.mean).permute(0, 1, 4, 2, 3)

    def features(self, *patches: Tensor) -> tuple[Tensor, ...]:
        """Return the features of several patches ``(n, 3, 125, 125)``, computed in one batch."""
        half = self.settings.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16) if half else nullcontext():
            return self.network(torch.cat(patches)).chunk(len(patches))

    def round_trip(self, patches: Tensor) -> RoundTrip:
        """Track there and back; only what the last hop needs is computed with gradient."""
        if self.variant.each:
            return self.each_round_trip(patches)[-1]
        template, first, second = patches
        if self.variant.searches == 1:
            template, *searches = self.features(template, first)
        elif self.settings.backward == "direct":
            template, second = self.features(template, second)
            searches = [self.constant_features(first), second]
        else:
            template, first = self.features(template, first)
            searches = [first, self.constant_features(second)]
        return track_forward_backward(
            template, searches, self.label, backward=self.settings.backward, transform=self.transform
        )

    def each_round_trip(self, patches: Tensor) -> list[RoundTrip]:
        """Track on and on, and back from each search patch directly to T: LUDT's two, three, four frames."""
        template, *searches = self.features(*patches)
        return [
            track_forward_backward(template, searches[:count], self.label, transform=self.transform)
            for count in range(1, len(searches) + 1)
        ]

    def constant_features(self, patches: Tensor) -> Tensor:
        """Return features without gradient."""
        with torch.no_grad():
            return self.features(patches)[0]

    def to_the_truth(self, patches: Tensor, displacements: Any) -> tuple[Tensor, Tensor]:
        """Return the response of S1 to the filter of T, and the label at the true displacement."""
        moved = torch.as_tensor(displacements[:, 0]).to(self.label)
        label = shifted_labels(moved, self.label.shape[-1], self.sigma)
        return self.respond(*self.features(patches[0], patches[1])), label

    def respond(self, template: Tensor, search: Tensor) -> Tensor:
        """Return the response ``(n, H, W)`` to ``search`` of the filter learned on ``template``: features."""
        with torch.no_grad():
            x, z = self.transform.spectrum(template), self.transform.spectrum(search)
        ridge = effective_regularisation(template, 1e-4, normalise=True)
        return hop(template, search, x, z, self.label[None], ridge, self.transform)

    def weights(self, numbers: Tensor) -> Tensor:
        """Return the weights ``(n,)`` of the whole batch, which sum to 1 (Eq. 10), from `errors`' numbers."""
        _, plain, moved = numbers.unbind(1)
        drop = drop_weights(plain, self.settings.drop if self.variant.drop else 0.0)
        return normalise_weights(drop, moved if self.variant.motion else torch.ones_like(moved))

    def check(self, batch: Batch) -> None:
        """Raise `ShapeError` unless ``batch`` is one for this variant."""
        shape, dtype = tuple(batch.patches.shape), str(batch.patches.dtype).removeprefix("torch.")
        count, side = 1 + self.variant.drawn, self.settings.patch
        if shape[1:] != (count, side, side, 3) or not shape[0] or dtype != "uint8":
            names = ", ".join(["template", *(f"S{number}" for number in range(1, count))])
            raise ShapeError(
                f"a batch is uint8 (n, {count}, {side}, {side}, 3): {names}; found {dtype} {shape}"
            )
        if self.variant.truth and batch.displacements is None:
            raise ShapeError(
                f"the variant {self.settings.variant!r} learns from true displacements, and these triplets "
                "have none: use --data synthetic"
            )


def shifted_labels(displacements: Tensor, size: int, sigma: float = LABEL_SIGMA) -> Tensor:
    """Return Gaussian labels ``(n, size, size)`` that peak at ``(dy, dx)``, fractional cells, wrap-around."""
    cells = torch.arange(size, device=displacements.device, dtype=displacements.dtype)
    away = cells - displacements[:, :, None]
    away = (away + size / 2) % size - size / 2
    line = (-away.square() / (2 * sigma**2)).exp()
    return functional.threshold(line[:, 0, :, None] * line[:, 1, None, :], FAINTEST, 0.0)
