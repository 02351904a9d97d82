"""The menu of videos: a drawn clip first, then the real ones of this machine, or a line about how to get one.

Nothing is computed before a video is chosen, and nothing is printed, so that a chapter prints and stores the
same whatever lies on the machine. Book: chapters 06, 07 and 12.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from textwrap import wrap

import numpy as np

from udtlib import viz
from udtlib.data.one_size import LikeFirst
from udtlib.data.registry import real_sequences
from udtlib.data.sequences import Sequence
from udtlib.errors import UdtError
from udtlib.frames import Frame
from udtlib.printing import log_of
from udtlib.widgets.base import Choice, Demo

Scene = Callable[[Sequence], Iterator[Frame]]
NONE = "a real video: none found"
HOW = (
    "No real video was found on this machine. To get some, run `udt data download otb50 --root data/otb` in"
    " a terminal, or set UDT_DATA to a folder that holds otb/NAME/img and otb/NAME/groundtruth_rect.txt."
    " Then run the chapter again."
)
LONGEST = 600  # characters of a line about a broken video
WIDTH = 520  # of its picture, pixels: as a cell beside JupyterLab's list of files; a wider one is shrunk


@dataclass
class Menu:
    """Videos by their names in the menu, and the pictures of those that were shown.

    Attributes:
        scene: yields a picture after each frame of a video; the last is the result.
        videos: by name; a text says why there is none.
        frames: how many of a video are shown.
        pictures: the results so far.
    """

    scene: Scene
    videos: Mapping[str, Sequence | str]
    frames: int
    pictures: dict[str, Frame] = field(default_factory=dict)

    def steps(self, video: str) -> Iterator[Frame]:
        """Yield the pictures on the way to a video's result; only that where it is at hand."""
        if video in self.pictures:
            yield self.pictures[video]
            return
        found = self.videos[video]
        if isinstance(found, str):
            yield notice(found)
            return
        try:
            for picture in self.scene(self._part(found)):
                yield picture
        except (UdtError, OSError) as error:
            yield notice(f"{video}: {error}")
        else:
            self.pictures[video] = picture

    def draw(self, video: str) -> Frame:
        """Return a video's result, RGB ``uint8``, or the line that says why there is none."""
        *_, last = self.steps(video)
        return last

    def _part(self, whole: Sequence) -> Sequence:
        """Return the frames of a sequence that are shown."""
        end = min(self.frames, len(whole.frames), len(whole.boxes))
        frames = LikeFirst(whole.frames, whole.name)[:end]
        return Sequence(whole.name, frames, whole.boxes[:end], start=whole.start)


def notice(text: str) -> Frame:
    """Return a white picture of a text, broken into lines; what OpenCV's font lacks becomes ``?``."""
    plain = text[:LONGEST].encode("ascii", "replace").decode()
    return np.vstack([viz.text_strip(line, WIDTH) for line in wrap(plain, WIDTH // 8)])


@contextmanager
def _silence() -> Iterator[None]:
    """Log no line about files left out: a chapter prints the same on every machine."""
    log = log_of("udtlib.data").logger
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def on_real(name: str, picture: Frame, scene: Scene, *, frames: int = 60) -> Demo:
    """Return a demo: the picture of a drawn clip, and a menu of real videos on which the same is computed.

    Args:
        name: of the drawn clip, for the menu.
        picture: the result on it, RGB ``uint8``; also the static twin.
        scene: as in `Menu`, such as `udtlib.widgets.on_real.side_by_side` returns.
        frames: how many of a real video are shown, from its beginning.
    """
    with _silence():
        found = real_sequences() or {NONE: HOW}
    menu = Menu(scene, found, frames, {name: picture})
    controls = {"video": Choice((name, *found), name)}
    alt = "What the trackers do on the chosen video: frames with their boxes, and a curve below."
    return Demo(menu.draw, controls, picture, "The same on a real video", alt, menu.steps)
