"""The filter's equations, each against one that is written out as matrices and solved at once."""

import numpy as np
import pytest

from udtlib.trackers.eco import learning
from udtlib.trackers.eco.conjugate_gradient import Momentum, Pair, conjugate_gradient
from udtlib.trackers.eco.filter import TOGETHER, EcoFilter
from udtlib.trackers.eco.first_frame import LinearisedProblem, inner_of_pairs, learn_first
from udtlib.trackers.eco.learning import energy_of, normal_operator, preconditioner, respond, right_side
from udtlib.trackers.eco.penalty import SpatialPenalty, quadratic_window, sparse_spectrum
from udtlib.trackers.eco.projection import principal_components, project
from udtlib.trackers.eco.settings import EcoSettings
from udtlib.trackers.eco.spectra import (
    frequencies,
    gaussian_spectrum,
    half_plane,
    inner,
    off_grid,
    on_grid,
    real_at_heart,
)

COUNT, BANDWIDTH, CHANNELS = 7, 3, 2


def random_spectra(number, seed=0, channels=CHANNELS):
    maps = np.random.default_rng(seed).normal(size=(number, COUNT, COUNT, channels)).astype(np.float32)
    return np.stack([half_plane(each) / COUNT for each in maps], axis=2)


def small_penalty():
    window = quadratic_window(28, (8, 10), 1e-2, 0.5)
    return SpatialPenalty(sparse_spectrum(window, 1e-2, 0.05), BANDWIDTH)


LABEL = gaussian_spectrum(0.1, BANDWIDTH)


def full_spectrum(spectrum):
    """Both halves, by frequency -K..K, rows and columns."""
    k = spectrum.shape[1] - 1
    full = np.zeros((2 * k + 1, 2 * k + 1, *spectrum.shape[2:]), np.complex128)
    for row in range(-k, k + 1):
        for column in range(-k, k + 1):
            value = spectrum[row, column] if column >= 0 else spectrum[-row, -column].conj()
            full[row + k, column + k] = value
    return full


def test_the_window_is_least_on_the_target_and_its_spectrum_keeps_the_shape():
    window = quadratic_window(60, (12, 20), 1e-4, 1e-2)
    assert window[30, 30] == pytest.approx(1e-4)
    assert window[30, 36] == pytest.approx(1e-2)
    assert window[40, 30] == pytest.approx(1e-2)
    spectrum = sparse_spectrum(window, 1e-4, 0.05)
    assert 3 <= len(spectrum) <= 13
    assert (spectrum.imag == 0).all()
    values = on_grid(spectrum, 60)
    assert values.min() == pytest.approx(1e-4, abs=1e-6)
    assert np.unravel_index(values.argmin(), values.shape) == (30, 30)
    assert np.corrcoef(values.ravel(), window.ravel())[0, 1] > 0.95
    everything = sparse_spectrum(window, 1e-4, 0.0)
    np.testing.assert_allclose(on_grid(everything, 61).shape, (61, 61))
    assert len(everything) > 40


def test_the_penalty_is_two_convolutions_of_coefficients():
    """As the authors compute it: with w's coefficients, twice, on the full spectrum; high frequencies cut."""
    penalty, filters = small_penalty(), random_spectra(1)[:, :, 0]
    wide, full = full_spectrum(penalty.spectrum), full_spectrum(filters)
    for channel in range(CHANNELS):
        once = convolve(full[:, :, channel], wide)
        twice = convolve(once, wide)
        cut = (len(twice) - len(full)) // 2
        expected = twice[cut:-cut, cut:-cut]
        np.testing.assert_allclose(full_spectrum(penalty.apply(filters))[:, :, channel], expected, atol=1e-5)
    assert penalty.energy == pytest.approx(np.square(on_grid(penalty.spectrum, 31)).mean(), rel=1e-5)


def convolve(first, second):
    out = np.zeros(np.array(first.shape) + second.shape - 1, np.complex128)
    for (row, column), value in np.ndenumerate(second):
        out[row : row + len(first), column : column + len(first)] += value * first
    return out


