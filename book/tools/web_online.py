"""Where a chapter runs without installing: links to Colab and Binder, and the notebooks that Colab opens.

The repository's name is the one that GitHub's workflow works for (`GITHUB_REPOSITORY`); pages that are built elsewhere have
no such links. Colab opens one notebook and nothing beside it, so a branch `colab` holds the chapters with a cell that
installs the library; the workflow publishes it.
"""

import os
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from web_api import chapters

INSTALL = '''# Colab has no udtlib yet: this installs it, which takes a minute.
import importlib.util

if importlib.util.find_spec("udtlib") is None:
    %pip install --quiet "udtlib[book] @ git+https://github.com/{name}"'''


def repository() -> str:
    """Return the repository's name on GitHub, such as ``OWNER/NAME``; empty where it is not known."""
    return os.environ.get("GITHUB_REPOSITORY", "")


def links(page: str) -> dict[str, str]:
    """Return where the chapter on ``page``, such as ``02_correlation_filters``, runs, by the name of the service."""
    name = repository()
    if not name:
        return {}
    return {
        "Colab": f"https://colab.research.google.com/github/{name}/blob/colab/{page}.ipynb",
        "Binder": f"https://mybinder.org/v2/gh/{name}/main?urlpath=lab/tree/book/{page}.ipynb",
    }


def online_cell(page: str) -> NotebookNode:
    """Return the Markdown cell with the links of a chapter."""
    places = [f'<a href="{link}">{service}</a>' for service, link in links(page).items()]
    there = "".join(f"{place}, " for place in places) + "on your machine: <code>udt book my-book</code>"
    text = f'<p class="online">Run this chapter: {there}</p>'
    return nbformat.v4.new_markdown_cell(text)


def for_colab(notebook: NotebookNode) -> NotebookNode:
    """Return a chapter with the cell that installs the library before its first code cell; it is changed."""
    first = next(k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    cell = nbformat.v4.new_code_cell(INSTALL.format(name=repository()), id="install")
    notebook.cells.insert(first, cell)
    return notebook


def write_colab(book: Path, target: Path) -> None:
    """Write the chapters for Colab into ``target``, anew."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for page in chapters(book).values():
        notebook = nbformat.read(book / f"{page}.ipynb", as_version=4)
        nbformat.write(for_colab(notebook), target / f"{page}.ipynb")
