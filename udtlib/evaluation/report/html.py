"""The pieces of a self-contained HTML page: tables, pictures, a line chart, the page around them.

Every text that comes from outside is escaped here, so callers pass plain text. Nothing is loaded from
anywhere: style and script stand in the page (`udtlib.evaluation.report.assets`), pictures are data, and a
content security policy tells the browser to refuse everything else. Without the script the page shows the
same: tables as they are, all panels one below the other. Book: chapter 13.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from udtlib.evaluation.report.assets import POLICY, SCRIPT, STYLE
from udtlib.evaluation.scoring.ope import Floats
from udtlib.printing import printable


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: what it shows.
        part: length of a bar behind the text, 0..1; None is no bar.
        best: whether it is the best of its row or column.
        is_text: set to the left, not to the right as numbers are.
    """

    text: str
    part: float | None = None
    best: bool = False
    is_text: bool = False


def text(content: str) -> str:
    """Return text escaped for HTML, what cannot be shown written out."""
    return escape(printable(content))


def paragraph(content: str, small: bool = False) -> str:
    """Return a paragraph of plain text."""
    opening = '<p class="small">' if small else "<p>"
    return f"{opening}{text(content)}</p>\n"


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], *, opens: bool = False) -> str:
    """Return a table of one row or more; the first cell of a row is its heading. A click on a head sorts.

    Args:
        caption: what it shows.
        head: a name a column.
        rows: a cell a column each.
        opens: row k opens panel k of the `panels` after the table.
    """
    rows = list(rows)
    heads = "".join(map(_column_heading, head, rows[0]))
    numbered = (f' data-panel="{number}"' if opens else "" for number in range(len(rows)))
    body = "".join(
        f"<tr{number}>{_row_heading(row[0])}{''.join(map(_cell, row[1:]))}</tr>\n"
        for number, row in zip(numbered, rows, strict=True)
    )
    box = "scroll list" if opens else "scroll"
    return (
        f'<div class="{box}"><table><caption>{text(caption)}</caption>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n"
    )


def _column_heading(name: str, below: Cell) -> str:
    opening = '<th scope="col" class="text">' if below.is_text else '<th scope="col">'
    return f"{opening}{text(name)}</th>"


def _row_heading(cell: Cell) -> str:
    return f'<th scope="row">{text(cell.text)}</th>'


def _cell(cell: Cell) -> str:
    names = {"text": cell.is_text, "best": cell.best, "bar": cell.part is not None}
    classes = " ".join(name for name, is_set in names.items() if is_set)
    attributes = f' class="{classes}"' if classes else ""
    if cell.part is not None:
        attributes += f' style="--part: {cell.part:.4f}"'
    return f"<td{attributes}>{text(cell.text)}</td>"


def image(svg: str, description: str) -> str:
    """Return a figure with an SVG picture in it, and what it shows for those who do not see it."""
    return f"<figure>{_picture(svg.encode(), 'svg+xml', description)}</figure>\n"


def strip(jpeg: bytes, description: str) -> str:
    """Return a wide JPEG picture that scrolls sideways where there is no room for it."""
    return f'<div class="wide">{_picture(jpeg, "jpeg", description)}</div>\n'


def _picture(content: bytes, kind: str, description: str) -> str:
    data = b64encode(content).decode("ascii")
    return f'<img src="data:image/{kind};base64,{data}" alt="{text(description)}">'


def key(entries: Iterable[tuple[str, str, str]]) -> str:
    """Return a line of names, each with a square of its colour and a value: ``(name, colour, value)``."""
    items = (
        f'<li><span style="background: {text(color)}"></span>{text(name)} <b>{text(value)}</b></li>'
        for name, color, value in entries
    )
    return f'<ul class="key">{"".join(items)}</ul>\n'


CHART = (900, 170)
"""Width and height of a line chart, in its own units."""
LEFT, RIGHT, BOTTOM = 34, 28, 22
"""Its margins: left and bottom hold the numbers, right the half of the last one, of up to 7 digits."""


