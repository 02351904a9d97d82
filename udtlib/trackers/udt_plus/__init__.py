"""UDT+: the tracker, and several targets in a batch; its filter is `udtlib.trackers.eco`.

Book: chapter 12.
May import: what `udtlib.trackers` may.
"""

from udtlib.trackers.udt_plus.tracker import UdtPlusTracker, bfloat16_tracker

__all__ = ["UdtPlusTracker", "bfloat16_tracker"]
