"""What a committed chapter must satisfy: each function returns the problems it found, as readable lines.

They take notebooks, not files, so that `test_gates.py` can plant faults in tiny ones.
"""

import re
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from chapters import RUN, RUN_TIME, WIDGET, agrees, measured_seconds
from nbformat import NotebookNode

MAX_SECONDS, MAX_TOTAL_SECONDS, MAX_BYTES = 120, 20 * 60, 2_000_000
MAX_IGNORED = Fraction(15, 100)
TAGS = {
    "check",
    "closed-loop",
    "exercise",
    "guard",
    "hide-input",
    "nbval-ignore-output",
    "numbers",
    "outside-data",
    "raises-exception",
    "slide",
    "summary",
}
CLOCK = re.compile(r"\b(perf_counter|monotonic|timeit|fps|environment)\b")
NBVAL_COMMENT = re.compile(r"^\s*#+\s*(NBVAL_|PYTEST_VALIDATE)", re.M)
ASSERTION = re.compile(r"^\s*assert\b|\bassert_\w+\(", re.M)
NEAR = 2
GUARD = {"guard", "hide-input"}
IMPORT = re.compile(r"^\s*(import|from)\b", re.M)
HEADING = re.compile(r"^## ", re.M)
BOOLEAN = re.compile(r"\b(True|False)\b")
MAX_ASSERTIONS, MAX_BOOLEANS = 3, 1
MOST_PRINTED = 110  # characters of a line: more give a cell of a window 1280 pixels wide a scrollbar
PICTURES = {"image/jpeg", "image/png"}
LEAST_ALT, MOST_ALT = 30, 300  # characters of an alternative text


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return list(cell.metadata.get("tags", []))


