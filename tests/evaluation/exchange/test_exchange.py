"""Results to and from OTB's MATLAB files, pysot's and got10k's folders."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from udtlib.cli import main
from udtlib.data import Sequence
from udtlib.data.box_files import read_boxes, write_boxes
from udtlib.data.synthetic import render_clip
from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation import evaluate, score, score_vot
from udtlib.evaluation.exchange.formats import FILES, FIND, toolkit_name
from udtlib.evaluation.exchange.mat_files import MatReader
from udtlib.evaluation.exchange.transfer import export_run, export_vot, import_results

NAMES = {"David": 471, "Dog1": 5, "Jogging_1": 4, "Tiger1": 354}
"""Sequences, and how many rows their results have; Tiger1's start at image 1."""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of two trackers on some targets of OTB; one knows its times."""
    for seed, tracker in enumerate(("kcf", "my_tracker")):
        for name, count in NAMES.items():
            boxes = np.random.default_rng(seed).uniform(1, 90, (count, 4))
            boxes[2] = np.nan
            write_boxes(tmp_path / "run" / tracker / f"{name}.txt", boxes, 1)
            record = {"tracker": tracker, "dataset": "otb"} | ({"seconds": 0.5} if tracker == "kcf" else {})
            (tmp_path / "run" / tracker / f"{name}.json").write_text(json.dumps(record))
    return tmp_path / "run"


@pytest.fixture(scope="module")
def reader() -> Iterator[MatReader]:
    """One reader, and its process, for many files."""
    with MatReader() as one:
        yield one


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("form", sorted(FILES))
def test_there_and_back_again(run: Path, tmp_path: Path, form: str) -> None:
    assert set(FILES) == set(FIND)
    done = export_run(run, form, tmp_path / "out")
    assert (done.kept, done.problems) == (0, {})
    assert done.written == len(contents(tmp_path / "out"))
    import_results(tmp_path / "out", form, tmp_path / "back", "otb")
    before, after = contents(run), contents(tmp_path / "back")
    assert {n: c for n, c in after.items() if n.endswith(".txt")} == {
        n: c for n, c in before.items() if n.endswith(".txt")
    }
    record = json.loads(after["kcf/Dog1.json"])
    assert (record["tracker"], record["dataset"], record["frames"]) == ("kcf", "otb", 5)
    assert record.get("seconds") == (None if form == "pysot" else 0.5)
    assert "seconds" not in json.loads(after["my_tracker/Dog1.json"])


def test_the_files_of_each_format(run: Path, tmp_path: Path) -> None:
    for form in FILES:
        export_run(run, form, tmp_path / form)
    assert {"David_kcf.mat", "Jogging-1_my_tracker.mat"} < set(contents(tmp_path / "otb-mat"))
    assert set(contents(tmp_path / "pysot")) >= {"kcf/David.txt", "my_tracker/Jogging-1.txt"}
    got10k = contents(tmp_path / "got10k")
    assert "GOT-10k/kcf/Dog1/Dog1_001.txt" in got10k
    times = np.loadtxt(tmp_path / "got10k/GOT-10k/kcf/Dog1/Dog1_time.txt")
    np.testing.assert_allclose(times, [0.1] * 5)
    assert "GOT-10k/my_tracker/Dog1/Dog1_time.txt" not in got10k


@pytest.mark.parametrize(("name", "start"), [("David", 300), ("Dog1", 1), ("Tiger1", 1)])
def test_what_matlab_finds(run: Path, tmp_path: Path, name: str, start: int) -> None:
    export_run(run, "otb-mat", tmp_path / "out")
    results = scipy.io.loadmat(tmp_path / "out" / f"{name}_kcf.mat")["results"]
    assert results.shape == (1, 1)
    one = results[0, 0][0, 0]
    boxes = read_boxes(run / "kcf" / f"{name}.txt", 0)
    np.testing.assert_allclose(one["res"], boxes)
    assert one["res"].dtype == np.float64
    assert str(one["type"][0]) == "rect"
    assert one["len"].item() == len(boxes) == NAMES[name]
    assert one["startFrame"].item() == one["annoBegin"].item() == start
    assert one["fps"].item() == pytest.approx(len(boxes) / 0.5)


def write_mat(path: Path, **changes: object) -> Path:
    """A file as MATLAB trackers write it."""
    run = {
        "res": np.arange(12.0).reshape(3, 4) + 1,
        "type": "rect",
        "len": 3,
        "startFrame": 1,
        "annoBegin": 1,
    }
    cells = np.empty((1, int(changes.pop("cells", 1))), object)
    for place in range(cells.shape[1]):
        cells[0, place] = run | changes
    scipy.io.savemat(path, {"results": cells, "unrelated": np.zeros(3)})
    return path


