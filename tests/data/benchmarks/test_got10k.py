"""GOT-10k, on small trees written here."""

import numpy as np
import pytest
from trees import write_got10k

from udtlib import load_dataset
from udtlib.errors import DataError, MissingDataError


def test_parts_and_labels(tmp_path):
    write_got10k(tmp_path, "val", "GOT-10k_Val_000001", count=5, absent=(2,), covers=[8, 7, 0, 0, 1])
    write_got10k(tmp_path, "test", "GOT-10k_Test_000001", truth="1.5,2,3,4\n")
    test, val = load_dataset("got10k", tmp_path)
    assert (test.name, len(test), test.tracked, len(test.boxes)) == ("GOT-10k_Test_000001", 4, 4, 1)
    assert not test.is_scored
    assert test.size is None
    assert val.size == (16, 12)
    np.testing.assert_array_equal(np.isnan(val.boxes).all(axis=1), [False, False, True, True, False])
    np.testing.assert_array_equal(val.boxes[1], [1.5, 3, 5, 4])
    assert [one.name for one in load_dataset("got10k", tmp_path / "val")] == [val.name]


def test_copies_without_labels_are_read(tmp_path):
    folder = write_got10k(tmp_path, "val", "one", absent=(1,))
    for file in ("absence.label", "cover.label", "meta_info.ini"):
        (folder / file).unlink()
    (one,) = load_dataset("got10k", tmp_path)
    assert not np.isnan(one.boxes).any()
    assert one.size is None


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("absence.label", "0\n0\n0\n", "expected 4 numbers"),
        ("cover.label", "8\n9\n8\n8\n", "from 0 to 8, found '9'"),
        ("meta_info.ini", "[METAINFO]\nresolution: (a, b)\n", "expected a line such as resolution"),
    ],
)
def test_bad_files_are_named(tmp_path, file, text, problem):
    (write_got10k(tmp_path, "val", "one") / file).write_text(text)
    with pytest.raises(DataError, match=f"{file}: .*{problem}"):
        load_dataset("got10k", tmp_path)


def test_a_list_that_leads_elsewhere_or_to_nothing(tmp_path):
    write_got10k(tmp_path, "val", "one")
    (tmp_path / "val" / "list.txt").write_text("one\n../../etc\n")
    with pytest.raises(DataError, match=r"list\.txt: expected one name of a folder beside it"):
        load_dataset("got10k", tmp_path)
    (tmp_path / "val" / "list.txt").write_text("one\none\ntwo\n")
    broken = {}
    assert [one.name for one in load_dataset("got10k", tmp_path, broken=broken)] == ["one"]
    assert "groundtruth.txt: no such text file" in broken["two"]
    with pytest.raises(MissingDataError, match="two"):
        load_dataset("got10k", tmp_path)
