"""TrackingNet, on small trees written here."""

import numpy as np
import pytest
from trees import write_trackingnet

from udtlib import load_dataset
from udtlib.errors import MissingDataError


def test_parts(tmp_path):
    write_trackingnet(tmp_path, "TRAIN_11", "x-Aq0_0")
    write_trackingnet(tmp_path, "TEST", "y_1", count=11, truth="3,4,5,6\n")
    (tmp_path / "LOGS").mkdir()
    train, test = load_dataset("trackingnet", tmp_path)
    assert (train.name, test.name) == ("x-Aq0_0", "y_1")
    assert [path.name for path in test.frames.paths[:3]] == ["0.jpg", "1.jpg", "2.jpg"]
    assert [path.name for path in test.frames.paths[9:]] == ["9.jpg", "10.jpg"]
    assert (test.tracked, test.is_scored, train.is_scored) == (11, False, True)
    np.testing.assert_array_equal(test.boxes, [[3, 4, 5, 6]])
    assert [one.name for one in load_dataset("trackingnet", tmp_path / "TEST")] == ["y_1"]


def test_archives_that_were_not_unpacked(tmp_path):
    write_trackingnet(tmp_path, "TEST", "one")
    write_trackingnet(tmp_path, "TEST", "two")
    (tmp_path / "TEST" / "zips").mkdir()
    (tmp_path / "TEST" / "zips" / "one.zip").write_bytes(b"PK")
    for image in (tmp_path / "TEST" / "frames" / "one").iterdir():
        image.unlink()
    (tmp_path / "TEST" / "frames" / "one").rmdir()
    with pytest.raises(
        MissingDataError, match=r"frames/one: no such folder .* unpack .*zips/one\.zip into it"
    ):
        load_dataset("trackingnet", tmp_path)
    broken = {}
    assert [one.name for one in load_dataset("trackingnet", tmp_path, broken=broken)] == ["two"]
    assert list(broken) == ["one"]
    assert len(load_dataset("trackingnet", tmp_path, images=False)) == 2