def test_a_file_of_the_toolkit_is_scored_as_its_boxes(tmp_path: Path) -> None:
    for name in ("carDark", "jogging-2"):
        write_mat(tmp_path / f"{name}_DCF_CA_x.mat")
    import_results(tmp_path, "otb-mat", tmp_path / "run", "otb")
    folder = tmp_path / "run" / "DCF_CA_x"
    assert sorted(path.name for path in folder.glob("*.txt")) == ["CarDark.txt", "Jogging_2.txt"]
    truth = np.arange(12.0).reshape(3, 4) + np.array([0, 0, 1, 1])
    found = score(folder, [Sequence("CarDark", (), truth), Sequence("Jogging_2", (), truth)])
    assert found.auc == pytest.approx(20 / 21)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"type": "ivtAff"}, "expected results{1}.type rect, found 'ivtAff'"),
        ({"cells": 20}, "found 20 cells; several are the runs of TRE or SRE"),
        ({"res": np.zeros((3, 6))}, "of N x 4 numbers"),
        ({"res": "text"}, "of N x 4 numbers"),
        ({"res": np.zeros((3, 4)) * 1j}, "of N x 4 numbers"),
        ({"res": np.zeros((0, 4))}, "results{1}.res"),
        ({"len": 7}, "as many rows as results{1}.len says, 7, found 3"),
        ({"res": np.full((3, 4), np.inf)}, "expected finite numbers"),
    ],
)
def test_files_that_are_no_results(
    tmp_path: Path, reader: MatReader, changes: dict[str, object], problem: str
) -> None:
    path = write_mat(tmp_path / "Dog1_x.mat", **changes)
    with pytest.raises(DataError) as error:
        reader.read(path)
    assert str(path) in str(error.value)
    assert problem in str(error.value)


def test_damaged_files_cost_only_themselves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = write_mat(tmp_path / "Dog1_x.mat").read_bytes()
    (tmp_path / "Deer_x.mat").write_bytes(whole[:200])
    (tmp_path / "Boy_x.mat").write_bytes(b"MATLAB 7.3 MAT-file, HDF5" + whole[25:])
    (tmp_path / "Car4_x.mat").write_bytes(b"")
    (tmp_path / "._Dog1_x.mat").write_bytes(b"a Mac's")
    scipy.io.savemat(tmp_path / "Coke_x.mat", {"other": 1})
    words = ["results", "import", str(tmp_path), "--as", "otb-mat", "--out", str(tmp_path / "run")]
    assert main(words) == 1
    printed = capsys.readouterr()
    assert "2 files written" in printed.out
    assert [line.split(": ")[0].rpartition("/")[2] for line in printed.err.splitlines()[:4]] == [
        "Boy_x.mat",
        "Car4_x.mat",
        "Coke_x.mat",
        "Deer_x.mat",
    ]
    assert "save it again with -v7" in printed.err
    assert "4 files could not be read; the others were taken" in printed.err


def test_a_reader_that_dies_is_started_again(tmp_path: Path, reader: MatReader) -> None:
    path = write_mat(tmp_path / "Dog1_x.mat")
    assert reader.read(path)[0].shape == (3, 4)
    assert reader._child is not None
    reader._child._process.kill()
    reader._child._process.wait()
    with pytest.raises(DataError, match=r"Dog1_x\.mat: refused: its reader"):
        reader.read(path)
    assert reader.read(path)[1] is None


