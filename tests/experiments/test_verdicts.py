"""From results to verdicts: the rule, what is missing, what does not belong together."""

import json

import numpy as np
import pytest

from udtlib.errors import DataError, MissingDataError
from udtlib.evaluation.scoring.crossed import crossed_difference, holm
from udtlib.experiments.cards import about
from udtlib.experiments.declared import Arm, Comparison, Experiment
from udtlib.experiments.verdicts import read_rows, table_of, text, verdicts

CLAIMS = (
    Comparison("good", "bad", "good is better"),
    Comparison("bad", "good", "bad is better"),
    Comparison("good", "twin", "good is better than its twin"),
    Comparison("good", "absent", "never run"),
)
EXPERIMENT = Experiment(
    "toy", "Which?", tuple(Arm(name, "") for name in ("good", "bad", "twin", "absent")), CLAIMS
)


def rows():
    random, found = np.random.default_rng(0), []
    hard = random.uniform(0.3, 0.7, 12)
    for arm, lift in (("good", 0.2), ("bad", 0.0), ("twin", 0.2)):
        for seed in range(3):
            scores = hard + lift + 0.03 * random.normal(size=12)
            found += [
                {"arm": arm, "seed": seed, "sequence": f"s{k:02d}", "overlap": value, "robustness": value}
                for k, value in enumerate(scores)
            ]
    return found


def test_the_rule_gives_all_three_verdicts_and_leaves_out_what_was_not_run():
    found = verdicts(EXPERIMENT, rows())
    assert [one.says for one in found] == ["confirmed", "contradicted", "not resolved"]
    assert [one.seeds for one in found] == [3, 3, 3]
    assert "1 comparisons lack runs" in text(EXPERIMENT, rows())


def test_two_seeds_resolve_nothing():
    found = verdicts(EXPERIMENT, [row for row in rows() if row["seed"] < 2])
    assert [one.seeds for one in found] == [2, 2, 2]
    assert found[0].corrected < 0.05
    assert {one.says for one in found} == {"not resolved"}


def test_the_p_values_are_corrected_over_all_that_was_declared():
    found = verdicts(EXPERIMENT, rows())
    p = [one.overlap.p for one in found]
    np.testing.assert_allclose([one.corrected for one in found], holm([*p, 1.0])[:3])
    tables = [table_of(rows(), arm, "overlap", range(3)) for arm in ("good", "bad")]
    assert found[0].overlap == crossed_difference(*tables)


def test_what_could_be_found_is_printed_before_what_was_found():
    printed = text(EXPERIMENT, rows())
    assert printed.index("what could be found") < printed.index("arm  ") < printed.index("confirmed: good")
    assert "not run" in printed


def test_a_missing_sequence_is_named():
    found = [row for row in rows() if (row["arm"], row["seed"], row["sequence"]) != ("bad", 1, "s03")]
    with pytest.raises(DataError, match=r"'bad', seed 1: no result on s03"):
        verdicts(EXPERIMENT, found)


def write(folder, name, **changes):
    result = {
        "arm": {"name": name},
        "seed": 0,
        "scale": {"name": "small"},
        "sequences": [{"sequence": "a", "overlap": 0.5, "robustness": 1.0}],
    }
    folder.joinpath(f"{name}-s0").mkdir(parents=True)
    path = folder / f"{name}-s0" / "result.json"
    path.write_text(json.dumps(result | changes))
    return path


def test_results_are_read_and_damaged_or_foreign_ones_are_named(tmp_path):
    with pytest.raises(MissingDataError, match="no finished run"):
        read_rows(tmp_path)
    write(tmp_path, "udt")
    assert read_rows(tmp_path) == [
        {"arm": "udt", "seed": 0, "sequence": "a", "overlap": 0.5, "robustness": 1.0}
    ]
    again = write(tmp_path / "again", "udt").parents[1]
    with pytest.raises(DataError, match="'udt', seed 0 is there twice"):
        read_rows(tmp_path, again)
    path = write(tmp_path, "other", scale={"name": "full"})
    with pytest.raises(DataError, match="one scale"):
        read_rows(tmp_path)
    for damage in (
        "[]",
        "{",
        '{"sequences": 3}',
        json.dumps({"sequences": [], "arm": 3}),
        '{"sequences": [{"sequence": "a", "overlap": NaN, "robustness": 1}], "arm": {"name": "x"}, '
        '"seed": 0, "scale": {"name": "small"}}',
    ):
        path.write_text(damage)
        with pytest.raises(DataError, match=r"other-s0.*remove it"):
            read_rows(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sequences": [{"sequence": "b", "overlap": 0.5, "robustness": 1.0}]}, "of the same sequences"),
        ({"trained on": "other videos"}, "of the same videos"),
        ({"code": "other code"}, "of the same code"),
        ({"content of the sequences": {"a": "other images"}}, "of the same sequences"),
    ],
)
def test_runs_that_were_judged_or_trained_on_something_else_are_not_compared(tmp_path, changes, message):
    """Scores are paired by place in the list: those of other sequences would be paired as well."""
    known = {"trained on": "these videos", "code": "this code", "content of the sequences": {"a": "images"}}
    write(tmp_path, "udt", **known)
    write(tmp_path, "random")
    assert len(read_rows(tmp_path)) == 2
    write(tmp_path, "weakly", **known | changes)
    with pytest.raises(DataError, match=f"weakly-s0.*expected runs {message}, found others"):
        read_rows(tmp_path)


def test_a_result_that_does_not_say_what_it_is_made_of_has_no_card(tmp_path):
    write(tmp_path, "udt", **{"training seconds": 1.0, "judging seconds": 1.0})
    with pytest.raises(DataError, match=r"'udt', seed 0: expected measured, weights in its result\.json"):
        about([tmp_path])