def as_real(spectrum):
    """The function's values on the grid, as a vector: coordinates in which inner products are sums."""
    return on_grid(spectrum, COUNT).astype(np.float64).ravel() / COUNT


def from_real(vector):
    return off_grid((vector * COUNT).reshape(COUNT, COUNT, CHANNELS).astype(np.float32), BANDWIDTH)


def dense(operator):
    """The matrix of an operator on filters, column by column."""
    size = COUNT * COUNT * CHANNELS
    return np.stack([as_real(operator(from_real(unit))) for unit in np.eye(size)], axis=1)


def explicit_normal_equations(samples, weights, penalty):
    """Least squares with every row written out: responses on the grid, and w times the filter."""
    size, fine = COUNT * COUNT * CHANNELS, 31
    rows = []
    for unit in np.eye(size):
        filters = from_real(unit)
        responses = [
            np.sqrt(weight) * on_grid(respond(filters, samples[:, :, n]), COUNT).ravel() / COUNT
            for n, weight in enumerate(weights)
        ]
        window = on_grid(penalty.spectrum, fine)[:, :, None] * on_grid(filters, fine)
        rows.append(np.concatenate([*responses, window.ravel() / fine]))
    design = np.stack(rows, axis=1).astype(np.float64)
    wanted = [np.sqrt(w) * on_grid(LABEL.astype(np.complex64), COUNT).ravel() / COUNT for w in weights]
    target = np.concatenate([*wanted, np.zeros(fine * fine * CHANNELS)])
    return design, target


def test_conjugate_gradients_reach_the_solution_of_the_normal_equations():
    samples, weights, penalty = random_spectra(3), np.array([0.5, 0.3, 0.2]), small_penalty()
    operator, target = normal_operator(samples, weights, penalty), right_side(samples, weights, LABEL)
    design, wanted = explicit_normal_equations(samples, weights, penalty)
    np.testing.assert_allclose(dense(operator), design.T @ design, atol=1e-4)
    np.testing.assert_allclose(as_real(target), design.T @ wanted, atol=1e-5)
    expected = np.linalg.solve(design.T @ design, design.T @ wanted)
    scale = preconditioner(energy_of(samples[:, :, 0]), penalty, 0.3, 0.015)
    start = np.zeros_like(target)
    errors = []
    for iterations in (3, 30, 100):
        found, _ = conjugate_gradient(operator, target, start, lambda r: r / scale, inner, iterations)
        errors.append(np.linalg.norm(as_real(found) - expected) / np.linalg.norm(expected))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 2e-3


@pytest.mark.parametrize("rows", [0, 1, 3, 99])
def test_the_left_side_is_the_same_in_parts_of_any_size(rows, monkeypatch):
    samples, weights, penalty = random_spectra(3), np.array([0.5, 0.3, 0.2]), small_penalty()
    filters = random_spectra(1, 7)[:, :, 0]
    responses = np.einsum("rcnd,rcd->rcn", samples, filters) * weights
    expected = np.einsum("rcnd,rcn->rcd", samples.conj(), responses) + penalty.apply(filters)
    monkeypatch.setattr(learning, "IN_CACHE", rows * samples[0].nbytes)
    found = normal_operator(samples, weights, penalty)(filters)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_conjugate_gradients_go_on_where_they_stopped():
    samples, weights, penalty = random_spectra(3), np.array([0.5, 0.3, 0.2]), small_penalty()
    operator, target = normal_operator(samples, weights, penalty), right_side(samples, weights, LABEL)
    start = np.zeros_like(target)
    at_once, _ = conjugate_gradient(operator, target, start, lambda r: r, inner, 8)
    half, momentum = conjugate_gradient(operator, target, start, lambda r: r, inner, 4)
    found, _ = conjugate_gradient(operator, target, half, lambda r: r, inner, 4, momentum)
    np.testing.assert_allclose(found, at_once, atol=1e-4 * np.abs(at_once).max())
    steepest, _ = conjugate_gradient(operator, target, half, lambda r: r, inner, 4)
    assert np.abs(steepest - at_once).max() > 20 * np.abs(found - at_once).max()


