"""Arguments and settings: what is taken, what is refused and in which words; every settings class."""

from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from math import inf, nan
from typing import Annotated, Any, Literal, get_type_hints

import numpy as np
import pytest

from udtlib.arguments import Between, OneOf, check, checked, look_up, read_number
from udtlib.bench.layer import measure_layer
from udtlib.bench.trackers import measure
from udtlib.data.raw_video.augmentation import augment
from udtlib.data.raw_video.packing import pack_videos
from udtlib.data.raw_video.triplets import TripletLoader, draw_triplets
from udtlib.data.synthetic.cache import pack_clips
from udtlib.data.synthetic.clips import render_clip
from udtlib.data.synthetic.motion import ClipSettings
from udtlib.data.synthetic.patches import RenderedClip, render_patches
from udtlib.errors import OptionError, UdtError, UnknownNameError
from udtlib.evaluation import evaluate, load_policy
from udtlib.evaluation.protocols import check_protocol
from udtlib.evaluation.scoring.policy import Policy
from udtlib.evaluation.scoring.statistics import bootstrap_interval
from udtlib.trackers import load_tracker
from udtlib.trackers.udt.settings import UdtSettings
from udtlib.training import train
from udtlib.training.settings import TrainingSettings

Share = Annotated[float, Between(0, 1)]
Count = Annotated[int, Between(1, 1000)]

ABSURD = {
    "nan": nan,
    "inf": inf,
    "minus inf": -inf,
    "numpy nan": np.float32("nan"),
    "huge": 1e300,
    "beyond floats": 10**400,
    "too long to print": 10**5000,
    "negative": -3,
    "complex": 1 + 1j,
    "numpy complex": np.complex64(1),
    "text": "1",
    "word": "nan",
    "bytes": b"1",
    "list": [1],
    "array": np.ones(2),
    "function": len,
}
NUMBERS_AND_NONE = {**ABSURD, "true": True, "numpy true": np.True_, "none": None}

SETTINGS = [UdtSettings, TrainingSettings, ClipSettings, Policy]


def numeric_fields():
    """Every field of the settings classes that takes a number."""
    for kind in SETTINGS:
        hints = get_type_hints(kind)
        for field in fields(kind):
            if hints[field.name] in (int, float):
                yield kind, field.name


@pytest.mark.parametrize("absurd", NUMBERS_AND_NONE)
def test_every_numeric_setting_refuses_what_is_no_number_in_range(absurd):
    names = list(numeric_fields())
    assert len(names) > 35
    for kind, name in names:
        with pytest.raises(OptionError, match=f"^{name}: expected a (whole )?number from .*, found "):
            kind(**{name: NUMBERS_AND_NONE[absurd]})


def test_every_other_setting_refuses_what_is_none_of_its_choices():
    for kind in SETTINGS:
        for field in fields(kind):
            if (kind, field.name) not in set(numeric_fields()):
                for value in (1.5, 10**5000, object(), [], {}):
                    with pytest.raises(UdtError, match=field.name.split("_")[0]):
                        kind(**{field.name: value})


def test_every_setting_that_is_a_number_says_its_range():
    for kind, name in numeric_fields():
        rule = get_type_hints(kind, include_extras=True)[name].__metadata__[0]
        assert isinstance(rule, Between)
        assert getattr(kind, name) in rule
        assert np.isfinite([rule.low, rule.high]).all()


TRIPLET = np.zeros((1, 3, 125, 125, 3), np.uint8)

CALLS: dict[str, Callable[[Any], Any]] = {
    "augment strength": lambda x: augment(TRIPLET, x, np.random.default_rng(0)),
    "augment longest": lambda x: augment(TRIPLET, 1, np.random.default_rng(0), x),
    "bench frames": lambda x: measure([], [], x, 1),
    "bench rounds": lambda x: measure([], [], 2, x),
    "bench batch": lambda x: measure_layer(x, 1),
    "clip frames": lambda x: render_clip(x),
    "clip knob": lambda x: render_clip(2, occlusion=x),
    "clip seed": lambda x: render_clip(2, seed=x),
    "clip side": lambda x: render_clip(2, (240, x)),
    "clip size": lambda x: render_clip(2, x),
    "evaluate jobs": lambda x: evaluate("mosse", [], jobs=x),
    "pack quality": lambda x: pack_videos(["x"], "x", webp=x if x is not None else 0),
    "pack frames": lambda x: pack_videos(["x"], "x", frames_per_video=x),
    "patches clips": lambda x: render_patches(x),
    "patches frames": lambda x: render_patches(1, x),
    "patches seed": lambda x: render_patches(1, 2, x),
    "render clips": lambda x: pack_clips("x", x),
    "render quality": lambda x: pack_clips("x", webp=x if x is not None else 0),
    "resampling draws": lambda x: bootstrap_interval([1.0, 2], draws=x),
    "resampling level": lambda x: bootstrap_interval([1.0, 2], level=x),
    "train checkpoints": lambda x: train(TrainingSettings(), len, "x", checkpoint_every=x),
    "triplets batch": lambda x: TripletLoader(np.zeros((1, 125, 125, 3), np.uint8), [RenderedClip(0, 9)], x),
    "triplets span": lambda x: draw_triplets([RenderedClip(0, 9)], 0, span=x),
}


