"""VOT's own toolkit, in an environment of its own, gives the same numbers. Slow: it is installed first."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from random_regions import random_region
from vot_toolkit import add_results, analysed, toolkit_python, write_workspace

from udtlib.data.benchmarks.vot import load_vot_truth
from udtlib.data.locate import find_data
from udtlib.evaluation import score_vot
from udtlib.polygons import pixel_overlaps

pytestmark = pytest.mark.slow

OVERLAPS = """
import json, sys
from vot.region import calculate_overlap
from vot.region.shapes import Polygon, Rectangle
shape = lambda r: Rectangle(*r) if len(r) == 4 else Polygon(list(zip(r[0::2], r[1::2])))
pairs = json.load(sys.stdin)
print(json.dumps([calculate_overlap(shape(a), shape(b), tuple(size)) for a, b, size in pairs]))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    try:
        return toolkit_python()
    except OSError as error:
        pytest.skip(str(error))


def test_overlaps_of_whatever_is_drawn(python: Path) -> None:
    rng = np.random.default_rng(0)
    size = (50, 45)
    pairs = [(random_region(rng), random_region(rng)) for _ in range(3000)]
    sent = json.dumps([(a.tolist(), b.tolist(), size) for a, b in pairs])
    done = subprocess.run(
        [str(python), "-c", OVERLAPS], input=sent, capture_output=True, text=True, check=True, timeout=600
    )
    found = pixel_overlaps(*zip(*pairs, strict=True), size)
    np.testing.assert_allclose(found, json.loads(done.stdout), atol=1e-12)


@pytest.mark.shared
def test_its_analysis_of_all_sequences_of_vot2018(python: Path, tmp_path: Path) -> None:
    annotations, results = find_data("published/vot2018.json"), find_data("published/siamcar_vot2018")
    if annotations is None or results is None:
        pytest.skip("needs published/vot2018.json and published/siamcar_vot2018")
    write_workspace(annotations, tmp_path / "workspace")
    add_results(tmp_path / "workspace", "siamcar", results)
    expected = analysed(tmp_path / "workspace", "siamcar")
    found = score_vot(tmp_path / "workspace/results/siamcar", load_vot_truth(annotations))
    numbers = {name: getattr(found, name) for name in expected}
    assert set(expected) == {"accuracy", "failures", "robustness", "eao"}
    assert numbers == pytest.approx(expected, abs=1e-6)
    from_folders = load_vot_truth(tmp_path / "workspace/sequences")
    again = score_vot(tmp_path / "workspace/results/siamcar", from_folders)
    assert {name: getattr(again, name) for name in expected} == pytest.approx(expected, abs=1e-6)
