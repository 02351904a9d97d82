"""Options are refused before a tracker is made: which one, what was expected, what was found."""

from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from trees import write_otb

from udtlib import load_tracker
from udtlib.cli import main
from udtlib.errors import OptionError, UdtError, UnknownNameError, UnknownOptionError, WeightsError
from udtlib.trackers import TRACKERS
from udtlib.trackers.dsst import DsstTracker
from udtlib.trackers.kcf import KcfTracker
from udtlib.trackers.mosse import MosseTracker
from udtlib.trackers.options import CHOICES, LIMITS, check_option
from udtlib.trackers.udt.settings import PRESETS, UdtSettings


@pytest.mark.parametrize(
    ("tracker", "options", "message"),
    [
        ("mosse", {"padding": "x"}, r"tracker 'mosse': option padding: expected a number, found 'x'"),
        ("mosse", {"padding": -1}, r"option padding: expected a finite number, from 0 to 100, found -1"),
        ("mosse", {"padding": float("nan")}, r"option padding: expected a finite number.* found nan"),
        ("mosse", {"padding": True}, r"option padding: expected a number, found True"),
        ("mosse", {"padding": None}, r"option padding: expected a number, found None"),
        ("mosse", {"warps": 2.5}, r"option warps: expected a whole number, found 2\.5"),
        ("mosse", {"seed": -1}, r"option seed: expected .* at least 0, found -1"),
        ("mosse", {"max_area": 0}, r"option max_area: .* at least 16, found 0"),
        ("kcf", {"learning_rate": "fast"}, r"option learning_rate: expected a number or None, found 'fast'"),
        ("kcf", {"learning_rate": 2}, r"option learning_rate: .* from 0 to 1, found 2"),
        ("kcf", {"feature": 3}, r"option feature: expected a text, found 3"),
        ("dsst", {"cell": "4"}, r"option cell: expected a whole number, found '4'"),
        ("dsst", {"sigma": 0}, r"option sigma: "),
        ("udt", {"weights": 3}, r"option weights: expected a text or a file or Weights or None, found 3"),
        ("udt", {"weights": "random", "padding": "x"}, r"tracker 'udt': option padding: expected a number"),
        ("udt", {"weights": "random", "subpixel": 1}, r"option subpixel: expected True or False, found 1"),
        ("udt", {"weights": "random", "update": "both"}, r"option update: expected one of dual, filter"),
        ("udt", {"weights": "random", "patch_size": 1e3}, r"option patch_size: expected a whole number"),
        ("udt", {"weights": "random", "scale_step": 0.9}, r"option scale_step: .* from 1 to 10, found 0\.9"),
        ("udt", {"weights": "random", "device": "toaster"}, r"'udt': device 'toaster' cannot be used here"),
        ("udt-bf16", {"weights": "random", "padding": "x"}, r"option padding: expected a number"),
        ("udt-plain", {"weights": "random", "padding": "x"}, r"option padding: expected a number"),
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
    check_option("anything", object(), list[int])  # a hint we cannot check


def test_the_limits_are_of_options_that_exist_and_hold_for_the_defaults():
    defaults = [
        (name, parameter.default)
        for tracker in (MosseTracker, KcfTracker, DsstTracker)
        for name, parameter in signature(tracker).parameters.items()
    ]
    defaults += [(name, getattr(one, name)) for one in PRESETS.values() for name in one.__annotations__]
    assert set(LIMITS) | set(CHOICES) <= {name for name, _ in defaults}
    for name, value in defaults:
        if value is not None and name in LIMITS:
            assert LIMITS[name][0] <= value <= LIMITS[name][1], name
    assert set(CHOICES) < set(UdtSettings.__annotations__)


@pytest.mark.parametrize("name", TRACKERS)
@pytest.mark.parametrize("value", ["x", -1, None, [], {}, 1e999])
def test_no_tracker_raises_anything_but_our_own_error(name, value):
    """The option of every tracker that takes one, with values of every kind."""
    with pytest.raises(UdtError) as caught:
        load_tracker(name, padding=value)
    assert "padding" in str(caught.value) or "weights" in str(caught.value)


def test_the_command_refuses_before_any_sequence_runs(tmp_path, capsys):
    root, out = write_otb(tmp_path / "otb", "Boy").parent, tmp_path / "run"
    command = ["evaluate", "--tracker", "kcf", "mosse", "--dataset", "otb", "--root", str(root)]
    assert main([*command, "--out", str(out), "--option", "padding=x"]) == 2
    printed = capsys.readouterr()
    assert printed.err == "udt evaluate: tracker 'kcf': option padding: expected a number, found 'x'\n"
    assert printed.out == ""
    assert not Path(out).exists()
