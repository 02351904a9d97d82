"""What every demo shares: a static twin that is always shown, and a widget where one can live.

A demo is a pure function from numbers to a picture. The twin is that function's picture at chosen settings,
so that a printed page, a static viewer and a test see what the widget shows. anywidget is imported only by
`Demo.widget`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any

from udtlib.frames import Frame
from udtlib.viz import jpeg

NOTE = "Run this cell in JupyterLab, with anywidget installed, for the controls."
Off = tuple[str, str | bool] | None


def is_live(needed: str = "ipywidgets") -> bool:
    """Return whether a widget can live here: what it needs is installed and a Jupyter kernel runs us."""
    if find_spec(needed) is None or find_spec("IPython") is None:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def hear_beside_cells(widget: Any) -> Any:
    """Return a new widget, from now on heard in a thread for controls, also while cells run.

    Left alone, ipykernel 7.4 takes what a reader does to where the widget's last message came from, which may
    be a cell, and what JupyterLab sends before it knows its thread to the cells. A key pressed during
    "Run all" was then heard after the last cell, and JupyterLab held back all later ones until then.
    """
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = lambda data, named: named or newest_thread()
    return widget


def newest_thread() -> str | None:
    """Return the id of the thread that JupyterLab asked this kernel for last, or None."""
    from ipykernel.kernelbase import Kernel

    threads = getattr(Kernel.instance(), "shell_channel_thread", None)
    known = threads.manager.list_subshell() if threads else []
    return known[-1] if known else None


@dataclass(frozen=True)
class Slider:
    """One control of a demo: from ``low`` to ``high`` in steps, at ``start``; whole steps give ints.

    ``play`` adds a play button, that many milliseconds a step. ``off_when`` names another control and the
    value at which this one does nothing.
    """

    low: float
    high: float
    start: float
    step: float = 1
    play: int | None = None
    off_when: Off = None
    kind = "slider"

    def value(self, found: Any) -> float:
        """Return what a browser sent as a value in range, an int where every value is whole."""
        bounds = (self.low, self.high, self.start, self.step)
        value = min(max(float(found), self.low), self.high)
        return round(value) if all(float(number).is_integer() for number in bounds) else value


@dataclass(frozen=True)
class Choice:
    """One control of a demo: a menu of ``options``, at ``start``; the value is the option's text."""

    options: tuple[str, ...]
    start: str
    off_when: Off = None
    kind = "menu"

    def value(self, found: Any) -> str:
        """Return what a browser sent if it is an option, else the start."""
        return found if found in self.options else self.start


@dataclass(frozen=True)
class Check:
    """One control of a demo: a box to tick; the value is True or False."""

    start: bool
    off_when: Off = None
    kind = "tick"

    def value(self, found: Any) -> bool:
        """Return what a browser sent as True or False."""
        return bool(found)


Control = Slider | Choice | Check


@dataclass(frozen=True)
class Grip:
    """A part of the picture that can be dragged: the sliders ``x`` and ``y`` follow the pointer.

    Attributes:
        x: name of the slider that follows to the right.
        y: name of the slider that follows down.
        area: left, top, right and bottom of the part, in pixels of the picture.
        scale: pixels of the picture for 1 of a slider.
    """

    x: str
    y: str
    area: tuple[float, float, float, float]
    scale: float = 1


@dataclass(frozen=True)
class Demo:
    """A picture with controls, shown below its static twin when it is a cell's last line.

    Attributes:
        draw: a pure function of the controls' values, by name, returning RGB ``uint8``.
        sliders: the controls, by the names of ``draw``'s parameters.
        twin: the static picture.
        title: heading of the live part.
        alt: what the picture shows, in a sentence, for those who cannot see it.
        steps: the pictures on the way to that of ``draw``, which is the last, if that takes a while.
        grips: parts of the picture that can be dragged, beside the sliders that do the same.
    """

    draw: Callable[..., Frame]
    sliders: Mapping[str, Control]
    twin: Frame = field(repr=False)
    title: str = ""
    alt: str = "A picture that follows the controls below it."
    steps: Callable[..., Iterator[Frame]] | None = None
    grips: tuple[Grip, ...] = ()

    def start(self) -> Frame:
        """Return the picture at the controls' starting values."""
        return self.draw(**{name: control.start for name, control in self.sliders.items()})

    def encoded(self, **found: Any) -> Iterator[bytes]:
        """Yield the picture at what a browser sent for the controls, as JPEG, those on the way first."""
        values = {name: control.value(found[name]) for name, control in self.sliders.items()}
        for picture in self.steps(**values) if self.steps else [self.draw(**values)]:
            yield jpeg(picture)

    def widget(self) -> Any:
        """Return the live widget (a `udtlib.widgets.panel.widget.Panel`): title, picture, controls.

        Raises:
            ImportError: anywidget is not installed.
        """
        from udtlib.widgets.panel.widget import Panel

        controls = [{"name": name, "kind": one.kind, **asdict(one)} for name, one in self.sliders.items()]
        values = {name: control.value(control.start) for name, control in self.sliders.items()}
        grips = [asdict(grip) for grip in self.grips]
        return Panel(self.encoded, values, controls=controls, title=self.title, alt=self.alt, grips=grips)

    def _ipython_display_(self) -> None:
        from IPython.display import Image, display

        display(Image(data=jpeg(self.twin), alt=self.alt))
        if is_live("anywidget"):
            display(self.widget())
        else:
            print(NOTE)
