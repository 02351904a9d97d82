"""The table of datasets, one sorted line each; a module is imported when its dataset is asked for.

Book: chapter 00.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from udtlib.data.sequences import Sequence
from udtlib.errors import UnknownNameError

DATASETS = {
    "folder": "udtlib.data.folder:load_folder",
    "otb": "udtlib.data.otb:load_otb",
    "synthetic": "udtlib.data.synthetic:load_synthetic",
}


def load_dataset(name: str, root: str | Path | None = None, **options: Any) -> list[Sequence]:
    """Return the sequences of a registered dataset; frames are read when they are asked for.

    Args:
        name: a key of `DATASETS`.
        root: the dataset's folder; None looks in ``UDT_DATA``, ``data/``, ``../shared``.
        options: passed to the dataset's loader.

    Raises:
        UnknownNameError: ``name`` is not in `DATASETS`.
        MissingDataError: the folder is not there.
    """
    if name not in DATASETS:
        raise UnknownNameError(f"no dataset {name!r}; known: {', '.join(DATASETS)}")
    module, _, attribute = DATASETS[name].partition(":")
    return getattr(import_module(module), attribute)(root, **options)
