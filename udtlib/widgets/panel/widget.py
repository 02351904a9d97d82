"""The widget itself, on top of anywidget: what a control is set to goes out, a new picture comes back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from udtlib.widgets.base import hear_beside_cells
from udtlib.widgets.panel.turns import Turns

HERE = Path(__file__).parent
RUN = "Run this cell for the controls."


class Panel(anywidget.AnyWidget):
    """A picture with controls; ``values`` follows the controls, ``picture`` (JPEG) follows ``values``.

    Attributes:
        controls: what each control is, in the words of ``panel.js``.
        grips: which parts of the picture can be dragged, and the sliders that follow.
        title: heading above the picture.
        alt: what the picture shows, in words.
        draw: the pictures of given values, the last stays.
    """

    _esm = HERE / "panel.js"
    _css = HERE / "panel.css"
    picture = traitlets.Bytes().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    controls: traitlets.List[Any] = traitlets.List().tag(sync=True)
    grips: traitlets.List[Any] = traitlets.List().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)

    def __init__(self, draw: Callable[..., Iterator[bytes]], values: dict[str, Any], **more: Any) -> None:
        """Show the pictures of ``draw(**values)``, the last stays; again whenever ``values`` changes."""
        *_, last = draw(**values)
        super().__init__(picture=last, values=values, **more)
        self.draw = draw
        self.turns = Turns()
        self.observe(lambda change: self.turns.start(self._show(draw(**change.new))), names="values")
        hear_beside_cells(self)

    def _show(self, pictures: Iterator[bytes]) -> Iterator[None]:
        """Show one picture after the other."""
        for self.picture in pictures:
            yield

    def __repr__(self) -> str:
        """Return what a page shows that has not been run."""
        return RUN