def line_chart(
    lines: Iterable[tuple[Floats, Floats, Mapping[str, Any]]],
    span: tuple[float, float],
    *,
    marks: Iterable[float] = (),
    description: str = "",
) -> str:
    """Return a small chart of values in 0..1, as SVG inside the page: a few bytes a point.

    Args:
        lines: places, values (NaN is a gap) and style (as `line_styles` of ``plots``) of each.
        span: first and last place.
        marks: places to mark by a grey line.
        description: what it shows, for those who do not see it.
    """
    parts = [_rule(value) for value in (0, 0.5, 1)]
    parts += [_tick(place, span) for place in _round_places(*span)]
    parts += [f'<path class="mark" d="M{_x(mark, span)} 0V{CHART[1] - BOTTOM}"/>' for mark in marks]
    parts += [_polyline(places, values, style, span) for places, values, style in lines]
    box = f"0 -6 {CHART[0]} {CHART[1] + 6}"
    label = text(description)
    drawn = f'<svg viewBox="{box}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    return f'<div class="wide">{drawn}</div>\n'


def _x(place: float, span: tuple[float, float]) -> float:
    return round(LEFT + (CHART[0] - LEFT - RIGHT) * (place - span[0]) / max(span[1] - span[0], 1), 1)


def _y(value: float) -> float:
    return round((1 - value) * (CHART[1] - BOTTOM), 1)


def _rule(value: float) -> str:
    y, left = _y(value), LEFT - 5
    number = f'<text x="{left}" y="{y + 4}" class="end">{value:g}</text>'
    return f'<path class="rule" d="M{LEFT} {y}H{CHART[0] - RIGHT}"/>{number}'


def _round_places(first: float, last: float) -> list[int]:
    """Return about six round numbers from first to last."""
    rough = max(1.0, (last - first) / 6)
    power = 10 ** int(np.floor(np.log10(rough)))
    step = int(min((n * power for n in (1, 2, 5, 10) if n * power >= rough), default=power))
    return list(range(-(-int(first) // step) * step, int(last) + 1, step))


def _tick(place: int, span: tuple[float, float]) -> str:
    return f'<text x="{_x(place, span)}" y="{CHART[1] - 6}" class="middle">{place}</text>'


def _polyline(places: Floats, values: Floats, style: Mapping[str, Any], span: tuple[float, float]) -> str:
    path, pen_up = [], True
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
        if np.isnan(value):
            pen_up = True
            continue
        path.append(f"{'M' if pen_up else 'L'}{_x(place, span):g} {_y(value):g}")
        pen_up = False
    dash = style["linestyle"]
    dashes = (
        "" if isinstance(dash, str) else f' stroke-dasharray="{" ".join(f"{1.6 * n:g}" for n in dash[1])}"'
    )
    return f'<path class="line" stroke="{text(style["color"])}"{dashes} d="{"".join(path)}"/>'


def panels(contents: Iterable[tuple[str, str]]) -> str:
    """Return panels, a title and HTML each, of which the script shows the one chosen in the table before."""
    made = (
        f'<article data-panel="{number}"><h3>{text(title)}</h3>\n{content}</article>\n'
        for number, (title, content) in enumerate(contents)
    )
    return f'<div class="panels">\n{"".join(made)}</div>\n'


def details(summary: str, content: str) -> str:
    """Return HTML ``content`` that unfolds under a line of text."""
    return f"<details><summary>{text(summary)}</summary>\n{content}</details>\n"


def section(title: str, content: str) -> str:
    """Return HTML ``content`` under a heading; nothing where there is no content."""
    return f"<section><h2>{text(title)}</h2>\n{content}</section>\n" if content else ""


def page(title: str, content: str) -> str:
    """Return the whole document around HTML ``content``."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{text(title)}</h1>\n{content}<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
