"""Procedural clips written once to a patch cache, and trained on from there."""

from dataclasses import replace

import numpy as np
import pytest

from udtlib.cli import main
from udtlib.data.raw_video.cache_index import NUMEL
from udtlib.data.raw_video.patch_cache import PatchCache
from udtlib.data.synthetic import cache
from udtlib.data.synthetic.cache import pack_clips, synthetic_name
from udtlib.data.synthetic.patches import render_patches
from udtlib.errors import DataError, OptionError
from udtlib.weights import load_weights


def render(out, *more):
    return main(["data", "render", "--clips", "2", "--frames", "4", "--seed", "3", "--out", str(out), *more])


def test_holds_the_patches_that_are_rendered_in_memory(tmp_path, capsys):
    out = tmp_path / "clips.raw"
    assert render(out) == 0
    printed = capsys.readouterr().out
    assert f"{out}: 8 patches of 2 videos, 0.4 MiB" in printed
    assert "procedural clips: clips=2, frames=4, seed=3, crops=centre, rendered by udtlib" in printed
    cache = PatchCache(out)
    np.testing.assert_array_equal(cache.load(), render_patches(2, 4, 3).patches)
    assert [(video.start, video.frames) for video in cache.videos] == [(0, 4), (4, 4)]
    assert cache.settings["synthetic"]["seed"] == 3
    written = out.stat().st_mtime_ns
    assert render(out) == 0
    assert out.stat().st_mtime_ns == written, "a complete cache is not rendered again"


def test_compressed(tmp_path):
    cache = pack_clips(tmp_path / "clips.webp", 1, 2, webp=90)
    exact = render_patches(1, 2).patches
    assert cache.path.stat().st_size < exact.nbytes / 4
    assert 0 < np.abs(cache.load() - exact.astype(int)).mean() < 10


def test_goes_on_where_it_was_stopped(tmp_path, capsys, monkeypatch):
    out, draw = tmp_path / "clips.raw", cache.clip_patches

    def stop_at_the_second(seed, number, frames, crops):
        if number == 1:
            raise KeyboardInterrupt
        return draw(seed, number, frames, crops)

    monkeypatch.setattr(cache, "clip_patches", stop_at_the_second)
    assert render(out) == 130
    assert "run the same command again" in capsys.readouterr().err
    assert not out.exists()
    assert (tmp_path / "clips.raw.partial").stat().st_size == 4 * NUMEL
    drawn = []
    monkeypatch.setattr(cache, "clip_patches", lambda *a: drawn.append(a[1]) or draw(*a))
    assert render(out) == 0
    assert drawn == [1, 0, 1], "the second clip; then a patch of both, to compare"
    np.testing.assert_array_equal(PatchCache(out).load(), render_patches(2, 4, 3).patches)


def test_training_names_the_generator_and_its_seed(tmp_path, capsys):
    clips, run = tmp_path / "clips.raw", tmp_path / "run"
    assert render(clips) == 0
    command = [
        "train",
        str(clips),
        "--out",
        str(run),
        "--steps",
        "1",
        "--batch",
        "4",
        "--device",
        "cpu",
        "--no-compare",
    ]
    assert main(command) == 0
    card = load_weights(run / "weights.safetensors").card
    assert card["data"].startswith("procedural clips: clips=2, frames=4, seed=3, crops=centre, rendered by")
    assert "8 patches of 2 videos, checksum" in card["data"]
    assert "videos" not in card, "a card that lists videos is of real video"


def test_other_settings_are_refused(tmp_path, capsys):
    out = tmp_path / "clips.raw"
    assert render(out) == 0
    with pytest.raises(OptionError, match=r"made with other settings: synthetic is .*'seed': 3.*'seed': 4"):
        pack_clips(out, 2, 4, seed=4)
    assert synthetic_name(PatchCache(out)).startswith("procedural")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"clips": 0}, "clips: expected a whole number from 1 to"),
        ({"webp": 0}, "1 to 100, found 0"),
        ({"seed": -1}, "found -1"),
    ],
)
def test_refusals(tmp_path, options, text):
    with pytest.raises(OptionError, match=text):
        pack_clips(tmp_path / "clips", **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("webp", [None, 80])
def test_a_cache_of_another_renderer_is_refused(tmp_path, monkeypatch, webp):
    out, draw = tmp_path / "clips", cache.clip_patches
    pack_clips(out, 2, 3, webp=webp)
    pack_clips(out, 2, 3, webp=webp)

    def draw_otherwise(seed, number, frames, crops):
        patches, targets = draw(seed, number, frames, crops)
        return 255 - patches if number == 1 else patches, targets

    monkeypatch.setattr(cache, "clip_patches", draw_otherwise)
    with pytest.raises(DataError, match=r"clips: clip 1 is not what this udtlib draws; .* remove it"):
        pack_clips(out, 2, 3, webp=webp)


def test_training_on_clips_in_memory_names_what_was_drawn(monkeypatch):
    from udtlib.training import data

    names = [data.synthetic_data(2, 0, "reference", clips=1, frames=4).name]
    draw = data.render_patches
    monkeypatch.setattr(data, "render_patches", lambda *a: replace(draw(*a), patches=255 - draw(*a).patches))
    names.append(data.synthetic_data(2, 0, "reference", clips=1, frames=4).name)
    assert names[0] != names[1]
    assert all("checksum" in name for name in names)
