"""The live part: a file to upload, the box on its first frame, two trackers at work. Needs anywidget."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets
from numpy.typing import ArrayLike

from udtlib.errors import UdtError
from udtlib.frames import Frame
from udtlib.widgets.base import hear_beside_cells
from udtlib.widgets.box_picker.widget import pick_box
from udtlib.widgets.own_video.decoded import MOST_BYTES, MOST_FRAMES, Incoming, first_frames
from udtlib.widgets.own_video.demo import ALT
from udtlib.widgets.own_video.race import Race
from udtlib.widgets.panel.turns import Turns
from udtlib.widgets.panel.widget import RUN, Panel

HERE = Path(__file__).parent
HOW = "Draw a box around what you want to follow, or move this one, then press Track."
PLAY = 80  # milliseconds a frame


class Upload(anywidget.AnyWidget):
    """Asks for a file, and has the button Track; pieces come one at a time, each after the one before it.

    Attributes:
        most: bytes that a file may have.
        said: what is shown below, as a status that a screen reader reads out.
    """

    _esm = HERE / "upload.js"
    _css = HERE / "upload.css"
    most = traitlets.Int(MOST_BYTES).tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(self, done: Callable[[str, bytes], None], track: Callable[[], None]) -> None:
        """Call ``done(name, content)`` with every file that has come, and ``track()`` at the button."""
        super().__init__()
        self.done, self.track = done, track
        self.file: Incoming | None = None
        self.on_msg(lambda widget, message, buffers: self.hear(message, buffers))

    def hear(self, message: dict[str, Any], buffers: Sequence[bytes]) -> None:
        """Take a message of the browser: the button, a file that is announced, or its next piece."""
        try:
            if "track" in message:
                self.track()
            elif "size" in message:
                self.file = Incoming(str(message.get("name", "")), int(message["size"]))
                self.send({"at": 0})
            elif self.file is not None and buffers:
                self._take(self.file, bytes(buffers[0]))
        except UdtError as error:
            self.file, self.said = None, str(error)

    def _take(self, file: Incoming, piece: bytes) -> None:
        """Keep a piece; ask for the next, or hand the file over."""
        if file.add(piece):
            self.file = None
            self.done(file.name, bytes(file.content))
        else:
            self.send({"at": len(file.content)})

    def __repr__(self) -> str:
        """Return what a page shows that has not been run."""
        return RUN


class Live:
    """Upload and button, box, and trackers, one below the other.

    Attributes:
        widget: all of them.
        upload: the first; its ``said`` is where everything is said.
        picker: the first frame and the box on it.
        panel: the tracked frames.
        race: the trackers on them.
        names: of these trackers.
        turns: the work under way.
    """

    def __init__(self, race: Race) -> None:
        """Show a clip that has been tracked."""
        self.turns, self.upload = Turns(), Upload(self.take, self.track)
        self.first, self.below = ipywidgets.VBox(), ipywidgets.VBox()
        self.widget = ipywidgets.VBox([self.upload, self.first, self.below])
        self.names = tuple(race.boxes)
        self._offer(race.frames, race.boxes[self.names[0]][0])
        self._show(race)
        self.upload.said = f"This is a clip of the book. {HOW}"
        hear_beside_cells(self.upload)

    def take(self, name: str, content: bytes) -> None:
        """Decode a file and show its first frame."""
        self.turns.start(self._decode(name, content))

    def track(self) -> None:
        """Follow the box that is drawn now, from the first frame on."""
        self.turns.start(self._track())

    def _offer(self, frames: Sequence[Frame], box: ArrayLike | None = None) -> None:
        """Show the first frame, with a box to move."""
        self.frames, self.picker = frames, pick_box(frames[0], box)
        self.first.children = [self.picker.widget()]

    def _show(self, race: Race) -> None:
        """Show tracked frames, and a slider through them."""
        self.race = race
        control = {"name": "frame", "kind": "slider", "low": 0, "high": len(race.frames) - 1, "step": 1}
        self.panel = Panel(
            lambda frame: iter([race.pictures[min(int(frame), len(race.pictures) - 1)]]),
            {"frame": 0},
            controls=[control | {"play": PLAY, "off_when": None}],
            title="Two trackers",
            alt=ALT,
        )
        self.below.children = [self.panel]

    def _decode(self, name: str, content: bytes) -> Iterator[None]:
        """Decode a file, a frame a turn."""
        frames: list[Frame] = []
        problem = ""
        try:
            for frame in first_frames(name, content):
                frames.append(frame)
                self.upload.said = f"{name}: {len(frames)} frames decoded"
                yield
        except UdtError as error:
            problem = str(error)
        if not frames:
            self.upload.said = problem or f"{name}: expected a video, found no frame"
            return
        self._offer(frames)
        self.below.children = []
        more = ", as many as are kept" if len(frames) == MOST_FRAMES else ""
        more += f" ({problem})" if problem else ""
        self.upload.said = f"{name}: {len(frames)} frames{more}. {HOW}"

    def _track(self) -> Iterator[None]:
        """Track, a frame a turn; the slider goes along unless a reader has moved it."""
        try:
            race = Race(self.frames, self.picker.box, self.names)
            for index, _ in enumerate(race.run()):
                if index == 0:
                    self._show(race)
                elif self.panel.values["frame"] == index - 1:
                    self.panel.values = {"frame": index}
                self.upload.said = f"tracked frame {index} of {len(race.frames) - 1}"
                yield
        except UdtError as error:
            self.upload.said = str(error)
