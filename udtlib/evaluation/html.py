"""The pieces of a self-contained HTML page: tables, embedded figures, the page around them.

Every text that comes from outside is escaped here, so callers pass plain text. Nothing is loaded from
anywhere: styles stand in the page, figures are data. Book: chapter 13.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from udtlib.evaluation.plots import printable

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff;
       max-width: 74rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
p { max-width: 48rem; margin: .4rem 0; } .small { color: #555; font-size: .9rem; }
.scroll { overflow-x: auto; margin: .6rem 0 1.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #555; font-size: .9rem; padding-bottom: .3rem; }
th, td { padding: .22rem .7rem; border-bottom: 1px solid #e2e2e2; text-align: right; white-space: nowrap; }
th { font-weight: 600; max-width: 16rem; overflow: hidden; text-overflow: ellipsis; }
thead th { border-bottom: 2px solid #888; vertical-align: bottom; }
tbody th { font-weight: normal; } th:first-child, .text { text-align: left; }
.best { font-weight: 700; }
.bar { background: linear-gradient(#cfe3f3, #cfe3f3) no-repeat left / calc(var(--part) * 5.5rem) 100%;
       min-width: 4.1rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; flex: 1 1 26rem; }
figure img { width: 100%; max-width: 46rem; height: auto; }
details { margin: .5rem 0; } summary { cursor: pointer; }
"""


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
    """Return text escaped for HTML, what cannot be shown replaced."""
    return escape(printable(content))


def paragraph(content: str, small: bool = False) -> str:
    """Return a paragraph of plain text."""
    opening = '<p class="small">' if small else "<p>"
    return f"{opening}{text(content)}</p>\n"


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table of one row or more; the first cell of a row is its heading."""
    rows = list(rows)
    heads = "".join(map(_column_heading, head, rows[0]))
    body = "".join(f"<tr>{_row_heading(row[0])}{''.join(map(_cell, row[1:]))}</tr>\n" for row in rows)
    return (
        f'<div class="scroll"><table><caption>{text(caption)}</caption>\n'
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
    data = b64encode(svg.encode()).decode("ascii")
    return f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{text(description)}"></figure>\n'


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
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{text(title)}</h1>\n{content}</body>\n</html>\n"
    )
