"""``udt experiment``: what is listed, refused, printed and written."""

import csv
import json

import pytest

from udtlib.cli import main
from udtlib.experiments.catalogue import EXPERIMENTS
from udtlib.experiments.declared import RULE


def write_runs(folder):
    for arm, lift in (("udt", 0.3), ("random", 0.0)):
        for seed in (0, 1, 2):
            where = folder / f"{arm}-s{seed}"
            where.mkdir(parents=True)
            each = [
                {"sequence": f"s{k}", "overlap": 0.3 + lift + k / 100 + seed / 50, "robustness": 0.5 + lift}
                for k in range(6)
            ]
            result = {"arm": {"name": arm, "what": "w"}, "seed": seed, "scale": {"name": "small"}}
            measured = {"date": "2026-01-01", "commit": "abc", "modified": False, "hardware": {}}
            times = {"training seconds": 1.5, "judging seconds": 0.5, "weights": "0" * 16}
            (where / "result.json").write_text(
                json.dumps(result | {"sequences": each, "measured": measured} | times)
            )


def test_the_list_prints_every_arm_claim_and_rule(capsys):
    assert main(["experiment", "list"]) == 0
    printed = capsys.readouterr().out
    for one in EXPERIMENTS.values():
        assert one.question in printed
        assert all(arm.what in printed for arm in one.arms)
        assert all(claim.claim in printed for claim in one.comparisons)
    assert printed.count(RULE) == len(EXPERIMENTS)


def test_a_table_is_printed_and_written_with_its_card(tmp_path, capsys):
    write_runs(tmp_path / "runs")
    table = tmp_path / "t.csv"
    assert main(["experiment", "table", str(tmp_path / "runs"), "--table", str(table)]) == 0
    printed = capsys.readouterr().out
    assert "udt - random" in printed
    assert "confirmed: training without labels teaches at all" in printed
    assert "noise" not in printed.partition("\n")[0]
    rows = list(csv.DictReader(table.open()))
    assert len(rows) == 36
    about = json.loads(table.with_suffix(".json").read_text())
    assert about["seeds"] == {"udt": 3, "random": 3}
    assert about["wall seconds of all runs"] == 12
    assert about["commit"] == "abc"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "ablatoin", "--out", "x"], "ablation"),
        (["run", "ablation", "--out", "x", "--scale", "huge"], "small"),
        (["run", "ablation", "--out", "x", "--arms", "udtt"], "udt"),
        (["run", "ablation", "--out", "x", "--scale", "full"], "--val"),
        (["run", "ablation", "--out", "x", "--videos", "p.raw"], "--videos p.raw: scale 'small' takes"),
        (["table", "nothing-here"], "no finished run"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(arguments, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["experiment", *arguments]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
