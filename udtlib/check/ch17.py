"""The checks of chapter 17's exercises: each raises ``AssertionError`` with a hint at the likely mistake."""

from collections.abc import Callable
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udtlib.check.hints import compare, expect, number, numbers
from udtlib.check.verdict import exercise

FLOAT = 4  # bytes


@exercise
def ring_bytes(answer: Callable[[int, int], Any]) -> None:
    """Exercise 1: what each machine of a ring sends to add up gradients."""
    for machines, count in [(2, 1000), (5, 1000), (10, 10_000)]:
        found = number(answer(machines, count), "a number of bytes")
        turns, part = machines - 1, FLOAT * count / machines
        mistakes = [
            (turns * part, "the sums must be handed out too: there are two rounds"),
            (2 * turns * part / FLOAT, "a float32 number has four bytes"),
            (2 * turns * FLOAT * count, "in a turn a machine sends one part, not all numbers"),
            (2 * machines * part, "a round has one turn less than there are machines"),
            (2 * turns * part * machines, "that is what all machines send together"),
        ]
        compare(found, 2 * turns * part, mistakes, f"{machines} machines, {count} numbers")


@exercise
def wall_hours(answer: Callable[[dict[str, float]], Any]) -> None:
    """Exercise 2: the wall time of a plan."""
    stages = ("decode", "read", "compute", "exchange")
    for values in [(3600.0, 7200.0, 10800.0, 1800.0), (360.0, 9000.0, 720.0, 36.0), (0.0, 5.0, 5.0, 1.0)]:
        seconds = dict(zip(stages, values, strict=True))
        found = number(answer(dict(seconds)), "a number of hours")
        decode, read, compute, exchange = values
        truth = (decode + max(read, compute) + exchange) / 3600
        mistakes = [
            (truth * 3600, "an hour has 3600 seconds"),
            (sum(values) / 3600, "reading and computing happen at the same time: one hides the other"),
            (max(values) / 3600, "decoding comes first and the exchange after each step: they add up"),
            ((decode + min(read, compute) + exchange) / 3600, "the slower of the two counts"),
            ((decode + compute + exchange) / 3600, "reading may be the slower of the two"),
            ((decode + max(read, compute)) / 3600, "the exchange is missing"),
            ((max(read, compute) + exchange) / 3600, "decoding is missing"),
        ]
        compare(found, truth, mistakes, f"seconds {values}")


@exercise
def network_input(answer: Callable[[NDArray[np.uint8]], Any]) -> None:
    """Exercise 3: an image as the exported network takes it."""
    image = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    result = answer(given := image.copy())
    expect(np.array_equal(given, image), "the image that came in was changed")
    right = image[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
    found = numbers(result, right.shape, f"an array {right.shape}")
    blue_first = right[:, ::-1]
    mistakes = [
        (blue_first / 255, "colours and range are still wrong"),
        (right / 255, "the range is 0..255"),
        (blue_first, "red comes first in the file, and blue in the image"),
        (right[..., ::-1], "the image is mirrored, not its colours"),
        (right[:, :, ::-1], "the image is upside down: turn the colours round"),
    ]
    compare(found, right, mistakes, "an image of 4 x 6 pixels")
    kind = getattr(result, "dtype", type(result).__name__)
    expect(kind == np.float32, f"the file takes float32, found {kind}")


@exercise
def too_many_machines(answer: Callable[[float, float], Any]) -> None:
    """Exercise 4: from how many machines on waiting takes longer than computing."""
    # Where both take equally long, the numbers are whole in binary, so that no rounding decides.
    for step, latency in [(0.5, 0.001), (0.31, 0.01), (0.375, 0.0625), (0.001, 0.1)]:
        found = number(answer(step, latency), "a number of machines")
        ratio = step / (3 * latency)
        truth = floor(ratio) + 2
        mistakes = [
            (ratio + 1, "machines are whole: round up, and waiting must take longer"),
            (truth - 1, "N machines send 3 (N - 1) messages, and waiting must take longer than computing"),
            (floor(step / latency) + 2, "there are three times N - 1 messages"),
            (truth + 1, "one machine fewer is too many already"),
        ]
        compare(found, truth, mistakes, f"step {step} s, latency {latency} s")