def test_conjugate_gradients_stop_at_an_exact_solution():
    solution, momentum = conjugate_gradient(
        lambda x: 2 * x, np.full(3, 4.0), np.full(3, 2.0), lambda r: r, lambda a, b: float(a @ b), 5
    )
    np.testing.assert_array_equal(solution, [2, 2, 2])
    assert momentum is None
    stuck, _ = conjugate_gradient(
        lambda x: 0 * x, np.ones(3), np.zeros(3), lambda r: r, lambda a, b: float(a @ b), 5
    )
    np.testing.assert_array_equal(stuck, [0, 0, 0])


def linearised(seed=5):
    rng = np.random.default_rng(seed)
    sample = random_spectra(1, seed, channels=3)[:, :, 0]
    projection = rng.normal(size=(3, CHANNELS)).astype(np.float32)
    filters = random_spectra(1, seed + 1)[:, :, 0]
    return LinearisedProblem(sample, projection, filters, small_penalty(), 0.03), rng


def test_the_first_step_is_the_derivative_of_the_response():
    problem, rng = linearised()
    change = rng.normal(size=problem.projection.shape).astype(np.float32)
    for size in (1e-2, 1e-3):
        moved = project(problem.sample, problem.projection + np.float32(size) * change)
        difference = (respond(problem.filters, moved) - respond(problem.filters, problem.projected)) / size
        assumed = problem.forward(Pair(np.zeros_like(problem.filters), change))
        np.testing.assert_allclose(difference, assumed, atol=1e-3)


def test_the_way_back_is_the_adjoint_of_the_way_there():
    problem, rng = linearised()
    response = random_spectra(1, 9, channels=1)[:, :, 0, 0]
    for _ in range(3):
        unknown = Pair(
            random_spectra(1, int(rng.integers(99)))[:, :, 0],
            rng.normal(size=problem.projection.shape).astype(np.float32),
        )
        there = inner(problem.forward(unknown)[..., None], response[..., None])
        assert there == pytest.approx(inner_of_pairs(unknown, problem.backward(response)), rel=1e-4)


def test_a_step_of_the_first_frame_solves_its_normal_equations():
    """All unknowns as one real vector, the matrix written out, solved at once."""
    problem, _ = linearised()
    size = COUNT * COUNT * CHANNELS

    def pack(pair):
        return np.concatenate([as_real(pair.first), pair.second.ravel()])

    def unpack(vector):
        return Pair(from_real(vector[:size]), vector[size:].reshape(3, CHANNELS).astype(np.float32))

    matrix = np.stack([pack(problem.operator(unpack(unit))) for unit in np.eye(size + 6)], axis=1)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-4)
    assert np.linalg.eigvalsh((matrix + matrix.T) / 2).min() > 0
    target = problem.right_side(LABEL)
    expected = np.linalg.solve(matrix, pack(target))
    start = Pair(np.zeros_like(problem.filters), np.zeros_like(problem.projection))
    energy = preconditioner(energy_of(problem.projected), problem.penalty, 0.3, 0.015)
    inverse = Pair(1 / energy, 1 / np.diag(matrix)[size:].mean().astype(np.float32))
    found, _ = conjugate_gradient(problem.operator, target, start, lambda r: r * inverse, inner_of_pairs, 150)
    assert np.linalg.norm(pack(found) - expected) < 2e-2 * np.linalg.norm(expected)

    def loss(vector):
        pair = unpack(vector)
        residual = problem.forward(pair) - LABEL
        penalised = inner(pair.first, problem.penalty.apply(pair.first))
        return (
            inner(residual[..., None], residual[..., None])
            + penalised
            + 0.03 * float(np.square(problem.projection + pair.second).sum())
        )

    least = loss(expected)
    for seed in range(5):
        assert loss(expected + np.random.default_rng(seed).normal(0, 0.05, size + 6)) > least


