"""DTB70, on small trees written here."""

import numpy as np
from trees import write_dtb70

from udtlib import load_dataset


def test_the_rule(tmp_path):
    write_dtb70(tmp_path, "Animal1")
    (tmp_path / "notes").mkdir()
    (one,) = load_dataset("dtb70", tmp_path)
    assert [path.name for path in one.frames.paths] == ["00001.jpg", "00002.jpg", "00003.jpg"]
    np.testing.assert_array_equal(one.boxes[:2], [[1, 2, 5, 4], [2, 2, 5, 4]])
