"""Settings of UDT+, as named presets, each with its source. Book: chapter 12."""

from dataclasses import dataclass, replace
from typing import Annotated

from udtlib.arguments import Between, check_fields
from udtlib.errors import OptionError

MOST_BYTES = 2**29
"""Memory for one target's samples; the presets take 17 and 26 MB."""


@dataclass(frozen=True)
class EcoSettings:
    """Everything the tracker can be told.

    Attributes:
        search_area: side of the square patch in units of the target's side, the root of its area.
        least_side: least side of the patch in its own pixels; smaller ones are enlarged.
        largest_side: largest side; larger ones are sampled down.
        cell: side of a feature cell in pixels of the patch; the network's features are averaged over cells.
        channels: of the projected features, at most the network's 32.
        sigma_factor: the label's sigma relative to the target's side.
        learning_rate: weight of a new sample among those remembered.
        capacity: samples remembered; 1 is a running average.
        train_gap: frames that pass without learning.
        train_first: frames from the start in which the filter learns each time.
        iterations: of conjugate gradients when the filter learns.
        first_steps: Gauss-Newton steps in the first frame.
        first_iterations: of conjugate gradients in each of them.
        forgetting: frames after which a search direction of conjugate gradients counts as old.
        data_share: share of a channel's own energy in the preconditioner; the rest is the channels' mean.
        penalty_share: share of the penalty's energy in the preconditioner.
        projection_share: weight of the projection's part in it.
        projection_penalty: on the projection's squared values.
        penalty_least: the spatial penalty in the middle.
        penalty_edge: the spatial penalty at the target's sides.
        penalty_threshold: Fourier coefficients of it below this share of the largest are dropped.
        newton_steps: that refine the peak; 0 leaves it on the grid.
        follow_size: let the scale filter change the size.
        adaptive: how strongly doubt holds learning back: weights of samples, and the scale filter's rate, are
            multiplied with this power of `udtlib.trackers.confidence`; 0 is never.
        camera: move the search window with the camera first (`udtlib.trackers.camera`).
        flow: move and resize the search window with the target's own points first (`udtlib.trackers.flow`).
        velocity: share of the last frames' mean motion that is expected to go on, 0 to 1.
        second_look: share of the ordinary peak below which it looks beside the window too; 0 is never.
    """

    search_area: Annotated[float, Between(1, 100)] = 4.0
    least_side: Annotated[int, Between(32, 1024)] = 150
    largest_side: Annotated[int, Between(32, 1024)] = 200
    cell: Annotated[int, Between(1, 16)] = 4
    channels: Annotated[int, Between(1, 32)] = 32
    sigma_factor: Annotated[float, Between(1e-3, 10)] = 1 / 12
    learning_rate: Annotated[float, Between(0, 1)] = 0.01
    capacity: Annotated[int, Between(1, 1000)] = 50
    train_gap: Annotated[int, Between(0, 1000)] = 5
    train_first: Annotated[int, Between(0, 1000)] = 0
    iterations: Annotated[int, Between(1, 1000)] = 5
    first_steps: Annotated[int, Between(1, 100)] = 10
    first_iterations: Annotated[int, Between(1, 1000)] = 20
    forgetting: Annotated[float, Between(0, 1e4)] = 75.0
    data_share: Annotated[float, Between(0, 1)] = 0.3
    penalty_share: Annotated[float, Between(1e-6, 1)] = 0.015
    projection_share: Annotated[float, Between(1e-3, 1e6)] = 35.0
    projection_penalty: Annotated[float, Between(0, 1e6)] = 5e-8
    penalty_least: Annotated[float, Between(1e-9, 1e3)] = 1e-4
    penalty_edge: Annotated[float, Between(1e-9, 1e3)] = 1e-2
    penalty_threshold: Annotated[float, Between(0, 1)] = 0.05
    newton_steps: Annotated[int, Between(0, 100)] = 5
    follow_size: bool = True
    adaptive: Annotated[float, Between(0, 10)] = 0.0
    camera: bool = False
    flow: bool = False
    velocity: Annotated[float, Between(0, 1)] = 0.0
    second_look: Annotated[float, Between(0, 1)] = 0.0

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            OptionError: a value of another type or outside its range, sides that contradict each other, or
                samples that would take too much memory.
        """
        check_fields(self)
        if self.largest_side < self.least_side or self.least_side < 8 * self.cell:
            raise OptionError(
                "least_side: expected at least 8 cells and at most largest_side, found "
                f"{self.least_side} with cell {self.cell} and largest_side {self.largest_side}"
            )
        if self.sample_bytes * self.capacity > MOST_BYTES:
            raise OptionError(
                f"capacity: expected at most {MOST_BYTES // self.sample_bytes} samples of this size "
                f"({MOST_BYTES >> 20} MB in all), found {self.capacity}"
            )

    @property
    def sample_bytes(self) -> int:
        """Bytes of the largest sample: complex64, half a plane."""
        bandwidth = self.largest_side // self.cell // 2
        return (2 * bandwidth + 1) * (bandwidth + 1) * self.channels * 8


PRESETS = {
    # The authors' MATLAB runner for OTB.
    "released": EcoSettings(),
    # Their runner for VOT.
    "released-vot": EcoSettings(
        least_side=200,
        largest_side=250,
        learning_rate=0.011,
        train_first=9,
        forgetting=60.0,
        data_share=0.75,
        penalty_share=0.2,
        projection_share=40.0,
        projection_penalty=2e-7,
        penalty_threshold=0.15,
    ),
}
# Ours, chosen with our own network on real sequences of other benchmarks than those it is reported on.
PRESETS["tuned"] = replace(PRESETS["released-vot"], flow=True, second_look=0.25)