def test_the_first_frame_learns_to_answer_the_label_and_beats_its_start():
    settings = EcoSettings(channels=CHANNELS)
    sample = random_spectra(1, 3, channels=5)[:, :, 0]
    maps = on_grid(sample, COUNT)
    start = principal_components(maps, CHANNELS)
    filters, projection = learn_first(sample, start, LABEL, small_penalty(), settings)
    assert projection.shape == (5, CHANNELS)
    np.testing.assert_allclose(real_at_heart(filters), filters, atol=1e-6)

    def loss(filters, projection):
        residual = (respond(filters, project(sample, projection)) - LABEL)[..., None]
        return inner(residual, residual) + inner(filters, small_penalty().apply(filters))

    fixed = normal_operator(project(sample, start)[:, :, None], np.ones(1), small_penalty())
    target = right_side(project(sample, start)[:, :, None], np.ones(1), LABEL)
    best_with_start, _ = conjugate_gradient(fixed, target, 0 * target, lambda r: r, inner, 200)
    assert loss(filters, projection) < 0.9 * loss(best_with_start, start)


def test_principal_components_are_orthonormal_and_sorted():
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(3, 3))
    maps = (rng.normal(size=(9, 9, 3)) * [5, 1, 0.1]) @ mixing + 7
    components = principal_components(maps.astype(np.float32), 2)
    np.testing.assert_allclose(components.T @ components, np.eye(2), atol=1e-5)
    flat = maps.reshape(-1, 3) - maps.reshape(-1, 3).mean(0)
    variances = np.linalg.eigvalsh(flat.T @ flat / 81)[::-1]
    np.testing.assert_allclose((flat @ components).var(0), variances[:2], rtol=1e-4)


def test_the_filter_learns_from_the_memory_and_keeps_a_weaker_direction():
    settings = EcoSettings(channels=CHANNELS, learning_rate=0.2, forgetting=3.0)
    sample, other = (random_spectra(1, seed, channels=CHANNELS)[:, :, 0] for seed in (3, 4))
    learner = EcoFilter(sample, np.eye(CHANNELS, dtype=np.float32), LABEL, small_penalty(), settings)
    projected, before = learner.look(other)
    learner.remember(projected, 0.2)
    assert learner.aged_momentum() is None
    learner.learn(projected)
    kept = learner.aged_momentum()
    assert isinstance(kept, Momentum)
    assert kept.norm == pytest.approx(learner.momentum.norm / 0.8**3)
    after = respond(learner.filters, projected)
    wrong = [inner((each - LABEL)[..., None], (each - LABEL)[..., None]) for each in (before, after)]
    assert wrong[1] < wrong[0]
    rows, _ = frequencies(BANDWIDTH)
    assert learner.energy.shape == (len(rows), BANDWIDTH + 1, CHANNELS)
    np.testing.assert_allclose(
        learner.energy,
        0.8 * energy_of(project(sample, learner.projection)) + 0.2 * energy_of(projected),
        rtol=1e-4,
    )


def test_what_is_remembered_waits_for_learning_and_is_seen_at_once():
    settings = EcoSettings(channels=CHANNELS, learning_rate=0.2)
    sample = random_spectra(1, 3, channels=CHANNELS)[:, :, 0]
    learner = EcoFilter(sample, np.eye(CHANNELS, dtype=np.float32), LABEL, small_penalty(), settings)
    for number in range(1, 2 * TOGETHER):
        learner.remember(random_spectra(1, number)[:, :, 0], 0.1)
        assert learner._memory.count == 1 + number // TOGETHER * TOGETHER
    assert learner.memory.count == 2 * TOGETHER
    np.testing.assert_allclose(learner.memory.weights[2 * TOGETHER - 1], 0.1)
    np.testing.assert_array_equal(learner.memory.samples[:, :, 3], random_spectra(1, 3)[:, :, 0])
