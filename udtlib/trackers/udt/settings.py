"""The UDT tracker's settings, as named presets, each with its source. Book: chapter 06."""

from dataclasses import dataclass, replace
from typing import Annotated

from udtlib.arguments import Between, OneOf, check_fields


@dataclass(frozen=True)
class UdtSettings:
    """Everything the online tracker can be told.

    Attributes:
        padding: the window is ``1 + padding`` times the target's width and height.
        learning_rate: alpha_t of Eq. 12, in 0..1.
        scale_step: a, the factor between neighbouring scales.
        scale_penalty: factor on the peaks of the two scales that change the size; above 1 rewards change.
        sigma_factor: the label's sigma relative to the target's side inside the patch.
        regularisation: lambda.
        normalise: lambda relative to C*H*W (reference) or plain.
        update: what Eq. 12 interpolates: ``"dual"`` (the reference: dual coefficients and template
            spectrum, each), ``"filter"`` (the paper: W).
        round_patches: patches rounded to whole grey levels, as an 8-bit warp leaves them.
        wrap_early: index ``size // 2`` counts as a negative displacement (MATLAB's off-by-one).
        subpixel: refine the peak by a parabola along each axis.
        adaptive: how strongly doubt holds learning back: the rate is multiplied with this power of
            `udtlib.trackers.confidence`; 0 is never.
        flow: move and resize the search window with the target's own points first (`udtlib.trackers.flow`).
        patch_size: side of the patch and of the feature maps.
        smallest: least relative size of the target, ``largest`` the greatest; the least side is 4 pixels.
    """

    padding: Annotated[float, Between(0, 100)] = 1.8
    learning_rate: Annotated[float, Between(0, 1)] = 0.01
    scale_step: Annotated[float, Between(1, 10)] = 1.015
    scale_penalty: Annotated[float, Between(0, 1000)] = 1.2
    sigma_factor: Annotated[float, Between(1e-6, 1000)] = 0.1
    regularisation: Annotated[float, Between(1e-12, 1e6)] = 1e-4
    normalise: bool = True
    update: Annotated[str, OneOf("dual", "filter")] = "dual"
    round_patches: bool = False
    wrap_early: bool = False
    subpixel: bool = False
    adaptive: Annotated[float, Between(0, 10)] = 0.0
    flow: bool = False
    patch_size: Annotated[int, Between(8, 1024)] = 125
    smallest: Annotated[float, Between(0, 1)] = 0.2
    largest: Annotated[float, Between(1, 1000)] = 5.0

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            OptionError: a value of another type or outside its range.
        """
        check_fields(self)

    @property
    def sigma(self) -> float:
        """Width of the label in cells: 4.464 for 125 cells and padding 1.8."""
        return self.sigma_factor * self.patch_size / (1 + self.padding)


PRESETS = {
    # The authors' MATLAB runner as of May 2019: reproduces their published boxes.
    "released": UdtSettings(wrap_early=True),
    # What the paper says (step, three scales, Eq. 12 on W); where it is silent, the training's settings.
    "paper": UdtSettings(padding=2.0, scale_penalty=1.0, update="filter"),
    # The authors' later PyTorch tracker.
    "pytorch-port": UdtSettings(
        padding=2.0, scale_step=1.0275, scale_penalty=0.9925, normalise=False, round_patches=True
    ),
    # DCFNet's own, stored in its model file.
    "dcfnet": UdtSettings(padding=2.0, learning_rate=0.011, scale_penalty=1.0, wrap_early=True),
}
# Ours: both were chosen on real sequences that are neither trained nor reported on (chapters 06 and 11).
PRESETS["points"] = replace(PRESETS["released"], flow=True)
PRESETS["book"] = replace(PRESETS["points"], padding=1.5)  # the default
