"""What a training run is asked to do: variants, settings, learning rates. Book: chapter 11."""

import math
from dataclasses import asdict, dataclass
from typing import Annotated, Any, get_type_hints

from udtlib.arguments import LARGEST_SEED, Between, OneOf, check_fields, look_up
from udtlib.data.raw_video.augmentation import SMEARED, STRONGEST
from udtlib.errors import OptionError
from udtlib.forms import FORMS, WAYS_BACK

PRECISIONS = ("float32", "bfloat16")
SCHEDULES = ("epoch", "step", "cosine")
OPTIMISERS = ("sgd", "adam", "muon")
RANDOM = "random"
ADDED = {"first_weights": RANDOM, "scheduled": 0, "patch": 125}
"""Settings that runs of earlier versions do not name, and what those runs did."""


@dataclass(frozen=True)
class Variant:
    """One row of the paper's ablation (Fig. 6).

    Attributes:
        searches: how many search patches take part: 1 is Eq. 6, 2 is Eq. 8.
        drop: A_drop leaves out the samples with the highest loss.
        motion: A_motion (Eq. 9) weighs the others.
        crops: where patches are cut: ``"centre"`` of the frame, or ``"boxes"`` (the true box, moved).
        truth: learn from the target's true displacement instead of coming home.
        each: a loss after each search patch, all of weight 1 (LUDT), not only after the last.
        span: within how many frames after the template the search patches are drawn.
    """

    searches: int
    drop: bool
    motion: bool
    crops: str = "centre"
    truth: bool = False
    each: bool = False
    span: int = 10

    @property
    def drawn(self) -> int:
        """How many search patches a batch has: S1 and S2, also where only S1 takes part; three for LUDT."""
        return max(2, self.searches)


VARIANTS = {
    "udt": Variant(2, drop=True, motion=True),
    "standard-loss": Variant(2, drop=True, motion=False),
    "single-trajectory": Variant(1, drop=False, motion=False),
    "single-trajectory+weights": Variant(1, drop=True, motion=True),
    "supervised": Variant(1, drop=False, motion=False, crops="boxes", truth=True),
    "weakly": Variant(2, drop=True, motion=True, crops="boxes"),
    "ludt": Variant(3, drop=True, motion=True, each=True, span=20),
}


