# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [markdown]
# # A3. Forward and back, several frames, and weights
#
# **You need** chapters 07 to 09. **Points:** 20, of which 14 are counted by a program. **Time:** about five hours.
#
# You write the loss that needs no labels, for any number of search patches. You weigh the samples of a batch, decide
# which trips came home, and measure what a longer trip can tell.
#
# What counts for all functions:
#
# - Use `numpy` and `scipy` only. The grader runs your functions in a process of its own, and neither `udtlib` nor
#   `torch` can be imported there.
# - The grader takes your functions, your imports, and constants with names in capitals. Nothing else of the
#   notebook is run. You may add functions and cells.
# - Arrays are `float64`. Do not change an array that you are given. Maps are `(H, W)`, wrap around, and a displacement of
#   zero is cell `(0, 0)`.

# %%
import matplotlib.pyplot as plt
import numpy as np

from udtlib.check import a3

# %% [markdown]
# ## 1. There and back (5 points)
#
# `round_trip_loss(patches, label, lam)` takes `patches` of shape `(K + 1, H, W)`: first the template T, then K search
# patches S1 to SK, one channel each. `label` is `(H, W)` with its peak at `(0, 0)`, and `lam` is the plain lambda.
#
# - On the way out, each search patch is found from the patch before: S1 from T, S2 from S1, and so on. The filter of a
#   patch is the one of Eq. 2, computed from this patch and its label. T's label is `label`. A search patch's label is
#   `label` moved so that its peak lies at the highest cell of the response there.
# - The way back goes from SK **directly** to T.
# - The loss is the sum, over all cells, of the squared difference between the response at T and `label`.
#
# It returns one number, for K = 1, 2, 3 and so on. `K = 1` is Eq. 6, `K = 2` is Eq. 8.


# %% tags=["answer"]
def round_trip_loss(patches, label, lam):
    ### BEGIN SOLUTION
    believed = label
    for before, after in zip(patches, patches[1:]):
        response = _hop(before, after, believed, lam)
        believed = np.roll(label, np.unravel_index(response.argmax(), response.shape), (0, 1))
    return ((_hop(patches[-1], patches[0], believed, lam) - label) ** 2).sum()


def _hop(template, search, label, lam):
    x, z, y = np.fft.fft2(template), np.fft.fft2(search), np.fft.fft2(label)
    return np.fft.ifft2(x.conj() * z * y / (np.abs(x) ** 2 + lam)).real
    ### END SOLUTION


# %% [markdown]
# ## 2. Which samples teach, and how much (5 points)
#
# A batch has n samples with errors (from problem 1) and motions. Some samples are dropped, the others are weighted, and
# the loss of the batch is the sum of weight times error.
#
# - Dropped are the `int(share * n)` samples with the **highest errors**. Their weight is 0.
# - The weight of each other sample is its motion, divided by the sum of all motions that are kept. If that sum is zero,
#   all samples that are kept have the same weight. The weights sum to 1.
# - The weights are constants: no derivative is taken of them.
#
# `sample_gradient(errors, motions, share)` returns two things: the loss, one number, and its derivatives by the n errors,
# shape `(n,)`. No two errors are equal. `share` is at least 0 and below 1.


# %% tags=["answer"]
def sample_gradient(errors, motions, share):
    ### BEGIN SOLUTION
    count = len(errors)
    keep = np.argsort(errors)[: count - int(share * count)]
    kept = np.isin(np.arange(count), keep)
    weights = np.where(kept, motions, 0.0)
    weights = weights / weights.sum() if weights.sum() > 0 else kept / kept.sum()
    return (weights * errors).sum(), weights
    ### END SOLUTION


# %% [markdown]
# ## 3. Break and fix: who came home? (4 points)
#
# After a round trip a tracker can be trusted if it came home. The function below compares where n trips started with
# where they ended. It has **three faults**.


