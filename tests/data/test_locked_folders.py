"""Folders that may not be read are named, and the others are read; never a bare PermissionError."""

import pytest
from locked import locked, open_folder
from trees import write_dtb70, write_got10k, write_images, write_lasot, write_nfs, write_otb, write_tc128

from udtlib import load_dataset
from udtlib.data.folder import load_folders
from udtlib.errors import MissingDataError


@pytest.fixture
def root():
    with open_folder() as folder:
        yield folder


def write_three(root, dataset):
    """Two sequences that can be read, and the folder of one that is to be locked."""
    names = ["car-1", "car-2", "car-3"]
    if dataset == "got10k":
        for name in names:
            write_got10k(root, "val", name)
        return names, root / "val" / "car-2"
    write = {
        "dtb70": write_dtb70,
        "lasot": write_lasot,
        "nfs": write_nfs,
        "otb": write_otb,
        "tc128": write_tc128,
    }
    options = {"lasot": {"category": False}}.get(dataset, {})
    for name in names:
        write[dataset](root, name, **options)
    return names, root / "car-2"


@pytest.mark.parametrize("dataset", ["dtb70", "got10k", "lasot", "nfs", "otb", "tc128"])
def test_one_sequence_that_may_not_be_read_is_named_and_the_others_are_read(root, dataset, monkeypatch):
    monkeypatch.setenv("UDT_DATA", "none")
    names, folder = write_three(root, dataset)
    assert [one.name for one in load_dataset(dataset, root)] == names
    broken = {}
    with locked(folder):
        found = load_dataset(dataset, root, broken=broken)
        with pytest.raises(MissingDataError, match=r"car-2.*cannot be read \(Permission denied\)"):
            load_dataset(dataset, root)
    assert [one.name for one in found] == [names[0], names[2]]
    assert "cannot be read (Permission denied)" in broken[names[1]]


def test_folders_of_ones_own(root):
    for name in ("a", "b"):
        write_images(root / name, [1])
        (root / name / "groundtruth.txt").write_text("1,2,3,4\n")
    with locked(root / "b"), pytest.raises(MissingDataError, match=r"b: .*Permission denied"):
        load_folders(root)
