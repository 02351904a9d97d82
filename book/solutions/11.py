"""Answers to chapter 11's exercises, and the mistakes its checks must catch."""

import numpy as np


def learning_rate(epoch, epochs, first, last):
    share = epoch / (epochs - 1) if epochs > 1 else 0
    return first * (last / first) ** share


def _straight(epoch, epochs, first, last):
    return first + (last - first) * (epoch / max(1, epochs - 1))


def _never_there(epoch, epochs, first, last):
    return first * (last / first) ** (epoch / epochs)


def _rising(epoch, epochs, first, last):
    return learning_rate(epochs - 1 - epoch, epochs, first, last)


def _by_ten(epoch, epochs, first, last):
    return first * 0.1**epoch


def decay_left(steps, rate, decay, momentum):
    """Return the weight after the steps, from the two numbers that SGD carries along.

    The gradient of the decay is decay * weight, so v <- momentum v + decay w and w <- w - rate v. If w hardly changes over
    1 / (1 - momentum) steps, v settles at decay w / (1 - momentum), and each step multiplies w by
    1 - rate decay / (1 - momentum): this is Eq. 11.1. So it is good for many more steps than 1 / (1 - momentum), since the
    first ones are too short, and for rate decay much smaller than (1 - momentum)^2.
    """
    weight, velocity = 1.0, 0.0
    for _ in range(steps):
        velocity = momentum * velocity + decay * weight
        weight -= rate * velocity
    return weight


def _no_momentum(steps, rate, decay, momentum):
    return (1 - rate * decay) ** steps


def _no_rate(steps, rate, decay, momentum):
    return (1 - decay) ** steps


def _growing(steps, rate, decay, momentum):
    return 2 - decay_left(steps, rate, decay, momentum)


def _damped(steps, rate, decay, momentum):
    weight, velocity = 1.0, 0.0
    for _ in range(steps):
        velocity = momentum * velocity + (1 - momentum) * decay * weight
        weight -= rate * velocity
    return weight


def _lost(steps, rate, decay, momentum):
    return 1 - decay_left(steps, rate, decay, momentum)


def shared_weights(errors, motions, kept):
    whole = np.concatenate(errors)
    product = np.zeros(len(whole))
    best = whole.argsort()[:kept]
    product[best] = np.concatenate(motions)[best]
    ends = np.cumsum([len(part) for part in errors])[:-1]
    return np.split(product / product.sum(), ends)


def _each_for_itself(errors, motions, kept):
    count = sum(map(len, errors))
    shares = [max(1, round(kept * len(part) / count)) for part in errors]
    parts = zip(errors, motions, shares, strict=True)
    return [shared_weights([e], [m], k)[0] for e, m, k in parts]


def _drop_locally(errors, motions, kept):
    chosen = [part > 0 for part in _each_for_itself(errors, motions, kept)]
    parts = [np.where(keep, m, 0) for keep, m in zip(chosen, motions, strict=True)]
    return [part / sum(each.sum() for each in parts) for part in parts]


def _own_sum(errors, motions, kept):
    return [part / max(part.sum(), 1e-9) for part in shared_weights(errors, motions, kept)]


def _drop_the_best(errors, motions, kept):
    return shared_weights([-part for part in errors], motions, kept)


def _drop_nothing(errors, motions, kept):
    return shared_weights(errors, motions, sum(map(len, errors)))


def _times_processes(errors, motions, kept):
    return [len(errors) * part for part in shared_weights(errors, motions, kept)]


def blind_share(features):
    centred = features - features.mean((0, 2, 3), keepdims=True)
    return (centred.mean(0) ** 2).mean() / (centred**2).mean()


def _levels_count(features):
    return (features.mean(0) ** 2).mean() / (features**2).mean()


def _the_rest(features):
    return 1 - blind_share(features)


def _over_places(features):
    centred = features - features.mean((0, 2, 3), keepdims=True)
    return (centred.mean((2, 3)) ** 2).mean() / (centred**2).mean()


def _root(features):
    return blind_share(features) ** 0.5


def report(validation, test):
    recipe = validation.mean((1, 2)).argmax()
    over_seeds = test[recipe].mean(axis=1)
    return recipe, over_seeds.mean(), over_seeds.std(ddof=1)


def _as_found(validation, test):
    runs = test.mean(axis=2)
    recipe, seed = np.unravel_index(runs.argmax(), runs.shape)
    return recipe, runs[recipe, seed], test[recipe, seed].std()


def _chosen_on_test(validation, test):
    return report(test, test)


def _lucky_seed(validation, test):
    recipe = validation.mean(2).max(1).argmax()
    return report(np.eye(len(test))[recipe][:, None, None], test)


def _best_seed(validation, test):
    recipe, _, spread = report(validation, test)
    return recipe, test[recipe, validation[recipe].mean(1).argmax()].mean(), spread


def _of_all(validation, test):
    recipe, mean, _ = report(validation, test)
    return recipe, mean, test[recipe].mean(1).std()


def _over_sequences(validation, test):
    recipe, mean, _ = report(validation, test)
    return recipe, mean, test[recipe].mean(0).std(ddof=1)


WRONG = {
    "learning_rate": [_straight, _never_there, _rising, _by_ten],
    "decay_left": [_no_momentum, _no_rate, _growing, _damped, _lost],
    "shared_weights": [
        _each_for_itself,
        _drop_locally,
        _own_sum,
        _drop_the_best,
        _drop_nothing,
        _times_processes,
    ],
    "blind_share": [_levels_count, _the_rest, _over_places, _root],
    "report": [_as_found, _chosen_on_test, _lucky_seed, _best_seed, _of_all, _over_sequences],
}
