# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # 11 Training
#
# **Goals.** After this chapter you can *write* the training step twice, plain and fast, and show that both take the
# same step; *train* a network in this notebook and see it learn; *recognise* networks that reach a low loss without
# tracking anything; *compute*, before you look at a table of three seeds, how large a difference it can show.
#
# **Prerequisites.** The loss of chapters 07 to 09 (Eq. 6 to 11), the triplets of chapter 10, the tracker of
# [chapter 06](06_tracking_online.ipynb).
#
# Run time: about 89 s on two cores. Downloads: none.

# %%
from udtlib.pipeline import you_are_here

you_are_here("network", "loss")

# %%
import csv
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from udtlib import load_dataset, load_tracker, shortcuts, viz, weights
from udtlib.boxes import iou
from udtlib.check import ch11 as check
from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.patches import render_patches
from udtlib.data.raw_video.triplets import TripletLoader
from udtlib.errors import TrainingError
from udtlib.evaluation import paired_difference, score_sequence
from udtlib.evaluation.anchors import anchors
from udtlib.evaluation.scoring.crossed import crossed_difference, holm
from udtlib.evaluation.scoring.statistics import bootstrap_interval, sequences_needed
from udtlib.experiments.catalogue import EXPERIMENTS
from udtlib.experiments.verdicts import arm_lines, pair, seeds_of, table_of, verdicts
from udtlib.figures import differences, filter_sheet
from udtlib.network import MEAN_RGB, FeatureNetwork
from udtlib.training import train
from udtlib.training.run import start
from udtlib.training.log import read_log
from udtlib.training.settings import TrainingSettings
from udtlib.training.step import Batch, TrainingStep
from udtlib.training.workers import device_of
from udtlib.widgets import impostors, monitor

device = device_of(None)  # a GPU if there is one; every listing below takes it
torch.set_num_threads(1)  # so that the chapter also runs beside other work; take more for long runs
plt.rcParams.update({"figure.dpi": 80, "axes.titlesize": 10, "font.size": 9})

# %% [markdown]
# ## 11.1 Clips to train on
#
# Training repeats one step thousands of times: take a batch of triplets, track forward and back, compute the loss,
# change the weights a little. Sections 11.2 to 11.4 write this step and measure what it costs. Sections 11.5 to 11.7
# train with it, and find out what a low loss does not tell us. Sections 11.8 to 11.10 are about long runs: several
# processes, learning rates, interruptions. Sections 11.11 to 11.13 show the runs behind the book's weights and how to
# compare recipes.
#
# First we need data. We use ten short clips that the library draws, cut as chapter 10 cuts raw video: half the frame,
# from its middle. A triplet is the template T and the search patches S1 and S2 within ten frames; a batch is eight
# triplets.

# %% alt="Three training triplets in rows, T, S1 and S2 of each: objects that pass each other, a scene in fast motion, and one in the mist of it" tags=["slide"]
made = render_patches(clips=10, frames=15, seed=0)
loader = TripletLoader(made.patches, made.videos, batch=8, seed=0)


def batch_of(step):
    """Return the triplets (8, 3, 125, 125, 3) of a step, always the same for the same step."""
    epoch, place = divmod(step, len(loader))
    return loader.read(loader.indices(epoch)[place])


batch = batch_of(0)
viz.show(viz.contact_sheet([patch for triplet in batch[:3] for patch in triplet], 3, ["T", "S1", "S2"] * 3))

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# A batch is eight triplets of RGB patches.
assert batch.shape == (8, 3, 125, 125, 3)

# %% [markdown]
# ## 11.2 One step, written down
#
# We write network, layer, pseudo-label, loss and step with PyTorch's own functions. Each of them is short, and the
# fast version of the next section must give the same numbers. First the parts: the network of chapter 04, the filter
# layer, and the Gaussian at a response's peak.


# %%
class PlainNetwork(nn.Sequential):
    def __init__(self):
        lrn = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1)
        super().__init__(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 32, 3), lrn)


def dcf(template, search, label):
    """Eq. 4 and 5: learn on the template, respond to the search patch."""
    x, z, y = (torch.fft.rfft2(maps) for maps in (template, search, label))
    energy = (x * x.conj()).real.sum(1) + 1e-4 * template[0].numel()
    return torch.fft.irfft2((x.conj() * z).sum(1) * y / energy, s=template.shape[-2:])


