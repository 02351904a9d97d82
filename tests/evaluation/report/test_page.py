"""The report is read back with an HTML parser: its numbers, its escaping, and that it needs nothing else."""

import json
import os
import re
import subprocess
from base64 import b64decode
from functools import cache
from html.parser import HTMLParser
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from trees import write_dtb70

from udtlib.cli import main
from udtlib.data import DATASETS, Sequence, load_dataset
from udtlib.errors import MissingDataError, StorageError
from udtlib.evaluation import score
from udtlib.evaluation.report.html import BOTTOM, CHART, LEFT, RIGHT, line_chart
from udtlib.evaluation.report.material import Panel
from udtlib.evaluation.report.page import html_report, write_report
from udtlib.evaluation.results.files import write_result
from udtlib.evaluation.results.runs import find_trackers, recorded_dataset, recorded_origins
from udtlib.strips import strip_jpeg

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
    assert [line.split(" (")[0] for line in page.summaries[1:3]] == [
        "first: worst on hard",
        "second: worst on hard",
    ]


def test_nothing_is_loaded():
    text = html_report(two_scores(), bands=True, panels=some_panels())
    page = Page(text)
    kinds = {link.partition(";")[0] for link in page.links}
    assert kinds == {"data:image/svg+xml", "data:image/jpeg"}
    assert not {"link", "iframe", "object", "embed", "base", "form", "video", "audio"} & set(page.tags)
    assert page.tags.count("script") == 1
    assert "<script src" not in text
    for word in ("url(", "@import", "://", "fetch", "XMLHttpRequest", "import(", "innerHTML", "eval("):
        assert word not in text
    assert "default-src 'none'; img-src data:" in text.partition("</head>")[0]
    for link in page.links:
        if "svg" in link:
            svg = b64decode(link.partition(",")[2]).decode()
            found = set(re.findall(r"https?://([^/\"]+)", svg))
            assert found == {"www.w3.org"}  # names of the format, not addresses
            assert "<image" not in svg


def test_plots_are_pictures_that_say_what_they_show():
    pictures = Page(html_report(two_scores())).pictures
    titles = (
        "Success plot of OPE. ",
        "Precision plot of OPE. ",
        "AUC of each tracker per",
        "Success plots of",
    )
    for picture, title in zip(pictures, titles, strict=True):
        svg = b64decode(picture["src"].partition(",")[2])
        assert ElementTree.fromstring(svg).tag.endswith("svg")
        assert picture["alt"].startswith(title)
    assert f"first {two_scores()[1].auc:.3f}" in pictures[0]["alt"]


def test_names_may_be_anything():
    sequences = make_sequences((EVIL, "</td>", "a\x00\udc80b"))
    found = make_score(EVIL, (0, 30, 50), sequences)
    panels = {one.name: Panel({EVIL: np.ones(8)}, note=EVIL) for one in sequences}
    origins = {EVIL: [{"commit": EVIL, "cpu": EVIL, "dates": EVIL, "runs": 3}]}
    text = html_report([found], title=EVIL, notes=[EVIL], panels=panels, origins=origins)
    text.encode("utf-8")
    page = Page(text)
    assert page.tags.count("script") == 1
    assert EVIL not in text
    assert page.tables["Best first"][1][0] == EVIL
    assert {row[0] for row in page.tables[f"{EVIL}, worst first"][1:]} == {EVIL, "</td>", "a\\x00\\udc80b"}
    assert page.pictures[0]["alt"].endswith(f"{EVIL} {found.auc:.3f}")


def test_one_tracker_without_attributes_leaves_out_what_it_cannot_say():
    sequences = [Sequence("only", (), np.tile([1.0, 2, 30, 40], (4, 1)))]
    page = Page(html_report([make_score("alone", (0,), sequences)]))
    assert page.tables["Best first"][0][-1] == "fps"
    assert "By attribute" not in page.texts
    assert "1 tracker, 1 sequence of synthetic, 4 frames" in "".join(page.texts)


def some_panels(scores=None):
    """Panels with a strip for the first sequence, and a note why there is none for the others."""
    panels = {}
    for number, one in enumerate(make_sequences()):
        overlaps = {name: np.linspace(1, 0.5 * k, 8) for k, name in enumerate(("first", "second"))}
        strip = None if number else strip_jpeg(np.zeros((16, 64, 3), np.uint8))
        panels[one.name] = Panel(overlaps, [1, 5], 100, strip, "" if strip else "no images at hand")
    return panels


def test_the_explorer_has_a_panel_a_row_the_worst_first():
    scores = two_scores()
    text = html_report(scores, panels=some_panels())
    page = Page(text)
    rows = page.tables["AUC, the sequence that is hardest for all trackers first"][1:]
    assert [row[0] for row in rows] == ["hard", "middling", "easy"]
    assert re.findall(r'<tr data-panel="(\d)">', text) == ["0", "1", "2"]
    assert re.findall(r'<article data-panel="(\d)"><h3>(\w+)', text) == [
        ("0", "hard"),
        ("1", "middling"),
        ("2", "easy"),
    ]
    first, _, last = text.partition('<article data-panel="2">')
    assert first.count("no images at hand") == 2
    assert "Frames 101, 105: of each stretch" in last
    for name in ("first", "second"):
        auc = next(one for one in scores if one.tracker == name).sequences[0].auc
        assert f"{name} <b>{auc:.3f}</b>" in last


