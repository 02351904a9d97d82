"""What all benchmarks with a layout have in common: names, one spoilt sequence among good ones, no folder."""

from pathlib import Path

import numpy as np
import pytest
from trees import (
    rows,
    write_dtb70,
    write_got10k,
    write_lasot,
    write_nfs,
    write_tc128,
    write_trackingnet,
    write_uav123,
    write_vot,
)

from udtlib import load_dataset
from udtlib.commands.data import listing
from udtlib.data import load_truth
from udtlib.data.registry import layouts
from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation.results.files import INDEX_BASE, index_base

WRITE = {
    "dtb70": lambda root, name: write_dtb70(root, name) / "groundtruth_rect.txt",
    "got10k": lambda root, name: write_got10k(root, "val", name) / "groundtruth.txt",
    "lasot": lambda root, name: write_lasot(root, name) / "groundtruth.txt",
    "nfs": lambda root, name: write_nfs(root, name) / f"{name}.txt",
    "nfs240": lambda root, name: write_nfs(root, name, "240") / f"{name}.txt",
    "tc128": lambda root, name: write_tc128(root, name) / f"{name}_gt.txt",
    "trackingnet": lambda root, name: write_trackingnet(root, "TRAIN_0", name) / "anno" / f"{name}.txt",
    "uav123": lambda root, name: (
        write_uav123(root, name, name, range(1, 4), rows(3)) or root / "anno" / "UAV123" / f"{name}.txt"
    ),
    "uav20l": lambda root, name: (
        write_uav123(root, name, name, range(1, 4), rows(3), "UAV20L")
        or root / "anno" / "UAV20L" / f"{name}.txt"
    ),
    "vot": lambda root, name: write_vot(root, name, rows(3)) / "groundtruth.txt",
}
"""Writes one sequence of each dataset and returns the file of its true boxes."""


@pytest.fixture(params=sorted(WRITE))
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path, Path]:
    """A dataset's name, its folder with the sequences ``a-1`` and ``B-2``, and the truth of the second."""
    name = request.param
    WRITE[name](tmp_path, "a-1")
    return name, tmp_path, WRITE[name](tmp_path, "B-2")


def test_every_layout_is_tried_here() -> None:
    assert set(layouts()) == set(WRITE) | {"lasot-test"}


def test_the_index_base_of_results_is_that_of_the_truth() -> None:
    assert {name: index_base(name) for name in layouts()} == {
        name: layout.index_base for name, layout in layouts().items()
    }
    assert set(INDEX_BASE) == {name for name, layout in layouts().items() if layout.index_base} | {
        "otb",
        "otb2013",
        "otb2015",
        "otb50",
    }


def test_a_whole_root_is_read(tree: tuple[str, Path, Path]) -> None:
    name, root, _ = tree
    sequences = load_dataset(name, root)
    assert [sequence.name for sequence in sequences] == ["a-1", "B-2"]
    for sequence in sequences:
        assert len(sequence) == len(sequence.boxes) == sequence.tracked > 2
        assert sequence.is_scored
        assert sequence.boxes.dtype == np.float64
        assert sequence.frames[0].shape == (12, 16, 3)
        assert (sequence.boxes[:, 2:] == [5, 4]).all()
    assert [one.name for one in load_dataset(name, root, names=["b-2"])] == ["B-2"]
    with pytest.raises(MissingDataError, match="sequence Nobody"):
        load_dataset(name, root, names=["Nobody"])


def test_annotations_alone_need_no_images(tree: tuple[str, Path, Path]) -> None:
    name, root, _ = tree
    expected = [sequence.boxes for sequence in load_dataset(name, root)]
    for image in root.rglob("*.jpg"):
        if name not in ("nfs", "nfs240"):  # whose number of images says which rows count
            image.unlink()
    found = load_truth(name, root)
    assert [len(one.frames) for one in found] == [0, 0]
    for one, boxes in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.boxes, boxes)


@pytest.mark.parametrize(
    "text", ["", "1,2,3\n", "x,y,w,h\n", "1,2,3,inf\n", "\0\1\2", "1e308,1,-1e308,4,9\n"]
)
def test_one_spoilt_sequence_does_not_cost_the_others(tree: tuple[str, Path, Path], text: str) -> None:
    name, root, truth = tree
    truth.write_text(text)
    with pytest.raises(DataError, match=truth.name):
        load_dataset(name, root)
    broken: dict[str, str] = {}
    assert [one.name for one in load_dataset(name, root, broken=broken)] == ["a-1"]
    assert list(broken) == ["B-2"]
    assert truth.name in broken["B-2"]


def test_a_lost_image_and_one_too_many_are_named(tree: tuple[str, Path, Path]) -> None:
    name, root, _ = tree
    folder = next(path.parent for path in sorted(root.rglob("*.jpg")) if "B-2" in path.parts)
    images = sorted(folder.glob("*.jpg"))
    hidden = folder / f"._{images[0].name}"
    hidden.write_text("a Mac's")
    assert len(load_dataset(name, root)) == 2
    data = images[1].read_bytes()
    images[1].unlink()
    with pytest.raises(MissingDataError, match=images[1].name):
        load_dataset(name, root)
    images[1].write_bytes(data)
    extra = folder / images[0].name.replace(images[0].stem, f"{9:0{len(images[0].stem)}d}")
    extra.write_bytes(data)
    if name in ("tc128", "uav123", "uav20l"):  # a part of the folder is annotated
        assert len(load_dataset(name, root)) == 2
    else:
        with pytest.raises((MissingDataError, DataError), match="B-2"):
            load_dataset(name, root)


def test_a_folder_of_something_else(tree: tuple[str, Path, Path], tmp_path: Path) -> None:
    name, root, _ = tree
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", root / "nowhere"):
        with pytest.raises(MissingDataError, match=f"{place.name}: no .* sequence found; expected"):
            load_dataset(name, place)


def test_without_data_the_error_says_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UDT_DATA", "none")
    for name, layout in layouts().items():
        with pytest.raises(MissingDataError, match=f"data/{layout.place}"):
            load_dataset(name)


def test_the_list_of_data_counts_what_is_there(tree: tuple[str, Path, Path]) -> None:
    name, root, _ = tree
    for count in ("2", "3"):
        lines = [line.split() for line in listing(root).splitlines()]
        assert next(words for words in lines if words[:1] == [name])[2:4] == [count, str(root)]
        if count == "2":
            WRITE[name](root, "c-3")