@dataclass(frozen=True)
class TrainingSettings:
    """All that decides the outcome of a run but the data themselves; the defaults are the reference's.

    Attributes:
        variant: a key of `VARIANTS`.
        steps: how many steps in all.
        steps_per_epoch: how many of them see every template once.
        batch: triplets a step, over all processes together.
        optimiser: ``"sgd"`` (momentum 0.9), ``"adam"`` or ``"muon"`` (`udtlib.training.muon`).
        first_rate: learning rate of the first step.
        last_rate: learning rate of the last.
        schedule: the rate falls exponentially ``"epoch"`` by epoch (reference) or ``"step"`` by step, or
            as half a ``"cosine"`` by step.
        warm_up: steps over which the rate first rises from 0; the reference has none.
        momentum: of SGD and Muon.
        weight_decay: 5e-4; the paper says 5e-3; AdamW's and Muon's do not touch the
            gradient: layers shrink by the share ``rate * weight_decay`` a step.
        backward: the way back, one of `udtlib.forms.WAYS_BACK`.
        form: of error and loss, one of `udtlib.forms.FORMS`.
        motion: of A_motion, one of `udtlib.forms.FORMS`.
        drop: share of samples that A_drop leaves out.
        gain: the first weights are He-normal times this, the reference's with 1.
        average: share that a running average of the weights keeps at each step; above 0 the average is what
            is written as the result. The reference has none.
        augment: strength of `udtlib.data.raw_video.augmentation`; the reference has none.
        smear: its longest motion blur in pixels, at least 1; 0 is none.
        precision: of the convolutions, ``"float32"`` or ``"bfloat16"``.
        compile: run the network through ``torch.compile``.
        seed: of the first weights (the sampler has its own).
        data: what the batches are cut from, in words or a checksum: a run does not go on with others.
        first_weights: fingerprint of the weights it starts from; ``"random"`` are drawn from ``seed``.
        patch: side of the patches in pixels, odd; with smaller ones a step costs less and shows less.
        scheduled: steps over which the learning rate falls; 0 is all. A run that was extended goes on, after
            them, at the rate it had reached.
    """

    variant: str = "udt"
    steps: Annotated[int, Between(1, 10**9)] = 1000
    steps_per_epoch: Annotated[int, Between(1, 10**9)] = 1000
    batch: Annotated[int, Between(1, 100_000)] = 32
    optimiser: Annotated[str, OneOf(*OPTIMISERS)] = "sgd"
    first_rate: Annotated[float, Between(1e-12, 1e30)] = 1e-2
    last_rate: Annotated[float, Between(1e-12, 1e30)] = 1e-5
    schedule: Annotated[str, OneOf(*SCHEDULES)] = "epoch"
    warm_up: Annotated[int, Between(0, 10**9)] = 0
    momentum: Annotated[float, Between(0, 1, below=True)] = 0.9
    weight_decay: Annotated[float, Between(0, 1000)] = 5e-4
    backward: Annotated[str, OneOf(*WAYS_BACK)] = "direct"
    form: Annotated[str, OneOf(*FORMS)] = "reference"
    motion: Annotated[str, OneOf(*FORMS)] = "reference"
    drop: Annotated[float, Between(0, 1, below=True)] = 0.1
    gain: Annotated[float, Between(1e-6, 1e6)] = 1.0
    average: Annotated[float, Between(0, 1, below=True)] = 0.0
    augment: Annotated[float, Between(0, STRONGEST)] = 0.0
    smear: Annotated[float, Between(0, SMEARED)] = 0.0
    precision: Annotated[str, OneOf(*PRECISIONS)] = "float32"
    compile: bool = False
    seed: Annotated[int, Between(0, LARGEST_SEED)] = 0
    data: str = ""
    first_weights: str = RANDOM
    scheduled: Annotated[int, Between(0, 10**9)] = 0
    patch: Annotated[int, Between(31, 501)] = 125

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            UnknownNameError: no such variant.
            OptionError: a value of another type or out of range, or two that do not go together.
        """
        check_fields(self)
        variant = look_up("variant", self.variant, VARIANTS)
        if self.last_rate > self.first_rate:
            raise OptionError(
                f"learning rates fall: expected last_rate <= first_rate, found {self.last_rate} and "
                f"{self.first_rate}"
            )
        if self.patch % 2 == 0:
            raise OptionError(f"patches have an odd side, so that the label is symmetric, found {self.patch}")
        if self.gain != 1 and self.first_weights != RANDOM:
            raise OptionError(f"gain is of random first weights: expected 1 with others, found {self.gain}")
        if self.augment and variant.truth:
            raise OptionError(
                "augment is 0 for a variant that learns from true displacements, found "
                f"{self.augment} with {self.variant!r}"
            )
        if self.augment and self.patch != 125:
            raise OptionError(f"augment is of patches of 125 pixels: expected 0 with {self.patch}")
        if self.smear and not (self.smear >= 1 and self.augment):
            raise OptionError(
                f"smear is 0, or 1 to {SMEARED} pixels and needs augment above 0, found {self.smear} with "
                f"augment {self.augment}"
            )

    def learning_rate(self, step: int) -> float:
        """Return the rate of ``step`` (0-indexed): from first to last, rising to it in the warm-up.

        After the ``scheduled`` steps it stays as it was in the last of them.
        """
        steps = self.scheduled or self.steps
        step = min(step, steps - 1)
        if self.schedule == "epoch":
            done, whole = step // self.steps_per_epoch, (steps - 1) // self.steps_per_epoch
        else:
            done, whole = step, steps - 1
        share = done / whole if whole else 0.0
        if self.schedule == "cosine":
            rate = self.last_rate + (self.first_rate - self.last_rate) * (1 + math.cos(math.pi * share)) / 2
        else:
            rate = self.first_rate * (self.last_rate / self.first_rate) ** share
        return rate * min(1.0, (step + 1) / self.warm_up) if self.warm_up else rate

    def differences(self, other: dict[str, Any]) -> list[str]:
        """Return a line for each setting that ``other`` (as a dictionary) has otherwise.

        What runs of earlier versions could not set counts as its default (`ADDED`).
        """
        ours, other = asdict(self), ADDED | other
        return [
            f"{name}: {other.get(name)!r} then, {ours.get(name)!r} now"
            for name in sorted(ours.keys() | other.keys())
            if ours.get(name) != other.get(name)
        ]


HINTS = get_type_hints(TrainingSettings, include_extras=True)
"""What each setting takes, see `udtlib.arguments`."""
