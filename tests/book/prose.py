"""Gates on a chapter's text: numbers in summaries, citations, links, symbols, references."""

import csv
import re
from itertools import pairwise
from pathlib import Path

from gates import tagged
from nbformat import NotebookNode

NUMBER = r"[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
QUOTED = re.compile(rf"({NUMBER})\**\s*<!--\s*(\w+)\s*-->")
ORPHAN = re.compile(r"\s<!--\s*(\w+)\s*-->([.,;:)?!])")
VALUE = re.compile(r"^(\w+) = (\S.*?)\s*$", re.M)
PLACE = (
    r"(?:chapters?|sections?|equations?|eqs?\.|figures?|figs?\.|tables?|exercises?|steps?)\s+"
    r"\d+(?:\.\d+)*(?:(?:\s*(?:,|to|and|[-–])\s*)\d+\b(?!\.\d))*"
)
# Where a figure needs no comment: code, links and images, formulas of whole numbers, list numbering,
# places, and names such as OTB-2015, L2, 2-D, 3x3.
EXEMPT = re.compile(
    r"```.*?```|`[^`]*`|!?\[[^\]]*\]\([^)]*\)|\$\$[^$.]*\$\$|\$[^$.]*\$|^\s*\d+\.\s"
    rf"|\b{PLACE}|\b[^\W\d]\w*(?:-\d[\w-]*)?|\b\d+-[^\W\d]\w*|\b\d+x\d+\b",
    re.I | re.M | re.S,
)
COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.S)
CITATION = re.compile(r"\]\(#References(?: \"(\w+)\")?\)")
LISTED = re.compile(r"^- .*<!--\s*(\w+)\s*-->\s*$", re.M)
LINK = re.compile(r"\]\((?!#|https?:|mailto:|attachment:)([^)\s#]+)[^)]*\)")
HEADING = re.compile(r"^## (?!References$)(?:(\d+\.\d+) )?(.*)$", re.M)
TAG = re.compile(r"\\tag\{([^}]*)\}")
EQUATION = re.compile(
    r"\b(?:[Ee]quations?|Eqs?\.)\s(\d+(?:\.\d+)?)(?:\s(?:and|to)\s(\d+(?:\.\d+)?))?( of [A-Z])?"
)
OF_THE_PAPER = range(1, 13)
# A formula is one line: JupyterLab and MyST would typeset the ">" of a second one.
BOX = re.compile(r"^> \*\*Paper, Eq\. (\d+)\.\*\* \S.*\n>\n> \$\$.*\\tag\{\1\} ?\$\$$", re.M)
ENTRY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,", re.M)


FORM = {
    "title `# NN Title`": re.compile(r"\A# \d\d [A-Z]"),
    "`**Goals.** After this chapter you can *verb*`": re.compile(
        r"^\*\*Goals\.\*\* After this chapter you can\s\*\w+", re.M
    ),
    "`**Prerequisites.**`": re.compile(r"^\*\*Prerequisites\.\*\* \w?", re.M),
    "`Downloads: none`": re.compile(r"^Run time: about \d+ s on two cores\. Downloads: none\b", re.M),
}
"""What the first cell of a chapter has, in this form."""


def header_form_problems(header: str) -> list[str]:
    """Return what the first cell of a chapter lacks of the form that all chapters have."""
    return [f"the first cell has no {name}" for name, form in FORM.items() if not form.search(header)]


def printed_numbers(notebook: NotebookNode) -> dict[str, list[str]]:
    """Return the values of the ``name = value`` lines that cells tagged ``numbers`` print."""
    found: dict[str, list[str]] = {}
    for _, cell in tagged(notebook, "numbers"):
        text = "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout")
        for name, value in VALUE.findall(text):
            found.setdefault(name, []).append(value)
    return found


def summary_problems(notebook: NotebookNode) -> list[str]:
    """Return figures in summaries that are not what a cell printed, or that name no printed value."""
    printed = printed_numbers(notebook)
    problems = [f"numbers: {name} is printed twice" for name, v in printed.items() if len(v) > 1]
    for k, cell in tagged(notebook, "numbers"):
        if "nbval-ignore-output" in cell.metadata.tags:
            problems.append(f"cell {k}: prints numbers, so nbval must compare them")
    summaries = tagged(notebook, "summary")
    if not summaries:
        problems.append("no Markdown cell is tagged 'summary'")
    for k, cell in summaries:
        for value, name in QUOTED.findall(cell.source):
            if name not in printed:
                problems.append(f"cell {k}: {value} names {name}, which no cell tagged 'numbers' prints")
            elif value not in printed[name]:
                problems.append(f"cell {k}: {name} is quoted as {value}, printed as {printed[name][0]}")
        problems += [
            f"cell {k}: a reader sees the space before a mark: write '<!-- {name} -->{mark}' without one"
            for name, mark in ORPHAN.findall(cell.source)
        ]
        rest = QUOTED.sub(" ", cell.source)
        problems += [f"cell {k}: no figure stands before <!-- {name} -->" for name in COMMENT.findall(rest)]
        rest = EXEMPT.sub(" ", COMMENT.sub(" ", rest))
        problems += [
            f"cell {k}: {n} names no value: write '{n} <!-- name -->'" for n in re.findall(NUMBER, rest)
        ]
    return problems


