"""Where a chapter runs without installing: badges of Colab and Binder, and the notebooks that Colab opens.

The repository's name is the one that GitHub's workflow works for (`GITHUB_REPOSITORY`); pages that are built elsewhere have
no badges. Colab opens one notebook and nothing beside it, so a branch `colab` holds the chapters with a cell that
installs the library, and a page with all badges, to which the README leads; the workflow publishes it. The badges are
drawn by this project, so that no page asks another server for them.
"""

import os
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from web_api import chapters

SERVICES = {
    "Colab": "https://colab.research.google.com/github/{name}/blob/colab/{page}.ipynb",
    "Binder": "https://mybinder.org/v2/gh/{name}/main?urlpath=lab/tree/book/{page}.ipynb",
}
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
    return {service: address.format(name=name, page=page) for service, address in SERVICES.items()}


def badges(page: str, folder: str = "") -> str:
    """Return the badges (HTML) of the chapter on ``page``.

    Args:
        page: as `links`.
        folder: where their pictures are, empty or with a slash at its end. The class ``dark-light`` keeps the
            web book's theme from dimming them on a dark page.
    """
    picture = '<img class="dark-light" src="{folder}{name}.svg" alt="Open in {service}" height="20">'
    return " ".join(
        f'<a href="{link}">{picture.format(folder=folder, name=service.lower(), service=service)}</a>'
        for service, link in links(page).items()
    )


def online_cell(page: str) -> NotebookNode:
    """Return the Markdown cell that says where a chapter runs."""
    places = badges(page, "_static/")
    there = f": {places} or on your machine" if places else " on your machine"
    text = f'<p class="online">Run this chapter{there}: <code>udt book my-book</code></p>'
    return nbformat.v4.new_markdown_cell(text)


def for_colab(notebook: NotebookNode) -> NotebookNode:
    """Return a chapter with the cell that installs the library before its first code cell; it is changed."""
    first = next(k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    cell = nbformat.v4.new_code_cell(INSTALL.format(name=repository()), id="install")
    notebook.cells.insert(first, cell)
    return notebook


def write_colab(book: Path, target: Path) -> None:
    """Write the chapters for Colab, and the page with their badges, into ``target``, anew."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    lines = ["# Run a chapter without installing", ""]
    for page in chapters(book).values():
        notebook = nbformat.read(book / f"{page}.ipynb", as_version=4)
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        lines.append(f"- {title} {badges(page)}")
        nbformat.write(for_colab(notebook), target / f"{page}.ipynb")
    (target / "README.md").write_text("\n".join([*lines, ""]), "utf-8")
    for service in SERVICES:
        shutil.copy(book / "site" / "static" / f"{service.lower()}.svg", target)
