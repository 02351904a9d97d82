"""What is counted, and what it would take, against numbers worked out by hand."""

import pytest
import torch
from torch.nn import functional

from udtlib.bench import floor
from udtlib.bench.floor import ConvolutionCounter, floor_seconds, peak_speeds


@pytest.mark.parametrize("inference", [False, True])
def test_convolutions_are_counted_by_data_type(inference):
    patches, weight = torch.ones(2, 3, 8, 10), torch.ones(5, 3, 3, 3)
    with torch.inference_mode(inference), ConvolutionCounter() as counter:
        functional.conv2d(patches, weight, padding=1)
        functional.conv2d(patches.bfloat16(), weight.bfloat16(), stride=2)
        torch.fft.rfft2(patches) * 2
    assert counter.operations == {
        torch.float32: 2 * (2 * 5 * 8 * 10) * 27,
        torch.bfloat16: 2 * (2 * 5 * 3 * 4) * 27,
    }


def test_the_peak_is_the_fastest_turn(monkeypatch):
    now, convolve = [0.0], functional.conv2d
    turns = iter([4.0, 0.5, 2.0])

    def slow(*arguments, **options):
        now[0] += next(turns)
        return convolve(*arguments, **options)

    monkeypatch.setattr(floor.functional, "conv2d", slow)
    monkeypatch.setattr(floor, "perf_counter", lambda: now[0])
    monkeypatch.setattr(floor, "TURNS", 3)
    monkeypatch.setattr(floor, "CHANNELS", 4)
    monkeypatch.setattr(floor, "SIDE", 6)
    counter = ConvolutionCounter()
    counter.operations[torch.float32] = 10**6
    peaks = peak_speeds([counter, ConvolutionCounter()])
    assert peaks == {torch.float32: 2 * (2 * 4 * 36) * 4 * 9 / 0.5}
    assert floor_seconds(counter.operations, peaks) == pytest.approx(10**6 / peaks[torch.float32])
