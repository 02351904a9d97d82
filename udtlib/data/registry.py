"""The table of datasets, one sorted line each; a module is imported when its dataset is asked for.

Book: chapter 00.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from udtlib.arguments import look_up
from udtlib.data.benchmarks.layouts import Layout
from udtlib.data.locate import find_data
from udtlib.data.sequences import Sequence
from udtlib.errors import MissingDataError, OptionError, UdtError
from udtlib.printing import printable

DATASETS = {
    "cast": "udtlib.data.cast:load_cast",
    "dtb70": "udtlib.data.benchmarks.dtb70:DTB70",
    "folder": "udtlib.data.folder:load_folder",
    "got10k": "udtlib.data.benchmarks.got10k:GOT10K",
    "lasot": "udtlib.data.benchmarks.lasot:LASOT",
    "lasot-test": "udtlib.data.benchmarks.lasot:LASOT_TEST",
    "nfs": "udtlib.data.benchmarks.nfs:NFS",
    "nfs240": "udtlib.data.benchmarks.nfs:NFS240",
    "otb": "udtlib.data.benchmarks.otb:load_otb",
    "otb2013": "udtlib.data.benchmarks.otb_lists:load_otb2013",
    "otb2015": "udtlib.data.benchmarks.otb_lists:load_otb2015",
    "otb50": "udtlib.data.benchmarks.otb_lists:load_otb50",
    "synthetic": "udtlib.data.synthetic:load_synthetic",
    "tc128": "udtlib.data.benchmarks.tc128:TC128",
    "trackingnet": "udtlib.data.benchmarks.trackingnet:TRACKINGNET",
    "uav123": "udtlib.data.benchmarks.uav123:UAV123",
    "uav20l": "udtlib.data.benchmarks.uav123:UAV20L",
    "vot": "udtlib.data.benchmarks.vot:VOT",
}
"""Where each dataset's loader is: a function, or a `udtlib.data.benchmarks.layouts.Layout`."""


SINGLE = ("cast", "folder", "synthetic")
"""The datasets that are not folders of sequences, of which one may be broken and the others fine."""

DRAWN = ("cast", "synthetic")
"""Those without files."""


def load_dataset(
    name: str, root: str | Path | None = None, *, broken: dict[str, str] | None = None, **options: Any
) -> list[Sequence]:
    """Return the sequences of a registered dataset; frames are read when they are asked for.

    Args:
        name: a key of `DATASETS`.
        root: the dataset's folder; None looks in ``UDT_DATA``, ``data/``, ``../shared``.
        broken: where given, a sequence that cannot be read is left out, and what is wrong with it is
            added here under its name; None raises the first such error.
        options: passed to the dataset's loader.

    Raises:
        UnknownNameError: ``name`` is not in `DATASETS`.
        OptionError: a folder for a dataset that is drawn, and would not be looked at.
        MissingDataError: the folder is not there.
    """
    if name in DRAWN and root is not None:
        raise OptionError(f"the dataset {name} is drawn, and nothing is read from {root}: leave it out")
    if broken is not None and name not in SINGLE:
        options["broken"] = broken
    return _loader(name)(root, **options)


def load_truth(
    name: str,
    annotations: str | Path | None = None,
    places: tuple[str, ...] = ("published/otb2015.json", "otb"),
    **options: Any,
) -> list[Sequence]:
    """Return names, true boxes and attributes of a dataset, for scoring; images need not be there.

    Args:
        name: a key of `DATASETS`.
        annotations: the dataset's folder, or for OTB's lists also a JSON file
            (`udtlib.data.benchmarks.otb.load_annotations`); None looks in ``UDT_DATA``, ``data/``,
            ``../shared``.
        places: where to look for the annotations of ``"otb"``, the first that exists.
        options: passed to the loader of ``"folder"``: ``truth`` and ``index_base``.

    Raises:
        UnknownNameError: ``name`` is not in `DATASETS`.
        MissingDataError: no annotations, or a target of a list is not among them.
    """
    from udtlib.data.benchmarks.otb import load_annotations
    from udtlib.data.benchmarks.otb_lists import LISTS, choose_targets

    if name in SINGLE:
        return load_dataset(name, annotations, **options)
    if name != "otb" and name not in LISTS:
        return load_dataset(name, annotations, images=False)
    if name in LISTS:  # all their targets are needed, the folder may hold some
        places = ("published/otb2015.json", "otb")
    found = annotations or next(filter(None, map(find_data, places)), None)
    if found is None:
        raise MissingDataError("no OTB annotations found; name them with --annotations FILE_OR_ROOT")
    sequences = load_annotations(found)
    return choose_targets(sequences, name, found) if name in LISTS else sequences


REAL = ("otb", "vot", "got10k", "lasot", "dtb70", "uav123", "tc128", "nfs", "trackingnet")
"""Datasets of real videos, in the order in which `real_sequences` looks for them."""


def real_sequences(most: int = 8) -> dict[str, Sequence | str]:
    """Return a few real sequences found on this machine; none is no error.

    Of the first dataset of `REAL` below ``UDT_DATA``, ``data/`` or ``../shared`` that has a sequence with
    images and true boxes. Frames are read when they are asked for.

    Args:
        most: how many at most.

    Returns:
        By a label such as ``"Couple (otb)"``, readable sequences first; a text in place of a sequence says
        what is wrong with it, or with a folder that holds none.
    """
    wrong: dict[str, Sequence | str] = {}
    for name in REAL:
        usable, broken = _usable(name, most)
        wrong |= broken
        if usable:
            return dict([*usable.items(), *wrong.items()][:most])
    return dict([*wrong.items()][:most])


def _usable(name: str, most: int) -> tuple[dict[str, Sequence | str], dict[str, Sequence | str]]:
    """Return a dataset's sequences that can be tracked and scored, and what is wrong with others."""
    from udtlib.data.benchmarks.otb import find_targets

    loader, broken = _loader(name), dict[str, str]()
    root = find_data(loader.place if isinstance(loader, Layout) else name)
    if root is None:
        return {}, {}
    try:
        targets = loader.targets(root) if isinstance(loader, Layout) else find_targets(root)
        # a large benchmark takes long to list, and a few are needed
        found = loader(root, names=[target for target, _ in targets[:most]], broken=broken)
    except (UdtError, OSError) as error:
        return {}, {f"{name}: cannot be read": printable(str(error))}
    usable = {f"{one.name} ({name})": one for one in found if len(one.frames) > 1 and one.is_scored}
    wrong = {f"{printable(one)} ({name}): cannot be read": printable(why) for one, why in broken.items()}
    return {printable(label): one for label, one in usable.items()}, {**wrong}


def layouts() -> dict[str, Layout]:
    """Return the layouts of the benchmarks that have one, by the dataset's name."""
    loaders = {name: _loader(name) for name in DATASETS if name not in SINGLE}
    return {name: loader for name, loader in loaders.items() if isinstance(loader, Layout)}


def _loader(name: str) -> Callable[..., list[Sequence]]:
    module, _, attribute = look_up("dataset", name, DATASETS).partition(":")
    return getattr(import_module(module), attribute)
