"""The report is read back with an HTML parser: its numbers, its escaping, and that it needs nothing else."""

import json
from base64 import b64decode
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from udtlib.cli import main
from udtlib.data import Sequence, load_dataset
from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation import score
from udtlib.evaluation.report import html_report, write_report
from udtlib.evaluation.results import write_result
from udtlib.evaluation.runs import find_trackers, recorded_dataset

ONE_INDEXED = np.array([1, 1, 0, 0])
VOID = {"meta", "img", "br", "link"}
EVIL = '<script>alert(1)</script>&"quoted"'


class Page(HTMLParser):
    """Collects tables by caption, pictures, links, and checks that tags are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links, self.pictures = [], [], [], []
        self.tables, self.texts, self.summaries = {}, [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        given = dict(attributes)
        self.links += [given[key] for key in ("href", "src", "srcset", "data", "action") if key in given]
        assert not [key for key in given if key.startswith("on")]
        if tag == "img":
            self.pictures.append(given)
        if tag == "table":
            self.caption, self.rows = "", []
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "table":
            self.tables[self.caption] = self.rows

    def handle_data(self, text):
        inside = self.open[-1] if self.open else ""
        if inside in ("th", "td"):
            self.rows[-1][-1] += text
        if inside == "caption":
            self.caption += text
        if inside == "summary":
            self.summaries.append(text)
        self.texts.append(text)


def make_sequences(names=("easy", "hard", "middling")):
    attributes = [("OCC", "SV"), ("SV",), ()]
    boxes = np.tile([10.0, 20, 40, 30], (8, 1))
    return [Sequence(name, (), boxes, group) for name, group in zip(names, attributes, strict=True)]


def make_score(tracker, shifts, sequences=None):
    sequences = sequences or make_sequences()
    boxes = {
        one.name: one.boxes + np.array([shift, 0, 0, 0]) for one, shift in zip(sequences, shifts, strict=True)
    }
    return score(boxes, sequences, dataset="synthetic", tracker=tracker)


def two_scores():
    return [make_score("second", (9, 40, 24)), make_score("first", (0, 50, 22))]


def test_the_numbers_are_the_scores():
    scores = two_scores()
    page = Page(html_report(scores))
    rows = page.tables["Best first"][1:]
    assert [row[0] for row in rows] == ["first", "second"]
    for row, found in zip(rows, reversed(scores), strict=True):
        auc, precision = found.interval("auc"), found.interval("precision")
        assert row[1:5] == [
            f"{auc.mean:.4f}",
            f"[{auc.low:.4f}, {auc.high:.4f}]",
            f"{precision.mean:.4f}",
            f"[{precision.low:.4f}, {precision.high:.4f}]",
        ]
        assert row[5] == "-"
    difference = scores[0].difference(scores[1])
    assert rows[1][6].split()[0] == f"{difference.mean:+.4f}"


def test_attributes_have_their_own_means():
    first = two_scores()[1]
    page = Page(html_report(two_scores()))
    rows = page.tables["Mean precision over the sequences with each attribute"]
    assert rows[0] == ["attribute", "", "sequences", "first", "second"]
    groups = first.by_attribute()
    assert [(row[0], row[1], row[2]) for row in rows[1:]] == [
        ("OCC", "occlusion", "1"),
        ("SV", "scale variation", "2"),
    ]
    assert [row[3] for row in rows[1:]] == [f"{groups[name].precision:.4f}" for name in ("OCC", "SV")]


def test_the_worst_sequences_come_first():
    scores = two_scores()
    page = Page(html_report(scores))
    rows = page.tables["AUC, the sequence that is hardest for all trackers first"][1:]
    assert [row[0] for row in rows] == ["hard", "middling", "easy"]
    assert rows[2] == ["easy", "OCC, SV", "8", *(f"{one.sequences[0].auc:.3f}" for one in scores[::-1])]
    for found in scores:
        values = [float(row[3]) for row in page.tables[f"{found.tracker}, worst first"][1:]]
        assert values == sorted(values)
        assert len(values) == 3
    assert [line.split(" (")[0] for line in page.summaries[:2]] == [
        "first: worst on hard",
        "second: worst on hard",
    ]


def test_nothing_is_loaded_and_nothing_runs():
    text = html_report(two_scores(), bands=True)
    page = Page(text)
    assert page.links
    assert all(link.startswith("data:image/svg+xml;base64,") for link in page.links)
    assert not {"script", "link", "iframe", "object", "embed", "base"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "http" not in text


def test_plots_are_pictures_that_say_what_they_show():
    pictures = Page(html_report(two_scores())).pictures
    assert len(pictures) == 2
    for picture, title in zip(pictures, ("Success plot of OPE", "Precision plot of OPE"), strict=True):
        svg = b64decode(picture["src"].partition(",")[2])
        assert ElementTree.fromstring(svg).tag.endswith("svg")
        assert picture["alt"].startswith(f"{title}. ")
    assert f"first {two_scores()[1].auc:.3f}" in pictures[0]["alt"]


def test_names_may_be_anything():
    sequences = make_sequences((EVIL, "</td>", "a\x00\udc80b"))
    found = make_score(EVIL, (0, 30, 50), sequences)
    text = html_report([found], title=EVIL, notes=[EVIL])
    text.encode("utf-8")
    page = Page(text)
    assert "script" not in page.tags
    assert page.tables["Best first"][1][0] == EVIL
    assert {row[0] for row in page.tables[f"{EVIL}, worst first"][1:]} == {EVIL, "</td>", "a��b"}
    assert page.pictures[0]["alt"].endswith(f"{EVIL} {found.auc:.3f}")


def test_one_tracker_without_attributes_leaves_out_what_it_cannot_say():
    sequences = [Sequence("only", (), np.tile([1.0, 2, 30, 40], (4, 1)))]
    page = Page(html_report([make_score("alone", (0,), sequences)]))
    assert page.tables["Best first"][0][-1] == "fps"
    assert "By attribute" not in page.texts
    assert "1 tracker, 1 sequence of synthetic, 4 frames" in "".join(page.texts)


def test_the_same_scores_give_the_same_text():
    assert html_report(two_scores()) == html_report(two_scores())


def test_writing_is_all_or_nothing(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("before")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(DataError, match="No space left on device"):
        write_report(path, "after")
    assert path.read_text() == "before"
    monkeypatch.undo()
    write_report(path, "after")
    assert path.read_text() == "after"


@cache
def synthetic():
    return load_dataset("synthetic")


def write_run(run, tracker="mosse", dataset="synthetic", names=None, shift=1.0):
    """What `udt evaluate` would write for the synthetic benchmark, without tracking anything."""
    for sequence in synthetic():
        if names is None or sequence.name in names:
            folder = run / tracker
            folder.mkdir(parents=True, exist_ok=True)
            record = {"dataset": dataset, "seconds": 2.0}
            write_result(folder / f"{sequence.name}.txt", sequence.boxes + shift, dataset, record)


def test_the_command_reports_a_synthetic_run(tmp_path, capsys):
    write_run(tmp_path / "run", "near", shift=1)
    write_run(tmp_path / "run", "far", shift=12)
    out = tmp_path / "report.html"
    assert main(["report", str(tmp_path / "run"), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    page = Page(out.read_text("utf-8"))
    row = page.tables["Best first"][1]
    assert row[0] == "near"
    assert f"{row[1]} {row[2]}" in printed
    assert row[5] == "60.0"
    assert len(page.tables["far, worst first"]) == 23
    assert len(page.tables["Mean AUC over the sequences with each attribute"]) == 12
    assert str(tmp_path) not in out.read_text("utf-8")
    json_path = tmp_path / "scores.json"
    folders = [str(tmp_path / "run" / name) for name in ("near", "far")]
    assert main(["score", "--dataset", "synthetic", "--json", str(json_path), "--results", *folders]) == 0
    assert row[1] == f"{json.loads(json_path.read_text())[0]['auc']:.4f}"


@pytest.fixture
def otb_files(tmp_path):
    """Annotations of three targets and raw results of another tool for them, 1-indexed, without records."""
    rows = (make_sequences()[0].boxes + ONE_INDEXED).tolist()
    entry = {"image_files": [f"{i:04}.jpg" for i in range(1, 9)], "gt_rect": rows}
    annotations = tmp_path / "annotations.json"
    annotations.write_text(json.dumps({name: entry | {"name": name} for name in ("a", "b", "c")}))
    raw = tmp_path / "other-tool"
    raw.mkdir()
    for name, shift in (("a", 0), ("b", 25), ("c", 0)):
        np.savetxt(raw / f"{name}.txt", np.add(rows, [shift, 0, 0, 0]), delimiter="\t")
    return annotations, raw


def test_raw_results_of_other_tools_are_taken(tmp_path, otb_files):
    annotations, raw = otb_files
    (raw / "d.txt").write_text("1,2,3,4\n")
    out = tmp_path / "report.html"
    assert main(["report", str(raw), "--annotations", str(annotations), "--out", str(out)]) == 0
    page = Page(out.read_text("utf-8"))
    assert page.tables["Best first"][1][::3] == ["other-tool", f"{2 / 3:.4f}"]
    assert page.tables["other-tool, worst first"][1][0] == "b"
    assert "other-tool: left out, not among the annotations: d" in page.texts


def test_incomplete_runs_are_refused_and_the_missing_named(tmp_path, capsys, otb_files):
    names = [sequence.name for sequence in synthetic()]
    write_run(tmp_path / "run", names=names[2:])
    out = tmp_path / "report.html"
    assert main(["report", str(tmp_path / "run"), "--out", str(out)]) == 2
    assert f"found none for {names[0]}, {names[1]} (2 missing)" in capsys.readouterr().err
    annotations, raw = otb_files
    (raw / "b.txt").write_text("11,21,40,30\n")
    assert main(["report", str(raw), "--annotations", str(annotations), "--out", str(out)]) == 2
    assert "b.txt: expected 8 rows, found 1" in capsys.readouterr().err
    assert not out.exists()


def test_empty_missing_and_mixed_folders_are_refused(tmp_path, capsys, otb_files):
    (tmp_path / "empty" / "tracker").mkdir(parents=True)
    out = ["--out", str(tmp_path / "report.html")]
    for run, message in ((tmp_path / "empty", "found none"), (tmp_path / "nowhere", "no such folder")):
        assert main(["report", str(run), *out]) == 2
        assert message in capsys.readouterr().err
    write_run(tmp_path / "mixed", names=["iv-1"])
    (tmp_path / "mixed" / "iv-1.txt").write_text("1,2,3,4\n")
    assert main(["report", str(tmp_path / "mixed"), *out]) == 2
    assert "found both" in capsys.readouterr().err
    assert main(["report", str(otb_files[1]), str(otb_files[1]), *out]) == 2
    assert "named twice" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()


def test_the_dataset_is_the_recorded_one(tmp_path, capsys):
    write_run(tmp_path / "run", names=["iv-1"])
    write_run(tmp_path / "other", "kcf", "otb", names=["iv-1"])
    write_run(tmp_path / "own", "kcf", "custom", names=["iv-1"])
    out = ["--out", str(tmp_path / "report.html")]
    assert recorded_dataset([tmp_path / "run" / "mosse"]) == "synthetic"
    for arguments, message in (
        (["run", "other"], "found several"),
        (["own"], "no dataset 'custom'; known: folder, otb, otb2013, otb2015, otb50, synthetic, tc128"),
        (["run", "--dataset", "otb"], "of dataset 'synthetic', asked for is 'otb'"),
        (["run", "--dataset", "mine"], "no dataset 'mine'"),
    ):
        runs = [str(tmp_path / word) if (tmp_path / word).exists() else word for word in arguments]
        assert main(["report", *runs, *out]) == 2
        assert message in capsys.readouterr().err


def test_unwritable_output_is_refused_before_any_work(tmp_path, capsys, monkeypatch):
    command = ["report", str(tmp_path / "nowhere"), "--out"]
    assert main([*command, str(tmp_path / "no" / "report.html")]) == 2
    assert "make it first" in capsys.readouterr().err
    assert main([*command, str(tmp_path)]) == 2
    assert "found a folder" in capsys.readouterr().err
    monkeypatch.setattr("os.access", lambda *arguments: False)
    assert main([*command, str(tmp_path / "report.html")]) == 2
    assert "no permission" in capsys.readouterr().err


def test_trackers_of_one_name_are_told_apart_by_their_run(tmp_path):
    for run in ("first", "second"):
        write_run(tmp_path / run, names=["iv-1"])
    write_run(tmp_path / "first", "kcf", names=["iv-1"])
    assert list(find_trackers([tmp_path / "first"])) == ["kcf", "mosse"]
    assert list(find_trackers([tmp_path / "first", tmp_path / "second"])) == [
        "first/kcf",
        "first/mosse",
        "second/mosse",
    ]
    write_run(tmp_path / "elsewhere" / "first", names=["iv-1"])
    names = find_trackers([tmp_path / "first" / "mosse", tmp_path / "elsewhere" / "first"])
    assert list(names) == [str(tmp_path / "first" / "mosse"), str(tmp_path / "elsewhere" / "first" / "mosse")]
    with pytest.raises(MissingDataError, match="no such folder"):
        find_trackers([tmp_path / "nowhere"])
