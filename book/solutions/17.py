"""Answers to chapter 17's exercises, and the mistakes its checks must catch."""

import math

import numpy as np


def ring_bytes(machines, numbers):
    # Two rounds of machines - 1 turns; in each a machine sends numbers / machines numbers of four bytes.
    return 2 * (machines - 1) * 4 * numbers / machines


def _one_round(machines, numbers):
    return ring_bytes(machines, numbers) / 2


def _numbers_only(machines, numbers):
    return ring_bytes(machines, numbers) / 4


def _everything_each_turn(machines, numbers):
    return 2 * (machines - 1) * 4 * numbers


def _as_many_turns_as_machines(machines, numbers):
    return 2 * 4 * numbers


def _to_one_machine(machines, numbers):
    return 4 * numbers


def wall_hours(seconds):
    together = max(seconds["read"], seconds["compute"])
    return (seconds["decode"] + together + seconds["exchange"]) / 3600


def _in_seconds(seconds):
    return 3600 * wall_hours(seconds)


def _sum(seconds):
    return sum(seconds.values()) / 3600


def _longest(seconds):
    return max(seconds.values()) / 3600


def _never_reads(seconds):
    return (seconds["decode"] + seconds["compute"] + seconds["exchange"]) / 3600


def _no_exchange(seconds):
    return (seconds["decode"] + max(seconds["read"], seconds["compute"])) / 3600


def network_input(image):
    return np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1)[None], dtype=np.float32)


def _as_it_was(image):
    return (image / 255).transpose(2, 0, 1)[None]


def _still_blue_first(image):
    return image.transpose(2, 0, 1)[None].astype(np.float32)


def _still_small(image):
    return network_input(image) / 255


def _whole_numbers(image):
    return image[:, :, ::-1].transpose(2, 0, 1)[None]


def _double(image):
    return network_input(image).astype(np.float64)


def _no_batch(image):
    return network_input(image)[0]


def _mirrored(image):
    return network_input(image)[..., ::-1]


def too_many_machines(step, latency):
    # 3 (N - 1) latency > step means N > 1 + step / (3 latency); the smallest whole number above that.
    return math.floor(step / (3 * latency) + 1e-9) + 2


def _not_whole(step, latency):
    return 1 + step / (3 * latency)


def _one_message_a_machine(step, latency):
    return math.floor(step / latency + 1e-9) + 2


def _no_minus_one(step, latency):
    return math.floor(step / (3 * latency) + 1e-9) + 1


WRONG = {
    "ring_bytes": [
        _one_round,
        _numbers_only,
        _everything_each_turn,
        _as_many_turns_as_machines,
        _to_one_machine,
    ],
    "wall_hours": [_in_seconds, _sum, _longest, _never_reads, _no_exchange],
    "network_input": [
        _as_it_was,
        _still_blue_first,
        _still_small,
        _whole_numbers,
        _double,
        _no_batch,
        _mirrored,
    ],
    "too_many_machines": [_not_whole, _one_message_a_machine, _no_minus_one],
}
