"""Make the notebooks from their percent sources, which always win.

    python book/tools/chapters.py sync [CHAPTER ...]      write NN_slug.ipynb, keep the outputs of unchanged cells
    python book/tools/chapters.py run [CHAPTER ...]       the same, then run every cell and store the outputs
    python book/tools/chapters.py outside                 print the chapters that use outside data, if it is found

A CHAPTER is its number, such as 02; none means all.
"""

import argparse
import hashlib
import os
import re
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import jupytext
import nbformat
from jupytext.config import load_jupytext_configuration_file
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

BOOK = Path(__file__).resolve().parents[1]
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
IN_BROWSER = ".BrowserDemo"  # the class of `udtlib.widgets.in_browser`, made when a demo is shown
RUN = "Run this cell for the controls."
HEADER = "# ---\n# jupyter:\n#   jupytext:\n#     formats: ipynb,py:percent\n# ---\n"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
RUN_TIME = re.compile(r"(Run time: about )(\d+)( s)")


def find_sources(book: Path = BOOK, chapters: list[str] | None = None) -> list[Path]:
    """Return the sources of the chapters, in order; a chapter that is not there is an error."""
    sources = sorted(book.glob("[0-9][0-9]_*.py"))
    unknown = set(chapters or []) - {path.name[:2] for path in sources}
    if unknown or not sources:
        raise SystemExit(f"{book}: no chapter {', '.join(sorted(unknown)) or 'NN_slug.py'} here")
    return [path for path in sources if not chapters or path.name[:2] in chapters]


def cell_ids(notebook: NotebookNode) -> list[str]:
    """Return an id for each cell that depends on its text only, so that a new cell changes no other's."""
    seen: Counter[str] = Counter()
    ids = []
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] += 1
        ids.append(f"{digest}-{seen[digest]}")
    return ids


def renew_scripts(notebook: NotebookNode) -> None:
    """Give the stored demos that compute in the browser the library's present scripts; their state stays."""
    from udtlib.widgets.in_browser.demo import scripts

    stored = notebook.metadata.get("widgets", {}).get(STATE, {})
    for model in stored.get("state", {}).values():
        if "demo" in model["state"]:
            model["state"].update(scripts(model["state"]["demo"]))


def synced(source: Path) -> NotebookNode:
    """Return the notebook of ``source``; a code cell keeps its stored outputs if its text is unchanged."""
    notebook = jupytext.read(source)
    stored = source.with_suffix(".ipynb")
    old = nbformat.read(stored, as_version=4) if stored.exists() else nbformat.v4.new_notebook()
    kept = dict(zip(cell_ids(old), old.cells, strict=True))
    for cell, name in zip(notebook.cells, cell_ids(notebook), strict=True):
        cell.id = name
        if cell.cell_type == "code" and name in kept:
            cell.outputs, cell.execution_count = kept[name].outputs, kept[name].execution_count
            cell.metadata.update({k: v for k, v in kept[name].metadata.items() if k == "execution"})
    notebook.metadata = nbformat.from_dict({**old.metadata, **notebook.metadata, "kernelspec": KERNEL})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    renew_scripts(notebook)
    return notebook


def measured_seconds(notebook: NotebookNode) -> float:
    """Return the summed run time of the code cells, from the times stored when they were executed."""
    total = 0.0
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.strip():
            times = cell.metadata["execution"]
            start, end = (datetime.fromisoformat(times[f"iopub.status.{k}"]) for k in ("busy", "idle"))
            total += (end - start).total_seconds()
    return total


def agrees(stated: float, measured: float) -> bool:
    """Return whether a stated run time is true: within 2 s or a quarter of the measured one."""
    return abs(stated - measured) <= max(2.0, measured / 4)