def test_a_file_that_asks_for_too_much(
    tmp_path: Path, reader: MatReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("udtlib.evaluation.exchange.mat_files.LARGEST_FILE", 100)
    with pytest.raises(DataError, match="expected a result file of at most 100 bytes"):
        reader.read(write_mat(tmp_path / "Dog1_x.mat"))


@pytest.mark.parametrize("form", sorted(FILES))
def test_nothing_is_replaced(run: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / "out"
    export_run(run, form, out)
    again = export_run(run, form, out)
    assert (again.written, again.kept) == (0, len(contents(out)))
    other = sorted(path for path in out.rglob("*") if path.is_file())[-1]
    other.write_bytes(b"somebody else's")
    sorted(path for path in out.rglob("*") if path.is_file())[0].unlink()
    before = contents(out)
    with pytest.raises(
        DataError, match=f"{other.name}: is there with other content, and nothing is replaced"
    ):
        export_run(run, form, out)
    assert contents(out) == before


def test_an_import_does_not_replace_what_was_evaluated(run: Path, tmp_path: Path) -> None:
    export_run(run, "pysot", tmp_path / "out")
    before = contents(run)
    with pytest.raises(DataError, match="is there with other content"):
        import_results(tmp_path / "out", "pysot", run, "otb")
    assert contents(run) == before


def test_one_tracker_of_several(run: Path, tmp_path: Path) -> None:
    for form in FILES:
        export_run(run, form, tmp_path / form)
        import_results(tmp_path / form, form, tmp_path / f"{form}-back", "otb", "my_tracker")
        assert [path.name for path in (tmp_path / f"{form}-back").iterdir()] == ["my_tracker"]
        with pytest.raises(DataError, match=f"{form}: expected results of nobody"):
            import_results(tmp_path / form, form, tmp_path / "no", "otb", "nobody")
        assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("shape", ["results/GOT-10k/siam", "results/siam/GOT-10k", "siam"])
def test_where_got10k_results_may_lie(tmp_path: Path, caplog: pytest.LogCaptureFixture, shape: str) -> None:
    folder = tmp_path / shape / "GOT-10k_Val_000001"
    folder.mkdir(parents=True)
    for repetition in (1, 2):
        np.savetxt(folder / f"GOT-10k_Val_000001_{repetition:03}.txt", np.eye(4) + repetition, "%.3f", ",")
    np.savetxt(folder / "GOT-10k_Val_000001_time.txt", np.full((4, 2), [0.25, 9]), "%.8f", ",")
    with caplog.at_level(logging.WARNING):
        import_results(tmp_path / shape.split("/")[0], "got10k", tmp_path / "run", "got10k")
    assert "the first of 2 repetitions is taken" in caplog.text
    path = tmp_path / "run" / "siam" / "GOT-10k_Val_000001.txt"
    np.testing.assert_array_equal(read_boxes(path, 0), np.eye(4) + 1)
    assert json.loads(path.with_suffix(".json").read_text())["seconds"] == 1


def test_times_that_make_no_sense_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "siam" / "a"
    folder.mkdir(parents=True)
    (folder / "a_001.txt").write_text("1,2,3,4\n")
    for text in ("x\n", "nan\n", "-1\n", "", "1e300\n", "0.5\n0.5\n"):
        (folder / "a_time.txt").write_text(text)
        import_results(tmp_path, "got10k", tmp_path / f"run{len(text)}{text[:1]}", "got10k")
        record = next((tmp_path / f"run{len(text)}{text[:1]}").rglob("*.json"))
        assert "seconds" not in json.loads(record.read_text())


def test_refusals(run: Path, tmp_path: Path) -> None:
    for record in run.rglob("*.json"):
        record.unlink()
    with pytest.raises(DataError, match="name it with --dataset"):
        export_run(run, "pysot", tmp_path / "out")
    assert export_run(run, "pysot", tmp_path / "out", "otb").written == 8
    with pytest.raises(MissingDataError, match="nowhere"):
        import_results(tmp_path / "nowhere", "pysot", tmp_path / "x", "otb")
    with pytest.raises(MissingDataError):
        export_run(tmp_path / "nowhere", "pysot", tmp_path / "x")
    (run / "kcf" / "Dog1.txt").write_text("1,2,3\n")
    done = export_run(run, "pysot", tmp_path / "out2", "otb")
    assert done.written == 7
    assert [path.name for path in done.problems] == ["Dog1.txt"]


def test_a_tracker_whose_name_is_no_folder(tmp_path: Path) -> None:
    write_mat(tmp_path / "Dog1_..mat")
    with pytest.raises(DataError, match="expected as the name of a tracker"):
        import_results(tmp_path, "otb-mat", tmp_path / "run", "otb")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("Jogging_2", "Jogging-2"), ("car1_2", "car1_2"), ("Dog1", "Dog1"), ("bee_1", "bee_1")],
)
def test_how_toolkits_spell_a_target(ours: str, theirs: str) -> None:
    assert toolkit_name(ours) == theirs


class Astray:
    """Stays on its first box; VOT starts it again where the target has left that."""

    def init(self, frame, box):
        self.box = np.array(box, float)

    def update(self, frame):
        return self.box


def test_runs_with_resets_are_written_as_vot_s_toolkit_has_them(tmp_path: Path) -> None:
    clip = render_clip(frames=40, seed=3, fast_motion=0.8, name="a_b")
    evaluate(Astray, [clip], tmp_path / "run", name="astray", protocol="vot")
    command = ["results", "export", f"{tmp_path / 'run'}", "--as", "vot"]
    assert main([*command, "--out", f"{tmp_path / 'ws'}"]) == 0
    files = contents(tmp_path / "ws")
    assert sorted(files) == [f"astray/baseline/a_b/a_b_00{number}.txt" for number in (1, 2, 3)]
    lines = files["astray/baseline/a_b/a_b_001.txt"].decode().splitlines()
    assert len(lines) == 40
    assert lines[0] == "1"
    assert np.array(lines[1].split(","), float) == pytest.approx(clip.boxes[0], abs=1e-4), "counted from 0"
    ours = score_vot(tmp_path / "run" / "astray", [clip])
    theirs = score_vot(tmp_path / "ws" / "astray", [clip])
    assert theirs.failures == ours.failures > 0
    assert theirs.accuracy == pytest.approx(ours.accuracy, abs=1e-4)
    assert main([*command, "--out", f"{tmp_path / 'ws'}"]) == 0, "what is there already is kept"
    (tmp_path / "run/astray/vot/a_b-02.txt").write_text("1\nnonsense\n")
    assert main([*command, "--out", f"{tmp_path / 'other'}"]) == 1
    assert len(contents(tmp_path / "other")) == 2
    with pytest.raises(MissingDataError, match="expected result files TRACKER/vot"):
        export_vot(tmp_path / "ws", tmp_path / "again", "synthetic")
