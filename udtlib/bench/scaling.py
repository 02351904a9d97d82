"""What training on many videos would take: time by stage on N machines, disk, network, and the bottleneck.

A model, not a measurement: rates measured on one machine go in, and the assumptions are these. Videos are
decoded and cut once, by all cores of all machines; every machine keeps its share of the patches on its own
disk; patches are read while the step before is computed; a step ends with one ring all-reduce of the
gradients and one all-gather of three numbers a triplet, and all machines wait for it. Nothing fails, all
machines are equal, and no stage slows another down. Book: chapter 17.
"""

from dataclasses import dataclass
from typing import Annotated

from udtlib.arguments import Between, check_fields

PARAMETERS = 10_144  # of the network
PATCHES = 3  # of a triplet
Positive = Annotated[float, Between(1e-9, 1e18)]
Whole = Annotated[int, Between(1, 10**12)]


@dataclass(frozen=True)
class Rates:
    """What one machine does in a second.

    Attributes:
        frames: decoded and cut by a core.
        triplets: learned from, forward and backward.
        read: bytes from its disk.
        sent: bytes over the network.
        latency: seconds until a message arrives.
        patch: bytes of a stored patch.
        cores: that decode.
    """

    frames: Positive
    triplets: Positive
    read: Positive = 5e8
    sent: Positive = 1.25e9
    latency: Positive = 5e-5
    patch: Positive = 46_875.0
    cores: Whole = 2

    def __post_init__(self) -> None:
        """Check every value."""
        check_fields(self)


@dataclass(frozen=True)
class Plan:
    """What shall be trained: every frame is a template once an epoch, as in the paper (section 3.4)."""

    videos: Whole
    machines: Whole = 1
    frames: Whole = 100  # of a video
    epochs: Whole = 50
    batch: Whole = 32  # triplets a step and machine

    def __post_init__(self) -> None:
        """Check every value."""
        check_fields(self)

    @property
    def triplets(self) -> int:
        """How many are learned from in all."""
        return self.videos * self.frames * self.epochs


@dataclass(frozen=True)
class Bill:
    """What a plan takes.

    Attributes:
        seconds: of wall time, by stage: ``decode``, ``read``, ``compute``, ``exchange``.
        total: seconds of wall time in all: ``read`` hides behind ``compute``, or the other way round.
        disk: bytes of patches, on all machines together.
        network: bytes that each machine sends.
    """

    seconds: dict[str, float]
    total: float
    disk: float
    network: float

    @property
    def bottleneck(self) -> str:
        """The stage that takes longest."""
        return max(self.seconds, key=lambda stage: self.seconds[stage])


def bill(plan: Plan, rates: Rates) -> Bill:
    """Return what a plan takes at these rates."""
    patches, steps = plan.videos * plan.frames, plan.triplets / (plan.batch * plan.machines)
    sent = step_bytes(plan)
    seconds = {
        "decode": patches / (rates.frames * rates.cores * plan.machines),
        "read": plan.triplets * PATCHES * rates.patch / (rates.read * plan.machines),
        "compute": plan.triplets / (rates.triplets * plan.machines),
        "exchange": steps * exchange_seconds(plan, rates),
    }
    total = seconds["decode"] + max(seconds["read"], seconds["compute"]) + seconds["exchange"]
    return Bill(seconds, total, patches * rates.patch, steps * sent)


def step_bytes(plan: Plan) -> float:
    """Return the bytes each machine sends in a step: ``2 (N - 1) / N`` gradients, ``N - 1`` parts of numbers.

    Float32. The numbers are those that weigh the whole batch (Eq. 10): three a triplet.
    """
    others = plan.machines - 1
    return 4 * (2 * others / plan.machines * PARAMETERS + others * 3 * plan.batch)


def exchange_seconds(plan: Plan, rates: Rates) -> float:
    """Return the seconds a step waits for others: ``3 (N - 1)`` messages round the ring, and their bytes."""
    return 3 * (plan.machines - 1) * rates.latency + step_bytes(plan) / rates.sent


def speed_up(plan: Plan, rates: Rates) -> float:
    """Return how many times as fast N machines learn as one: N if exchange took no time."""
    step = plan.batch / rates.triplets
    return plan.machines * step / (step + exchange_seconds(plan, rates))
