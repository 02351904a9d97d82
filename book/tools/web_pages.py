"""Turn chapters, their solutions and the list of symbols into pages of the web book.

What is text in JupyterLab becomes links here: citations, chapters and sections that are named, and the library's
modules. Exercises get their solution, folded. Demos that are scripts stay alive (`web_widgets`), others say that they
need a kernel.
"""

import ast
import csv
import html
import io
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
from chapters import RUN
from nbformat import NotebookNode
from web_api import chapters, modules_by_chapter
from web_online import online_cell
from web_widgets import live

CITATION = re.compile(r'\[([^\]]*)\]\(#References "([a-z0-9]+)"\)')
LISTED = re.compile(r"^(- .*?)\s*<!-- ([a-z0-9]+) -->$", re.M)
# What no link is put into: fenced code, formulas, code, comments, links, headings.
PROTECTED = re.compile(
    r"^```.*?^```|\$\$.*?\$\$|\$[^$]+\$|`[^`]*`|<!--.*?-->|!?\[[^\]]*\]\([^)]*\)|<a .*?</a>|^#.*?$",
    re.M | re.S,
)
CHAPTER = re.compile(r"\b([Cc]hapter)\s+(\d\d)\b(?!\.)")
SECTION = re.compile(r"\b([Ss]ection)\s+(\d+\.\d+)\b(?!\s+(?:of|in)\s+the\s+paper)")
HEADING = re.compile(r"^## (\d+\.\d+)\b", re.M)
TAGGED = re.compile(r"\$\$[^$]*\\tag\{[^$]*\$\$")
DEMO = "The picture above is one moment of a demo. Its controls need Python: run the chapter in JupyterLab to move them."


def outside_protected(text: str, change: Callable[[str], str]) -> str:
    """Return ``text`` with ``change`` applied to what is neither code, formula, comment, link nor heading."""
    pieces, last = [], 0
    for found in PROTECTED.finditer(text):
        pieces += [change(text[last : found.start()]), found[0]]
        last = found.end()
    return "".join([*pieces, change(text[last:])])


def link_citations(text: str) -> str:
    """Return Markdown in which a citation leads to its line in the chapter's list, and that to the bibliography."""

    def cited(found: re.Match[str]) -> str:
        return f'<a class="citation" href="#cited-{found[2]}">{found[1]}</a>'

    def listed(found: re.Match[str]) -> str:
        key = found[2]
        return f'{found[1]} <a id="cited-{key}" href="references.html#bib-{key}" title="in the bibliography">→</a>'

    return LISTED.sub(listed, CITATION.sub(cited, text))


def link_places(text: str, own: str, pages: dict[str, str], sections: set[str]) -> str:
    """Return Markdown in which other chapters, and sections of any, are links where they are named.

    Args:
        text: a Markdown cell.
        own: number of its chapter, such as ``"02"``; it is not linked to itself.
        pages: page names by chapter number.
        sections: numbers of all sections that are there, such as ``"2.6"``.
    """

    def chapter(found: re.Match[str]) -> str:
        page = pages.get(found[2])
        return f"[{found[0]}]({page}.ipynb)" if page and found[2] != own else found[0]

    def section(found: re.Match[str]) -> str:
        known = found[2] in sections
        return f"[{found[0]}](#section-{found[2].replace('.', '-')})" if known else found[0]

    return outside_protected(text, lambda part: SECTION.sub(section, CHAPTER.sub(chapter, part)))


def tagged_lines(text: str) -> str:
    """Return Markdown whose numbered formulas end their lines with ``\\cr``.

    Sphinx puts a formula that contains two backslashes into an environment in which no number is allowed.
    """
    return TAGGED.sub(lambda found: found[0].replace("\\\\", "\\cr "), text)


def mark_sections(text: str) -> str:
    """Return Markdown with a target before each numbered heading, for the links to it."""
    return HEADING.sub(lambda found: f"(section-{found[1].replace('.', '-')})=\n{found[0]}", text)


def section_numbers(notebook: NotebookNode) -> set[str]:
    """Return the numbers of a chapter's sections, such as ``"2.6"``."""
    return {number for cell in notebook.cells for number in HEADING.findall(cell.source)}


def solution(source: str, name: str) -> str:
    """Return the text of function ``name`` in a file of solutions, empty if it has none."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.get_source_segment(source, node) or ""
    return ""


def folded_solution(stub: str, number: str, source: str) -> NotebookNode:
    """Return a Markdown cell with the solution of the stub cell ``stub``, folded."""
    (name,) = (node.name for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef))
    text = (
        f'<details class="exercise"><summary>Our solution of <code>{name}</code></summary>\n\n'
        f"```python\n{solution(source, name)}\n```\n\n"
        f"The mistakes that the check must catch are in [solutions/{number}.py](solutions/{number}.md).\n\n</details>"
    )
    return nbformat.v4.new_markdown_cell(text)


def describe_pictures(cell: NotebookNode, heading: str) -> None:
    """Give the pictures of a code cell an alternative text: the cell's own, or the section they belong to."""
    alt = cell.metadata.get("alt", f"Output of the code above, in the section “{heading}”.")
    cell.metadata.setdefault("mystnb", {})["image"] = {"alt": alt}


