"""What a demo or a picker shows as the last line of a cell; tests of widgets share it."""

from typing import Any

import pytest


def shown(monkeypatch: pytest.MonkeyPatch, demo: Any) -> list[Any]:
    """Return what ``demo`` displays, in order; the test skips where there is no IPython."""
    display = pytest.importorskip("IPython.display")
    seen: list[Any] = []
    monkeypatch.setattr(display, "display", seen.append)
    demo._ipython_display_()
    return seen
