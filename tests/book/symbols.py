"""Gates between the table of symbols and the formulas of the chapters: what is used stands in it, once.

A *letter* is what is left of a symbol without subscripts, hats and operators: ``x``, ``\\mathbf X``,
``\\alpha``. Words in a formula (``\\text{}``, ``_{drop}``), names of functions and the tag are no symbols.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from nbformat import NotebookNode

FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$]+)\$(?!\$)", re.S)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)
WORD = re.compile(
    r"\\(?:text|operatorname|tag|begin|end)\s*\{[^{}]*\}|\\mathrm\s*(?:\{[^{}]*\}|[a-z]+)"
    r"|_\{(?:drop|motion|norm|un)\b"
)
FONT = re.compile(r"\\(mathbf|mathcal|mathbb|mathsf|mathscr)\s*\{?\s*([A-Za-z])\s*\}?")
COMMAND = re.compile(r"\\([A-Za-z]+)")
GREEK = {
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "vartheta", "kappa", "lambda"),
    *("mu", "nu", "xi", "rho", "sigma", "tau", "varphi", "phi", "chi", "psi", "omega", "ell"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Sigma", "Phi", "Psi", "Omega"),
}
"""Without pi, which is a number."""
SECTION = re.compile(r"^## (?=\d)", re.M)


def formulas(text: str) -> list[str]:
    """Return the formulas of a Markdown text, without their dollars."""
    return [shown or inline for shown, inline in FORMULA.findall(CODE.sub(" ", text))]


def letters(formula: str) -> set[str]:
    """Return the letters of a formula, each with its font."""
    formula = WORD.sub(" ", formula)
    found = {f"\\{font} {letter}" for font, letter in FONT.findall(formula)}
    formula = FONT.sub(" ", formula)
    found |= {f"\\{name}" for name in COMMAND.findall(formula) if name in GREEK}
    return found | set(re.findall(r"[A-Za-z]", COMMAND.sub(" ", formula)))


def chapter_text(notebook: NotebookNode) -> str:
    """Return a chapter's Markdown; what its pictures write is not looked at."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def rows(table: str) -> list[str]:
    """Return the first field of each row of the table: one symbol, or several with commas."""
    return [row[0] for row in list(csv.reader(table.splitlines()))[1:] if row]


def missing_symbols(table: str, chapters: Mapping[str, str]) -> list[str]:
    """Return letters that a chapter uses in more than one section and that stand in no row.

    Args:
        table: the text of the table of symbols.
        chapters: the Markdown of each chapter, by name.
    """
    listed = set().union(*(letters(part) for row in rows(table) for part in formulas(row)))
    problems = []
    for name, text in chapters.items():
        sections = [set().union(*map(letters, formulas(part))) for part in SECTION.split(text)]
        counts = Counter(letter for section in sections for letter in section)
        problems += [
            f"{name}: {letter} stands in {count} sections and in no row of symbols.csv"
            for letter, count in sorted(counts.items())
            if count > 1 and letter not in listed
        ]
    return problems


def bare(formula: str) -> str:
    """Return a formula without spaces and braces, which change nothing that a reader sees."""
    return re.sub(r"[\s{}]|\\[,;!]", "", formula)


def idle_symbols(table: str, texts: Iterable[str]) -> list[str]:
    """Return symbols of the table that no formula of the chapters has.

    A symbol of one letter must stand there as a letter, a longer one as it is written; one without a
    formula, such as EAO, must be a word of the text.
    """
    text = "\n\n".join(texts)
    used = formulas(text)
    known = set().union(*map(letters, used))
    written = "\n".join(map(bare, used))
    problems = []
    for row in rows(table):
        for symbol in formulas(row) or row.split(", "):
            if "$" not in row:
                there = re.search(rf"\b{re.escape(symbol)}\b", text) is not None
            elif {symbol} == letters(symbol):
                there = symbol in known
            else:
                there = bare(symbol) in written
            problems += [] if there else [f"{symbol} stands in symbols.csv and in no chapter"]
    return problems
