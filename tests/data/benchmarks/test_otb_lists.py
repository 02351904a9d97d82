"""OTB's lists, and them as datasets."""

import json

import pytest
from trees import rows, write_otb

from udtlib import load_dataset
from udtlib.cli import main
from udtlib.data import find_data, load_truth
from udtlib.data.benchmarks.otb import RANGES, TARGETS, canonical_name, load_annotations
from udtlib.data.benchmarks.otb_lists import LISTS, OTB50, OTB2013, OTB2015, choose_targets, folders
from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation import Policy, evaluate, score


def test_the_lists_have_the_published_sizes():
    assert {name: len(targets) for name, targets in LISTS.items()} == {
        "otb2013": 51, "otb2015": 100, "otb50": 50,
    }  # fmt: skip
    for targets in LISTS.values():
        assert len({canonical_name(target) for target in targets}) == len(targets)
    assert set(OTB50) < set(OTB2015)
    assert set(OTB2013) < set(OTB2015)
    assert len(set(OTB2013) & set(OTB50)) == 28


def test_targets_of_one_folder():
    assert {name: len(folders(name)) for name in LISTS} == {"otb2013": 50, "otb2015": 98, "otb50": 49}
    several = [target for target in OTB2015 if "_" in target]
    assert several == ["Human4_2", "Jogging_1", "Jogging_2", "Skating2_1", "Skating2_2"]
    assert {canonical_name(target) for target in several} == {
        f"{folder}_{number}" for folder, numbers in TARGETS.items() for number in numbers
    }
    assert {"Human4", "Jogging", "Skating2"} < set(folders("otb2015"))
    assert set(RANGES) < {folder.lower() for folder in folders("otb2015")}


@pytest.mark.shared
def test_otb2015_is_what_the_published_annotations_name():
    path = find_data("published/otb2015.json")
    if path is None:
        pytest.skip("published/otb2015.json is not on this machine (UDT_DATA or ../shared)")
    sequences = load_annotations(path)
    published = {canonical_name(sequence.name) for sequence in sequences}
    assert published == {canonical_name(target) for target in OTB2015}
    for name, targets in LISTS.items():
        assert len(choose_targets(sequences, name, path)) == len(targets)


@pytest.mark.shared
def test_released_boxes_on_otb2013_as_a_dataset():
    boxes = find_data("published/udt_otb100")
    if boxes is None:
        pytest.skip("published/udt_otb100 is not on this machine (UDT_DATA or ../shared)")
    found = score(boxes, load_truth("otb2013"), Policy(), dataset="otb2013")
    assert f"{found.auc:.4f} {found.precision:.4f}" == "0.6194 0.8151"


@pytest.fixture
def otb50(tmp_path):
    """All of OTB-50, with as few images as each sequence may have."""
    root = tmp_path / "otb"
    for folder in folders("otb50"):
        numbers = TARGETS.get(folder.lower())
        truths = [f"groundtruth_rect.{k}.txt" for k in numbers] if numbers else ["groundtruth_rect.txt"]
        first, last = RANGES.get(folder.lower(), (1, 2))
        write_otb(root, folder, last, truths)
        for truth in truths:
            (root / folder / truth).write_text(rows(last - first + 1))
    return root


def test_a_list_needs_all_its_targets_and_takes_no_other(otb50):
    write_otb(otb50, "Boy")
    assert len(load_dataset("otb", otb50)) == 51
    sequences = load_dataset("otb50", otb50)
    assert [sequence.name for sequence in sequences] == sorted(OTB50, key=str.lower)
    assert len(load_truth("otb50", otb50)) == 50
    with pytest.raises(
        MissingDataError, match=r"otb: 49 of the 100 targets of otb2015 .* Bird2, .* \.\.\.\. `udt"
    ):
        load_dataset("otb2015", otb50)
    with pytest.raises(MissingDataError, match=r"22 of the 51 .* otb2013 .*`udt data download otb2013"):
        load_truth("otb2013", otb50)


def test_a_broken_sequence_is_named_and_the_rest_is_read(otb50):
    (otb50 / "Bolt" / "groundtruth_rect.txt").write_text("1,2,3\n")
    (otb50 / "Skating2" / "groundtruth_rect.2.txt").unlink()
    (otb50 / "Woman" / "img" / "0002.jpg").unlink()
    broken = {}
    assert len(load_dataset("otb50", otb50, broken=broken)) == 47
    assert list(broken) == ["Bolt", "Skating2_2", "Woman"]
    assert "line 1: expected 4 numbers" in broken["Bolt"]
    assert "groundtruth_rect.2.txt" in broken["Skating2_2"]
    assert "0002.jpg" in broken["Woman"]
    with pytest.raises(DataError, match=r"Bolt/groundtruth_rect\.txt, line 1"):
        load_dataset("otb50", otb50)


def test_nothing_but_broken_sequences_is_an_error(tmp_path):
    for name in ("Bolt", "Boy"):
        (write_otb(tmp_path, name) / "groundtruth_rect.txt").write_text("x\n")
    with pytest.raises(DataError, match=r"none of 2 sequences can be read; Bolt: .*line 1"):
        load_dataset("otb", tmp_path, broken={})


def test_evaluate_runs_the_rest_and_names_the_broken_one(tmp_path, capsys):
    for name in ("Bolt", "Boy", "Coke"):
        write_otb(tmp_path / "otb", name)
    (tmp_path / "otb" / "Boy" / "groundtruth_rect.txt").write_text("1,2,3,4\n")
    out = tmp_path / "out.json"
    command = ["evaluate", "--tracker", "mosse", "--dataset", "otb", "--root", str(tmp_path / "otb")]
    assert main([*command, "--out", str(tmp_path / "run"), "--jobs", "1", "--json", str(out)]) == 1
    printed = capsys.readouterr()
    assert "otb, 3 sequences" in printed.out
    assert "(1 failed)" in printed.out
    assert "mosse, Boy: FAILED, " in printed.err
    found = json.loads(out.read_text())
    assert list(found["sequences"]) == ["Bolt", "Coke"]
    assert "found 1 rows" in found["failed"]["Boy"]
    assert sorted(path.name for path in (tmp_path / "run/mosse").glob("*.txt")) == ["Bolt.txt", "Coke.txt"]
    assert (tmp_path / "run/mosse/Bolt.txt").read_text().startswith("2.0000,3.0000,5.0000,4.0000\n")


def test_the_function_names_the_broken_one_too(tmp_path):
    for name in ("Bolt", "Boy"):
        write_otb(tmp_path, name)
    (tmp_path / "Bolt" / "img" / "0002.jpg").unlink()
    found = evaluate("mosse", "otb", root=tmp_path)
    assert [one.name for one in found.sequences] == ["Boy"]
    assert "0002.jpg: no such image" in found.failed["Bolt"]


def test_broken_makes_no_difference_to_a_single_video(tmp_path):
    write_otb(tmp_path, "Boy")
    broken = {}
    assert len(load_dataset("folder", tmp_path / "Boy" / "img", broken=broken)) == 1
    assert broken == {}
