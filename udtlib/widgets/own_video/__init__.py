"""A reader's own video: uploaded, decoded in a child process, and tracked by two trackers side by side.

Book: chapter 00.
May import: what the demos may; nothing imports it but the chapter.
"""

from udtlib.widgets.own_video.demo import own_video

__all__ = ["own_video"]
