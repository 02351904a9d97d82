"""The UDT tracker under other names: in bfloat16, as released, trained on noise, and as DCFNet.

For use are ``udt`` and ``udt-bf16``, with the preset ``book``. The others are there for comparisons, of
networks and with published numbers, so none has what only ``book`` adds. Book: chapter 06.
"""

from pathlib import Path
from typing import Any

from udtlib.errors import MissingDataError
from udtlib.trackers.udt.tracker import UdtTracker
from udtlib.weights import Weights


def bfloat16_tracker(weights: str | Path | Weights | None = None, **options: Any) -> UdtTracker:
    """Return the UDT tracker with ``dtype="bfloat16"``: the same boxes, sooner on processors that have it."""
    return UdtTracker(weights, dtype="bfloat16", **options)


def released_tracker(weights: str | Path | Weights | None = None, **options: Any) -> UdtTracker:
    """Return the UDT tracker with the preset ``released``, the authors' behaviour."""
    return UdtTracker(weights, "released", **options)


def noise_tracker(preset: str = "released", **options: Any) -> UdtTracker:
    """Return the released tracker with the network that has seen nothing but our procedural clips."""
    return UdtTracker("udt-noise", preset, **options)


def dcfnet_tracker(
    weights: str | Path | Weights | None = None, preset: str = "dcfnet", **options: Any
) -> UdtTracker:
    """Return DCFNet: the same tracker with the supervised network's weights and settings.

    Raises:
        MissingDataError: no ``weights``; DCFNet's are not ours to ship.
    """
    if weights is None:
        raise MissingDataError(
            "DCFNet's weights are not part of this project: "
            "load_tracker('dcfnet', weights='DCFNet-net-7-125-2.mat')"
        )
    return UdtTracker(weights, preset, **options)
