"""The demo of chapter 04: its pair against the clip's truth, its response against the layer."""

import numpy as np
import pytest
import torch

from udtlib.data.synthetic import render_clip
from udtlib.dcf import DCFLayer
from udtlib.labels import peak_displacement
from udtlib.network import FeatureNetwork
from udtlib.widgets import layer


def test_pair_knows_where_the_target_went():
    clip = render_clip(frames=4, seed=2)
    pair = layer.cut(clip, 3)
    (x, y, w, h), (u, v, p, q) = clip.boxes[0], clip.boxes[3]
    cell = 3 * np.sqrt(w * h) / 125
    assert pair.moved == pytest.approx([(v + q / 2 - y - h / 2) / cell, (u + p / 2 - x - w / 2) / cell])
    assert pair.template.shape == pair.search.shape == (125, 125, 3)


def test_response_is_the_layers():
    pair = layer.example()[0]
    phi = FeatureNetwork(padded=False, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = DCFLayer(phi, sigma=3.0)(layer.as_input(pair.template), layer.as_input(pair.search))[
            0
        ].numpy()
    assert layer.respond(32, -4, 3.0, 0) == pytest.approx(whole, abs=1e-4)


def test_window_finds_the_target():
    found = peak_displacement(layer.respond(32, -4, 4.0, 1))
    assert np.abs(layer.example()[0].moved - found).max() <= 2


def test_twin_is_a_picture_and_sliders_start_at_the_defaults():
    demo = layer.demo()
    assert demo.twin.dtype == np.uint8
    assert demo.twin.shape[2] == 3
    assert np.array_equal(demo.start(), layer.draw())