@pytest.mark.parametrize("call", CALLS)
def test_no_function_starts_on_an_absurd_number(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in NUMBERS_AND_NONE.items():
        with pytest.raises(OptionError, match="found"):
            pytest.fail(f"{call} took {name}: {CALLS[call](value)!r}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("load", [load_tracker, load_policy, check_protocol])
@pytest.mark.parametrize("name", [None, 3, [], {}, b"udt", "no such", pytest.param(10**5000, id="long")])
def test_what_is_no_name_is_unknown(load, name):
    with pytest.raises(UnknownNameError, match="known: "):
        load(name)


@pytest.mark.parametrize(
    ("value", "hint", "taken"),
    [
        (1, Share, 1.0),
        (Fraction(1, 2), Share, 0.5),
        (np.float32(0.5), Share, 0.5),
        (np.uint8(7), Count, 7),
        (None, Share | None, None),
        (True, bool, True),
        (np.False_, bool, False),
        ("dual", Annotated[str, OneOf("dual", "filter")], "dual"),
        (1, Literal[0, 1], 1),
        ("anything", list[int] | str, "anything"),
    ],
)
def test_what_is_taken(value, hint, taken):
    found = check("x", value, hint)
    assert found == taken
    assert type(found) is type(taken)


@pytest.mark.parametrize(
    ("value", "hint", "message"),
    [
        (1.5, Share, "x: expected a number from 0 to 1, found 1.5"),
        (1, Annotated[float, Between(0, 1, below=True)], "x: expected a number from 0 to below 1, found 1"),
        (2.5, Count, "x: expected a whole number from 1 to 1,000, found 2.5"),
        ("a", Share | None, "x: expected a number from 0 to 1 or None, found 'a'"),
        (3, Annotated[str, OneOf("a", "b")], "x: expected one of a, b, found 3"),
        (True, Literal[0, 1], "x: expected one of 0, 1, found True"),
        (1, bool, "x: expected True or False, found 1"),
        ("y" * 100, Count, f"x: expected a whole number from 1 to 1,000, found '{'y' * 86}..."),
        pytest.param(
            10**5000,
            Count,
            "x: expected a whole number from 1 to 1,000, found a value of type int",
            id="long",
        ),
    ],
)
def test_what_is_refused_and_how(value, hint, message):
    with pytest.raises(OptionError) as caught:
        check("x", value, hint)
    assert str(caught.value) == message


def test_a_checked_function_gets_what_its_signature_says():
    @checked
    def made(first: Count, *, second: Share = 0, **others: Share) -> tuple[Any, ...]:
        return first, second, others

    assert made(np.int8(3), third=1) == (3, 0, {"third": 1.0})
    for call in (lambda: made(0), lambda: made(1, second=2), lambda: made(1, fourth=nan)):
        with pytest.raises(OptionError, match=r"^(first|second|fourth): expected"):
            call()
    with pytest.raises(TypeError, match="missing a required argument"):
        made()


def test_looking_up():
    assert look_up("fruit", "fig", {"fig": 1}) == 1
    with pytest.raises(UnknownNameError, match=r"^no fruit 'nut'; known: fig$"):
        look_up("fruit", "nut", {"fig": 1})


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), (" -3 ", -3), ("+2.5", 2.5), (".5", 0.5), ("1.", 1.0), ("1e-3", 0.001), ("1e999", inf)],
)
def test_numbers_in_text(text, number):
    assert read_number(text) == number
    assert type(read_number(text)) is type(number)


TEXTS = (
    "",
    "nan",
    "inf",
    "-Infinity",
    "0x10",
    "1_000",
    "1,5",
    "\u0661\u0662",
    "\uff11",
    "\xb2",
    "1e",
    ".",
    "1j",
    "--1",
)


@pytest.mark.parametrize("text", [*TEXTS, "True", "1 2", pytest.param("-" * 3000 + "1", id="minus signs")])
def test_texts_that_are_no_numbers(text):
    assert read_number(text) is None
    assert read_number("9" * 5000) is None
