"""UAV123 and UAV20L, on small trees written here."""

import numpy as np
import pytest
from trees import rows, write_uav123

from udtlib import load_dataset
from udtlib.data.benchmarks import uav123
from udtlib.data.benchmarks.uav123 import RANGES, image_range
from udtlib.errors import DataError, MissingDataError


def test_a_part_of_a_folder(tmp_path, monkeypatch):
    monkeypatch.setitem(RANGES, "car1", ((1, 3), (3, 5), (6, 7)))
    write_uav123(tmp_path, "car1_2", "car1", range(1, 9), rows(3))
    write_uav123(tmp_path, "car1_3", "car1", (), rows(2))
    write_uav123(tmp_path, "car1_s", "car1_s", range(1, 4), rows(2) + "NaN,NaN,NaN,NaN\n")
    write_uav123(tmp_path, "car1", "car1", (), rows(8), "UAV20L")
    second, third, simulated = load_dataset("uav123", tmp_path)
    assert [path.name for path in second.frames.paths] == ["000003.jpg", "000004.jpg", "000005.jpg"]
    assert [path.name for path in third.frames.paths] == ["000006.jpg", "000007.jpg"]
    np.testing.assert_array_equal(second.boxes[0], [1, 2, 5, 4])
    assert np.isnan(simulated.boxes[2]).all()
    assert len(simulated) == 3
    assert [(one.name, len(one)) for one in load_dataset("uav20l", tmp_path)] == [("car1", 8)]


def test_the_folder_of_the_archive_may_be_around_it(tmp_path):
    write_uav123(tmp_path / "UAV123", "bike1", "bike1", range(1, 4), rows(3))
    (tmp_path / "UAV123" / "anno" / "UAV123" / "att").mkdir()
    assert [one.name for one in load_dataset("uav123", tmp_path)] == ["bike1"]


def test_another_number_of_rows_than_the_range_has(tmp_path):
    write_uav123(tmp_path, "bird1_1", "bird1", range(1, 4), rows(3))
    with pytest.raises(DataError, match=r"bird1_1\.txt: expected 253 rows for images 1 to 253, found 3"):
        load_dataset("uav123", tmp_path)
    write_uav123(tmp_path, "bird1_1", "bird1", (), rows(253))
    with pytest.raises(MissingDataError, match=r"000004\.jpg: no such image, but bird1_1 is annotated"):
        load_dataset("uav123", tmp_path)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("bike1", ("bike1", 1, None)),
        ("car1_3", ("car1", 1627, 2629)),
        ("car1_4", ("car1_4", 1, None)),
        ("car1_0", ("car1_0", 1, None)),
        ("car1_s", ("car1_s", 1, None)),
        ("uav1_3", ("uav1", 2473, 3469)),
        ("car1_²", ("car1_²", 1, None)),
        (f"car1_{'9' * 5000}", (f"car1_{'9' * 5000}", 1, None)),
    ],
)
def test_which_images_belong_to_a_name(name, place):
    assert image_range(name) == place


def test_the_table_of_ranges():
    """51 sequences share folders; the other 72 of the 123 have one to themselves."""
    parts = [part for ranges in RANGES.values() for part in ranges]
    assert (len(RANGES), len(parts)) == (19, 51)
    assert all(0 < first < last for first, last in parts)
    for ranges in RANGES.values():
        starts, ends = [first for first, _ in ranges], [last for _, last in ranges]
        assert starts[0] == 1
        assert all(later >= end for later, end in zip(starts[1:], ends, strict=False))
    assert uav123.UAV123.count == 123
