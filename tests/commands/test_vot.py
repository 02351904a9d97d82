"""`udt vot score`, and `--protocol vot` of the commands that run and score."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from udtlib.cli import main

BOX = [10.0, 20, 8, 6]


def write_results(folder: Path, name: str, *runs: str) -> None:
    """Write a run a text: 1, 2 and 0 as in the files, a point a box that is right."""
    (folder / name).mkdir(parents=True)
    for number, text in enumerate(runs, start=1):
        lines = [",".join(map(str, BOX)) if letter == "." else letter for letter in text]
        (folder / name / f"{name}_{number:03}.txt").write_text("\n".join(lines))


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    entry = {"gt_rect": [BOX] * 120, "width": 60, "height": 40, "occlusion": [0] * 60 + [1] * 60}
    path = tmp_path / "truth.json"
    path.write_text(json.dumps({"a": entry, "b": entry}))
    return path


def test_tables_differences_and_json(
    tmp_path: Path, annotations: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = "1" + "." * 119, "1" + "." * 69 + "20000" + "1" + "." * 44
    for name in "ab":
        write_results(tmp_path / "one", name, good)
    write_results(tmp_path / "two/baseline", "a", bad, bad, good)
    write_results(tmp_path / "two/baseline", "b", good)
    folders = [str(tmp_path / "one"), str(tmp_path / "two")]
    out = tmp_path / "scores.json"
    command = ["vot", "score", "--results", *folders, "--annotations", str(annotations)]
    assert main([*command, "--tags", "--sequences", "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "2 sequences; EAO over 100 to 356 frames (VOT2018)" in printed
    assert "two - one: failures +0.666667 [+0, +1.33333]; +0.666667 of them in a" in printed
    rows = {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line}
    assert rows["a"] == ["1.0000", "0", "1.0000", "0.666667"]
    assert rows["occlusion"] == ["1.0000", "0", "1.0000", "0.666667"]
    assert rows["empty"][1::2] == ["0", "0"]
    one, two = json.loads(out.read_text())
    assert (one["accuracy"], one["failures"], one["eao"]) == (1, 0, 1)
    assert two["failures"] == pytest.approx(2 / 3)
    assert 0.5 < two["eao"] < 1
    assert two["tags"]["occlusion"]["failures"] == pytest.approx(2 / 3)


def test_without_true_regions_failures_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UDT_DATA", "none")
    write_results(tmp_path / "one", "a", "1.." + "20000" + "1.")
    assert main(["vot", "score", "--results", str(tmp_path / "one"), "--year", "2016"]) == 0
    printed = capsys.readouterr()
    assert "no true regions of VOT2016 at hand: failures alone are counted" in printed.err
    assert printed.out.splitlines()[2].split() == ["one", "-", "1", "1.0000", "-"]


def test_broken_sequences_are_named_and_end_with_status_1(
    tmp_path: Path, annotations: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_results(tmp_path / "one", "a", "1" + "." * 119)
    write_results(tmp_path / "one", "b", "1" + "." * 100)
    write_results(tmp_path / "one", "other", "1..")
    command = ["vot", "score", "--results", str(tmp_path / "one"), "--annotations", str(annotations)]
    assert main(command) == 1
    printed = capsys.readouterr()
    assert "one, b: FAILED" in printed.err
    assert "expected 120 frames as in b, found 101" in printed.err
    assert "1 failed and are not in the scores" in printed.err
    assert "2 sequences" in printed.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--results", "none"], "no such folder"),
        (["--results", "one", "--annotations", "none.json"], "no such file of annotations"),
        (["--results", "one", "--json", "none/x.json"], "the folder none does not exist"),
    ],
)
def test_what_is_not_there(
    tmp_path: Path,
    words: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_results(tmp_path / "one", "a", "1..")
    assert main(["vot", "score", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_year_without_measures_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["vot", "score", "--results", "x", "--year", "2020"])
    assert "from 2,015 to 2,019" in capsys.readouterr().err


def test_the_protocol_from_run_to_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A target that jumps: every tracker fails once, in three equal repetitions."""
    folder = tmp_path / "vot/jump"
    (folder / "color").mkdir(parents=True)
    (tmp_path / "vot/list.txt").write_text("jump\n")
    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    for number in range(1, 41):
        cv2.imwrite(str(folder / f"color/{number:08}.jpg"), image)
    still, moved = "30,20,50,21,49,36,29,35", "55,40,75,41,74,56,54,55"
    (folder / "groundtruth.txt").write_text("\n".join([still] * 20 + [moved] * 20))
    (folder / "motion_change.tag").write_text("\n".join("0" * 20 + "1" * 20))
    run, out = ["--dataset", "vot", "--protocol", "vot"], tmp_path / "scores.json"
    command = ["evaluate", *run, "--root", str(tmp_path / "vot"), "--tracker", "mosse", "--jobs", "1"]
    assert main([*command, "--out", str(tmp_path / "run"), "--json", str(out)]) == 0
    assert len(list((tmp_path / "run/mosse/vot").glob("jump-*.txt"))) == 3
    document = json.loads(out.read_text())
    assert document["vot"]["failures"] == 1
    assert document["vot"]["tags"]["motion_change"]["failures"] == 1
    assert document["vot"]["accuracy"] == pytest.approx(document["sequences"]["jump"]["accuracy"])
    first = capsys.readouterr().out
    assert "VOT's supervised experiment, 1 sequences" in first
    score = ["--annotations", str(tmp_path / "vot"), "--results", str(tmp_path / "run/mosse")]
    assert main(["score", *run, *score]) == 0
    assert capsys.readouterr().out == first
    assert main(["vot", "score", *score, "--sequences"]) == 0
    assert capsys.readouterr().out == first