def heading_text(source: str, before: str) -> str:
    """Return the last heading of a Markdown cell as plain text, ``before`` if it has none."""
    found = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", source, flags=re.M | re.S), re.M)
    return re.sub(r"[`*$]", "", found[-1]) if found else before


def link_notation(header: NotebookNode) -> None:
    """Let a chapter's first cell, if it is Markdown, end with a link to the page of symbols."""
    if header.cell_type == "markdown":
        header.source += "\n\nSymbols, and their names in the code: [Notation](notation.md)."


def library_list(names: list[str]) -> NotebookNode:
    """Return the cell that closes a chapter: where the library does what the chapter explains."""
    links = ", ".join(f"{{py:mod}}`{name}`" for name in names)
    return nbformat.v4.new_markdown_cell(f"## In the library\n\nWhat this chapter explains is in {links}.")


def chapter_page(
    notebook: NotebookNode, number: str, solutions: str, sections: set[str], names: list[str]
) -> NotebookNode:
    """Return the notebook of chapter ``number`` as a page of the web book; the one given is changed.

    Args:
        notebook: an executed chapter.
        number: its number, such as ``"02"``.
        solutions: text of its file of solutions; empty where it is kept private.
        sections: numbers of all sections of the book.
        names: modules of the library that name the chapter.
    """
    pages, cells, heading = chapters(), [], ""
    for cell in notebook.cells:
        cells.append(cell)
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            heading = heading_text(cell.source, heading)
            text = link_places(link_citations(tagged_lines(cell.source)), number, pages, sections)
            cell.source = mark_sections(text).replace(f"(solutions/{number}.py)", f"(solutions/{number}.md)")
            continue
        describe_pictures(cell, heading)
        if "guard" in tags:
            cell.metadata.mystnb["code_prompt_show"] = "Show what checks this section's numbers"
        if "check" in tags and solutions:
            cells.append(folded_solution(cells[-2].source, number, solutions))
        cell.outputs = [live(notebook, output) for output in cell.outputs]
        pictures = [output for output in cell.outputs if output.get("data", {}).get("text/plain") != RUN]
        if len(pictures) < len(cell.outputs):
            cell.outputs = pictures
            note = f'<p class="demo-note">{html.escape(DEMO)}</p>'
            cells.append(nbformat.v4.new_markdown_cell(note))
    link_notation(cells[0])
    notebook.cells = [
        cells[0],
        online_cell(pages[number]),
        *cells[1:],
        *([library_list(names)] if names else []),
    ]
    notebook.metadata.pop("widgets", None)
    return notebook


def notation_page(symbols: str) -> str:
    """Return the page of symbols (Markdown) from the text of symbols.csv: symbol, meaning, code, unit."""
    rows = list(csv.DictReader(io.StringIO(symbols)))
    lines = ["# Notation", "", "Every symbol of the chapters, and its name in their code.", ""]
    lines += ["```{list-table}", ":header-rows: 1", ":widths: 20 45 25 10", "", "* - symbol", "  - meaning"]
    lines += ["  - code", "  - unit"]
    for row in rows:
        unit = "–" if row["unit"] == "-" else row["unit"]  # a hyphen starts a list
        code = "–" if row["code"] == "-" else f"`{row['code']}`"
        lines += [f"* - {row['symbol']}", f"  - {row['meaning']}", f"  - {code}", f"  - {unit}"]
    return "\n".join([*lines, "```", ""])


def solutions_page(number: str) -> str:
    """Return the page (Markdown) that shows the solutions of a chapter."""
    title = f"# Solutions of chapter {number}"
    about = "For each exercise our answer, and in `WRONG` the mistakes that its check must catch."
    return f"---\norphan: true\n---\n{title}\n\n{about}\n\n```{{literalinclude}} {number}.py\n```\n"


def write_pages(book: Path, target: Path) -> None:
    """Write all pages made from chapters, solutions and symbols into ``target``."""
    notebooks = {
        number: nbformat.read(book / f"{page}.ipynb", as_version=4) for number, page in chapters(book).items()
    }
    sections = set().union(*map(section_numbers, notebooks.values()))
    named = modules_by_chapter()
    (target / "solutions").mkdir(parents=True)
    for number, notebook in notebooks.items():
        path = book / "solutions" / f"{number}.py"
        solutions = path.read_text("utf-8") if path.exists() else ""
        page = chapter_page(notebook, number, solutions, sections, named.get(number, []))
        nbformat.write(page, target / f"{chapters(book)[number]}.ipynb")
        if solutions:
            (target / "solutions" / f"{number}.py").write_text(solutions, "utf-8")
            (target / "solutions" / f"{number}.md").write_text(solutions_page(number), "utf-8")
    symbols = (book / "symbols.csv").read_text("utf-8")
    (target / "notation.md").write_text(notation_page(symbols), "utf-8")
