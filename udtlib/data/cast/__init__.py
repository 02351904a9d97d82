"""Recognisable targets drawn by our own code, with exact ground truth: a ladybird, a kite, a paper boat ...

Book: chapters 00, 02, 03, 06, 07, 09, 12 and 14.
May import: `udtlib.data` and `udtlib.data.synthetic`, whose motion, light and sensor it shares.
"""

from udtlib.data.cast.clips import CAST, CastFrames, load_cast, render_cast

__all__ = ["CAST", "CastFrames", "load_cast", "render_cast"]