def test_curves_hold_the_overlaps_and_break_where_there_is_no_target():
    values = np.array([1.0, 0.5, np.nan, 0.25, 0.0])
    style = {"color": "#0072B2", "linestyle": (0, (5, 2))}
    chart = line_chart([(np.arange(5.0) + 10, values, style)], (10, 14), marks=[12], description="a & b")
    path = re.search(r'class="line" stroke="#0072B2" stroke-dasharray="8 3.2" d="([^"]+)"', chart)[1]
    points = [(op, float(x), float(y)) for op, x, y in re.findall(r"([ML])([\d.]+) ([\d.]+)", path)]
    assert [op for op, _, _ in points] == ["M", "L", "M", "L"]
    width, height = CHART[0] - LEFT - RIGHT, CHART[1] - BOTTOM
    expected = [(t, values[t]) for t in (0, 1, 3, 4)]
    for (_, x, y), (t, value) in zip(points, expected, strict=True):
        assert x == pytest.approx(LEFT + width * t / 4, abs=0.06)
        assert y == pytest.approx(height * (1 - value), abs=0.06)
    assert 'class="mark" d="M453.0 0' in chart
    assert 'aria-label="a &amp; b"' in chart
    assert [int(n) for n in re.findall(r'class="middle">(\d+)<', chart)] == [10, 11, 12, 13, 14]


@pytest.mark.parametrize(("span", "numbers"), [((1, 120), 5), ((300, 770), 4), ((1, 3872), 3), ((1, 1), 1)])
def test_numbers_below_a_curve_are_round_and_few(span, numbers):
    chart = line_chart([], span)
    found = [int(n) for n in re.findall(r'class="middle">(\d+)<', chart)]
    assert numbers <= len(found) <= 8
    assert all(span[0] <= n <= span[1] for n in found)
    if len(found) > 1:
        step = found[1] - found[0]
        assert str(step).rstrip("0") in ("1", "2", "5")
        assert all(n % step == 0 for n in found)


CLICKS = """<script>
const heads = document.querySelectorAll("table")[0].tHead.rows[0].cells;
const names = (table) => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent).join(" ");
const shown = () => [...document.querySelectorAll("article")].filter((a) => !a.hidden)
  .map((a) => a.querySelector("h3").textContent).join(" ");
const seen = [shown()];
const list = document.querySelector(".list table"), row = list.tBodies[0].rows[1];
row.click(); seen.push(shown());
row.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown" })); seen.push(shown());
const overall = () => names(document.querySelector("table"));
for (let click = 0; click < 2; click += 1) { heads[1].click(); seen.push(overall()); }
list.tHead.rows[0].cells[0].click(); seen.push(names(list));
heads[6].click(); seen.push(overall());
const loaded = performance.getEntriesByType("resource").filter((one) => !one.name.startsWith("data:"));
document.body.dataset.seen = seen.join("|") + "|" + loaded.length;
</script></body>"""


