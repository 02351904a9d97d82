"""A chapter's experiment on a drawn clip, and where real videos are found, on those: a menu chooses.

Book: chapters 06, 07 and 12.
May import: what `udtlib.widgets` may.
"""

from udtlib.widgets.on_real.menu import on_real
from udtlib.widgets.on_real.scenes import out_and_back, side_by_side, tracks_picture, ways_picture

__all__ = ["on_real", "out_and_back", "side_by_side", "tracks_picture", "ways_picture"]
