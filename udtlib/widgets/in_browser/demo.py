"""What the demos of this room share: a static twin, and an anywidget made of our own scripts.

A script is an ES module of this folder, which imports others of it. `bundle` joins them into the one text
that a widget, a page of the web book and a test run.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from udtlib.frames import Frame
from udtlib.viz import jpeg
from udtlib.widgets import base

NOTE = "Run this cell in JupyterLab with anywidget installed to move the controls yourself."
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z_]+\.js)";\n', re.M)
EXPORT = re.compile(r"^export (?=function|const|class|async)", re.M)


def asset(name: str) -> str:
    """Return the text of a file of this folder."""
    return files("udtlib.widgets.in_browser").joinpath(name).read_text("utf-8")


def modules(name: str) -> list[str]:
    """Return the names of a script and of all it imports, each once, after those it needs."""
    needed = [one for other in IMPORT.findall(asset(name)) for one in modules(other)]
    return list(dict.fromkeys([*needed, name]))


def bundle(name: str) -> str:
    """Return a script and all it imports as one ES module, which exports what ``name`` exports by default.

    The modules share one scope, so what they define at their top has different names.
    """
    texts = [IMPORT.sub("", asset(module)) for module in modules(name)]
    return "".join(EXPORT.sub("", text) for text in texts)


def scripts(name: str) -> dict[str, str]:
    """Return the module and the style sheet of a demo, under the names that anywidget has for them."""
    return {"_esm": bundle(f"{name}.js"), "_css": asset("demo.css") + asset(f"{name}.css")}


@dataclass(frozen=True)
class BrowserDemo:
    """A demo that needs no Python once it is shown, below its static twin when it is a cell's last line.

    Attributes:
        name: of its script and its style sheet, without an ending.
        start: what the script begins with; numbers, texts, lists and dicts of them.
        twin: the static picture of that state.
    """

    name: str
    start: Mapping[str, Any] = field(repr=False)
    twin: Frame = field(repr=False)

    def widget(self) -> Any:
        """Return the live widget.

        Raises:
            ImportError: anywidget is not installed.
        """
        import anywidget
        import traitlets

        parts = {
            **scripts(self.name),
            "demo": traitlets.Unicode(self.name).tag(sync=True),
            "start": traitlets.Dict(dict(self.start)).tag(sync=True),
        }
        return type("BrowserDemo", (anywidget.AnyWidget,), parts)()

    def _ipython_display_(self) -> None:
        from IPython.display import Image, display

        display(Image(data=jpeg(self.twin)))
        if base.is_live() and find_spec("anywidget"):
            display(self.widget())
        else:
            print(NOTE)
