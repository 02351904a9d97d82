"""The table of trackers, one sorted line each; a module is imported when its tracker is asked for."""

from importlib import import_module
from typing import Any

from udtlib.errors import UnknownNameError
from udtlib.trackers.base import Tracker

TRACKERS = {
    "csrt": "udtlib.trackers.opencv:OpenCVCSRT",
    "dcfnet": "udtlib.trackers.udt:dcfnet_tracker",
    "dsst": "udtlib.trackers.dsst:DsstTracker",
    "kcf": "udtlib.trackers.kcf:KcfTracker",
    "kcf-opencv": "udtlib.trackers.opencv:OpenCVKCF",
    "mosse": "udtlib.trackers.mosse:MosseTracker",
    "mosse-opencv": "udtlib.trackers.opencv:OpenCVMosse",
    "udt": "udtlib.trackers.udt:UdtTracker",
    "udt-bf16": "udtlib.trackers.udt:bfloat16_tracker",
    "udt-plain": "udtlib.trackers.udt_plain:PlainUdtTracker",
}


def load_tracker(name: str, **options: Any) -> Tracker:
    """Return a new tracker by its registered ``name``; ``options`` go to its constructor.

    Raises:
        UnknownNameError: ``name`` is not in `TRACKERS`.
        TypeError: an option the tracker does not have.
    """
    if name not in TRACKERS:
        raise UnknownNameError(f"no tracker {name!r}; known: {', '.join(TRACKERS)}")
    module, _, attribute = TRACKERS[name].partition(":")
    return getattr(import_module(module), attribute)(**options)
