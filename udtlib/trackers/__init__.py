"""Trackers by name: see `udtlib.trackers.registry`."""

from udtlib.trackers.base import Tracker
from udtlib.trackers.registry import TRACKERS, load_tracker

__all__ = ["TRACKERS", "Tracker", "load_tracker"]