@pytest.mark.browser
def test_a_browser_sorts_opens_the_worst_and_loads_nothing(tmp_path):
    path = tmp_path / "report.html"
    text = html_report(two_scores(), panels=some_panels())
    path.write_text(text.replace("</body>", CLICKS), "utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", path.as_uri()]
    environment = os.environ | {"HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=environment)
    seen = re.search(r'data-seen="([^"]*)"', done.stdout)[1].split("|")
    assert seen[:3] == ["hard", "middling", "easy"]
    assert seen[3:5] == ["first second", "second first"]  # by AUC: falling, then rising
    assert seen[5:] == ["easy hard middling", "second first", "0"]  # by name; "-" is last


def test_the_same_scores_give_the_same_text():
    assert html_report(two_scores()) == html_report(two_scores())


def test_writing_is_all_or_nothing(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("before")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(StorageError, match="No space left on device"):
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
    assert main(["report", str(tmp_path / "run"), "--out", str(out), "--strips", "3"]) == 0
    printed = capsys.readouterr().out
    page = Page(out.read_text("utf-8"))
    row = page.tables["Best first"][1]
    assert row[0] == "near"
    assert f"{row[1]} {row[2]}" in printed
    assert row[5] == "60.0"
    assert len(page.tables["far, worst first"]) == 23
    assert len(page.tables["Mean AUC over the sequences with each attribute"]) == 12
    assert str(tmp_path) not in out.read_text("utf-8")
    assert len(re.findall("<article", out.read_text("utf-8"))) == 22
    strips = [picture for picture in page.pictures if "jpeg" in picture["src"][:20]]
    assert len(strips) == 3  # of the hardest, as asked for
    assert out.read_text("utf-8").count("drawn for the 3 hardest sequences only") == 19
    assert out.stat().st_size < 2_000_000
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
        (["own"], f"no dataset 'custom'; known: {', '.join(DATASETS)}"),
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


def test_where_boxes_were_made_is_told(tmp_path):
    made = [("a1", "fast", "2026-01-03"), ("a1", "fast", "2026-01-02"), ("b2", "slow", "2026-01-02"), None]
    for sequence, place in zip(synthetic(), made, strict=False):
        record = {"dataset": "synthetic"}
        if place:
            record["made"] = dict(zip(("commit", "cpu", "date"), place, strict=True))
        (tmp_path / "t").mkdir(exist_ok=True)
        write_result(tmp_path / "t" / f"{sequence.name}.txt", sequence.boxes, "synthetic", record)
    found = recorded_origins(tmp_path / "t")
    assert found[0] == {"commit": "a1", "cpu": "fast", "dates": "2026-01-02 to 2026-01-03", "runs": 2}
    assert {"commit": "b2", "cpu": "slow", "dates": "2026-01-02", "runs": 1} in found
    assert {"commit": None, "cpu": None, "dates": None, "runs": 1} in found
    written = {"commit": "c3", "modified": True, "date": "2026-01-04", "hardware": {"cpu": "x", "cores": 2}}
    page = Page(html_report([make_score("t", (0, 1, 2))], origins={"t": found}, written=written))
    rows = page.tables["Where the boxes were made, as recorded beside them"][1:]
    assert ["t", "a1", "fast", "2026-01-02 to 2026-01-03", "2"] in rows
    assert ["t", "not recorded", "not recorded", "not recorded", "1"] in rows
    assert "(commit c3 with changes) on 2026-01-04, x, 2 cores" in "".join(page.texts)


def test_boxes_without_images_leave_the_strips_out_and_say_why(tmp_path, otb_files, monkeypatch):
    annotations, raw = otb_files
    monkeypatch.setenv("UDT_DATA", "none")
    out = tmp_path / "report.html"
    assert main(["report", str(raw), "--annotations", str(annotations), "--out", str(out)]) == 0
    text = out.read_text("utf-8")
    assert text.count("Strip left out: a: no images at hand, only boxes; a strip needs its frames.") == 1
    assert "data:image/jpeg" not in text
    assert text.count("Overlap with the true box over the frames.") == 3


def test_images_are_found_beside_the_annotations_or_where_named(tmp_path, otb_files, capsys):
    annotations, raw = otb_files
    image = cv2.imencode(".jpg", np.full((60, 80, 3), 90, np.uint8))[1].tobytes()
    for name in ("a", "c"):
        (tmp_path / "images" / name / "img").mkdir(parents=True)
        (tmp_path / "images" / name / "groundtruth_rect.txt").write_text("11,21,40,30\n" * 8)
        for number in range(1, 9):
            (tmp_path / "images" / name / f"img/{number:04}.jpg").write_bytes(image)
    (tmp_path / "images/c/img/0004.jpg").unlink()
    command = ["report", str(raw), "--annotations", str(annotations), "--out", str(tmp_path / "r.html")]
    assert main([*command, "--images", str(tmp_path / "images")]) == 0
    text = (tmp_path / "r.html").read_text("utf-8")
    assert text.count("data:image/jpeg") == 1  # b is not there, an image of c is missing
    assert "b: no images at hand" in text
    assert "c: no images at hand" in text
    assert main([*command, "--images", str(tmp_path / "nowhere")]) == 2
    assert "no such folder of images" in capsys.readouterr().err


def test_images_of_other_datasets_are_taken_where_they_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("UDT_DATA", "none")
    write_dtb70(tmp_path / "dtb70", "Car2", 4)
    (sequence,) = load_dataset("dtb70", tmp_path / "dtb70")
    (tmp_path / "run" / "t").mkdir(parents=True)
    write_result(tmp_path / "run/t/Car2.txt", sequence.boxes, "dtb70", {"dataset": "dtb70"})
    out = tmp_path / "r.html"
    command = ["report", str(tmp_path / "run"), "--annotations", str(tmp_path / "dtb70"), "--out", str(out)]
    assert main(command) == 0
    assert "data:image/jpeg" not in out.read_text("utf-8")
    assert main([*command, "--images", str(tmp_path / "dtb70")]) == 0
    assert out.read_text("utf-8").count("data:image/jpeg") == 1
    (tmp_path / "empty").mkdir()
    assert main([*command, "--images", str(tmp_path / "empty")]) == 2
    assert "empty: no DTB70 sequence found" in capsys.readouterr().err


def test_images_of_a_dataset_that_brings_them_along_are_refused(tmp_path, capsys):
    (tmp_path / "t").mkdir()
    record = {"dataset": "synthetic"}
    for sequence in load_dataset("synthetic"):
        write_result(tmp_path / "t" / f"{sequence.name}.txt", sequence.boxes, "synthetic", record)
    command = ["report", str(tmp_path), "--out", str(tmp_path / "r.html"), "--images", str(tmp_path)]
    assert main(command) == 2
    assert "--images: the frames of synthetic are found without it; leave it out" in capsys.readouterr().err
