"""The memory, against one that keeps every sample ever seen and sums them up again."""

import numpy as np
import pytest

from udtlib.trackers.eco.memory import FADED, SampleMemory
from udtlib.trackers.eco.spectra import half_plane, inner


def random_sample(seed, count=5, channels=2):
    maps = np.random.default_rng(seed).normal(size=(count, count, channels)).astype(np.float32)
    return half_plane(maps)


def recomputed(samples):
    """Inner products of all samples, one pair at a time."""
    count = samples.shape[2]
    return np.array(
        [
            [inner(samples[:, :, i].copy(), samples[:, :, j].copy()) for j in range(count)]
            for i in range(count)
        ]
    )


def test_places_fill_with_the_weights_of_a_running_average():
    memory = SampleMemory(random_sample(0), 5, 0.1)
    for seed in (1, 2):
        memory.add(random_sample(seed))
    assert memory.count == 3
    np.testing.assert_allclose(memory.weights, [0.81, 0.09, 0.1, 0, 0])
    for seed in range(3):
        np.testing.assert_array_equal(memory.samples[:, :, seed], random_sample(seed))


def test_merging_keeps_the_running_average_of_all_that_was_seen():
    """Weighted means of merged samples add up to the mean of all of them, whatever was merged."""
    memory, rate = SampleMemory(random_sample(0), 4, 0.15), 0.15
    average = random_sample(0).astype(np.complex128)
    for seed in range(1, 15):
        memory.add(random_sample(seed))
        average = (1 - rate) * average + rate * random_sample(seed)
        held = (memory.samples * memory.weights[: memory.count, None]).sum(2)
        np.testing.assert_allclose(held, average, atol=1e-4)
        assert memory.weights.sum() == pytest.approx(1)
        np.testing.assert_allclose(
            memory.gram[: memory.count, : memory.count], recomputed(memory.samples), rtol=1e-4, atol=1e-3
        )
    assert memory.count == 4


@pytest.mark.parametrize("together", [2, 3, 14])
def test_samples_taken_in_together_leave_what_they_leave_one_by_one(together):
    """Full after four, so that new ones are merged with each other, into old ones, and old ones make room."""
    new = [(random_sample(seed), 0.05 * (seed % 4)) for seed in range(1, 13)]
    new += [(new[2][0] + 0.01 * random_sample(20), 0.1), (new[11][0] * 1.01, 0.1)]
    one_by_one, groups = (SampleMemory(random_sample(0), 4, 0.15) for _ in range(2))
    for sample, weight in new:
        one_by_one.add(sample, weight)
    for start in range(0, len(new), together):
        groups.add_all(new[start : start + together])
    np.testing.assert_allclose(groups.weights, one_by_one.weights, rtol=1e-9)
    np.testing.assert_allclose(groups.samples, one_by_one.samples, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(groups.gram, recomputed(groups.samples), rtol=1e-4, atol=1e-3)
    groups.add_all([])
    np.testing.assert_array_equal(groups.weights, one_by_one.weights)


def test_a_new_sample_merges_into_its_likeness():
    samples = [random_sample(seed) for seed in range(3)]
    memory = SampleMemory(samples[0], 3, 0.2)
    memory.add(samples[1])
    memory.add(samples[2])
    near = samples[1] + 0.01 * random_sample(9)
    memory.add(near)
    assert memory.count == 3
    np.testing.assert_allclose(memory.weights, [0.512, 0.128 + 0.2, 0.16], rtol=1e-9)
    expected = (0.128 * samples[1] + 0.2 * near) / 0.328
    np.testing.assert_allclose(memory.samples[:, :, 1], expected, atol=1e-5)
    np.testing.assert_array_equal(memory.samples[:, :, 0], samples[0])


def test_two_likenesses_merge_and_make_room():
    samples = [random_sample(0), random_sample(1), random_sample(1) + 0.01 * random_sample(8)]
    memory = SampleMemory(samples[0], 3, 0.2)
    memory.add(samples[1])
    memory.add(samples[2])
    new = random_sample(5)
    memory.add(new)
    assert memory.weights.tolist() == pytest.approx([0.512, 0.2, 0.16 + 0.128])
    np.testing.assert_array_equal(memory.samples[:, :, 1], new)
    expected = (0.128 * samples[1] + 0.16 * samples[2]) / 0.288
    np.testing.assert_allclose(memory.samples[:, :, 2], expected, atol=1e-5)


def test_a_faded_sample_is_replaced():
    rate = 0.2
    memory = SampleMemory(random_sample(0), 3, rate)
    memory.add(random_sample(1))
    memory.add(random_sample(2))
    memory.weights[:] = [0.7, rate * (1 - rate) ** FADED / 2, 0.3]
    memory.add(random_sample(3))
    np.testing.assert_array_equal(memory.samples[:, :, 1], random_sample(3))
    np.testing.assert_allclose(memory.weights, [0.56, 0.2, 0.24], rtol=1e-6)


def test_the_same_sample_again_and_again_is_one():
    memory = SampleMemory(random_sample(0), 3, 0.2)
    for _ in range(9):
        memory.add(random_sample(0))
    np.testing.assert_allclose(memory.samples, np.repeat(random_sample(0)[:, :, None], 3, 2), atol=1e-4)
    assert memory.weights.sum() == pytest.approx(1)
    assert (memory.distances() >= 0).all()


def test_a_sample_may_weigh_less_and_one_without_weight_is_not_kept():
    memory = SampleMemory(random_sample(0), 3, 0.2)
    memory.add(random_sample(1), weight=0.05)
    np.testing.assert_allclose(memory.weights, [0.95, 0.05, 0])
    memory.add(random_sample(2), weight=0.0)
    assert memory.count == 2
    np.testing.assert_allclose(memory.weights, [0.95, 0.05, 0])


@pytest.mark.parametrize("rate", [0.0, 1e-9, 1.0])
def test_extreme_rates_keep_finite_samples_and_weights_of_sum_1(rate):
    memory = SampleMemory(random_sample(0), 3, rate)
    for seed in range(1, 9):
        memory.add(random_sample(seed))
        assert np.isfinite(memory.samples).all()
        assert memory.weights.sum() == pytest.approx(1)
        np.testing.assert_allclose(
            memory.gram[: memory.count, : memory.count], recomputed(memory.samples), rtol=1e-4, atol=1e-3
        )
