"""True boxes of one's own: ``--truth`` and ``--index-base``."""

import json
import re

import pytest
from trees import write_images

from udtlib.cli import main
from udtlib.data.box_files import read_boxes


@pytest.fixture
def clip(tmp_path):
    """A folder of four images, and its true boxes elsewhere, counted from 1."""
    write_images(tmp_path / "clip", range(1, 5))
    (tmp_path / "mine.txt").write_text("".join(f"{x},4,6,5\n" for x in (4, 5, 6, 7)))
    return tmp_path


def evaluated(clip, *words):
    """The exit status and, in a second file, the scores."""
    run = ["--tracker", "mosse", "--dataset", "folder", "--root", str(clip / "clip"), "--jobs", "1"]
    return main(["evaluate", *run, "--out", str(clip / "run"), "--json", str(clip / "s.json"), *words])


@pytest.mark.parametrize(("base", "first"), [("0", [4, 4, 6, 5]), ("1", [3, 3, 6, 5])])
def test_evaluate_and_score(clip, capsys, base, first):
    own = ["--truth", str(clip / "mine.txt"), "--index-base", base]
    assert evaluated(clip, *own) == 0
    assert read_boxes(clip / "run" / "mosse" / "clip.txt", 0)[0].tolist() == first
    (live,) = json.loads((clip / "s.json").read_text())["sequences"].values()
    for words in (["--annotations", str(clip / "clip"), *own], own):
        results = ["--results", str(clip / "run" / "mosse"), "--json", str(clip / "t.json")]
        assert main(["score", "--dataset", "folder", *words, *results]) == 0
        (stored,) = json.loads((clip / "t.json").read_text())["sequences"].values()
        assert stored["auc"] == live["auc"] > 0
    assert "other true boxes" not in capsys.readouterr().out


def test_the_index_base_goes_for_the_file_in_the_folder_too(clip):
    (clip / "clip" / "groundtruth.txt").write_text((clip / "mine.txt").read_text())
    assert evaluated(clip, "--index-base", "1") == 0
    assert read_boxes(clip / "run" / "mosse" / "clip.txt", 0)[0].tolist() == [3, 3, 6, 5]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--dataset", "otb", "--truth", "mine.txt"], "--truth is for --dataset folder"),
        (["--dataset", "uav123", "--index-base", "0"], "--index-base is for --dataset folder"),
        (["--truth", "nowhere.txt"], "nowhere.txt: no such text file"),
        (["--truth", "three.txt"], "three.txt: expected 4 boxes, one a frame of"),
    ],
)
def test_refusals(clip, capsys, monkeypatch, words, problem):
    monkeypatch.chdir(clip)
    (clip / "three.txt").write_text("1,2,3,4\n" * 3)
    assert evaluated(clip, *words) == 2
    assert problem in capsys.readouterr().err


def test_whose_results_the_boxes_belong_to(clip, capsys):
    (clip / "results").mkdir()
    for name in ("a", "b"):
        (clip / "results" / f"{name}.txt").write_text("1,2,3,4\n" * 4)
    words = ["--dataset", "folder", "--truth", str(clip / "mine.txt"), "--results", str(clip / "results")]
    assert main(["score", *words]) == 2
    assert (
        "expected results of one sequence, to which its boxes belong, found a, b" in capsys.readouterr().err
    )


def test_track_starts_from_a_file(clip, capsys):
    words = ["track", str(clip / "clip"), "--tracker", "mosse", "--boxes", str(clip / "b.txt")]
    own = ["--truth", str(clip / "mine.txt"), "--index-base", "1"]
    assert main([*words, *own]) == 0
    assert read_boxes(clip / "b.txt", 0)[0].tolist() == [3, 3, 6, 5]
    assert main([*words, *own, "--start", "2"]) == 0
    assert read_boxes(clip / "b.txt", 0)[0].tolist() == [5, 3, 6, 5]
    assert main([*words, *own, "--start", "4"]) == 2
    assert "expected a box of frame 4, found 4 boxes" in capsys.readouterr().err
    assert main(words) == 2
    assert main([*words, *own, "--box", "3,3,6,5"]) == 2
    assert capsys.readouterr().err.count("give --box x,y,w,h or --truth FILE, one of the two") == 2
    (clip / "mine.txt").write_text("nan,nan,nan,nan\n")
    assert main([*words, *own]) == 2


def test_a_subset_counts_beside_a_file_of_boxes_too(clip, capsys):
    own = ["--truth", str(clip / "mine.txt"), "--index-base", "1"]
    assert evaluated(clip, *own) == 0
    results = ["--results", str(clip / "run" / "mosse"), "--subset", "otb50"]
    assert main(["score", "--dataset", "folder", *own, *results]) == 2
    assert "no sequence belongs to otb50" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate", "--tracker", "mosse", "--dataset", "synthetic", "--root", "clip", "--out", "run"],
        ["score", "--dataset", "cast", "--annotations", "clip", "--results", "run"],
        ["bench", "--tracker", "mosse", "--dataset", "cast", "--root", "clip"],
    ],
)
def test_a_folder_of_a_dataset_that_is_drawn_is_refused(clip, monkeypatch, capsys, words):
    monkeypatch.chdir(clip)
    assert main(words) == 2
    message = capsys.readouterr().err
    assert re.search(r"is drawn, and nothing is read from (.*[/\\])?clip: leave it out", message)
