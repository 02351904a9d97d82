"""Results of a tracker whose weights have changed; not in `test_runner`, whose workers need no torch."""

import json
from dataclasses import replace
from functools import partial

import pytest
from shift_tracker import Shift, digests, make_sequence

from udtlib.data.synthetic import render_clip
from udtlib.errors import DataError
from udtlib.evaluation import evaluate
from udtlib.weights import random_weights, save_weights

OF_EARLIER_VERSIONS = ("tracker", "options", "dataset", "frames", "first_box", "seconds", "made")


@pytest.fixture
def weights_file(tmp_path):
    """A file of weights, their fingerprint, and that of what `replaced` puts there."""
    first, second = random_weights(1), random_weights(2)
    save_weights(tmp_path / "net.safetensors", first)
    return tmp_path / "net.safetensors", first.fingerprint, second.fingerprint


def replaced(path):
    save_weights(path, random_weights(2))


def clips(count=2):
    return [render_clip(frames=3, seed=seed) for seed in range(count)]


@pytest.mark.parametrize(
    ("tracker", "jobs"),
    [("udt", 1), ("udt-plain", 1), pytest.param("udt", 2, marks=pytest.mark.slow)],  # workers import torch
)
def test_results_of_other_weights_in_the_same_file_are_refused(tmp_path, weights_file, tracker, jobs):
    path, old, new = weights_file
    run = partial(evaluate, tracker, out=tmp_path / "run", options={"weights": str(path)}, jobs=jobs)
    one, two = clips()
    evaluate(tracker, [one], tmp_path / "run", options={"weights": str(path)})
    record = json.loads(next((tmp_path / "run" / tracker).glob("*.json")).read_text())
    assert record["weights_fingerprint"] == old
    before = digests(tmp_path / "run")
    replaced(path)
    with pytest.raises(
        DataError,
        match=rf"run/{tracker}/{one.name}\.txt: this result was made with .*'{old}'.*asked for is .*'{new}'.*"
        rf"choose another --out, .* --force .*, or remove .*run/{tracker}$",
    ):
        run([one, two])
    assert digests(tmp_path / "run") == before
    save_weights(path, random_weights(1))  # the same numbers in a new file
    run([one, two])
    assert before.items() < digests(tmp_path / "run").items()


def test_results_of_other_default_weights_are_refused(tmp_path, weights_file, monkeypatch):
    path, old, new = weights_file
    monkeypatch.setenv("UDT_WEIGHTS", str(path))
    evaluate("udt", clips(1), tmp_path / "run", protocol="sre")
    replaced(path)
    with pytest.raises(DataError, match=rf"'{old}'.*'{new}'.* remove .*udt/sre$"):
        evaluate("udt", clips(1), tmp_path / "run", protocol="sre")


def test_results_of_earlier_versions_without_a_fingerprint_are_computed_again(tmp_path, weights_file, caplog):
    options = {"weights": str(weights_file[0])}
    evaluate("udt", clips(), tmp_path / "run", options=options)
    before = times(tmp_path / "run")
    for path in (tmp_path / "run").rglob("*.json"):
        record = json.loads(path.read_text())
        path.write_text(json.dumps({key: record[key] for key in OF_EARLIER_VERSIONS}))
    replaced(weights_file[0])
    evaluate("udt", clips(3), tmp_path / "run", options=options)
    after = times(tmp_path / "run")
    assert len(after) == 3
    assert not before.items() & after.items()
    assert "udt: 2 results made by an earlier version, which did not record" in caplog.text


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.txt")}


def test_weights_that_are_replaced_during_a_run_fail_the_sequences_after(tmp_path, weights_file):
    path, old, new = weights_file

    class Replacing(list):
        def __iter__(self):
            replaced(path)
            return list.__iter__(self)

    one, two = clips()
    one = replace(one, frames=Replacing(one.frames))
    found = evaluate("udt", [one, two], tmp_path / "run", options={"weights": str(path)})
    assert list(found.failed) == [two.name]
    assert f"expected weights with the fingerprint {old}, found {new}" in found.failed[two.name]
    assert [path.stem for path in (tmp_path / "run/udt").glob("*.txt")] == [one.name]


def test_trackers_without_weights_have_no_fingerprint_in_their_records(tmp_path):
    evaluate("mosse", clips(), tmp_path)
    evaluate(Shift, [make_sequence()], tmp_path)
    records = [json.loads(path.read_text()) for path in tmp_path.rglob("*.json")]
    assert len(records) == 3
    assert not any("weights_fingerprint" in record for record in records)


@pytest.mark.slow  # workers import torch
def test_workers_of_a_cluster_with_other_weights_are_told_apart(tmp_path, weights_file):
    from test_cluster import start_cluster

    path, _, new = weights_file
    replaced(path)
    with (
        start_cluster(UDT_WEIGHTS=str(path)) as running,
        pytest.raises(DataError, match=f"expected weights with the fingerprint .*, found {new}"),
    ):
        evaluate("udt", clips(), tmp_path / "run", dask=running.scheduler_address)
    assert not list(tmp_path.rglob("*.txt"))