def state_run_time(source: Path, notebook: NotebookNode) -> None:
    """Write the measured run time into the header, in both files, unless the stated one agrees."""
    measured = measured_seconds(notebook)
    found = RUN_TIME.search(notebook.cells[0].source)
    if found is None:
        raise SystemExit(f"{source.name}: the first cell has no line 'Run time: about N s'")
    if found and not agrees(int(found[2]), measured):
        line = rf"\g<1>{max(1, round(measured))}\g<3>"
        notebook.cells[0].source = RUN_TIME.sub(line, notebook.cells[0].source, count=1)
        source.write_text(RUN_TIME.sub(line, source.read_text("utf-8"), count=1), "utf-8")


def hide_root(notebook: NotebookNode) -> None:
    """Make the paths in stored tracebacks (of unsolved exercises) relative to the project."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                output.traceback = [line.replace(f"{BOOK.parent}{os.sep}", "") for line in output.traceback]


def unload_widgets(notebook: NotebookNode) -> None:
    """Leave of a stored widget whose mathematics needs Python the text that says how to have it back."""
    stored = notebook.metadata.pop("widgets", {}).get(STATE, {"state": {}})
    models = {name: model["state"] for name, model in stored["state"].items()}
    alive = {name for name, state in models.items() if state.get("_anywidget_id", "").endswith(IN_BROWSER)}
    layouts = {models[name]["layout"].removeprefix("IPY_MODEL_") for name in alive}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if WIDGET in output.get("data", {}) and output.data[WIDGET]["model_id"] not in alive:
                output.data = {"text/plain": RUN}
    if alive:
        stored["state"] = {name: stored["state"][name] for name in sorted(alive | layouts)}
        notebook.metadata["widgets"] = {STATE: stored}


def execute(source: Path, notebook: NotebookNode) -> None:
    """Run every cell in order with outside data hidden, as a reader without it would."""
    os.environ["UDT_DATA"] = "none"
    notebook.metadata.pop("widgets", None)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(source.parent)}}
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise SystemExit(f"{source.name}: {error}") from None
    notebook.metadata.get("language_info", {}).pop("version", None)
    hide_root(notebook)
    unload_widgets(notebook)
    state_run_time(source, notebook)
    for cell, name in zip(notebook.cells, cell_ids(notebook), strict=True):
        cell.id = name


def write(source: Path, notebook: NotebookNode) -> None:
    """Write the notebook, then its source: JupyterLab takes the newer one of a pair.

    The source keeps its text; its header, and the order of each cell's options, become those that JupyterLab
    writes, so that reading changes nothing. Where the notebook is newer, as after an update that brought other
    outputs only, JupyterLab opens the pair if both say the same in the same order.
    """
    nbformat.write(notebook, source.with_suffix(".ipynb"))
    text = with_sorted_options(source)
    source.write_text(re.sub(r"\A# ---\n.*?\n# ---\n", HEADER, text, flags=re.S), "utf-8")


def with_sorted_options(source: Path) -> str:
    """Return the text of a source, the options of each cell in the order of their names, as JSON has them."""
    notebook = jupytext.read(source)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(dict(sorted(cell.metadata.items())))
    config = load_jupytext_configuration_file(str(BOOK / "jupytext.toml"))
    return str(jupytext.writes(notebook, fmt="py:percent", config=config))


def uses_outside_data(source: Path) -> bool:
    """Return whether a cell of the chapter is tagged ``outside-data``."""
    return any("outside-data" in cell.metadata.get("tags", []) for cell in jupytext.read(source).cells)


def main(argv: list[str] | None = None) -> int:
    """Run one of the three commands; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=["outside", "run", "sync"])
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER")
    arguments = parser.parse_args(argv)
    sources = find_sources(chapters=arguments.chapters)
    if arguments.command == "outside":
        from udtlib.data import find_data

        if find_data("otb"):
            print(*(f"book/{path.stem}.ipynb" for path in sources if uses_outside_data(path)))
        return 0
    for source in sources:
        notebook = synced(source)
        if arguments.command == "run":
            execute(source, notebook)
            print(f"{source.stem}: {measured_seconds(notebook):.1f} s")
        write(source, notebook)
    import teaching

    teaching.update()
    return 0


if __name__ == "__main__":
    sys.exit(main())
