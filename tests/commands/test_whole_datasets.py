"""Whole datasets with rules of their own: evaluated, scored, reported and exported on the command line."""

import json

import numpy as np
import pytest
from trees import write_got10k, write_lasot

from udtlib.cli import main

WRITE = {
    "got10k": lambda root, name: write_got10k(root, "val", name, absent=(2,)),
    "lasot": lambda root, name: write_lasot(root, name, outside=(2,)),
}
FIRST = {"got10k": ("ao", "AO"), "lasot": ("normalised_precision", "norm. precision@0.2")}


@pytest.mark.parametrize("dataset", sorted(WRITE))
def test_from_images_to_a_report(tmp_path, capsys, dataset):
    root, run = tmp_path / "root", tmp_path / "run"
    for name in ("a-1", "b-2", "broken-3"):
        WRITE[dataset](root, name)
    next(root.rglob("broken-3/groundtruth.txt")).write_text("1,2,3\n")
    words = ["--tracker", "mosse", "kcf", "--dataset", dataset, "--root", str(root), "--jobs", "1"]
    assert main(["evaluate", *words, "--out", str(run), "--json", str(tmp_path / "e.json")]) == 1
    printed = capsys.readouterr()
    assert "broken-3: FAILED, " in printed.err
    measure, title = FIRST[dataset]
    assert title in printed.out
    next(path for path in root.rglob("broken-3") if path.is_dir()).rename(tmp_path / "broken-3")
    if dataset == "got10k":
        (root / "val" / "list.txt").write_text("a-1\nb-2\n")
    found = [word for one in ("mosse", "kcf") for word in ("--results", str(run / one))]
    score = ["score", "--dataset", dataset, "--annotations", str(root), "--json", str(tmp_path / "s.json")]
    assert main([*score, *found[:1], *found[1::2]]) == 0
    live, stored = (json.loads((tmp_path / name).read_text()) for name in ("e.json", "s.json"))
    assert [one[measure] for one in live] == [one[measure] for one in stored]
    assert np.isfinite([one[measure] for one in stored]).all()
    assert (
        main(["report", str(run), "--annotations", str(root), "--bands", "--out", str(tmp_path / "r.html")])
        == 0
    )
    assert title in (tmp_path / "r.html").read_text()
    assert main(["results", "export", str(run), "--as", "otb-mat", "--out", str(tmp_path / "mat")]) == 0
    assert len(list((tmp_path / "mat").iterdir())) == 4