def prose(notebook: NotebookNode) -> str:
    """Return the text of all Markdown cells without code and formulas."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.sub(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$", " ", text, flags=re.S)


def citation_problems(notebook: NotebookNode, known: set[str]) -> list[str]:
    """Return citations unknown to the bibliography, or not in the chapter's list, or the reverse."""
    text = prose(notebook)
    problems = [
        f'[@{key}]: cite as [Name year](#References "{key}")' for key in re.findall(r"\[@(\w+)", text)
    ]
    cited = CITATION.findall(text)
    if "" in cited:
        problems.append('a link to #References has no key: [Name year](#References "key")')
    last = notebook.cells[-1].source
    listed = LISTED.findall(last) if last.startswith("## References") else []
    problems += [f"{key} is not in references.bib" for key in sorted({*cited, *listed} - known - {""})]
    problems += [
        f"{key} is cited but not listed under '## References'" for key in sorted({*cited} - {*listed, ""})
    ]
    problems += [
        f"{key} is listed under '## References' but not cited" for key in sorted({*listed} - {*cited})
    ]
    return problems


def markdown(notebook: NotebookNode) -> str:
    """Return the text of all Markdown cells."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def own_equations(notebook: NotebookNode) -> list[str]:
    """Return the numbers of a chapter's own equations, such as ``4.1``, in their order."""
    return [tag for tag in TAG.findall(markdown(notebook)) if "." in tag]


def numbering_problems(notebook: NotebookNode, chapter: int, equations: set[str]) -> list[str]:
    """Return sections and equations that are not numbered in order, and references to none.

    A chapter's sections and own equations are ``4.1``, ``4.2``; whole numbers are those of the paper.

    Args:
        notebook: the chapter.
        chapter: its number.
        equations: the own equations of all chapters.
    """
    problems = [
        f"section {title!r} is numbered {found or 'not at all'}, not {chapter}.{k}"
        for k, (found, title) in enumerate(HEADING.findall(markdown(notebook)), 1)
        if found != f"{chapter}.{k}"
    ]
    problems += [
        f"equation {found} should be {chapter}.{k}"
        for k, found in enumerate(own_equations(notebook), 1)
        if found != f"{chapter}.{k}"
    ]
    for tag in TAG.findall(markdown(notebook)):
        if "." not in tag and not (tag.isdigit() and int(tag) in OF_THE_PAPER):
            problems.append(f"equation {tag} is neither the paper's nor {chapter}.k")
    for *numbers, elsewhere in EQUATION.findall(prose(notebook)):
        for number in filter(None, [] if elsewhere else numbers):
            if number not in equations and not (number.isdigit() and int(number) in OF_THE_PAPER):
                problems.append(f"Eq. {number} is no equation of the book or the paper")
    return problems


def boxed_equations(notebook: NotebookNode) -> list[int]:
    """Return the numbers of the paper's equations that stand in a box, in their order."""
    return [int(number) for number in BOX.findall(markdown(notebook))]


def box_problems(notebook: NotebookNode) -> list[str]:
    """Return equations of the paper outside a box, and boxes that are not of the one form.

    A box is a block quote of three lines: ``> **Paper, Eq. 4.** what it says``, ``>``, and
    ``> $$...\\tag{4}$$``.
    """
    rest = BOX.sub("", markdown(notebook))
    problems = [
        f"equation {tag} of the paper is outside a box '> **Paper, Eq. {tag}.** what it says'"
        for tag in TAG.findall(rest)
        if tag.isdigit()
    ]
    return problems + [
        f"box {line!r} is not three lines: a sentence, '>', and one line '> $$...\\tag{{N}}$$' of its number"
        for line in re.findall(r"^.*\*\*Paper, Eq.*$", rest, re.M)
    ]


def link_problems(notebook: NotebookNode, folder: Path) -> list[str]:
    """Return relative links to files that are not there."""
    targets = sorted(set(LINK.findall(prose(notebook))))
    return [f"link to {target}, which is not there" for target in targets if not (folder / target).exists()]


def reference_keys(text: str) -> list[str]:
    """Return the keys of a BibTeX file.

    Raises:
        ValueError: an entry does not close, or lacks an author, a title or a year.
    """
    starts = [match.start() for match in ENTRY.finditer(text)] + [len(text)]
    for start, end in pairwise(starts):
        entry = text[start:end]
        fields = {name.lower() for name in re.findall(r"^\s*(\w+)\s*=\s*[{\"\d]", entry, re.M)}
        missing = {"author", "title", "year"} - fields
        if missing or entry.count("{") != entry.count("}"):
            raise ValueError(f"{entry.splitlines()[0]}: lacks {sorted(missing)} or a closing brace")
    return ENTRY.findall(text)


def symbol_problems(text: str) -> list[str]:
    """Return what is wrong with the table of symbols: header, empty fields, a symbol given twice."""
    rows = list(csv.reader(text.splitlines()))
    if not rows or rows[0] != ["symbol", "meaning", "code", "unit"]:
        return ["the first line is not 'symbol,meaning,code,unit'"]
    problems = [
        f"line {k}: {row} has not four filled fields"
        for k, row in enumerate(rows[1:], 2)
        if len(row) != 4 or not all(field.strip() for field in row)
    ]
    symbols = [symbol for row in rows[1:] if row for symbol in row[0].split(", ")]
    return problems + [
        f"{name} is given twice" for name in sorted({s for s in symbols if symbols.count(s) > 1})
    ]
