"""Keep the table of minutes in book/TEACHING.md true: run times as measured, reading times from word counts.

    python book/tools/teaching.py

`chapters.py sync` and `chapters.py run` do it too.
"""

import re
import sys
from pathlib import Path

import jupytext
from chapters import BOOK, RUN_TIME
from nbformat import NotebookNode

WORDS_A_MINUTE = 150
"""Of prose. Adults read easy texts at some 240; here formulas stand between, and many read in a second language."""

LINES_A_MINUTE = 12
"""Of code."""

START, END = "<!-- minutes -->", "<!-- end of minutes -->"
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]*\$", re.S)  # counts as a word
UNREAD = re.compile(r"<!--.*?-->|\]\([^)]*\)", re.S)
TITLE = re.compile(r"^# (.*)$", re.M)


def counted(notebook: NotebookNode) -> tuple[int, int]:
    """Return the words of a chapter's prose, and its lines of code that a reader sees."""
    words = lines = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            words += len(re.findall(r"\w[\w'’-]*", FORMULA.sub(" x ", UNREAD.sub(" ", cell.source))))
        elif "guard" not in cell.metadata.get("tags", []):
            lines += sum(bool(line.strip()) for line in cell.source.splitlines())
    return words, lines


def reading_minutes(words: int, lines: int) -> int:
    """Return the minutes it takes to read so much, in steps of five."""
    return max(5, 5 * round((words / WORDS_A_MINUTE + lines / LINES_A_MINUTE) / 5))


def row(source: Path) -> str:
    """Return the table's row for a chapter."""
    notebook = jupytext.read(source)
    first = notebook.cells[0].source
    title = re.sub(r"^\d\d\.? ", "", TITLE.findall(first)[0])
    found = RUN_TIME.search(first)
    exercises = sum("exercise" in cell.metadata.get("tags", []) for cell in notebook.cells)
    words, lines = counted(notebook)
    minutes = reading_minutes(words, lines)
    seconds = found[2] if found else "?"
    return (
        f"| {source.name[:2]} | {title} | {seconds} s | {words:,} | {lines} | {minutes} min | {exercises} |"
    )


def table(book: Path = BOOK) -> str:
    """Return the table of all chapters."""
    head = (
        "| | chapter | runs in | words | lines of code | read in | exercises |\n|---|---|---|---|---|---|---|"
    )
    return "\n".join([head, *map(row, sorted(book.glob("[0-9][0-9]_*.py")))])


def update(path: Path = BOOK / "TEACHING.md", book: Path = BOOK) -> None:
    """Write the table between its two marks.

    Raises:
        SystemExit: the marks are not there.
    """
    text = path.read_text("utf-8")
    before, _, rest = text.partition(START)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{path}: expected {START} and {END}")
    new = f"{before}{START}\n{table(book)}\n{END}{after}"
    if new != text:
        path.write_text(new, "utf-8")


if __name__ == "__main__":
    sys.exit(update())