def shift_to_peak(label, response):
    """Pseudo-labels: the Gaussian, moved to each response's highest cell."""
    peaks = response.flatten(1).argmax(1).tolist()
    width = response.shape[-1]
    return torch.stack([label.roll((peak // width, peak % width), (0, 1)) for peak in peaks])


# %% [markdown]
# The loss puts them together. The way out, from T to S1 and from S1 to S2, only has to find the peaks and the motion, and
# neither passes a gradient on. The way back, from S2 to T, gives the error of each triplet. Then come the weights of
# chapter 09, whose names stand in the comments.


# %%
def plain_loss(network, batch, label):
    """Eq. 8 to 11 for uint8 (n, 3, 125, 125, 3), in the form of the authors' code."""
    patches = torch.from_numpy(batch).to(label.device).permute(1, 0, 4, 2, 3).float()
    patches = patches - torch.tensor(MEAN_RGB, device=label.device).view(3, 1, 1)
    template, search1, search2 = (network(patch) for patch in patches)
    with torch.no_grad():  # no gradient on the way out
        r1 = dcf(template, search1, label[None])
        y1 = shift_to_peak(label, r1)
        r2 = dcf(search1, search2, y1)
        y2 = shift_to_peak(label, r2)
    back = dcf(search2, template, y2)  # with gradient
    errors = (back - label).square().sum((1, 2))
    keep = errors.argsort()[: round(0.9 * len(errors))]  # A_drop
    motion = ((r1 - label).square() + (r1 - r2).square()).sum((1, 2))  # A_motion
    share = torch.zeros_like(errors)
    share[keep] = motion[keep] / motion[keep].sum()  # A_norm
    weighted = (label.exp() * (back - label).square()).sum((1, 2))
    return (share.detach() * weighted).sum()


def plain_step(network, optimiser, batch, label):
    loss = plain_loss(network, batch, label)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return float(loss.detach())


# %% [markdown]
# ## 11.3 The same step, several times as fast
#
# On a CPU the speed of a step is limited by memory: a batch of 32 has 96 patches, and their feature maps of 32
# channels are 180 MB, which every operation reads or writes once more. The library's `TrainingStep` computes the same
# numbers and moves less memory:
#
# | idea | instead of |
# |---|---|
# | S1 runs without gradient (on the direct way back none reaches it) | a graph over all three patches |
# | each patch is transformed once, for both its roles | twice, as search patch and as template |
# | only the frequencies that the label contains (chapter 06), by two matrix products | the whole half plane |
# | the layer's gradient by hand (Eq. 7, [chapter 05](05_gradients.ipynb)) | autograd through complex arrays |
# | LRN as a 1x1 convolution with a band of ones, its power as two square roots | `avg_pool3d` and `pow` |
# | channels last in memory; four triplets at a time, which stay in the cache | everything at once |
# | if asked for, convolutions in bfloat16 | float32 |
#
# How can it take four triplets at a time, although Eq. 10 divides by a sum over the whole batch? The weights need
# three numbers of each triplet: its error, the same without the factor `label.exp()` (by which $\mathbf A_{drop}$ sorts),
# and its motion. So the step first goes forward through all groups of four, then computes the weights of the whole
# batch from these numbers, and then computes the gradient group by group.
#
# Do both versions compute the same? We give both networks the same weights, and compare loss and gradients on one batch:

# %%
settings = TrainingSettings(batch=8)
run = start(settings, device)
label = run.step.label
plain = PlainNetwork().to(device)
for theirs, ours in zip(plain.parameters(), run.network.parameters(), strict=True):
    theirs.data.copy_(ours.data)

outcome = run.step(Batch(batch))
loss = plain_loss(plain, batch, label)
loss.backward()
loss_ratio = outcome.loss / float(loss.detach())
gradients_differ = max(
    float((ours.grad - theirs.grad).abs().max() / theirs.grad.abs().max())
    for theirs, ours in zip(plain.parameters(), run.network.parameters(), strict=True)
)
print(f"loss, fast over plain: {loss_ratio:.3f}")
print(f"largest difference of a gradient, as a share of the largest entry: {gradients_differ:.2f}")

# %% [markdown]
# They do. How long does each of them take?

# %% tags=["nbval-ignore-output"]
optimiser = torch.optim.SGD(plain.parameters(), 1e-6)
half = start(TrainingSettings(batch=8, precision="bfloat16"), device)
works = {
    "plain step": lambda: plain_step(plain, optimiser, batch, label),
    "fast step": lambda: run.step(Batch(batch)),
    "fast, bfloat16": lambda: half.step(Batch(batch)),
    "fast, no gradient": torch.no_grad()(lambda: run.step.errors(Batch(batch))),
}
seconds = {}
for name, work in works.items():
    times = []
    for _ in range(3):
        begin = perf_counter()
        work()
        times.append(perf_counter() - begin)
    seconds[name] = median(times)
    print(
        f"{name:17} {seconds[name]:.2f} s, {seconds['plain step'] / seconds[name]:.1f} x the plain step's speed"
    )

# %% [markdown]
# The times are those of this machine at this moment, on one thread; section 11.12 has the speeds on two threads of a
# quiet machine. The last line is the way there and back without the gradient.
#
# The third line is *mixed precision*. It takes one `autocast` block around the network. Inside, PyTorch computes
# convolutions in bfloat16, which has half the bits, and sums and powers in float32. The Fourier transforms
# and the division stay outside the block, in float32:

# %%
pixels = (torch.from_numpy(batch[:, 0]).float() - torch.tensor(MEAN_RGB)).permute(0, 3, 1, 2).to(device)
with torch.no_grad():
    exact = run.network(pixels)
    with torch.autocast(device.type, torch.bfloat16):
        mixed = run.network(pixels)
    spectrum = torch.fft.rfft2(exact)
    energy = spectrum.abs().square().sum(1)
print(
    f"features in mixed precision differ by {float((mixed - exact).norm() / exact.norm()):.3f} of their norm"
)
print(f"a spectrum reaches {spectrum.abs().max():.0e}, the energy of Eq. 4 {energy.max():.0e}")
print(f"the largest number of float16 is {torch.finfo(torch.float16).max:.0e}, of bfloat16", end=" ")
print(
    f"{torch.finfo(torch.bfloat16).max:.0e}, with {-int(np.log2(torch.finfo(torch.bfloat16).eps))} bits after the point"
)
try:
    torch.fft.rfft2(exact.bfloat16())
except RuntimeError as error:
    print("a Fourier transform in bfloat16:", error)

# %% [markdown]
# Filter and response stay in float32 for two reasons. The energy sums squares over 32 channels, and it is
# far above what float16 can hold. Bfloat16 could hold it, but PyTorch has no Fourier transform for it. Little speed is
# lost by this, because the convolutions are most of the arithmetic.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Plain and fast take the same step.
assert abs(loss_ratio - 1) < 1e-3
assert gradients_differ < 1e-2

# %% [markdown]
# ## 11.4 What the way back costs
#
# The paper names as a limitation that training tracks forward *and* backward, which costs computation. **Predict:**
# compare a step of Eq. 6 (there and back) with a supervised step (T and S through the network, one filter, the loss
# against the true place). How much arithmetic does the step of Eq. 6 need: about `1`, `1.5` or `2` times as much?

# %%
my_guess = 2


# %%
def operations(variant, learns=True):
    """Return the multiplications and additions of one step, or of its way forward alone."""
    step = TrainingStep(run.network, TrainingSettings(variant=variant, batch=4), device)
    part = Batch(batch[:4], np.zeros((4, 2, 2)) if step.variant.truth else None)
    with torch.set_grad_enabled(learns), FlopCounterMode(display=False) as counter:
        step(part) if learns else step.errors(part)
    return counter.get_total_flops()


cost = {name: operations(name) for name in ("supervised", "single-trajectory", "udt")}
cost["udt, no gradient"] = operations("udt", learns=False)
ratio = {name: value / cost["supervised"] for name, value in cost.items()}
print(f"there and back, Eq. 6: {ratio['single-trajectory']:.2f} x supervised; you said {my_guess}")
print(f"with a third patch, Eq. 8: {ratio['udt']:.2f} x supervised")
print(f"of which without the gradient: {ratio['udt, no gradient']:.2f} x")

# %% [markdown]
# The way back costs next to nothing. The features of T and S are already computed, and a filter and a response are a
# few small products. The network and its gradient take most of the arithmetic, and the supervised step needs them
# too. Only the third patch is extra work, and S1 needs no gradient. In the step with three patches a little less than
# half of the arithmetic is the way without the gradient, and the gradient is the rest.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The way back is nearly free, a third patch is not.
assert ratio["single-trajectory"] < 1.1
assert 1.1 < ratio["udt"] < 1.35

# %% [markdown]
# ## 11.5 A short training run
#
# Now we repeat the step, and see whether the tracker gets better. We train for forty-eight steps of Adam ([Kingma and
# Ba 2015](#References "kingma2015")) on batches of eight. `train` writes a log, checkpoints and, at the end, the
# weights. On two kinds of processor the same run gives two slightly different networks, since a difference in the last
# bit grows from step to step. Most numbers printed here are rounded so far that both give the same.

# %%
STEPS = 48


def learn(source, name):
    """Train on batches source(step); return the losses (STEPS,) and the file with the weights."""
    chosen = TrainingSettings(
        steps=STEPS,
        batch=8,
        optimiser="adam",
        first_rate=4e-3,
        last_rate=4e-4,
        schedule="step",
        weight_decay=0,
    )
    out = Path(mkdtemp()) / name
    ending = train(chosen, source, out, device=str(device))
    return np.array([float(row["loss"]) for row in read_log(out / "log.csv")]), ending.weights


losses, learned = learn(batch_of, "time")
first, last = losses[:8].mean(), losses[-8:].mean()
print(f"mean loss of the first eight steps {first:.0f}, of the last eight {last:.0f}")


# %% [markdown]
# The loss fell. Can we see in the network what it has learned? Here are its 32 first-layer filters, before and after
# these steps, and those of the network that ships. Look for differences between the first two panels.


# %% alt="The filters of the first layer as blocks of colour: random, after the few steps of this chapter, and those that ship; the last have more saturated colours" tags=["slide"]
names = {"random": "random", "48 steps here": learned, "shipped": weights.default()}
sheets = {
    name: filter_sheet(weights.get_weights(source).tensors["conv1.weight"]) for name, source in names.items()
}
viz.show(viz.side_by_side(*(viz.caption(sheet, name) for name, sheet in sheets.items()), gap=16))
before, after = (weights.get_weights(source).tensors["conv2.weight"] for source in ("random", learned))
changed = float((after - before).norm() / before.norm())
print(f"the second layer changed by {changed:.1f} of its norm")

# %% [markdown]
# The first two panels look the same, although the second layer has changed by about a third of its norm: after so few
# steps the first-layer filters do not show what was learned. So we measure the tracker instead, on four sequences of the
# embedded benchmark, which were drawn with other seeds than the training clips.

# %% tags=["closed-loop"]
chosen = [s for s in load_dataset("synthetic") if s.name in ("fm-1", "fm-2", "mb-1", "sv-2")]
films = {sequence.name: list(sequence.frames[:40]) for sequence in chosen}


def scores_of(source, sequences=chosen):
    """Return the tracker's AUC on the first 40 frames of each sequence."""
    found = []
    for sequence in sequences:
        tracker = load_tracker("udt", weights=source, preset="released", device=str(device))
        tracker.init(films[sequence.name][0], sequence.boxes[0])
        boxes = [sequence.boxes[0], *map(tracker.update, films[sequence.name][1:])]
        found.append(score_sequence(np.array(boxes), sequence.boxes[:40]).auc)
    return np.array(found)


still = [score_sequence(np.tile(s.boxes[0], (40, 1)), s.boxes[:40]).auc for s in chosen]
auc = {"never moves": np.array(still), "random": scores_of("random"), "48 steps": scores_of(learned)}
sure = [k for k, sequence in enumerate(chosen) if sequence.name in ("fm-1", "mb-1")]


def show_scores():
    """Print the AUC of every network on every sequence."""
    print(f"{'AUC, 40 frames, seed 0':24}", *(f"{sequence.name:>6}" for sequence in chosen), "  mean")
    for name, each in auc.items():
        print(f"{name:24}", *(f"{value:6.2f}" for value in each), f"{each.mean():6.2f}")


show_scores()

# %% [markdown]
# The tracker now follows fast motion and blur (`fm-1`, `mb-1`), after less than a minute of training on drawn clips.
# But not everything gets better: on `sv-2`, where the target changes its size, the network loses a target that random
# weights held. Training is seeded (`start` with seed 0), and these are scores of one seed. The last digits differ on
# another processor.
#
# You can watch such a run, and drive it. The still picture below shows the run of 48 steps from above. Blue is the loss
# of each step. Orange is the loss on triplets of four other clips, from which nothing is learned, measured here at the
# two ends of the run; if it rises while the blue line falls, the network learns its clips by heart. The two maps are the
# responses of one of these triplets, whose error was the largest at first: that of S1 on the way out, and that of T at
# the end, whose peak belongs in the circle.
#
# In JupyterLab, tick `train`: a new network learns from two triplets a step. Take the tick away and it pauses, and the
# learning rate can be changed at any time. Find a rate at which the loss no longer falls.

# %% alt="The training monitor before the first and after the last step: the loss of each step, the held-out loss, and the responses of one triplet at S1 and back at T, the last with its peak in a ring" tags=["nbval-ignore-output"]
apart = render_patches(clips=4, frames=8, seed=77)
held = TripletLoader(apart.patches, apart.videos, batch=12, seed=1)
held_back = Batch(held.read(held.indices(0)[0]))
monitor.demo(lambda step: batch_of(step)[:2], held_back.part(0, 4), losses, weights.get_weights(learned))

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Training changed the network, lowered the loss and made a better tracker.
assert last < 0.75 * first
assert changed > 0.1
assert auc["48 steps"][sure].mean() > auc["random"][sure].mean() + 0.3

# %% [markdown]
# ## 11.6 Does it need time?
#
# This book assumes that the network learns from *time*: from the fact that what was in the middle is still near the
# middle a few frames later. To test this, we take time away. In each triplet S1 and S2 now come from any clip, so
# they do not follow T.
# Everything else stays the same. **Predict:** after as many steps, is the tracker's mean score on the four sequences
# about that of `"random"` weights or about that of the network that was `"trained"` with time?

# %%
my_answer = "random"

# %% tags=["closed-loop"]
anything = np.random.default_rng(0).integers(0, len(made.patches), (STEPS, 8, 2))


def shuffled(step):
    """Return the batch of a step with S1 and S2 replaced by patches of no matter which clip."""
    triplets = batch_of(step).copy()
    triplets[:, 1:] = loader.read(anything[step])
    return triplets


shuffled_losses, unrelated = learn(shuffled, "shuffled")
auc["48 steps, time shuffled"] = scores_of(unrelated)
gained = {name: float(auc[name][sure].mean() - auc["random"][sure].mean()) for name in list(auc)[2:]}
print(f"you said '{my_answer}'")
show_scores()

# %% [markdown]
# Compare the orange line of the loss with the blue one, and then the red bars with the green ones:

# %% alt="Left: the loss over steps in true order falls below that of shuffled time, which stays high. Right: AUC on four clips for a still box, random weights, and both trained networks" tags=["slide"]
_, (left, right) = plt.subplots(1, 2, figsize=(10, 2.8), layout="constrained")
left.plot(losses, label="time")
left.plot(shuffled_losses, label="time shuffled")
left.set(xlabel="step", ylabel="loss (Eq. 11)", ylim=(0, None))
left.legend(fontsize=8)
for k, (name, values) in enumerate(auc.items()):
    right.bar(np.arange(len(chosen)) + 0.2 * k, values, 0.18, label=name)
right.set_xticks(np.arange(len(chosen)) + 0.3, [sequence.name for sequence in chosen])
right.set(ylabel="AUC, 40 frames", ylim=(0, 1))
right.legend(fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
plt.show()

# %% [markdown]
# Without time the loss stays high, because T cannot be found in unrelated patches. Yet the tracker gains as much on
# `mb-1` and `fm-1` as with time, so most of that gain did not need time. One possible reason: the loss is still lower
# for features with which the filter can make a sharp peak, and that may be what both networks learned.
#
# If we had compared the trained network with the random one alone, we would have credited learning from time with a gain
# that has another cause. So a score above that of random weights is no evidence for learning from time. A score above
# that of this control would be, but on the two other sequences the two networks differ in opposite directions, and four
# short sequences are too few to decide. In the next section we see whether the loss on held-out triplets tells the two
# networks apart.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Training without time gains as well, at a higher loss.
assert min(gained.values()) > 0.3
assert shuffled_losses[-8:].mean() > 1.5 * losses[-8:].mean()

# %% [markdown]
# ## 11.7 Networks that take a shortcut
#
# T, S1 and S2 are cut at the *same* place, and most raw video hardly moves. So "it stayed in the centre" is often
# right, and a network that always gives this answer always returns to the start. Its features would have to depend
# on the place and not on the picture: a **position code**. The other possible failure is **collapse**: features that
# contain no information.
#
# We examine six networks: random weights, the two that were trained above with time and without, the one that ships, a
# collapsed one whose features are 1 everywhere, and a position code, whose features are a fixed pattern. The random one
# and the two trained above have seed 0, as everywhere in this chapter where no other seed is named. For each of the six
# we compute four numbers:
#
# - the loss on triplets from which nothing was learned;
# - how much of a *known* move of the picture the responses follow, 1 for all of it and 0 for none;
# - which share of the features' variance is the same for every picture;
# - the effective number of channels, which is 32 if all channels vary independently and equally, 1 if all vary alike,
#   and 0 if none varies.
#
# **Predict:** which of the six networks has the lowest loss?

# %%
frames = [sequence.frames[0] for sequence in load_dataset("synthetic")[:6]]
templates, searches, moves = shortcuts.moved_pairs(frames, count=12, reach=20)

contestants = {
    "random": weights.random_weights().network(padded=False),
    "48 steps": weights.load_weights(learned).network(padded=False),
    "time shuffled": weights.load_weights(unrelated).network(padded=False),
    "shipped": weights.default().network(padded=False),
    "collapsed": shortcuts.collapsed_network(),
    "position code": shortcuts.PositionCode(),
}


# %%
@torch.no_grad()
def detect(network):
    """Return loss, followed share, blind share and effective channels of a network."""
    step = TrainingStep(network.to(device), TrainingSettings(), device)
    error = float(step.errors(held_back)[1][:, 1].mean())
    features = network(shortcuts.as_input(templates[:6]).to(device)).cpu()
    responses, found = shortcuts.answers(network.cpu(), templates, searches)
    follows = shortcuts.followed_share(found, moves) if float(np.ptp(responses)) > 1e-2 else 0.0
    return error, follows, shortcuts.blind_share(features), shortcuts.effective_channels(features)


found = {name: detect(network) for name, network in contestants.items()}
random_loss = found["random"][0]
shipped_seed = re.search(r"\bseed=(\d+)", weights.default().card["settings"])[1]
seed_in = {"collapsed": "-", "position code": "-", "shipped": shipped_seed}  # two are made by hand
print(f"{'':15} seed   loss (random: 1)   follows   same for all pictures   channels")
for name, (error, follows, blind, channels) in found.items():
    share = "-" if np.isnan(blind) else f"{blind:.1f}"
    seed = seed_in.get(name, "0")
    print(f"{name:15} {seed:>4} {error / random_loss:18.1f} {follows:9.1f} {share:>23} {channels:10.0f}")
print("lowest loss:", min(found, key=lambda name: found[name][0]))

# %% [markdown]
# The lowest loss belongs to the position code, a network that does not use its input at all. The loss does not
# distinguish it from a perfect tracker. A known move of the picture does: the position code follows none of it.
#
# The network trained without time has about the same loss as the one that learned with time, so after so few steps the
# loss does not tell these two apart either. The last column shows one thing that both have gained: the 32 channels of the
# random network vary as if there were two, those of the trained networks as if there were several more.
#
# Collapse, a problem of other ways of learning without labels ([Chen and He 2021](#References "chen2021")), does not
# lower the loss here: constant features give a constant response, and the label is not constant.
#
# Why does training not find the position code? It *cannot*, because convolutions without padding treat every place
# alike. Zero padding would change this, because it adds a border that never moves. We show both kinds of network a
# plain grey patch:

# %%
grey = torch.full((1, 3, 125, 125), 40.0)
with torch.no_grad():
    spread = {
        padded: float(FeatureNetwork(padded, torch.Generator().manual_seed(0))(grey).std((2, 3)).max())
        for padded in (False, True)
    }
print(f"standard deviation of the features: unpadded {spread[False]:.1f}, padded {spread[True]:.1f}")

# %% [markdown]
# Although the patch shows nothing, the padded network responds to the border. That is why training uses no padding.
# In tracking, where the network is padded, the Hann window covers the border (chapter 06).
#
# The next picture shows four of these networks on one pair of patches, in which the picture has moved. Look at where
# each response has its peak:

# %% alt="Four networks on one pair: the trained and the random one find the target, the collapsed one answers in stripes, and the one with a position code peaks sharply where nothing moved" tags=["slide", "nbval-ignore-output"]
impostors.demo()

# %% [markdown]
# In JupyterLab the menu and the sliders are live: move the picture and see which networks follow it.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The detectors tell the cheats from networks that look; with time or without, 48 steps bring about the same loss.
for name in ("random", "48 steps", "time shuffled", "shipped"):
    assert found["position code"][0] < 0.01 < found[name][0]
    assert found["position code"][2] > 0.99 > 0.5 > found[name][2]
    assert found["position code"][1] < 0.1 < 0.9 < found[name][1]
for name in ("48 steps", "time shuffled", "shipped"):
    assert found[name][0] < 0.8 * random_loss < random_loss < found["collapsed"][0]
    assert found["random"][3] < 4 < found[name][3]
assert 0.75 < found["time shuffled"][0] / found["48 steps"][0] < 1.33
assert spread[False] < 1e-3
assert spread[True] > 0.1

# %% [markdown]
# ## 11.8 One batch in two processes
#
# Long runs should use all processors. `torchrun --nproc-per-node 2 -m udtlib train clips --out runs/udt` trains in two
# processes; the messages between them are carried by the library gloo on CPUs and by nccl on GPUs. Each process has half
# of every batch. The gradient of a sum is the sum of the gradients, so the gradients of the halves should add up to that
# of the whole batch.
#
# They do so only if both processes use the *weights* of the whole batch. A weight contains a sum and a sort over all
# triplets, so no process can compute it from its half. The processes therefore first exchange three numbers for each
# triplet, then gradients. Here we compute both halves in one process, one after the other:

# %%
run.step(Batch(batch))
whole = [parameter.grad.clone() for parameter in run.step.parameters]
halves = [Batch(batch[:4]), Batch(batch[4:])]
with torch.no_grad():
    numbers = torch.cat([run.step.errors(half)[1] for half in halves])  # what the processes gather


def summed(gather):
    """Return the halves' gradients, added up."""
    total = [torch.zeros_like(gradient) for gradient in whole]
    for first, half in zip((0, 4), halves, strict=True):
        run.step(half, gather, first if gather else 0)
        for gradient, parameter in zip(total, run.step.parameters, strict=True):
            gradient += parameter.grad
    return total


def distance(gradients):
    """Return the largest relative difference to the whole batch's gradient."""
    pairs = zip(gradients, whole, strict=True)
    return max(float((ours - theirs).norm() / theirs.norm()) for ours, theirs in pairs)


together, alone = distance(summed(lambda mine: numbers)), distance(summed(None))
print(f"relative difference to the whole batch's gradient, numbers gathered: {together:.3f}")
print(f"each half with its own weights: {alone:.1f}")

# %% [markdown]
# With two real processes, the numbers and the gradients travel by *collectives*: calls that every process makes, and
# that return when all have made them. Training needs two. `all_gather` gives every process the numbers of all, and
# `all_reduce` gives every process the sum. `torchrun` starts the processes and tells each its *rank*, its number from 0,
# through environment variables. The script below imitates one step: each process has the numbers of four triplets, and a
# gradient of two entries.

# %%
script = Path(mkdtemp()) / "two.py"
script.write_text(
    """
import sys

import torch
import torch.distributed as dist

dist.init_process_group("gloo")  # nccl on GPUs
rank, count = dist.get_rank(), dist.get_world_size()
numbers = torch.arange(4.0) + 4 * rank  # of the four triplets of this process
parts = [torch.empty(4) for _ in range(count)]
dist.all_gather(parts, numbers)
gradient = torch.tensor([1.0, -0.5]) * (1 + rank)
dist.all_reduce(gradient)
line = f"rank {rank} of {count}: numbers {torch.cat(parts).tolist()}, gradient {gradient.tolist()}\\n"
sys.stdout.write(line)  # with its end in one call: both processes write to one pipe
dist.destroy_process_group()
"""
)
torchrun = [
    sys.executable,
    "-m",
    "torch.distributed.run",
    "--standalone",
    "--nproc-per-node",
    "2",
    str(script),
]
printed = subprocess.run(torchrun, capture_output=True, text=True).stdout
print(*(sorted(printed.splitlines()) or ["torchrun did not start; PyTorch for Windows has none"]), sep="\n")

# %% [markdown]
# Both processes now have the same eight numbers and the same gradient, so they compute the same weights of Eq. 10 and
# take the same step. Their networks start from the same seed, so they stay equal without being sent.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Two halves make the whole gradient only if they share the weights, and both processes got the same.
assert together < 1e-3
assert alone > 0.1
assert len({line.split(":", 1)[1] for line in printed.splitlines()}) == 1 < len(printed.splitlines())

# %% [markdown]
# ## 11.9 Rates and decay
#
# Which settings of the paper's long run can a short one keep? The paper's schedule is 50 epochs, with a rate that falls
# exponentially from $10^{-2}$ to $10^{-5}$. Our training can also lower the rate at every step, and begin with a
# warm-up. Three values of the weight decay are in use: 0.005 in the paper, 0.0005 in the authors' MATLAB code, 0.00005
# in their PyTorch port. Does a factor of 100 matter? With momentum SGD, a weight without gradient shrinks as
#
# $$\theta\leftarrow\theta\,\exp\Big(-\frac{\gamma}{1-\mu}\sum_t h_t\Big),\tag{11.1}$$
#
# with the decay $\gamma$, the momentum $\mu=0.9$ and the learning rates $h_t$. So the decay depends on the *sum* of
# the rates. We check the formula with PyTorch's optimiser:

# %%
short = TrainingSettings(steps=6000, steps_per_epoch=518)
rates = np.array([short.learning_rate(step) for step in range(short.steps)])
weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
optimiser = torch.optim.SGD([weight], rates[0], momentum=0.9, weight_decay=5e-3)
for rate in rates:
    optimiser.param_groups[0]["lr"] = rate
    weight.grad = torch.zeros_like(weight)
    optimiser.step()
formula = float(np.exp(-5e-3 / 0.1 * rates.sum()))
print(
    f"what is left after {short.steps:,} steps: {weight.item():.3f} by PyTorch's SGD, {formula:.3f} by the formula"
)

# %%
paper_rates = TrainingSettings(steps=50 * 15444, steps_per_epoch=15444)
totals = {
    "the paper's 50 epochs": 15444 * sum(paper_rates.learning_rate(15444 * epoch) for epoch in range(50)),
    "6,000 steps": rates.sum(),
}
left_over = {
    name: {decay: float(np.exp(-decay / 0.1 * total)) for decay in (5e-3, 5e-4, 5e-5)}
    for name, total in totals.items()
}
for name, shares in left_over.items():
    print(f"{name:22}", *(f"  decay {decay:g}: {share:8.1e}" for decay, share in shares.items()))

# %% [markdown]
# Over the paper's schedule the first decay removes everything that the loss does not renew, the second nearly
# everything, the third less than half. Over 6,000 steps the first removes 43 %, the others 5 % and less. Such a
# calculation shows which settings of a long run carry over to a short one.
#
# But do smaller weights change the response at all? If all features are multiplied by a number, the filter is divided by
# it. A small dependence is left, because the LRN depends on the size of its input, and because $\lambda$ does not scale
# with the features. So decay mainly changes how large a step is *relative to the weights*. We scale the second layer and
# compare the losses:

# %%
with torch.no_grad():
    loss_at = {}
    for scale in (0.5, 1.0, 2.0):
        network = weights.random_weights().network(padded=False).to(device)
        for parameter in network.conv2.parameters():
            parameter *= scale
        loss_at[scale] = float(TrainingStep(network, settings, device).errors(Batch(batch))[0].mean())
for scale, value in loss_at.items():
    print(f"second layer times {scale}: {value / loss_at[1.0]:.1f} times the loss")

# %% [markdown]
# Halving or doubling the second layer changes the loss by a fifth or less. Another change of the weights is
# more dangerous: add a constant to every feature, by the second layer's biases. In the filter of *training* a constant is
# one frequency among thousands. **Predict:** what happens to the loss, and what in tracking?


# %%
def with_constant(value):
    """Return the shipped weights with `value` added to the second layer's biases."""
    tensors = {name: tensor.clone() for name, tensor in weights.default().tensors.items()}
    tensors["conv2.bias"] += value
    return weights.Weights(tensors)


loss_with, auc_with = {}, {}
for value in (0, 10_000):
    network = with_constant(value).network(padded=False).to(device)
    with torch.no_grad():
        loss_with[value] = float(TrainingStep(network, settings, device).errors(held_back)[1][:, 1].mean())
    auc_with[value] = float(scores_of(with_constant(value), [chosen[k] for k in sure]).mean())
print(f"with 10,000 added: {loss_with[10_000] / loss_with[0]:.1f} times the loss", end=" ")
print(f"(random weights: {random_loss / loss_with[0]:.1f} times);", end=" ")
print(f"AUC on fm-1 and mb-1 {auc_with[10_000]:.1f} instead of {auc_with[0]:.1f}")

# %% [markdown]
# The loss rises, but it stays below that of random weights (section 11.7), while the tracker loses both sequences. In
# tracking the features of every patch are multiplied by the Hann window. A constant times the window has the shape of the
# window, which lies in the same place in every patch, so the peak stays in the centre. This is the answer of the
# position code again, with a loss that does not look alarming.
#
# The scale of the features may also matter more to the tracker than to the loss, because the LRN compresses large
# features and leaves small ones as they are. Section 11.11 measures two networks of each of three seeds that differ only
# in this scale. So test the tracker during the run, not only the loss.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The formula of decay, the scale that hardly changes the loss, and the constant: a loss below that of random weights.
assert abs(weight.item() - formula) < 0.01
for value in loss_at.values():
    assert 0.5 < value / loss_at[1.0] < 1.5
assert loss_with[10_000] < min(2 * loss_with[0], random_loss)
assert auc_with[10_000] < auc_with[0] - 0.5

# %% [markdown]
# ## 11.10 When it stops
#
# A run of several days is likely to be interrupted. A checkpoint holds the weights, the optimiser's state and the step.
# The file is replaced as a whole, and the one before is kept. Batches are a function of the step, so a resumed run sees
# the same batches as an uninterrupted one and, on one CPU, continues bit for bit.

# %%
tiny = TrainingSettings(steps=6, batch=2, schedule="step")


def small(step):
    return batch_of(step)[:2]


def power_cut(step):
    if step == 4:
        raise TrainingError("power cut")
    return small(step)


folder = Path(mkdtemp())
train(tiny, small, folder / "whole", device="cpu", checkpoint_every=2)
try:
    train(tiny, power_cut, folder / "parts", device="cpu", checkpoint_every=2)
except TrainingError as error:
    print("stopped:", str(error).split(" (")[0])
train(tiny, small, folder / "parts", device="cpu", checkpoint_every=2, resume=True)
logs = {name: [row["loss"] for row in read_log(folder / name / "log.csv")] for name in ("whole", "parts")}
equal = sum(one == other for one, other in zip(logs["whole"], logs["parts"], strict=True))
print(f"losses in one go and in two parts: {equal} of {tiny.steps} are the same to the last bit")

# %% [markdown]
# If a run goes wrong, the program should report it early. Here is a rate that is far too high:

# %%
wild = TrainingSettings(steps=8, batch=2, schedule="step", first_rate=1e30)
try:
    train(wild, small, folder / "wild", device=str(device))
except TrainingError as error:
    diagnosis = str(error)
print("..." + diagnosis[diagnosis.index("not finite") : diagnosis.index("; losses")])
print("..." + diagnosis[diagnosis.index("Try") : diagnosis.index(" (")])

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# A resumed run goes on bit for bit, and a rate that is too high is named.
assert logs["whole"] == logs["parts"]
assert len(logs["whole"]) == tiny.steps
assert "not finite" in diagnosis

# %% [markdown]
# ## 11.11 The runs behind our weights
#
# From here on the numbers are stored ones: the longest of these runs took half an hour. The files in `data/results/`
# name commit, hardware, date and the command of each run. `make results-training` repeats the runs of the curves and
# of the next section, `make results-experiments-recipe` those that take the recipe apart.


# %%
def stored(name):
    """Return a table's rows, and what is written about it."""
    path = stored_result(f"training_{name}.csv")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    about = json.loads(path.with_suffix(".json").read_text("utf-8"))
    if "provisional" in about:
        print(f"training_{name} is provisional: {about['provisional']}")
    return rows, about


curves, about_curves = stored("curves")
steps, _ = stored("steps")
seed_of = {}
for name, facts in about_curves["runs"].items():
    # The first seed of the settings is the run's; that of the drawn clips comes later.
    seed_of[name] = re.search(r"\bseed=(\d+)", facts["settings"])[1]
    print(f"{name}: seed {seed_of[name]}, {facts['hardware']}, {facts['wall time']}")
    words = textwrap.wrap(facts["command"], 100, break_on_hyphens=False, break_long_words=False)
    print("   ", " \\\n        ".join(words))

# %% [markdown]
# `udt` is the network that ships. `udt-long` is an older run with twelve times as many steps, and `udt-noise` was trained
# on drawn clips instead of real video. Each is one run; a command that names no seed has seed 0. The options are
# explained below, where the recipe is taken apart. The left plot shows what the network was trained
# to lower, and the right one how well it tracks, measured at some steps on the way. Compare the two for `udt-long`.

# %% alt="Loss, learning rate and AUC over the steps of the stored runs: the loss falls, the rate follows its schedule, and the AUC rises a little and then stays within its intervals" tags=["slide"]
_, axes = plt.subplots(1, 3, figsize=(11, 2.8), layout="constrained")
points = {}
for name in about_curves["runs"]:
    lines = [row for row in curves if row["run"] == name]
    at = [int(row["step"]) for row in lines]
    axes[0].plot(at, [float(row["loss"]) for row in lines], label=name)
    axes[1].plot(at, [float(row["learning_rate"]) for row in lines], label=name)
for number, (run, dataset) in enumerate(sorted({(row["run"], row["dataset"]) for row in steps})):
    lines = [row for row in steps if (row["run"], row["dataset"]) == (run, dataset)]
    middle, low, high = (
        np.array([float(row[key]) for row in lines]) for key in ("auc", "auc_low", "auc_high")
    )
    bars = np.stack([middle - low, high - middle])
    at = [int(row["steps"]) for row in lines]
    beside = 1.12 ** (number - 1.5) * np.array(at)  # so that no bar stands on another
    axes[2].errorbar(beside, middle, bars, marker="o", ms=4, capsize=2, label=f"{run}, {dataset}")
    print(
        f"{run:8} seed {seed_of[run]}, {dataset:10}",
        *(f"{step}: {auc:.3f}  " for step, auc in zip(at, middle, strict=True)),
    )
    points[run, dataset] = len(at)
axes[0].set(xlabel="step", ylabel="loss", ylim=(0, None), xscale="log")
axes[1].set(xlabel="step", ylabel="learning rate", xscale="log", yscale="log")
axes[2].set(xlabel="steps", ylabel="AUC, 95 % interval", ylim=(0, 1), xscale="log")
for axis in axes:
    axis.legend(fontsize=8, loc="lower left")
plt.show()

# %% [markdown]
# The loss and the AUC of `udt-long` in numbers:

# %%
long = [row for row in curves if row["run"] == "udt-long"]
early, late = (
    np.mean([float(row["loss"]) for row in part])
    for part in (long[: len(long) // 3], long[-len(long) // 3 :])
)
track = {
    int(row["steps"]): float(row["auc"])
    for row in steps
    if (row["run"], row["dataset"]) == ("udt-long", "synthetic")
}
best = max(track, key=lambda step: track[step])
print(
    f"udt-long, seed {seed_of['udt-long']}: mean loss of the first third {early:.1f}, of the last {late:.1f}"
)
print(
    f"AUC on the synthetic sequences after {best} steps {track[best]:.3f}, after {max(track)} {track[max(track)]:.3f}"
)

# %% [markdown]
# The loss keeps falling, but at the end this network, of one seed, tracks worse than soon after the start. The loss
# does not contain everything that a tracker needs: in training no filter is updated with the tracker's own boxes,
# there is no choice between scales, and no window.
#
# **Does training make the features too large?** This is another thing that the loss hardly shows (section 11.9), but it
# can be seen in the network itself. Its layers grow during training, and the LRN at the end turns a feature $x$ into
# $x\,(1+s)^{-0.75}$, where $s$ is $10^{-4}$ times the mean square of five neighbouring channels. If these are all as
# strong as $x$, then $s=10^{-4}x^2$, and the output is largest at $s=2$. Below that, a stronger feature gives a stronger
# output. Above it, a stronger feature gives a *weaker* output: an edge with much contrast counts for less than one with
# little.
#
# The left plot shows this curve. The right one shows how $s$ is distributed over all channels and places of four
# networks: random weights, the same ones doubled (which makes the features four times as strong), and the two that ship.
# Which share of each lies to the right of the line, beyond the peak?


# %% alt="Left: the output of the LRN against its input rises to a peak at s = 2 and falls beyond. Right: densities of s for four networks; most of the doubled random weights lies above the peak, most of the other three below" tags=["slide"]
def squares(tensors):
    """Return s at every channel and place of the templates of a batch, before the LRN."""
    net = FeatureNetwork()
    net.load_state_dict(tensors)
    patches = torch.from_numpy(batch[:, 0]).permute(0, 3, 1, 2).float() - torch.tensor(MEAN_RGB).view(3, 1, 1)
    with torch.no_grad():
        features = net.conv2(torch.relu(net.conv1(patches)))
    return 1e-4 * nn.functional.avg_pool3d(features[:, None] ** 2, (5, 1, 1), 1, (2, 0, 0)).flatten()


_, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
strength = np.geomspace(3, 3000, 200)
axes[0].plot(strength, strength * (1 + 1e-4 * strength**2) ** -0.75, color="0.2")
axes[0].axvline(np.sqrt(2e4), color="#d55e00", label="s = 2")
axes[0].set(
    xscale="log", xlabel="feature before the LRN, like its neighbours", ylabel="feature after the LRN"
)
networks = {name: weights.get_weights(name).tensors for name in ("random", "udt-noise", "udt")}
networks["random, doubled"] = {key: 2 * tensor for key, tensor in networks["random"].items()}
above = {}
for name, tensors in networks.items():
    exponents = squares(tensors).clamp(min=1e-5).log10()
    above[name] = float((exponents > np.log10(2)).float().mean())
    axes[1].hist(
        exponents.numpy(), 80, density=True, histtype="step", label=f"{name}: {above[name]:.0%} above"
    )
axes[1].axvline(np.log10(2), color="#d55e00")
axes[1].set(xlabel="logarithm of s", ylabel="density", xlim=(-7.5, 3))  # room for the legend
for axis in axes:
    axis.legend(fontsize=8)
plt.show()

# %% [markdown]
# With doubled first weights most features lie above the peak before the first step of training. The recipe was first
# chosen with such weights (`--gain 2`). Does that harm the tracker? The stored table has three networks trained from
# doubled first weights and three from the usual ones. Each was measured as trained, and with its last layer
# multiplied by 1/4 afterwards, which divides every $s$ by 16. The tracker has the preset `points` (section 6.8). There are
# three numbers for each seed:
#
# - *overlap*, the mean overlap over 22 real sequences, and
# - *robustness*, which share of a run passes before the target is lost (section 11.13 says more about both);
# - *failures*: how often the tracker loses the target on `ball1`, a sequence of VOT in which a small ball moves far from
#   frame to frame. After each loss it is started again.
#
# **Predict:** which of the three changes?

# %%
scale_table = json.loads(stored_result("ch11_scale.json").read_text("utf-8"))["networks"]
FIRST = {"doubled": ("gain-2", "gain-2-seed-1", "gain-2-seed-2"), "usual": ("seed-0", "seed-1", "udt")}


def of_scale(first, scale, place):
    """Return one number of each seed and sequence, (seeds, sequences): place 0 overlap, 1 robustness."""
    tables = [scale_table[name][scale]["sequences"] for name in FIRST[first]]
    return np.array([[pair[place] for pair in table.values()] for table in tables])


lost = {}
for first in FIRST:
    for scale, says in {"1": "as trained", "0.25": "times 1/4"}.items():
        lost[first, scale] = [scale_table[name][scale]["failures"] for name in FIRST[first]]
        numbers = "   ".join(
            f"{one} {each.mean():.3f} ({', '.join(f'{x:.3f}' for x in each.mean(1))})"
            for one, each in (
                ("overlap", of_scale(first, scale, 0)),
                ("robustness", of_scale(first, scale, 1)),
            )
        )
        print(f"{first:7}, {says:10}: {numbers}")
        print(f"{'':21}failures on ball1 {lost[first, scale]}   (seeds 0, 1, 2)")

# %%
scale_gap = {}
for place, one in enumerate(("overlap", "robustness")):
    doubled, usual = of_scale("doubled", "1", place), of_scale("usual", "1", place)
    compared_pairs = {
        "doubled, times 1/4 minus as trained": (of_scale("doubled", "0.25", place), doubled),
        "usual, times 1/4 minus as trained": (of_scale("usual", "0.25", place), usual),
        "usual minus doubled, as trained": (usual, doubled),
    }
    for says, both in compared_pairs.items():
        scale_gap[one, says] = i = crossed_difference(*both).interval
        print(f"{one:10} {says:35} {i.mean:+.3f} [{i.low:+.3f}, {i.high:+.3f}]")

# %% [markdown]
# On the 22 real sequences neither overlap nor robustness changes by more than its interval allows for chance. `ball1` does
# show a difference: the three networks with doubled first weights lose it six to eight times, less often once their
# features are smaller, and the three with usual ones never lose it. Smaller is not always better, though: the usual ones
# times 1/4 lose it again. One sequence does not prove that this holds for all fast targets, but it shows an effect that
# the mean over the 22 sequences does not. `ball1` has now helped to choose the network, so it no longer tests it.

# %% [markdown]
# **What does each part of the recipe add?** The recipe, as it was first chosen, has five parts that the reference has
# not:
#
# - Muon ([Jordan et al. 2024](#References "jordan2024")) makes the update of each layer orthogonal, so that all
#   directions of the weights change by the same amount.
# - S1 and S2 are changed by random warps and changes of light.
# - They are also smeared by random motion blur. None of these changes needs a label.
# - The first weights are twice as large as usual (`--gain`), so the features are too.
# - A running average of the weights is written in place of the last ones (`--average`).
#
# The experiment `recipe` leaves out one of them at a time; without changes there is no blur either. Each arm is trained
# from three seeds on the real videos, for 300 steps of 16 triplets, and judged in the released tracker on 22 real
# sequences that are kept for choosing, from three starts in each (section 11.13 says how). The arms, the claims and the
# rule of decision were written down before the first run; [chapter 15](15_what_each_idea_is_worth.ipynb) explains the
# rule. Each line has the mean overlap, the robustness, and the overlap of each seed:

# %%
RECIPE = EXPERIMENTS["recipe"]
with stored_result("experiments_recipe.csv").open(newline="", encoding="utf-8") as file:
    recipe_rows = list(csv.DictReader(file))
for arm, line in zip(RECIPE.arms, arm_lines(RECIPE, recipe_rows), strict=True):
    print(line)
    print(f"    {arm.what}")

# %% [markdown]
# Below, each difference with its interval over seeds and sequences, and on how many of the sequences the first arm is
# better. The orange marks show how large a difference would have to be to be found four times out of five. Which claims
# does this table confirm?

# %% alt="Differences in overlap between the recipe and five recipes that lack a part each: all five intervals contain 0, those of changed patches and of SGD are the widest" tags=["slide"]
parts = {pair(one.comparison): one for one in verdicts(RECIPE, recipe_rows)}
measured, wins = seeds_of(recipe_rows), {}
for name, one in parts.items():
    arms = one.comparison.better, one.comparison.worse
    first, second = (table_of(recipe_rows, arm, "overlap", measured[arm]) for arm in arms)
    wins[name] = first.mean(0) > second.mean(0)
    i = one.overlap.interval
    print(f"{name:16} {i.mean:+.3f} [{i.low:+.3f}, {i.high:+.3f}] p {one.corrected:.2f}", end=" ")
    print(f"better on {wins[name].sum()} of {len(wins[name])}\n    {one.comparison.claim}: {one.says}")
differences({name: one.overlap for name, one in parts.items()}, "difference in overlap; orange: detectable")
plt.show()

# %% [markdown]
# None of them. Without changed patches the mean is lower by almost four points, from each of the three seeds, and still
# the interval contains 0: the recipe is better on hardly more than half of the sequences, and most of the difference
# comes from a few of them. With SGD it is the same. What the table does show is that motion blur, the average and the
# size of the first weights are worth little here, less than three points either way. First weights of the usual size
# are even a little better from each seed, and on `ball1` they make the difference shown above. So the network that ships
# was trained without the doubling, and with the other four parts as they were.
#
# We still cannot say that this recipe is the best one. Its other parts were chosen by a list of single runs, each scored
# by one pass over the drawn clips, partly by chance; for some of the runs we had also seen the scores on real sequences.
# Section 11.13 shows a better way to choose.
#
# **Do many steps harm?** What was said of `udt-long` above rests on one seed, and on first weights twice as large and no
# weight decay. So we took the recipe of the network that ships to 6,000 steps, from three seeds, with half as many
# triplets in each step and with decay 0.5, which keeps the weights from growing. (Two such arms of the experiment above,
# from the doubled first weights, were declared and not run.) The networks after 500 and after 6,000 steps were measured
# like the arms above.
#
# **Predict:** is the network worse after 6,000 steps than after 500?

# %% alt="Left: training losses of three runs fall slowly over 6,000 steps; the losses on held-out videos, dotted, are lower and hardly change. Right: the overlap of each run after 500 and after 6,000 steps"
long_runs = json.loads(stored_result("ch11_long.json").read_text("utf-8"))
block, seeds_of_long = long_runs["block"], list(long_runs["runs"].values())
after = {}
for count in ("500", "6000"):
    tables = [one["networks"][count]["sequences"].values() for one in seeds_of_long]
    after[count] = np.array([[video["overlap"] for video in table] for table in tables])
    values = after[count].mean(1)
    print(f"{count:>4} steps: overlap", *(f"{value:.3f}" for value in values), f"  mean {values.mean():.3f}")
more_steps = crossed_difference(after["6000"], after["500"]).interval
print(f"6,000 minus 500: {more_steps.mean:+.3f} [{more_steps.low:+.3f}, {more_steps.high:+.3f}]")

_, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained", width_ratios=[2, 1])
for number, one in enumerate(seeds_of_long):
    at = block * np.arange(1, len(one["loss"]) + 1)
    (line,) = axes[0].plot(at, one["loss"], lw=1, label=f"seed {number}")
    held_out = [(step, loss) for step, loss in zip(at, one["held out"], strict=True) if loss is not None]
    axes[0].plot(*np.transpose(held_out), color=line.get_color(), lw=1, ls=":")
    axes[1].plot(["500", "6,000"], [table[number].mean() for table in after.values()], marker="o")
axes[0].set(xlabel="step", ylabel="loss; dotted: held out", ylim=(0, None))
axes[1].set(xlabel="steps", ylabel="overlap", xlim=(-0.3, 1.3), ylim=(0.4, 0.55))
axes[0].legend(fontsize=8, loc="lower left")
plt.show()

# %%
spike = max(float(row["loss"]) for row in long if int(row["step"]) > 1000)
spikes = [max(one["loss"][1000 // block :]) for one in seeds_of_long]
print(
    f"highest mean of {block} steps after step 1,000: udt-long {spike:.0f}, these three",
    *(f"{one:.0f}" for one in spikes),
)

# %% [markdown]
# In two of the three runs the network is as good after 6,000 steps as after 500, and in the third a little worse. The
# mean falls by half a point, far less than the interval is wide. So this recipe does not fall apart as `udt-long` did,
# although it sees six times as many triplets as the network that ships. But it gains nothing either, and yet all its
# losses fall, on the held-out videos too. Which change made the difference (first weights, decay, motion blur, the
# average) we did not measure: for that every one would need runs of its own.
#
# `udt-long` also had a spike: the mean loss of the 50 steps up to step 4,500 is twice that of the steps before. None of
# the three runs has one. It happened in one run, and we cannot say what caused it.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The curves are whole, their intervals hold the means, and the long run ends worse than it was.
for count in points.values():
    assert count >= 5
for row in steps:
    assert 0 < float(row["auc_low"]) <= float(row["auc"]) <= float(row["auc_high"]) < 1
assert late < early
assert best < max(track)
# Three long runs: two end as good as they were, the mean changes little, every loss falls, and none has a spike.
changes = after["6000"].mean(1) - after["500"].mean(1)
assert (changes > -0.001).sum() == 2
assert -0.007 < more_steps.mean < -0.003
assert more_steps.low < -0.02
assert more_steps.high > 0.01
for one in seeds_of_long:
    for kind in ("loss", "held out"):
        steady = [loss for loss in one[kind] if loss is not None]
        assert np.mean(steady[-len(steady) // 6 :]) < np.mean(steady[: len(steady) // 6])
assert max(spikes) < 60 < spike
# The parts of the recipe: no verdict, and what the text says of single arms.
assert {one.says for one in parts.values()} == {"not resolved"}
for arm in ("udt", "no-smear", "no-changes", "no-average", "gain-1", "sgd"):
    assert len(measured[arm]) == 3


def by_seed(arm):
    """Return the mean overlap of an arm from each seed."""
    return table_of(recipe_rows, arm, "overlap", measured[arm]).mean(1)


assert (by_seed("udt") > by_seed("no-changes")).all()
assert (by_seed("udt") > by_seed("sgd")).all()
assert (by_seed("gain-1") > by_seed("udt")).all()
for arm in ("no-smear", "no-average", "gain-1"):
    i = parts[f"udt - {arm}"].overlap.interval
    assert max(i.high, -i.low) < 0.03
assert wins["udt - no-changes"].mean() < 0.6
# Doubled first weights are above the peak, the others below; each seed fails less often with smaller features.
assert above["random, doubled"] > 0.5
assert max(above[name] for name in ("random", "udt-noise", "udt")) < 0.25
for smaller in (lost["doubled", "0.25"], lost["usual", "1"]):
    assert all(after < before for before, after in zip(lost["doubled", "1"], smaller, strict=True))
assert lost["usual", "1"] == [0, 0, 0]
assert min(lost["usual", "0.25"]) > 0
for interval in scale_gap.values():
    assert interval.low < 0 < interval.high

# %% [markdown]
# ## 11.12 How much each part contributes
#
# Does each idea of chapters 08 and 09 help? The paper's ablation leaves them out one at a time and has one network for
# each row. From one network we cannot tell whether a method is better or its first weights were lucky, so here each
# variant was trained from three seeds, on the same videos for as many steps. There are four:
#
# - `udt` (in this section not the network that ships, but three networks trained for the comparison) has everything:
#   three frames, $\mathbf A_{drop}$ and $\mathbf A_{motion}$;
# - `standard-loss` has three frames and $\mathbf A_{drop}$, but not $\mathbf A_{motion}$;
# - `single-trajectory` goes from T to S1 and back, without either weight;
# - `random` was not trained.
#
# *Before* we look at a difference: how large must it be for 22 synthetic or 10 real sequences (`otb`) to show it? With the
# standard deviation $s_\Delta$ of paired differences over $n$ sequences, a test at 5 % finds four out of five true
# differences of the size
#
# $$\delta=(1.96+0.84)\,\frac{s_\Delta}{\sqrt n}.$$

# %%
table, about_table = stored("runs")
datasets = sorted({row["dataset"] for row in table})


def grid(variant, dataset):
    """Return the AUC (seeds, sequences) of a variant."""
    lines = [row for row in table if (row["variant"], row["dataset"]) == (variant, dataset)]
    seeds, sequences = (sorted({row[key] for row in lines}) for key in ("seed", "sequence"))
    found = {(row["seed"], row["sequence"]): float(row["auc"]) for row in lines}
    return np.array([[found[seed, sequence] for sequence in sequences] for seed in seeds])


card = dict(
    item.split("=", 1) for item in about_table["runs"]["udt-s0"]["settings"].split(", ") if "=" in item
)
seen = int(card["steps"]) * int(card["batch"])
print(
    f"each run has seen {seen:,} triplets, the paper's network {50 * 494_211:,}: {50 * 494_211 / seen:,.0f} times as many"
)
others = [v for v in dict.fromkeys(row["variant"] for row in table) if v != "udt"]
smallest = {}
for dataset in datasets:
    for other in others:
        gaps = grid("udt", dataset).mean(0) - grid(other, dataset).mean(0)
        smallest[dataset, other] = 2.8 * gaps.std(ddof=1) / len(gaps) ** 0.5
        print(f"{dataset:10} udt - {other:18} detectable: {smallest[dataset, other]:.3f} AUC")


# %% [markdown]
# Now we compute the differences. The bootstrap draws sequences, and for each draw the seeds too, so that the
# interval contains both kinds of chance. "Confirmed" means that the whole interval lies above zero and that the
# difference is at least as large as what could be detected. "Borderline" means that the interval lies above zero, but
# the difference is smaller than that: another set of sequences might well give an interval with zero in it.


# %%
def difference(one, other, draws=4000):
    """Return mean, low and high of one - other, (seeds, sequences) each, by redrawing both."""
    random = np.random.default_rng(0)
    sequences = random.integers(one.shape[1], size=(draws, one.shape[1]))
    means = []
    for each in (one, other):
        seeds = random.integers(len(each), size=(draws, len(each)))
        means.append(np.take_along_axis(each[seeds].mean(1), sequences, 1).mean(1))
    low, high = np.percentile(means[0] - means[1], [2.5, 97.5])
    return one.mean() - other.mean(), low, high


compared = {}
for dataset in datasets:
    for variant in ("udt", *others):
        each = grid(variant, dataset).mean(1)
        print(f"{dataset:10} {variant:18}", "seeds", *(f"{value:.3f}" for value in each))
    for other in others:
        compared[dataset, other] = gap = difference(grid("udt", dataset), grid(other, dataset))
        says = "borderline" if gap[1] > 0 else "the opposite" if gap[2] < 0 else "not confirmed"
        says = "confirmed" if gap[1] > 0 and gap[0] >= smallest[dataset, other] else says
        print(f"{dataset:10} udt - {other:18} {gap[0]:+.3f} [{gap[1]:+.3f}, {gap[2]:+.3f}]  {says}")

# %% [markdown]
# The same as a picture. Which intervals leave out zero, and which dots lie to the right of their orange mark, the
# smallest difference that could be detected?

# %% alt="Differences in AUC with intervals for six comparisons: those with random weights and with a single trajectory lie above zero, those with the standard loss reach over it" tags=["slide"]
_, axis = plt.subplots(figsize=(7, 2.6), layout="constrained")
for k, ((dataset, other), (mean, low, high)) in enumerate(compared.items()):
    axis.errorbar(
        mean, -k, xerr=[[max(0, mean - low)], [max(0, high - mean)]], marker="o", capsize=3, color="0.2"
    )
    axis.plot([smallest[dataset, other]] * 2, [-k - 0.3, -k + 0.3], color="#d55e00")
axis.set_yticks(-np.arange(len(compared)), [f"{dataset}: udt - {other}" for dataset, other in compared])
axis.axvline(0, color="0.7")
axis.set(xlabel="difference in AUC; orange: what could be detected")
plt.show()

# %% [markdown]
# Training is confirmed to help on both benchmarks. The third frame and the weights together are confirmed on the
# synthetic one, and $\mathbf A_{motion}$ on neither. Three limits apply:
#
# 1. `single-trajectory` leaves out the third frame and both weights at once, so its row does not say which of them
#    helps. [Chapter 15](15_what_each_idea_is_worth.ipynb) takes them apart, judges on clips that no recipe was chosen on,
#    and corrects for looking at several claims.
# 2. The budget is far below the paper's, and where the detectable difference is larger than any plausible one, "not
#    confirmed" says nothing against the idea.
# 3. Every run here starts from the true box. [Chapter 13](13_evaluating_on_otb.ipynb) (section 13.7) starts trackers up to
#    a pixel beside it: a tracker that loses one of the ten real sequences from one of three starts has a mean that moves
#    by several points. So do not rely on an interval of the real sequences that only just leaves out zero.
#
# How long would the paper's schedule take, 494,211 templates 50 times?

# %%
devices, about_devices = stored("devices")
triplets = 50 * 494_211
print(f"batch {about_devices['batch']}, commit {about_devices['commit']}, {about_devices['date']}")
for row in devices:
    speed = row["triplets_per_second"]
    says = f"{speed:>6} triplets/s, {triplets / float(speed) / 3600:5.0f} h" if speed else "not measured"
    print(f"{row['device']:5} {row['step']:14} {row['hardware']:18} {says}")
    if not speed:
        print("      measure it:", row["command"])

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The bars of the figure run from low to high.
for _, low, high in compared.values():
    assert low <= high

# %% [markdown]
# ## 11.13 How to choose when scores vary by chance
#
# A network is often judged by one pass over a benchmark: the tracker is started once in each sequence. How much does that
# score change when nothing but the seed changes? Here are the three networks of section 11.12's `udt`, which differ in
# their seed alone, on the ten real sequences and on the 22 drawn ones:

# %%
for dataset in datasets:
    each = grid("udt", dataset).mean(1)
    numbers = " ".join(f"{value:.3f}" for value in each)
    print(f"AUC, {dataset:9} seeds 0, 1, 2: {numbers}   deviation {each.std(ddof=1):.3f}")

# %% [markdown]
# On the real sequences the seed alone moves the score by several points. So before we look for a better network we need
# a better *measure*, one that gets more information from the same video.
#
# A tracker that is started once in a sequence gives one trial, in which the target is mostly kept or lost as a whole.
# Start it at several frames instead, the *anchors*, and let it run from each towards the farther end, backwards from
# late ones. VOT has done so since 2020 ([chapter 14](14_evaluating_on_vot.ipynb)), and so does `udt evaluate --protocol
# anchors`.
#
# Two numbers come out: the mean *overlap* of a run, and its *robustness*, the share of the run before five frames in a
# row overlap by less than 0.1. Both are averaged over the runs of a sequence, then over sequences.
#
# The stored table is measured on 22 short real sequences from six benchmarks, with three anchors each. The sequences are
# kept for choosing: no network was trained on them. All rows but two have the released tracker with different networks.
# `seed-0` and `seed-1` are the recipe of `udt`, trained from other seeds; `gain-2` with its two seeds is the recipe
# with doubled first weights; and `udt-noise` with its two seeds is the recipe of `udt` on drawn clips. The rows
# `points` and `book` have the network `udt` with the presets of these names (section 6.8). The presets were chosen on
# these sequences, so their lead here is too optimistic.

# %%
choice = json.loads(stored_result("ch11_choice.json").read_text("utf-8"))
videos = choice["sequences"]


def column(name, key):
    """Return one number a sequence of a network."""
    return np.array([choice["networks"][name]["sequences"][video][key] for video in videos])


ranked = sorted(choice["networks"], key=lambda name: -column(name, "overlap").mean())
print(
    f"{len(videos)} sequences, {choice['starts']} runs; overlap with its interval over sequences, and robustness"
)
for name in ranked:
    mean = bootstrap_interval(column(name, "overlap"))
    print(
        f"{name:15} {mean.mean:.3f} [{mean.low:.2f}, {mean.high:.2f}]   {column(name, 'robustness').mean():.3f}"
    )

# %% [markdown]
# Each interval here is wider than a tenth, because some sequences are hard for every network. We therefore subtract
# `udt` sequence by sequence: what is hard for both drops out, and the intervals become narrower. The last column is the
# number of sequences that would show a difference of 0.01 four times out of five, if the two networks differ from
# sequence to sequence as they do here.


# %%
def word(interval):
    """Return what an interval of differences says."""
    return "better" if interval.low > 0 else "worse" if interval.high < 0 else "undecided"


paired, needed = {}, {}
for name in ranked:
    if name != "udt":
        paired[name] = gap = paired_difference(column(name, "overlap"), column("udt", "overlap"))
        needed[name] = sequences_needed(column(name, "overlap"), column("udt", "overlap"), 0.01)
        print(
            f"{name:15} minus udt {gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]  {word(gap):9}  {needed[name]} sequences"
        )

# %% [markdown]
# So this table does not show whether our network or either of the authors' two is better, and hundreds of sequences would
# be needed to show a difference of 0.01. Each of three recipes has three networks that differ in their seed alone. How
# far apart are the three, and how far is the recipe of `udt` from the other two?

# %%
RECIPES = {
    "as udt": FIRST["usual"],
    "first weights doubled": FIRST["doubled"],
    "on drawn clips": ("noise-seed-0", "noise-seed-1", "udt-noise"),
}
by_recipe = {
    recipe: np.stack([column(name, "overlap") for name in names]) for recipe, names in RECIPES.items()
}
recipe_gaps = {}
for recipe, each in by_recipe.items():
    values = each.mean(1)
    print(
        f"{recipe:21}: overlap of seeds 0, 1, 2:",
        ", ".join(f"{value:.3f}" for value in values),
        f"  mean {values.mean():.3f}, deviation {values.std(ddof=1):.3f}",
    )
    if recipe != "as udt":
        recipe_gaps[recipe] = gap = crossed_difference(by_recipe["as udt"], each).interval
        print(f"{'as udt minus it':>21}  {gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]")
for name in ("udt", "udt-noise"):
    print(f"{name}:\n   ", weights.get_weights(name).card["chosen"])

# %% [markdown]
# The table shows no difference between the recipes, nor between the seeds. Even the networks that never saw a real video
# have the same mean here, to a few thousandths. Both `udt` and `udt-noise` are the seed in the middle of their three,
# measured with the preset `points` and seven anchors in each sequence, as the cards say. In the table above, with the
# released tracker and three anchors, another of the three seeds may be in the middle, as for `udt`. Such a rank depends
# on the measure, and the number to report for a recipe is the mean over its seeds.
#
# The same measure can choose the settings of the *tracker*. Each line below is the preset `points` with one setting
# changed, for the three networks of the recipe of `udt`: mean overlap and robustness, then the overlap minus that of
# `points` with its interval over seeds and sequences. In the second line, without the points on the target, it is the
# released tracker. Eight differences are looked at together, so the p-value is corrected as in section 15.5. The rule was
# written before any overlap was read: a setting takes the preset's place if its overlap is better with a corrected p-value
# below 0.05. Which setting matters most?

# %%
preset_points = json.loads(stored_result("ch11_preset.json").read_text("utf-8"))["points"]


def of_point(name, key):
    """Return one number a network and sequence, the rows in the order of the seeds."""
    return np.array(
        [[one["sequences"][video][key] for video in videos] for one in preset_points[name].values()]
    )


def shown(name):
    """Return a setting as the text has it."""
    return name.replace("=True", " on").replace("=False", " off")


against_points = {
    name: crossed_difference(of_point(name, "overlap"), of_point("points", "overlap"))
    for name in preset_points
    if name != "points"
}
corrected = dict(zip(against_points, holm([one.p for one in against_points.values()]), strict=True))
for name in preset_points:
    line = (
        f"{shown(name):20} {of_point(name, 'overlap').mean():.3f}  {of_point(name, 'robustness').mean():.3f}"
    )
    if name in against_points:
        i = against_points[name].interval
        line += f"   {i.mean:+.3f} [{i.low:+.3f}, {i.high:+.3f}]  p {corrected[name]:.2f}"
    print(line)

# %% [markdown]
# By this rule no setting takes the preset's place. The means of the last seven lie within about a point of `points`, with
# corrected p-values of 0.7 and more. The second line is another matter: without the points on the target the overlap
# falls by 3.3 points, and the corrected p-value is just below 0.05.
#
# A second measure counts *failures*: the tracker is started at the first frame, and started again five frames after
# each loss of the target ([chapter 14](14_evaluating_on_vot.ipynb)). We counted them after the rule had accepted no
# setting. Below are the failures in all 22 sequences, for seeds 0, 1 and 2, and how many they are together.
# **Predict:** does a smaller window (padding 1.5) lose the target more often than the usual one (1.8), or less often?

# %%
failures = {name: of_point(name, "failures").sum(1) for name in preset_points}
for name, each in failures.items():
    print(f"{shown(name):20} {' '.join(str(count) for count in each)}   together {each.sum()}")

# %% [markdown]
# Less often, with each of the three networks. These are small counts, and seeds of one recipe differ by as much. But no
# other line has a higher overlap or robustness, either. The rule accepts no difference, so these settings are about
# equally good here, and we took the one that none of the others surpasses in any of the three measures: the preset
# `book` is `points` with padding 1.5.
#
# What does the smaller window cost? It reaches 1.25 target sizes to each side of the target's middle instead of 1.4. On
# the drawn sequences of the embedded benchmark, one pass each, we compare the preset with the two settings that have the
# fewest failures. The line below the means names the sequence on which the smaller window loses most:

# %%
drawn_benchmark = json.loads(stored_result("ch11_preset.json").read_text("utf-8"))["drawn"]
benchmark_names = list(drawn_benchmark["points"]["udt"])
auc_of = {
    name: np.array([list(found.values()) for found in networks.values()])
    for name, networks in drawn_benchmark.items()
}
for name, each in auc_of.items():
    print(
        f"{name:20} AUC, seeds 0, 1, 2: {', '.join(f'{x:.3f}' for x in each.mean(1))}   mean {each.mean():.3f}"
    )
smaller_window = auc_of["padding=1.5"] - auc_of["points"]
row, most = np.unravel_index(smaller_window.argmin(), smaller_window.shape)
loses_most = benchmark_names[most], int(row)
print(f"smaller window: {smaller_window.min():+.2f} on {loses_most[0]} with seed {loses_most[1]}")

# %% [markdown]
# With seed 0 the smaller window loses a fast target, `fm-2`; with the two other seeds the means differ by less than half
# a point. The smaller rate gains with two seeds and loses with the third. One target lost or kept in a single sequence
# moves a mean of 22 by up to three points, so these sequences do not decide it either. If your targets move far from
# frame to frame, `load_tracker("udt", padding=1.8)` has the larger window.
#
# **Predict:** how soon after a start can we see whether a network was trained at all: in the next frame, after ten, or
# only after fifty? In the next picture zero is the overlap of random weights. Each curve is a network's lead over them
# in the first frames after a start, and at the right in whole runs. From which number of frames on do the intervals
# leave out zero?

# %% alt="Overlap minus that of random weights over the frames after a start, for seven networks with intervals: the curves separate only in long runs, with the presets points and book on top"
horizons = [*choice["horizons"], "whole"]


def by_horizon(name):
    """Return the mean overlap up to each horizon, (sequences, horizons)."""
    return np.column_stack([np.array([each for each in column(name, "early")]), column(name, "overlap")])


_, axis = plt.subplots(figsize=(8, 3), layout="constrained")
gained = {}
drawn_names = [name for name in ranked if "seed" not in name and name != "random"]
for shift, name in enumerate(drawn_names):
    rows = [paired_difference(*pair) for pair in zip(by_horizon(name).T, by_horizon("random").T, strict=True)]
    gained[name] = rows
    middle, low, high = np.array([(one.mean, one.low, one.high) for one in rows]).T
    place = np.arange(len(horizons)) + 0.08 * (shift - 3)
    axis.errorbar(
        place, middle, [middle - low, high - middle], marker="o", markersize=4, capsize=2, label=name
    )
axis.axhline(0, color="0.7")
axis.set_xticks(range(len(horizons)), horizons)
axis.set(xlabel="frames after a start", ylabel="overlap minus that of random weights")
axis.legend(fontsize=7, ncol=2)
plt.show()
for place in (0, 3, 5, len(horizons) - 1):
    gap, frames_after = gained["udt"][place], horizons[place]
    says = "whole runs" if frames_after == "whole" else f"{frames_after} frames"
    print(f"udt minus random, {says:>10}: {gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]")

# %% [markdown]
# Right after a start almost any features find the target, because it has hardly moved and looks as it did. So a test
# on two frames of a video, such as the loss, hardly shows whether a network was trained. The gain of training shows
# over many frames, where errors add up, because the filter is updated with the tracker's own boxes.
#
# The same in small, on four clips that the library draws, from three anchors each:

# %%
drawn = [
    render_clip(24, seed=seed, in_plane_rotation=0.4, background_clutter=0.5, illumination_variation=0.4)
    for seed in (5, 6, 7, 8)
]


def from_anchors(source):
    """Return the overlap after each start, one array a run."""
    tracker, found = load_tracker("udt", weights=source, preset="released", device=str(device)), []
    for clip in drawn:
        frames = list(clip.frames)
        for anchor in anchors(clip.boxes, *frames[0].shape[:2], count=3):
            first, *later = anchor.frames(len(frames))
            tracker.init(frames[first], clip.boxes[first])
            found.append(iou([tracker.update(frames[k]) for k in later], clip.boxes[later]))
    return found


small_runs = {name: from_anchors(source) for name, source in (("random", "random"), ("udt", "udt"))}
for frames_after in (1, 8, None):
    means = {name: np.mean([run[:frames_after].mean() for run in runs]) for name, runs in small_runs.items()}
    says = "whole runs" if frames_after is None else f"{frames_after} frames"
    print(f"{says:10}", *(f"{name} {value:.1f}  " for name, value in means.items()))

# %% [markdown]
# What follows for the choice of a recipe?
#
# 1. Fix the measure first, and find out how small a difference it can show: the table above says how many sequences
# that takes.
# 2. Compare in pairs, on many starts, on video that is neither trained on nor reported.
# 3. Train at least three seeds of each recipe, and ship the seed with the *median* result, as we did. The best seed is
# partly luck.
# 4. Judge once, on other sequences, and report it whatever it is.
#
# Most parts of the recipe that ships were chosen before this measure existed, from single runs scored by one pass. That
# is why section 11.11 measures them again.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The text: seeds move one pass, trained networks beat random ones in whole runs, and early frames hardly see it.
assert grid("udt", "otb").mean(1).std(ddof=1) > 0.03
assert gained["udt"][-1].low > 0
for gap in recipe_gaps.values():
    assert gap.low < 0 < gap.high
assert abs(recipe_gaps["on drawn clips"].mean) < 0.005
assert gained["udt"][0].mean < gained["udt"][-1].mean / 3
assert min(paired["points"].low, paired["book"].low) > 0
without_points, *tried = against_points
assert without_points == "flow=False"
assert min(corrected[name] for name in tried) > 0.7
assert max(abs(against_points[name].interval.mean) for name in tried) < 0.0125
assert f"{against_points[without_points].interval.mean:.3f}" == "-0.033"
assert 0.04 < corrected[without_points] < 0.05
assert failures["points"].sum() > 1.3 * failures["padding=1.5"].sum()
assert (failures["padding=1.5"] < failures["points"]).all()
for key in ("overlap", "robustness"):
    means = {name: round(of_point(name, key).mean(), 3) for name in preset_points}
    assert means["padding=1.5"] == max(means.values())
assert failures["padding=1.5"].sum() == min(each.sum() for each in failures.values())
assert np.ptp(failures["points"]) >= 2
assert loses_most == ("fm-2", 0)
assert abs(smaller_window[1:].mean(1)).max() < 0.005
assert list(auc_of["learning_rate=0.005"].mean(1) > auc_of["points"].mean(1)) == [True, True, False]
for name in ("authors' UDT", "authors' DCFNet"):
    assert paired[name].low < 0 < paired[name].high

# %% [markdown]
# ## 11.14 Exercises
#
# Fill in the stub, then run its check. Solutions are in [solutions/11.py](solutions/11.py).
#
# **Exercise 1 (compute).** Return the learning rate of an epoch (0-indexed): `first` in the first, `last` in the
# last, its logarithm on a straight line between. A run of one epoch has the rate `first`.
#
# <details class="exercise"><summary>A hint</summary>
#
# A straight line of the logarithm means that the same *factor* lies between any two epochs. How many such factors
# are there between the first epoch and the last? And if there is only one epoch?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def learning_rate(epoch, epochs, first, last):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.learning_rate(learning_rate)

# %% [markdown]
# **Exercise 2 (derive).** A weight starts at 1 and gets no gradient. What is left of it after `steps` steps of SGD
# with constant `rate`, weight `decay` and `momentum`? Compute it exactly, not by Eq. 11.1. Then
# compare the two: for which `steps` and `rate` is Eq. 11.1 good?
#
# <details class="exercise"><summary>A hint</summary>
#
# There are two numbers to carry from step to step: the weight and its velocity. Write one step as in section 11.9,
# with the decay as the only gradient.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def decay_left(steps, rate, decay, momentum):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.decay_left(decay_left)

# %% [markdown]
# **Exercise 3 (compute).** Several processes have a part of a batch each: `errors` and `motions` are lists of
# arrays, one for each process. Return the list of weights (Eq. 10) with which the sum of their gradients is the
# whole batch's; `kept` triplets of the whole batch survive A_drop.
#
# <details class="exercise"><summary>A hint</summary>
#
# Which triplets are dropped, and by what the weights are divided, must be decided by all of them together. Split
# only at the very end.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def shared_weights(errors, motions, kept):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.shared_weights(shared_weights)

# %% [markdown]
# **Exercise 4 (break and fix).** A colleague's detector of position codes should return the share of the features'
# variance that is the same for every picture (section 11.7). But it also reports networks whose channels merely have
# different mean levels. Features are `(P, C, H, W)` numpy arrays of P pictures. Repair it.
#
# ```python
# def blind_share(features):
#     return (features.mean(0) ** 2).mean() / (features**2).mean()
# ```
#
# <details class="exercise"><summary>A hint</summary>
#
# A position code is what is equal in all pictures at one *place*. A level that is equal at all places is none:
# where should it be removed, and from what?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def blind_share(features):
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.blind_share(blind_share)

# %% [markdown]
# **Exercise 5 (break and fix).** A colleague has trained several recipes with several seeds each, and scored every run
# on validation and on test sequences: two arrays `(recipes, seeds, sequences)` of AUC. This is the report:
#
# ```python
# def report(validation, test):
#     runs = test.mean(axis=2)
#     recipe, seed = np.unravel_index(runs.argmax(), runs.shape)
#     return recipe, runs[recipe, seed], test[recipe, seed].std()
# ```
#
# The text beside it says "the recipe that won, its AUC and its deviation over seeds". Find three faults, and return what
# the stub promises. Then run both reports on random arrays, in which all recipes are equal: by how much is the
# colleague's number too high?
#
# <details class="exercise"><summary>A hint</summary>
#
# Which array may choose the recipe? How many seeds stand behind the AUC that is reported? Over which axis does the
# deviation run? The sample standard deviation divides by one less than the number.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def report(validation, test):
    """Return (recipe, mean test AUC over its seeds, its sample standard deviation over seeds)."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.report(report)

# %% [markdown]
# **Exercise 6 (open).** Shuffle the frames only *within* each clip, and train ten times as long as section 11.6. From
# which step on, if at all, is the network trained on the true order better, and by which measure?
#
# ## 11.15 Summary

# %% tags=["numbers"]
print(f"back_costs = {ratio['single-trajectory']:.2f}")
print(f"third_costs = {ratio['udt']:.2f}")
print(f"steps_here = {STEPS}")
print(f"auc_random = {auc['random'][sure].mean():.1f}")
print(f"auc_learned = {auc['48 steps'][sure].mean():.1f}")
print(f"auc_shuffled = {auc['48 steps, time shuffled'][sure].mean():.1f}")
print(f"loss_code = {found['position code'][0]:.2f}")
for key, shares in zip(("paper", "short"), left_over.values(), strict=True):
    print(f"decay_{key} = {shares[5e-4]:.3f}")
print(f"seeds = {len(grid('udt', 'synthetic'))}")
for other in ("standard-loss", "single-trajectory", "random"):
    mean, low, high = compared["synthetic", other]
    key = other.replace("-", "_")
    print(f"{key}_detectable = {smallest['synthetic', other]:.2f}")
    print(f"{key}_gap = {mean:+.2f}")
    print(f"{key}_low = {low:+.2f}")
    print(f"{key}_high = {high:+.2f}")
speeds = {row["step"]: float(row["triplets_per_second"]) for row in devices if row["triplets_per_second"]}
print(f"fast = {speeds['float32'] / speeds['plain PyTorch']:.1f}")
print(f"faster = {speeds['bfloat16'] / speeds['plain PyTorch']:.1f}")
for other in ("standard-loss", "single-trajectory"):
    for name, value in zip(("gap", "low", "high"), compared["otb", other], strict=True):
        print(f"real_{other.replace('-', '_')}_{name} = {value:+.2f}")
print(f"choice_udt = {gained['udt'][-1].mean:+.3f}")
print(f"choice_udt_low = {gained['udt'][-1].low:+.3f}")
print(f"choice_udt_high = {gained['udt'][-1].high:+.3f}")
print(f"choice_first = {gained['udt'][0].mean:+.3f}")
print("difference = 0.01")
print(f"choice_sequences = {len(videos)}")
authors = "authors' UDT"
print(f"choice_needed = {needed[authors]}")
print(f"long_best = {track[best]:.2f}")
print(f"long_end = {track[max(track)]:.2f}")
print(f"long_seeds = {len(seeds_of_long)}")
print(f"more_steps = {more_steps.mean:+.3f}")
print(f"more_steps_low = {more_steps.low:+.3f}")
print(f"more_steps_high = {more_steps.high:+.3f}")
print(f"hours = {triplets / speeds['bfloat16'] / 3600:.0f}")

# %% [markdown] tags=["summary"]
# - One training step fits on a screen. The library takes the same step 5.2 <!-- fast --> times as fast in float32
#   and 7.8 <!-- faster --> times with bfloat16 convolutions (two threads of a quiet machine). The paper's whole
#   schedule would take 71 <!-- hours --> hours there.
# - A step there and back costs 1.00 <!-- back_costs --> times a supervised step's arithmetic, with a third patch
#   1.19 <!-- third_costs --> times.
# - 48 <!-- steps_here --> steps on drawn clips raise the AUC on two sequences from 0.1 <!-- auc_random --> to 0.9<!-- auc_learned -->,
#   and lose one of two others. As many steps on triplets that never followed each other do the same: 0.9<!-- auc_shuffled -->.
#   Always compare with that control.
# - The lowest loss, 0.00<!-- loss_code -->, belongs to a network that does not use the picture. Known moves, and the
#   share of the features that is the same for every picture, reveal it; a network without padding cannot become one.
# - Over the paper's schedule the released weight decay leaves 0.003 <!-- decay_paper --> of what the loss does not renew,
#   over a short run 0.946<!-- decay_short -->.
# - With 3 <!-- seeds --> seeds on the synthetic sequences, udt minus standard-loss is +0.01
#   <!-- standard_loss_gap --> (interval -0.01 <!-- standard_loss_low --> to +0.05<!-- standard_loss_high -->,
#   detectable 0.03<!-- standard_loss_detectable -->), minus single-trajectory +0.21 <!-- single_trajectory_gap -->
#   (+0.08 <!-- single_trajectory_low --> to +0.35<!-- single_trajectory_high -->, 0.19<!-- single_trajectory_detectable -->), minus random +0.26 <!-- random_gap --> (+0.14 <!-- random_low --> to
#   +0.39<!-- random_high -->, 0.17<!-- random_detectable -->). On the ten real ones it is +0.03
#   <!-- real_standard_loss_gap --> (-0.02 <!-- real_standard_loss_low --> to +0.10<!-- real_standard_loss_high -->)
#   and +0.12 <!-- real_single_trajectory_gap --> (+0.00 <!-- real_single_trajectory_low --> to +0.28<!-- real_single_trajectory_high -->). An interval that contains zero confirms nothing.
# - From three anchors in each of 22 <!-- choice_sequences --> real sequences, `udt` overlaps by +0.071 <!-- choice_udt --> more
#   than random weights (+0.025 <!-- choice_udt_low --> to +0.122<!-- choice_udt_high -->); in the first frame after a start by
#   only +0.014<!-- choice_first -->. To tell it from the authors' network at a difference of 0.01 <!-- difference --> takes
#   353 <!-- choice_needed --> sequences.
# - A lower loss is not a better tracker: the longest run, one of one seed, had an AUC of 0.65 <!-- long_best --> on its way and of
#   0.54 <!-- long_end --> at its end. In 3 <!-- long_seeds --> runs of the recipe that ships, with weight decay,
#   twelve times the steps change the overlap by -0.005 <!-- more_steps --> (-0.030 <!-- more_steps_low --> to
#   +0.016<!-- more_steps_high -->).

# %% [markdown]
# **What comes next.** The network of [Wang et al. 2019](#References "wang2019") is trained.
# [Chapter 12](12_udt_plus.ipynb) gives it a better filter, and [chapter 13](13_evaluating_on_otb.ipynb) measures it
# on real benchmarks.

# %% [markdown]
# ## References
#
# - X. Chen, K. He. *Exploring simple Siamese representation learning*. CVPR 2021. <!-- chen2021 -->
# - K. Jordan et al. *Muon: an optimizer for hidden layers in neural networks*. 2024. <!-- jordan2024 -->
# - D. P. Kingma, J. Ba. *Adam: a method for stochastic optimization*. ICLR 2015. <!-- kingma2015 -->
# - N. Wang, Y. Song, C. Ma, W. Zhou, W. Liu, H. Li. *Unsupervised deep tracking*. CVPR 2019. <!-- wang2019 -->
