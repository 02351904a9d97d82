"""Trackers: anything with ``init(frame, box)`` and ``update(frame) -> box``; `load_tracker` makes one.

Book: chapters 00, 02, 03, 06 and 12.
May import: patches, labels, features, scale, the network, the filter layer, weights; nothing of datasets.
"""

from udtlib.trackers.base import Tracker
from udtlib.trackers.registry import TRACKERS, load_tracker

__all__ = ["TRACKERS", "Tracker", "load_tracker"]
