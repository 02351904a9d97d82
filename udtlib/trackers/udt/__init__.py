"""UDT online: the fast tracker, its readable form, several targets in a batch, settings and presets.

Book: chapter 06.
May import: what `udtlib.trackers` may.
"""

from udtlib.trackers.udt.tracker import LOST, UdtTracker

__all__ = ["LOST", "UdtTracker"]
