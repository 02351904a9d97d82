"""The line of parts that stands above chapters 02 to 12, the chapter's own part lit. Book: chapter 02."""

import base64
import html
from typing import Any

from udtlib.arguments import look_up

PARTS = {
    "patches": "T, S",
    "network": "network",
    "filter": "filter",
    "response": "response",
    "peak": "peak",
    "label": "label",
    "loss": "loss",
}
"""The parts of the method, in the order in which a frame runs through them."""

WIDE, HIGH, GAP = 104, 34, 26
WIDTH = len(PARTS) * (WIDE + GAP) - GAP


def you_are_here(*lit: str) -> Any:
    """Return the pipeline as a picture to end a notebook's cell with, the named parts lit.

    Args:
        lit: keys of `PARTS`; none lights none.

    Raises:
        UnknownNameError: no such part.
    """
    from IPython.display import HTML

    picture = base64.b64encode(pipeline_svg(*lit).encode()).decode()
    return HTML(
        f'<img alt="{html.escape(described(*lit))}" width="{WIDTH}" style="max-width:100%" '
        f'src="data:image/svg+xml;base64,{picture}">'
    )


def described(*lit: str) -> str:
    """Return the pipeline and its lit parts in words."""
    words = " and ".join(PARTS[name] for name in lit) or "none of them"
    return f"The parts of the method: {', '.join(PARTS.values())}. This chapter: {words}."


def pipeline_svg(*lit: str) -> str:
    """Return the pipeline as SVG, legible on light and dark pages. See `you_are_here`."""
    for name in lit:
        look_up("part of the pipeline", name, PARTS)
    drawn = [_part(number, name, name in lit) for number, name in enumerate(PARTS)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HIGH + 4}" '
        f'viewBox="0 0 {WIDTH} {HIGH + 4}" font-family="sans-serif" font-size="14">{"".join(drawn)}</svg>'
    )


def _part(number: int, name: str, lit: bool) -> str:
    """Return a part's box, its word, and the arrow from the part before."""
    left = number * (WIDE + GAP)
    fill, line, ink, weight = (
        ("#e69f00", "#a36f00", "#000", "bold") if lit else ("#eef1f4", "#8a949e", "#3a434c", "normal")
    )
    middle = HIGH / 2 + 2
    arrow = (
        ""
        if not number
        else (
            f'<path d="M{left - GAP + 2} {middle}h{GAP - 10}" stroke="#8a949e" stroke-width="2"/>'
            f'<path d="M{left - 9} {middle - 5}l8 5l-8 5z" fill="#8a949e"/>'
        )
    )
    return (
        f'{arrow}<rect x="{left + 1}" y="2" width="{WIDE - 2}" height="{HIGH}" rx="7" fill="{fill}" '
        f'stroke="{line}" stroke-width="1.5"/><text x="{left + WIDE / 2}" y="{middle + 5}" fill="{ink}" '
        f'font-weight="{weight}" text-anchor="middle">{PARTS[name]}</text>'
    )
