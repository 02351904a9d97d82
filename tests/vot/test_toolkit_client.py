"""The official toolkit runs our trackers: what it finds is what a plain loop finds, and our measures."""

import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from vot_toolkit import PINS, run_vot, toolkit_python

from udtlib import load_dataset, load_tracker
from udtlib.cli import main
from udtlib.commands.vot_workspace import TOOLKIT
from udtlib.data.images import read_image
from udtlib.data.locate import find_data
from udtlib.evaluation import score_vot
from udtlib.evaluation.running.workers import one_thread

SKIP, BURN_IN = 5, 10
STACK = f"""title: supervised experiment alone
dataset: none
experiments:
  baseline:
    type: supervised
    repetitions: 1
    skip_initialize: {SKIP}
    analyses:
      - type: supervised_average_ar
        sensitivity: 30
"""
READ = """
import json, sys
from vot.region.io import read_trajectory
print(json.dumps({path: [str(region) for region in read_trajectory(path)] for path in sys.argv[1:]}))
"""
VOT = find_data("vot")
TRACKERS = ("udt", "udt+", "kcf")


def polygons(name):
    return np.loadtxt(VOT / name / "groundtruth.txt", delimiter=",").reshape(-1, 4, 2)


def box_around(polygon):
    return np.concatenate([polygon.min(0), polygon.max(0) - polygon.min(0)])


def overlap(polygon, box, shape):
    """Of pixels in the image, drawn four times as fine: an oracle that shares nothing with the toolkit."""
    fine, (x, y, w, h) = 4, box
    drawn = []
    for corners in (polygon, np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])):
        picture = np.zeros((fine * shape[0], fine * shape[1]), np.uint8)
        drawn.append(cv2.fillPoly(picture, [np.rint(fine * corners).astype(np.int32)], 1) > 0)
    return (drawn[0] & drawn[1]).sum() / (drawn[0] | drawn[1]).sum()


def plain_run(tracker, name):
    """VOT's supervised experiment on one sequence: a row a frame as the toolkit writes it, mean overlap."""
    rows, overlaps, start = [], [], 0
    for index, polygon in enumerate(polygons(name)):
        frame = read_image(VOT / name / f"color/{index + 1:08d}.jpg")
        if index < start:
            rows.append([0])
        elif index == start:
            tracker.init(frame, np.round(box_around(polygon), 4))
            rows.append([1])
        else:
            box = tracker.update(frame)
            found = overlap(polygon, box, frame.shape)
            rows.append(box.tolist() if found else [2])
            start = start if found else index + SKIP
            overlaps += [found] if found and index >= start + BURN_IN else []
    return rows, float(np.mean(overlaps))


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.skipif(VOT is None, reason="no VOT sequences in UDT_DATA or ../shared")
def test_the_toolkit_finds_what_a_plain_loop_and_our_measures_find(tmp_path):
    assert TOOLKIT.split() == list(PINS)
    workspace = tmp_path / "workspace"
    command = ["vot", "workspace", str(workspace), "--tracker", *TRACKERS, "--root", str(VOT)]
    assert main([*command, "--stack", "stack.yaml"]) == 0
    (workspace / "stack.yaml").write_text(STACK)
    names = ["udt", "udt-plus", "kcf"]
    printed = run_vot("evaluate", "--workspace", str(workspace), *names)
    assert "Evaluation concluded successfuly" in printed, printed[-2000:]
    printed = run_vot("analysis", "--workspace", str(workspace), "--format", "json", *names)
    assert "Analysis successful" in printed, printed[-2000:]
    (analysis,) = (workspace / "analysis").glob("*.json")
    measured = json.loads(analysis.read_text())["results"]["baseline"]["results"][0]
    files = sorted(workspace.glob("results/*/baseline/*/*_001.bin"))
    read = subprocess.run([toolkit_python(), "-c", READ, *files], capture_output=True, text=True, check=True)
    theirs = {Path(path).parts[-4:-1:2]: rows for path, rows in json.loads(read.stdout).items()}
    assert len(theirs) == 2 * len(names)
    for tracker, called, (accuracy, failures, *_) in zip(TRACKERS, names, measured, strict=True):
        lengths, overlaps, failed = [], [], []
        for name in ("bag", "ball1"):
            with one_thread():
                rows, mean = plain_run(load_tracker(tracker), name)
            found = [list(map(float, row.split(","))) for row in theirs[called, name]]
            for index, (row, expected) in enumerate(zip(found, rows, strict=True)):
                np.testing.assert_allclose(row, expected, atol=2e-4, err_msg=f"{tracker}, {name}, {index}")
            lengths.append(len(rows))
            overlaps.append(mean)
            failed.append(rows.count([2]))
        assert failures == pytest.approx(np.average(failed, weights=lengths))
        assert accuracy == pytest.approx(np.average(overlaps, weights=lengths), abs=0.01), "drawn finer"
        ours = score_vot(workspace / "results" / called, load_dataset("vot", root=VOT))
        assert ours.accuracy == pytest.approx(accuracy, abs=1e-6)
        assert ours.failures == sum(failed)
