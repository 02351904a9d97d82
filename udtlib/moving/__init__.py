"""The pictures of the chapters' animations, drawn from what a chapter has computed.

Book: chapters 00, 02, 03, 07 and 08.
May import: `viz` and `signed_maps`.
"""

from udtlib.moving.journeys import passing_pictures, round_trip_pictures
from udtlib.moving.learning import learning_pictures
from udtlib.moving.scales import scale_pictures
from udtlib.moving.shifts import shift_pictures

__all__ = [
    "learning_pictures",
    "passing_pictures",
    "round_trip_pictures",
    "scale_pictures",
    "shift_pictures",
]
