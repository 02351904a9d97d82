"""Options are refused before a tracker is made: which one, what was expected, what was found."""

from inspect import signature
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
from trees import write_otb

from udtlib import load_tracker
from udtlib.cli import main
from udtlib.commands.evaluate import _option
from udtlib.errors import OptionError, UdtError, UnknownNameError, UnknownOptionError, WeightsError
from udtlib.trackers import TRACKERS
from udtlib.trackers.dsst import DsstTracker
from udtlib.trackers.kcf import KcfTracker
from udtlib.trackers.mosse import MosseTracker
from udtlib.trackers.udt.plain import PlainUdtTracker


@pytest.mark.parametrize(
    ("tracker", "options", "message"),
    [
        ("mosse", {"padding": "x"}, r"tracker 'mosse': padding: expected a number from 0 to 100, found 'x'"),
        ("mosse", {"padding": -1}, r"padding: expected a number from 0 to 100, found -1"),
        ("mosse", {"padding": float("nan")}, r"padding: expected a number.* found nan"),
        ("mosse", {"padding": True}, r"padding: expected a number from 0 to 100, found True"),
        ("mosse", {"padding": None}, r"padding: expected a number from 0 to 100, found None"),
        ("mosse", {"warps": 2.5}, r"warps: expected a whole number from 0 to 100, found 2\.5"),
        ("mosse", {"seed": -1}, r"seed: expected .* from 0 to .*, found -1"),
        ("mosse", {"max_area": 0}, r"max_area: .* from 16 to 262,144, found 0"),
        (
            "kcf",
            {"learning_rate": "fast"},
            r"learning_rate: expected a number from 0 to 1 or None, found 'fast'",
        ),
        ("kcf", {"learning_rate": 2}, r"learning_rate: .* from 0 to 1 or None, found 2"),
        ("kcf", {"feature": 3}, r"feature: expected a text, found 3"),
        ("dsst", {"cell": "4"}, r"cell: expected a whole number from 1 to 64, found '4'"),
        ("dsst", {"sigma": 0}, r"sigma: "),
        ("udt", {"weights": 3}, r"weights: expected a text or a file or Weights or None, found 3"),
        ("udt", {"weights": "random", "padding": "x"}, r"tracker 'udt': padding: expected a number"),
        ("udt", {"weights": "random", "subpixel": 1}, r"subpixel: expected True or False, found 1"),
        ("udt", {"weights": "random", "update": "both"}, r"update: expected one of dual, filter"),
        ("udt", {"weights": "random", "patch_size": 1e3}, r"patch_size: expected a whole number"),
        ("udt", {"weights": "random", "scale_step": 0.9}, r"scale_step: .* from 1 to 10, found 0\.9"),
        ("udt", {"weights": "random", "device": "toaster"}, r"'udt': device 'toaster' cannot be used"),
        ("udt-bf16", {"weights": "random", "padding": "x"}, r"padding: expected a number"),
        ("udt-plain", {"weights": "random", "padding": "x"}, r"padding: expected a number"),
    ],
)
def test_wrong_values(tracker, options, message):
    with pytest.raises(OptionError, match=message):
        load_tracker(tracker, **options)


def test_errors_that_say_it_themselves_are_left_alone(tmp_path):
    with pytest.raises(UnknownOptionError, match=r"unexpected keyword .*known: padding"):
        load_tracker("mosse", paddding=1)
    with pytest.raises(UnknownNameError, match="feature 'hue'"):
        load_tracker("kcf", feature="hue")
    (tmp_path / "w.safetensors").write_bytes(b"")
    with pytest.raises(WeightsError):
        load_tracker("udt", weights=tmp_path / "w.safetensors")


def test_right_values_are_taken():
    assert load_tracker("mosse", padding=1, learning_rate=np.float64(0.5), warps=np.int64(2)).padding == 1
    assert load_tracker("kcf", learning_rate=None, feature="grey", sigma=1).learning_rate == 0.075
    assert load_tracker("udt", weights="random", update="filter", subpixel=True).settings.update == "filter"


def test_every_number_a_tracker_takes_has_a_range_that_holds_its_default():
    numbers = 0
    for tracker in (MosseTracker, KcfTracker, DsstTracker, PlainUdtTracker):
        hints = get_type_hints(tracker.__init__, include_extras=True)
        for name, parameter in signature(tracker).parameters.items():
            if isinstance(parameter.default, int | float):
                assert parameter.default in hints[name].__metadata__[0], name
                numbers += 1
    assert numbers == 19


@pytest.mark.parametrize("name", TRACKERS)
@pytest.mark.parametrize("value", ["x", -1, None, [], {}, 1e999, 1j, True, pytest.param(10**5000, id="long")])
def test_no_tracker_raises_anything_but_our_own_error(name, value):
    """The of every tracker that takes one, with values of every kind."""
    with pytest.raises(UdtError) as caught:
        load_tracker(name, padding=value)
    assert "padding" in str(caught.value) or "weights" in str(caught.value)


def test_the_command_refuses_before_any_sequence_runs(tmp_path, capsys):
    root, out = write_otb(tmp_path / "otb", "Boy").parent, tmp_path / "run"
    command = ["evaluate", "--tracker", "kcf", "mosse", "--dataset", "otb", "--root", str(root)]
    assert main([*command, "--out", str(out), "--option", "padding=x"]) == 2
    printed = capsys.readouterr()
    assert printed.err == "udt evaluate: tracker 'kcf': padding: expected a number from 0 to 100, found 'x'\n"
    assert printed.out == ""
    assert not Path(out).exists()


@pytest.mark.parametrize(
    "value", ["-" * 3000 + "1", "(" * 3000, "1e999", "nan", "0x10", "1_0", "\u0661", "9" * 5000]
)
def test_hostile_values_of_the_command_line_are_texts_or_refused(value, tmp_path, capsys):
    command = ["evaluate", "--tracker", "kcf", "--out", str(tmp_path / "run"), "--option", f"padding={value}"]
    assert main(command) == 2
    assert capsys.readouterr().err.startswith(
        "udt evaluate: tracker 'kcf': padding: expected a number from 0 to"
    )


def test_values_of_the_command_line():
    for text, value in (("a=1", 1), ("a=1.5", 1.5), ("a=None", None), ("a=True", True), ("a=b=c", "b=c")):
        assert _option(text) == ("a", value)
