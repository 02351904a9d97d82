"""Solutions of chapter 08, and the mistakes its checks must catch."""

import numpy as np
import itertools


def return_loss(response, label, q):
    """Return Eq. 6 from the response on the way out.

    With K_S = q^2 K_T the derivation of 8.2 gives R_T(u) = R_S(d - u) / q^2. The label is its own mirror image, so
    mirroring both at the peak d leaves the distance of R_S / q^2 from the label at d. The response of a wrong trip has
    a low peak; a q below 1 raises it, and the loss is small where R_S / q^2 is about as high as the label. The trip is
    no better: its peaks are where they were.
    """
    peak = np.unravel_index(response.argmax(), response.shape)
    return float(((response / q**2 - np.roll(label, peak, axis=(0, 1))) ** 2).sum())


def where_home(chain, direct, size):
    """Return how far the chain ended from the direct answer, the shorter way round."""
    half = size // 2
    return tuple((a - b + half) % size - half for a, b in zip(chain, direct, strict=True))


def three_frame_loss(respond, template, first, second, label):
    """Return Eq. 8: clean Gaussians as pseudo-labels, shifted in two dimensions, straight home."""

    def pseudo_label(response):
        return np.roll(label, np.unravel_index(response.argmax(), response.shape), axis=(0, 1))

    label_1 = pseudo_label(respond(template, first, label))
    label_2 = pseudo_label(respond(first, second, label_1))
    return ((respond(second, template, label_2) - label) ** 2).sum()


def area_from_ranks(rank_sum, bad, good):
    """Return (rank_sum - bad (bad + 1) / 2) / (bad good).

    Among themselves the bad trips have the ranks 1 to ``bad``, which add up to bad (bad + 1) / 2; what is left counts
    the good trips below each bad one. Two equal losses share a mean rank: each gets half of the place they share.
    """
    return (rank_sum - bad * (bad + 1) / 2) / (bad * good)


def ludt_loss(errors, share):
    """Return the sum of what is kept of each loss, over N."""
    count = errors.shape[1]
    kept = int((1 - share) * count + 0.5 + 1e-9)
    return np.sort(errors, axis=1)[:, :kept].sum() / count


def _not_at_the_peak(response, label, q):
    return float(((response / q**2 - label) ** 2).sum())


def _same_energy(response, label, q):
    return return_loss(response, label, 1.0)


def _wrong_way(response, label, q):
    return return_loss(response, label, 1 / q)


def _no_square(response, label, q):
    return return_loss(response, label, np.sqrt(q))


def _mean_of_cells(response, label, q):
    return return_loss(response, label, q) / label.size


def _sign(chain, direct, size):
    return where_home(direct, chain, size)


def _not_wrapped(chain, direct, size):
    return chain[0] - direct[0], chain[1] - direct[1]


def _as_index(chain, direct, size):
    return (chain[0] - direct[0]) % size, (chain[1] - direct[1]) % size


def _always_home(chain, direct, size):
    return 0, 0


def _loss(respond, path, label, shift):
    current = label
    for template, search in itertools.pairwise(path):
        response = respond(template, search, current)
        current = shift(response)
    return ((response - label) ** 2).sum()


def _flat_roll(respond, template, first, second, label):
    def shift(response):
        row, column = np.unravel_index(response.argmax(), response.shape)
        return np.roll(np.roll(label, row), column)

    return _loss(respond, [template, first, second, template], label, shift)


def _raw_response(respond, template, first, second, label):
    return _loss(respond, [template, first, second, template], label, lambda response: response)


def _centred_label(respond, template, first, second, label):
    return ((respond(second, template, label) - label) ** 2).sum()


def _roll(label):
    return lambda response: np.roll(label, np.unravel_index(response.argmax(), response.shape), (0, 1))


def _chained(respond, template, first, second, label):
    return _loss(respond, [template, first, second, first, template], label, _roll(label))


def _two_frames(respond, template, first, second, label):
    return _loss(respond, [template, first, template], label, _roll(label))


def _mean(respond, template, first, second, label):
    return three_frame_loss(respond, template, first, second, label) / label.size


def _all_below(rank_sum, bad, good):
    return rank_sum / (bad * good)


def _ranks_from_zero(rank_sum, bad, good):
    return (rank_sum - bad * (bad - 1) / 2) / (bad * good)


def _reversed(rank_sum, bad, good):
    return 1 - area_from_ranks(rank_sum, bad, good)


def _mean_rank(rank_sum, bad, good):
    return rank_sum / bad / (bad + good)


def _dropped_jointly(errors, share):
    count = errors.shape[1]
    kept = int((1 - share) * count + 0.5 + 1e-9)
    return errors[:, np.argsort(errors.sum(axis=0))[:kept]].sum() / count


def _nothing_dropped(errors, share):
    return ludt_loss(errors, 0.0)


def _over_kept(errors, share):
    count = errors.shape[1]
    return ludt_loss(errors, share) * count / int((1 - share) * count + 0.5 + 1e-9)


def _lowest_dropped(errors, share):
    count = errors.shape[1]
    kept = int((1 - share) * count + 0.5 + 1e-9)
    return np.sort(errors, axis=1)[:, count - kept :].sum() / count


def _averaged(errors, share):
    return ludt_loss(errors, share) / 3


WRONG = {
    "return_loss": [_not_at_the_peak, _same_energy, _wrong_way, _no_square, _mean_of_cells],
    "where_home": [_sign, _not_wrapped, _as_index, _always_home],
    "three_frame_loss": [_flat_roll, _raw_response, _centred_label, _chained, _two_frames, _mean],
    "area_from_ranks": [_all_below, _ranks_from_zero, _reversed, _mean_rank],
    "ludt_loss": [_dropped_jointly, _nothing_dropped, _over_kept, _lowest_dropped, _averaged],
}