# %%
def broken_trusted(start, end, height, width, limit):
    miss = np.abs(end - start)
    return miss.sum(axis=1) <= limit


# %% [markdown]
# `trusted(start, end, height, width, limit)` returns a boolean mask `(n,)`. `start` and `end` are `(n, 2)`: row and
# column of cells on a map of `height` rows and `width` columns **that wraps around**. A trip is trusted if the
# Euclidean distance between the two, by the shorter way in each direction, is **below** `limit`.


# %% tags=["answer"]
def trusted(start, end, height, width, limit):
    ### BEGIN SOLUTION
    miss = np.abs(end - start)
    miss = np.minimum(miss, [height, width] - miss)
    return np.hypot(miss[:, 0], miss[:, 1]) < limit
    ### END SOLUTION


# %% [markdown]
# ## 4. Measure and explain (6 points)
#
# Make 200 trips of two kinds. A *good* one: S1 and S2 show T moved by a few cells, plus noise. A *bad* one: S1 shows the
# target too, and S2 shows only noise. Compute the loss of problem 1 with `K = 1` (T and S1 only, then T and S2 only)
# and with `K = 2`, and draw a histogram of the losses of good and bad trips for each of the three.
#
# Then choose a threshold for each, so that a tenth of the good trips is refused, and print how many bad trips are
# accepted. Answer in at most 200 words: which loss separates good from bad trips best, what would a stricter threshold
# change, what would a trip be that all three accept although it is wrong, and why does the paper drop the samples with
# the highest loss instead of learning most from them?

# %% tags=["work"]
### BEGIN SOLUTION
rng = np.random.default_rng(0)
offsets = [np.minimum(np.arange(n), n - np.arange(n)) for n in (24, 24)]
label = np.exp(-(offsets[0][:, None] ** 2 + offsets[1] ** 2) / (2 * 1.5**2))
figure, axes = plt.subplots(1, 3, figsize=(10, 3))
losses = {"S1": ([], []), "S2": ([], []), "S1 and S2": ([], [])}
for trip in range(200):
    bad = trip % 2
    T = rng.standard_normal((24, 24))
    S1 = np.roll(T, rng.integers(-4, 5, 2), (0, 1)) + 0.5 * rng.standard_normal(T.shape)
    S2 = np.roll(S1, rng.integers(-4, 5, 2), (0, 1)) + 0.5 * rng.standard_normal(T.shape)
    S2 = rng.standard_normal(T.shape) if bad else S2
    for name, patches in (("S1", [T, S1]), ("S2", [T, S2]), ("S1 and S2", [T, S1, S2])):
        losses[name][bad].append(round_trip_loss(np.stack(patches), label, 10.0))
for axis, (name, (good, wrong)) in zip(axes, losses.items()):
    axis.hist([good, wrong], 30, label=["good", "bad"])
    axis.set(title=name, xlabel="loss", ylabel="trips")
    axis.legend()
    print(
        name, "accepted bad trips:", int((np.array(wrong) < np.quantile(good, 0.9)).sum()), "of", len(wrong)
    )
figure.tight_layout()
### END SOLUTION

# %% [markdown] tags=["explain"] points=6
# The figure has three histograms with labelled axes, and three counts are printed. (2 points) The losses that include
# S2 separate the two kinds: of the 100 bad trips they accept none or one. The loss of S1 alone accepts most, 88 here,
# because S1 is good in both. Which of the two losses with S2 is better cannot be told from these trips; either is a
# right answer. (1) A trip that all accept and that is wrong follows a lookalike, or background that moves like the
# target: it comes home although it was never on the target. (1) The samples with the highest loss are mostly trips on
# which the target was covered or left the patch; the error there is not the network's, so learning from them teaches
# noise. (1) A stricter threshold refuses more good trips and accepts fewer bad ones. With S1 alone even the threshold
# that refuses half of the good trips accepts 35 bad ones; with S2 there is nothing to gain. The answer says so with its
# own numbers. (1)
