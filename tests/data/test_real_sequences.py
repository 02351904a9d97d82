"""Real sequences on a reader's machine: found, none, damaged; never a traceback."""

import numpy as np
import pytest
from trees import write_dtb70, write_images, write_otb

from udtlib.data.registry import real_sequences
from udtlib.data.sequences import Sequence


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("UDT_DATA", str(tmp_path))
    return tmp_path


def test_a_folder_of_otb_is_found(root):
    for name in ("Walk", "Boat", "Jump"):
        write_otb(root / "otb", name)
    found = real_sequences(2)
    assert list(found) == ["Boat (otb)", "Jump (otb)"]
    assert isinstance(found["Boat (otb)"], Sequence)
    np.testing.assert_array_equal(found["Boat (otb)"].boxes[1], (2, 2, 5, 4))
    assert found["Jump (otb)"].frames[2].shape == (12, 16, 3)


def test_another_benchmark_is_found_where_there_is_no_otb(root):
    write_dtb70(root / "dtb70", "Car1")
    assert list(real_sequences()) == ["Car1 (dtb70)"]


@pytest.mark.parametrize("hidden", ["none", "nowhere", "empty"])
def test_none_is_no_error(hidden, root, monkeypatch):
    if hidden != "empty":
        monkeypatch.setenv("UDT_DATA", hidden if hidden == "none" else str(root / hidden))
    assert real_sequences() == {}


def test_a_damaged_sequence_says_what_is_wrong_and_the_others_stay(root):
    write_otb(root / "otb", "Good")
    (write_otb(root / "otb", "Bad") / "groundtruth_rect.txt").write_text("1,2,three,4\n")
    found = real_sequences()
    assert list(found) == ["Good (otb)", "Bad (otb): cannot be read"]
    assert "groundtruth_rect.txt" in found["Bad (otb): cannot be read"]


def test_a_folder_without_sequences_is_named_and_the_next_is_looked_into(root):
    (root / "otb").mkdir()
    assert "no OTB sequence found" in real_sequences()["otb: cannot be read"]
    write_dtb70(root / "dtb70", "Car1")
    assert list(real_sequences()) == ["Car1 (dtb70)", "otb: cannot be read"]


def test_a_file_in_place_of_the_folder_and_hostile_names(root):
    (root / "otb").write_text("not a folder")
    assert list(real_sequences()) == ["otb: cannot be read"]
    (root / "otb").unlink()
    write_otb(root / "otb", "red\x1b[31m")
    write_images(root / "otb" / "No\x07Truth" / "img", (1, 2))
    found = real_sequences()
    assert all(label.isprintable() for label in found)
    assert any(isinstance(one, Sequence) for one in found.values())


def test_one_true_box_is_too_few_to_compare(root):
    write_otb(root / "otb", "Single", count=3)
    (root / "otb" / "Single" / "groundtruth_rect.txt").write_text("2,3,5,4\n")
    assert not any(isinstance(one, Sequence) for one in real_sequences().values())