def code_cells(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Return the code cells that are not empty, with their place among all cells."""
    found = [(k, c) for k, c in enumerate(notebook.cells) if c.cell_type == "code" and c.source.strip()]
    assert found, "a chapter without code"
    return found


def tagged(notebook: NotebookNode, tag: str) -> list[tuple[int, NotebookNode]]:
    """Return the cells that carry a tag, with their place."""
    return [(k, cell) for k, cell in enumerate(notebook.cells) if tag in tags(cell)]


def is_hidden(cell: NotebookNode) -> bool:
    """Return whether JupyterLab collapses the source of a cell."""
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden", False))


def sections(notebook: NotebookNode) -> list[int]:
    """Return the number of each cell's section: a Markdown line that starts with ``## `` begins a new one."""
    starts = [c.cell_type == "markdown" and bool(HEADING.search(c.source)) for c in notebook.cells]
    return list(accumulate(starts, initial=0))[1:]


def pair_problems(source: NotebookNode, stored: NotebookNode) -> list[str]:
    """Return where the notebook's cells differ from its source's in type, text, tags or hiding."""
    left = [(c.cell_type, c.source, tags(c), is_hidden(c)) for c in source.cells]
    right = [(c.cell_type, c.source, tags(c), is_hidden(c)) for c in stored.cells]
    if len(left) != len(right):
        return [f"the source has {len(left)} cells, the notebook {len(right)}: run `make book`"]
    return [
        f"cell {k}: source and notebook differ: run `make book`"
        for k, (a, b) in enumerate(zip(left, right, strict=True))
        if a != b
    ]


def printed_text(cell: NotebookNode) -> str:
    """Return what a code cell printed and the text of its value, a line a piece."""
    pieces = [
        output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs
    ]
    return "\n".join(pieces)


def execution_problems(notebook: NotebookNode) -> list[str]:
    """Return where the stored counts are not 1..n: a cell was never run, or out of order."""
    return [
        f"cell {k}: execution count {cell.execution_count}, expected {expected}"
        for expected, (k, cell) in enumerate(code_cells(notebook), start=1)
        if cell.execution_count != expected
    ]


def output_problems(notebook: NotebookNode) -> list[str]:
    """Return stored errors (but where the cell says it raises), output on stderr, and too wide lines."""
    problems = []
    for k, cell in code_cells(notebook):
        kinds = [output.output_type for output in cell.outputs]
        if "error" in kinds and "raises-exception" not in tags(cell):
            problems.append(f"cell {k}: a stored error")
        if any(output.get("name") == "stderr" for output in cell.outputs):
            problems.append(f"cell {k}: output on stderr (a warning, a progress bar?)")
        printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
        widest = max(map(len, printed.splitlines()), default=0)
        if widest > MOST_PRINTED:
            problems.append(f"cell {k}: prints a line of {widest} characters, at most {MOST_PRINTED} fit")
    return problems


def picture_problems(notebook: NotebookNode) -> list[str]:
    """Return pictures that nothing guards; nbval compares none.

    An assertion guards one in its cell, in the two code cells before or after, or in its section's guard.
    """
    cells, section = code_cells(notebook), sections(notebook)
    asserts = [bool(ASSERTION.search(cell.source)) for _, cell in cells]
    guarded = {section[k] for k, cell in tagged(notebook, "guard") if ASSERTION.search(cell.source)}
    return [
        f"cell {k}: shows a picture, and nothing near asserts the numbers behind it"
        for place, (k, cell) in enumerate(cells)
        if any(PICTURES & set(output.get("data", {})) for output in cell.outputs)
        and "nbval-ignore-output" not in tags(cell)
        and not any(asserts[max(0, place - NEAR) : place + NEAR + 1])
        and section[k] not in guarded
    ]


def alt_problems(notebook: NotebookNode) -> list[str]:
    """Return pictures that do not say in words what is seen (the cell's metadata ``alt``)."""
    problems, seen = [], set()
    for k, cell in code_cells(notebook):
        if not any(kind.startswith("image/") for output in cell.outputs for kind in output.get("data", {})):
            continue
        alt = cell.metadata.get("alt", "")
        faults = {
            "a picture without an alternative text": not alt,
            "says too little": 0 < len(alt) < LEAST_ALT,
            "says too much": len(alt) > MOST_ALT,
            "names a file": bool(re.search(r"\.(png|webp|jpe?g|svg)\b", alt)),
            "a straight quotation mark, which the percent format ends it with": '"' in alt,
            "says the same as another picture": bool(alt) and alt in seen,
        }
        problems += [f"cell {k}: {fault}: {alt!r}" for fault, wrong in faults.items() if wrong]
        seen.add(alt)
    return problems


def guard_problems(notebook: NotebookNode) -> list[str]:
    """Return guards that are not folded away, do more than assert, or do not end their section."""
    problems = []
    section = sections(notebook)
    last = {section[k]: k for k, _ in code_cells(notebook)}
    for k, cell in enumerate(notebook.cells):
        marks = GUARD & set(tags(cell))
        if not marks and not is_hidden(cell):
            continue
        if marks != GUARD or not is_hidden(cell) or cell.cell_type != "code":
            problems.append(f"cell {k}: a guard is a code cell tagged guard and hide-input, source_hidden")
            continue
        if cell.outputs:
            problems.append(f"cell {k}: a guard prints nothing")
        if not cell.source.startswith("# "):
            problems.append(f"cell {k}: a guard starts with a comment that says what it guards")
        if not ASSERTION.search(cell.source) or IMPORT.search(cell.source):
            problems.append(f"cell {k}: a guard asserts, and imports nothing")
        if last[section[k]] != k:
            problems.append(f"cell {k}: a guard is the last code cell of its section")
    return problems


def reading_problems(notebook: NotebookNode) -> list[str]:
    """Return too many assertions between a reader and the idea, or answers that are only True or False."""
    assertions, booleans = [], []
    for k, cell in code_cells(notebook):
        if not {"guard", "exercise", "check", "outside-data"} & set(tags(cell)):
            assertions += [k] * len(ASSERTION.findall(cell.source))
        if not {"exercise", "check"} & set(tags(cell)):
            booleans += [k] * len(BOOLEAN.findall(printed_text(cell)))
    problems = []
    if len(assertions) > MAX_ASSERTIONS:
        problems.append(
            f"cells {assertions}: {len(assertions)} assertions outside guard cells, at most {MAX_ASSERTIONS}"
        )
    if len(booleans) > MAX_BOOLEANS:
        problems.append(
            f"cells {booleans}: {len(booleans)} printed True or False, at most {MAX_BOOLEANS}: print numbers"
        )
    return problems


def tag_problems(notebook: NotebookNode) -> list[str]:
    """Return unknown tags, nbval comments, and ignored outputs that are too many or without a reason."""
    problems = [
        f"cell {k}: unknown tag {tag!r}"
        for k, cell in enumerate(notebook.cells)
        for tag in tags(cell)
        if tag not in TAGS
    ]
    cells = code_cells(notebook)
    problems += [f"cell {k}: an nbval comment; use tags" for k, c in cells if NBVAL_COMMENT.search(c.source)]
    ignored = [(k, cell) for k, cell in cells if "nbval-ignore-output" in tags(cell)]
    if len(ignored) > MAX_IGNORED * len(cells):
        problems.append(f"{len(ignored)} of {len(cells)} code cells ignore their output; at most 15 %")
    for k, cell in ignored:
        shown = [output.get("data", {}) for output in cell.outputs]
        widget = any(WIDGET in data or data.get("text/plain") == RUN for data in shown)
        if not widget and not CLOCK.search(cell.source):
            problems.append(f"cell {k}: ignores its output, but neither shows a widget nor reads a clock")
    for k, cell in tagged(notebook, "outside-data"):
        if cell.outputs:
            problems.append(f"cell {k}: uses outside data and prints; what it finds depends on the machine")
    prose = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    if tagged(notebook, "closed-loop") and "another processor" not in " ".join(prose.split()):
        problems.append("cells are tagged closed-loop, and no text says what differs on another processor")
    return problems


def header_problems(notebook: NotebookNode) -> list[str]:
    """Return what is wrong with the first cell: title, run time stated and measured."""
    header = notebook.cells[0]
    if header.cell_type != "markdown" or not header.source.startswith("# "):
        return ["the first cell is not Markdown starting with '# '"]
    stated = RUN_TIME.search(header.source)
    if stated is None:
        return ["the first cell has no line 'Run time: about N s'"]
    try:
        measured = measured_seconds(notebook)
    except KeyError:
        return ["no run times are stored in the cells: run `make book`"]
    problems = []
    if not agrees(int(stated[2]), measured):
        problems.append(f"the header says {stated[2]} s, the stored cells took {measured:.1f} s")
    if measured > MAX_SECONDS:
        problems.append(f"runs {measured:.0f} s; at most {MAX_SECONDS}")
    return problems


def size_problems(path: Path) -> list[str]:
    """Return a line if the notebook file is larger than a reviewer or a browser likes."""
    size = path.stat().st_size
    return [f"{size:,} bytes; at most {MAX_BYTES:,}"] if size > MAX_BYTES else []
