"""``udt book``: put the chapters where they can be opened and changed, from an installed library too.

Book: chapter 00.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path

from udtlib.commands.common import file_path
from udtlib.data.locate import book_folder
from udtlib.errors import MissingDataError
from udtlib.files import make_folder, write_whole
from udtlib.printing import say

EXAMPLE = "udt book my-book"
FILES = ("[0-9][0-9]_*.ipynb", "[0-9][0-9]_*.py", "solutions/[0-9][0-9].py", "figures/*", "symbols.csv")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's argument."""
    parser.add_argument(
        "folder",
        type=file_path,
        metavar="DIR",
        help="where to put the chapters, and solutions if there are any; files already there are kept",
    )


def run(arguments: argparse.Namespace) -> int:
    """Copy what is not there yet, and say how to open it."""
    folder: Path = arguments.folder
    sources = chapter_files()
    new = [name for name in sources if not (folder / name).exists()]
    for name in new:
        make_folder((folder / name).parent)
        write_whole(folder / name, sources[name].read_bytes())
    kept = len(sources) - len(new)
    say(f"{len(new)} files written to {folder}" + (f"; {kept} were there and stay as they are" * bool(kept)))
    first = folder / min(name for name in sources if name.endswith(".ipynb"))
    if find_spec("jupyterlab") is None:
        say('JupyterLab is missing, and other packages may be: pip install "udtlib[book]"')
    say(f'open the first chapter: jupyter lab "{first}"')
    return 0


def chapter_files() -> dict[str, Path]:
    """Return the files that come with the library, by their path inside the book's folder.

    Raises:
        MissingDataError: there are none, the installation is incomplete.
    """
    source = book_folder()
    files = [path for pattern in FILES for path in source.glob(pattern) if path.is_file()]
    found = {path.relative_to(source).as_posix(): path for path in files}
    if not any(name.endswith(".ipynb") for name in found):
        raise MissingDataError(f"no chapters in {source}: this installation is incomplete, install it again")
    return dict(sorted(found.items()))
