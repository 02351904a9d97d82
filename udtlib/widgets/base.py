"""What every demo shares: a static twin that is always shown, and a widget where one can live.

A demo is a pure function from numbers to a picture. The twin is that function's picture at chosen settings,
so that a printed page, a static viewer and a test see what the widget shows. ipywidgets is imported only by
`Demo.widget`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from udtlib.frames import Frame
from udtlib.viz import jpeg

NOTE = "Run this cell in JupyterLab with ipywidgets installed to move the controls yourself."


def is_live() -> bool:
    """Return whether a widget can live here: ipywidgets is installed and a Jupyter kernel runs us."""
    if find_spec("ipywidgets") is None or find_spec("IPython") is None:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


@dataclass(frozen=True)
class Slider:
    """One control of a demo: from ``low`` to ``high`` in steps, at ``start``; whole steps give ints.

    ``play`` adds a play button, that many milliseconds a step.
    """

    low: float
    high: float
    start: float
    step: float = 1
    play: int | None = None


@dataclass(frozen=True)
class Choice:
    """One control of a demo: a menu of ``options``, at ``start``; the value is the option's text."""

    options: tuple[str, ...]
    start: str


@dataclass(frozen=True)
class Check:
    """One control of a demo: a box to tick; the value is True or False."""

    start: bool


Control = Slider | Choice | Check


@dataclass(frozen=True)
class Demo:
    """A picture with controls, shown below its static twin when it is a cell's last line.

    Attributes:
        draw: a pure function of the controls' values, by name, returning RGB ``uint8``.
        sliders: the controls, by the names of ``draw``'s parameters.
        twin: the static picture.
    """

    draw: Callable[..., Frame]
    sliders: Mapping[str, Control]
    twin: Frame = field(repr=False)

    def start(self) -> Frame:
        """Return the picture at the controls' starting values."""
        return self.draw(**{name: slider.start for name, slider in self.sliders.items()})

    def widget(self) -> Any:
        """Return the live widget (an ipywidgets ``VBox``): picture, play buttons, sliders.

        Raises:
            ImportError: ipywidgets is not installed.
        """
        import ipywidgets

        picture = ipywidgets.Image(value=jpeg(self.start()), format="jpeg")
        controls = {name: _control(ipywidgets, name, slider) for name, slider in self.sliders.items()}

        def redraw(change: object) -> None:
            picture.value = jpeg(self.draw(**{name: control.value for name, control in controls.items()}))

        rows = []
        for name, control in controls.items():
            control.observe(redraw, names="value")
            rows.append(_with_play(ipywidgets, control, self.sliders[name]))
        return ipywidgets.VBox([picture, *rows])

    def _ipython_display_(self) -> None:
        from IPython.display import Image, display

        display(Image(data=jpeg(self.twin)))
        if is_live():
            display(self.widget())
        else:
            print(NOTE)


def _control(ipywidgets: Any, name: str, slider: Control) -> Any:
    """Return one slider widget, of ints where every value is whole, a menu, or a box to tick."""
    if isinstance(slider, Check):
        return ipywidgets.Checkbox(description=name.replace("_", " "), value=slider.start)
    if isinstance(slider, Choice):
        return ipywidgets.Dropdown(
            description=name.replace("_", " "), options=slider.options, value=slider.start
        )
    whole = all(float(value).is_integer() for value in (slider.low, slider.high, slider.start, slider.step))
    kind, number = (ipywidgets.IntSlider, int) if whole else (ipywidgets.FloatSlider, float)
    return kind(
        description=name.replace("_", " "),
        min=number(slider.low),
        max=number(slider.high),
        value=number(slider.start),
        step=number(slider.step),
    )


def _with_play(ipywidgets: Any, control: Any, slider: Control) -> Any:
    """Return the slider, beside a play button linked to it in the browser if it asks for one."""
    if not isinstance(slider, Slider) or slider.play is None:
        return control
    play = ipywidgets.Play(
        min=control.min, max=control.max, value=control.value, step=control.step, interval=slider.play
    )
    ipywidgets.jslink((play, "value"), (control, "value"))
    return ipywidgets.HBox([play, control])
