# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # 07 Forward and back
#
# So far somebody told the tracker where the target is. To *train* a tracker, people drew boxes on millions of
# frames. This chapter shows how to do without them. Follow something forward in time, then follow it back again:
# if nothing went wrong, you arrive where you started. The distance between the end and the start is a loss, and
# nobody had to draw a box for it.
#
# **Goals.** After this chapter you can *say* how the idea was used before a network was trained with it, *write* Eq. 4
# to 6 by hand and find each of their lines in the library, *explain* which half of the journey sends a gradient,
# *compare* the loss with the true motion, and *recognise* a tracker that returns to its start although it followed the
# wrong thing.
#
# **Prerequisites.** [Chapter 04](04_siamese_dcf.ipynb): the layer. [Chapter 05](05_gradients.ipynb) helps in section 7.5.
#
# Run time: about 18 s on two cores. Downloads: none.

# %%
from udtlib.pipeline import you_are_here

you_are_here("label", "loss")

# %%
import inspect

import cv2
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.patches import Rectangle

from udtlib import dcf, load_tracker, viz, weights
from udtlib.boxes import center, from_center, iou
from udtlib.check import ch07 as check
from udtlib.data.raw_video.patch_selection import sample_window
from udtlib.data.synthetic import render_clip
from udtlib.data.synthetic.motion import Motion
from udtlib.dcf import spectra
from udtlib.data.synthetic.patches import RenderedClip
from udtlib.data.raw_video.triplets import draw_triplets
from udtlib.dcf import dcf_response, default_sigma, gaussian_label, learn_filter, response_map
from udtlib.dcf.spectra import make_transform
from udtlib.environment import banner
from udtlib.figures import arrow, map_sheet, show_figure
from udtlib.labels import peak_displacement
from udtlib.network import FeatureNetwork
from udtlib.patches import crop
from udtlib.unsupervised import pseudo_labels, round_trip_errors, track_forward_backward
from udtlib.widgets import round_trip
from udtlib.widgets.in_browser import there_and_back
from udtlib.widgets.layer import as_input

torch.set_num_threads(1)
torch.set_grad_enabled(False)
plt.rcParams.update({"figure.dpi": 80, "axes.titlesize": 10, "font.size": 9})
GREEN, ORANGE, BLUE, RED = "#009e73", "#e69f00", "#56b4e9", "#d55e00"
banner()

# %% [markdown]
# ## 7.1 Two ways to teach a tracker
#
# Take one clip and teach a tracker with it in two ways; the next picture shows both.
#
# *On the left* a person has drawn the green box on every frame, and the tracker's loss is its distance from that box.
#
# *On the right* there is one box, put *anywhere* by a line of code; here it holds only a part of the object, and a part
# serves just as well for learning. The tracker with random weights follows it forward (orange). Then a second tracker
# starts from where the first one ended and runs through the same frames backward (blue). In the first frame we know the
# right answer, because we put the box there ourselves.

# %%
clip = render_clip(frames=25, seed=14, in_plane_rotation=0.3)
frames, truth = list(clip.frames), clip.boxes


def follow(frames, box):
    """Return the boxes (F, 4) of the tracker of chapter 06; the first is given."""
    tracker = load_tracker("udt", weights="random", preset="released")
    tracker.init(frames[0], box)
    return np.array([box, *map(tracker.update, frames[1:])])


start = from_center(center(truth[0]) + 10, 0.8 * truth[0, 2:])
forward = follow(frames, start)
backward = follow(frames[::-1], forward[-1])[::-1]
missed_by = np.linalg.norm(center(backward[0]) - center(start))
travelled = np.linalg.norm(center(forward[-1]) - center(start))


# %% alt="Left, three frames with a drawn box in each; right, the same frames with a tracker's boxes forward and backward, which end where they began" tags=["slide"]
seen = (0, 12, 24)
stage = from_center((center(start) + center(forward[-1])) / 2, (176, 132))
figure, axes = plt.subplots(1, 7, figsize=(14, 3.3), width_ratios=[1, 1, 1, 0.15, 1, 1, 1])
figure.subplots_adjust(0.01, 0.17, 0.99, 0.76, wspace=0.05)
axes[3].set_axis_off()
for left, right, time in zip(axes[:3], axes[4:], seen, strict=True):
    drawn = [(left, truth, GREEN, "-"), (right, forward, ORANGE, "-"), (right, backward, BLUE, "--")]
    for axis, boxes, color, line in drawn:
        x, y, w, h = 2 * (boxes[time] - [*stage[:2], 0, 0])
        axis.imshow(crop(frames[time], stage, (264, 352)))
        axis.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=color, linewidth=3, linestyle=line))
        axis.set(title=f"frame {time}", xticks=[], yticks=[])
    left.set_xlabel("loss: answer against the drawn box", color=GREEN)
for one, other in ((4, 5), (5, 6)):
    arrow(figure, ((0.65, 1.04), axes[one]), ((0.35, 1.04), axes[other]), ORANGE, -0.3)
    arrow(figure, ((0.35, -0.04), axes[other]), ((0.65, -0.04), axes[one]), BLUE, -0.3)
axes[4].set_xlabel("loss: end against start", color=BLUE, loc="left")
figure.text(0.24, 0.93, "supervised: a box on every frame", ha="center", size=13, color=GREEN)
figure.text(0.76, 0.93, "unsupervised: forward, and back", ha="center", size=13, color=ORANGE)
show_figure(figure, zoom=0.9)
print(f"travelled {travelled:.0f} px, and returned to less than {np.ceil(missed_by):.0f} px from the start")

# %% [markdown]
# This is Fig. 1 of the paper ([Wang et al. 2019](#References "wang2019")), drawn by code.
#
# Now watch a trip that does *not* end at its start. A fish swims among fish. The way out is orange, the way back blue,
# and the white box is where the trip began. On the way back the tracker follows another fish. The bar shows how far the
# two ways are apart. The loss will use only its last value, at frame 0, because only there do we know the right place.

# %%
from udtlib.animation import animation
from udtlib.data.cast import render_cast
from udtlib.moving import round_trip_pictures

swarm = render_cast("fish", frames=62, seed=0, background_clutter=0.9)
swimming = list(swarm.frames[::2])
way_out = follow(swimming, swarm.boxes[0])
way_back = follow(swimming[::-1], way_out[-1])[::-1]
gap = np.linalg.norm(center(way_back) - center(way_out), axis=1)
print(f"the two ways are {gap[-1]:.0f} px apart at the turn, {gap[0]:.0f} px at the start")
steps = round_trip_pictures(swimming, way_out, way_back, full=120)
animation(
    [viz.resize_area(step, 200) for step in steps],
    "A tracker follows a striped fish among three others, turns around, and goes back with another fish. The bar of "
    "the distance between its two ways grows.",
    milliseconds=110,
)

# %% [markdown]
# Here is the same trip as a picture; in this one the way out is blue and the way back orange. Below it is the distance
# between the two ways. It is 0 at the turn, on the right, and large on the left, where the way back is on another fish.
# Nothing in this plot needs a true box (dashed), so it can be drawn for any video. If there are real sequences on this
# machine, the menu lists them: choose one, and the tracker goes there and back through its first 60 frames.

# %% alt="Five moments of a striped fish among others with the boxes of the way out and the way back; the plot of their distance is high in the early frames and 0 at the end" tags=["nbval-ignore-output"]
from udtlib.data.sequences import Sequence
from udtlib.widgets.on_real import on_real, out_and_back, ways_picture

on_real(
    "fish among fish",
    ways_picture(Sequence("fish", swimming, swarm.boxes[::2]), way_out, way_back),
    out_and_back(lambda: load_tracker("udt", weights="random", preset="released")),
)

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The tracker of the figure went far, and came home; the one of the animation did not.
assert travelled > 40
assert missed_by < 5
assert gap[0] > 30 > 2 > gap[-1]

# %% [markdown]
# ## 7.2 The same idea as a check
#
# Returning to the start is an old test of whether a track can be trusted. TLD ([Kalal et al.
# 2012](#References "kalal2012")) spreads points over the target. It moves each by its own optical flow, which finds the
# small piece of image around the point again ([Lucas and Kanade 1981](#References "lucas1981")), moves it back again, and
# keeps the half of the points that end nearest to their start. We try this with 64 points, four frames ahead and back,
# in a clip where something passes in front of the target.

# %%
hidden = render_clip(frames=48, seed=6, occlusion=0.6)
grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in hidden.frames]
middles = hidden.boxes[:, :2] + hidden.boxes[:, 2:] / 2


def flow(one, other, points):
    """Return where points (N, 2) of one grey frame are in the other, by pyramidal Lucas-Kanade."""
    return cv2.calcOpticalFlowPyrLK(one, other, points, None, winSize=(15, 15), maxLevel=3)[0]


def check_points(i, ahead=4):
    """Return points (64, 2) on the target in frame i, where they went, how far from home, and how wrong."""
    inside = np.linspace(-0.33, 0.33, 8)
    x, y = (middles[i, axis] + inside * hidden.boxes[i, 2 + axis] for axis in (0, 1))
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    there = flow(grey[i], grey[i + ahead], points)
    back = flow(grey[i + ahead], grey[i], there)
    wrong = np.linalg.norm(there - points - (middles[i + ahead] - middles[i]), axis=1)
    return points, there, np.linalg.norm(back - points, axis=1), wrong


# %% [markdown]
# The pictures below come in two pairs: frame 18 and four frames later, frame 24 and four frames later. A blue dot is one
# of the half that returned best. The plot on the right shows for every frame which share of the points is right, that
# is, within 2 px of the target's true motion.


# %% alt="Points on a target in two frames and four frames later, marked as returned well or badly, and a plot of the share that is right: it falls while the target is covered, for all points and for the better half" tags=["slide"]
def judge(i):
    """Return the shares of points that are right (within 2 px): of all, and of the half that came home best."""
    *_, miss, wrong = check_points(i)
    return (wrong < 2).mean(), (wrong[miss <= np.median(miss)] < 2).mean()


judged = np.array([judge(i) for i in range(44)])
figure, axes = plt.subplots(1, 6, figsize=(14, 3.1), width_ratios=[1, 1, 1, 1, 0.2, 1.6])
figure.subplots_adjust(0.01, 0.15, 0.99, 0.9, wspace=0.08)
axes[4].set_axis_off()
for k, i in enumerate((18, 24)):
    points, there, miss, _ = check_points(i)
    kept = miss <= np.median(miss)
    for axis, time, places in ((axes[2 * k], i, points), (axes[2 * k + 1], i + 4, there)):
        axis.imshow(hidden.frames[time])
        axis.plot(*places[~kept].T, "x", ms=4, color=RED, label="returned badly")
        axis.plot(*places[kept].T, "o", ms=3.5, color=BLUE, mec="black", mew=0.5, label="returned well")
        (x, y), half = middles[i], 45
        axis.set(
            xlim=(x - half, x + half), ylim=(y + half, y - half), title=f"frame {time}", xticks=[], yticks=[]
        )
figure.legend(*axes[0].get_legend_handles_labels(), loc="lower left", ncols=2, markerscale=2)
axes[5].plot(judged[:, 0], color="0.6", label="all points")
axes[5].plot(judged[:, 1], color=BLUE, label="the half that returned best")
axes[5].set(xlabel="frame", ylabel="share of points that are right", ylim=(-0.05, 1.05))
axes[5].legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
show_figure(figure, zoom=0.9)
entering, covered = judge(18), judge(24)
for i, (every, best) in {18: entering, 24: covered}.items():
    print(f"frame {i}: {every:.0%} of all points are right, {best:.0%} of those that returned best")

# %% [markdown]
# In frame 18 the occluder comes in from below. Half of the points are wrong four frames later, and the check finds
# them: nearly all of those it keeps are right. In frame 24 nearly the whole target is covered. Now most points lie
# *on the occluder*, move with it, and move back with it. They return very well, and none of the half that the
# check keeps is right. So **a point that does not return is doubtful, but a point that returns
# need not be right.**
#
# Around frame 28 the curves rise again, because the occluder then moves as the target does, so that even a point on the
# wrong thing moves correctly.
#
# Others used the same test. [Lee et al. 2015](#References "lee2015") run several trackers both ways and choose the
# one whose two paths agree best in shape and appearance. In TLD and here the round trip is a check. The check
# tells which answers to throw away, it costs time whenever the tracker runs, and no features are learned from it.
# TrackingNet ([Müller et al. 2018](#References "muller2018")) also tracks in both directions, but it makes no round
# trip: it fills in the boxes between sparse labels with a tracker run from both ends.
#
# Learning features without labels is another old aim. One can sort shuffled frames ([H.-Y. Lee et al.
# 2017](#References "lee2017")), compress and restore images ([Le 2013](#References "le2013"), and for tracking [N.
# Wang and Yeung 2013](#References "wang2013")), or predict the features of the next second ([Vondrick et al.
# 2016](#References "vondrick2016")).
#
# Closest to our method, [X. Wang and Gupta 2015](#References "wang2015") let KCF
# follow patches through raw video and train a network to find the two ends of a track more alike than a random third
# patch. There the tracker only prepares the data. In the paper of this book the tracker is *inside* the network: the
# loss is about tracking, and what is trained is what will be used.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The check works while the occluder comes in, and is fooled when it covers the target.
assert entering[1] > 0.9 > 0.6 > entering[0]
assert covered[1] < 0.1

# %% [markdown]
# ## 7.3 From a check to a loss
#
# Now the round trip becomes a loss that a network can be trained with. It has four steps: compute a filter from T,
# search S with it, make a label from what was found, and go back and compare. We write each by hand, and print the
# library's line beside it.
#
# We cut two patches at the same place of two frames: the template $\mathbf T$ and the search patch $\mathbf S$.
# Their features are those of chapter 04: 32 channels, random weights, no padding and no window, as in training.

# %%
pair = round_trip.look("turning target", 0), round_trip.look("turning target", 6)
x, z = pair[0].features, pair[1].features  # phi(T), phi(S)
label = gaussian_label(121, 121, default_sigma(125, 125))
X, Z, Y = (array.numpy().astype(float) for array in (x[0], z[0], label))
ridge = dcf.effective_regularisation(x, 1e-4, normalise=True)


def library_line(function, text):
    """Print the line of the library that contains a text, so that it is the one you have installed."""
    (line,) = [line for line in inspect.getsource(function).splitlines() if text in line]
    print(f"{function.__module__}.{function.__name__}:\n    {line.strip()}")


# %% [markdown]
# **Compute the filter from T.** $\mathbf Y_{\mathbf T}$ is a Gaussian at $(0,0)$, because in its own patch the
# template has not moved.
#
# > **Paper, Eq. 4.** The filter, computed from the template's features.
# >
# > $$\mathbf W_{\mathbf T}=\mathscr F^{-1}\!\left(\frac{\mathscr F(\varphi_\theta(\mathbf T))\odot\mathscr F^\star(\mathbf Y_{\mathbf T})}{\mathscr F^\star(\varphi_\theta(\mathbf T))\odot\mathscr F(\varphi_\theta(\mathbf T))+\lambda}\right)\tag{4}$$
#
# We write it out in full: one pair, one channel after the other, full spectra, and the sum in the denominator that
# chapter 04 explained.


# %%
def learn(template, label):
    """Return W (C, H, W): Eq. 4."""
    spectra = [np.fft.fft2(channel) for channel in template]
    energy = sum((spectrum.conj() * spectrum).real for spectrum in spectra) + ridge
    return np.array([np.fft.ifft2(each * np.fft.fft2(label).conj() / energy).real for each in spectra])


W_T = learn(X, Y)
library_line(learn_filter, "y.conj()")

# %% [markdown]
# **Search S.** The filter is applied to the features of the search patch:
#
# > **Paper, Eq. 5.** The response to the search patch.
# >
# > $$\mathbf R_{\mathbf S}=\mathscr F^{-1}\!\left(\mathscr F^\star(\mathbf W_{\mathbf T})\odot\mathscr F(\varphi_\theta(\mathbf S))\right)\tag{5}$$


# %%
def respond(filters, search):
    """Return R (H, W): Eq. 5, summed over channels."""
    response = np.zeros(search.shape[1:])
    for w, channel in zip(filters, search, strict=True):
        response += np.fft.ifft2(np.fft.fft2(w).conj() * np.fft.fft2(channel)).real
    return response


R_S = respond(W_T, Z)
library_line(response_map, "filter_spectrum.conj()")
print("peak at", peak_displacement(R_S), "of height", R_S.max().round(2))

# %% [markdown]
# **Make a pseudo-label.** Nobody tells us where the target is in $\mathbf S$. We assume that it is at the highest
# cell of $\mathbf R_{\mathbf S}$ and put a *clean* Gaussian there, the **pseudo-label** $\mathbf Y_{\mathbf S}$. It
# is $\mathbf Y_{\mathbf T}$ rolled along *both* axes. The height of the peak and everything beside it are discarded.
# A widely used port of the authors' code rolled the flattened map instead, which turns a move down into a move to
# the right (exercise 1).


# %%
def believe(response):
    """Return Y_S (H, W): the label, rolled to the response's highest cell."""
    row, column = np.unravel_index(response.argmax(), response.shape)
    return np.roll(np.roll(Y, row, axis=0), column, axis=1)


Y_S = believe(R_S)
library_line(pseudo_labels, "return label")

# %% [markdown]
# **Go back and compare.** Now $\mathbf S$ is the template, with $\mathbf Y_{\mathbf S}$ as its label, and
# $\mathbf T$ is searched. This is Eq. 4 and 5 again with the roles exchanged and the same $\theta$. If the target
# was followed correctly, the response equals the label we started with. The loss is the squared distance of the two:
#
# > **Paper, Eq. 6.** The unsupervised loss: the response on the way back against the label we started with.
# >
# > $$\mathcal L_{un}=\|\mathbf R_{\mathbf T}-\mathbf Y_{\mathbf T}\|_2^2\tag{6}$$

# %%
R_T = respond(learn(Z, Y_S), X)
loss = ((R_T - Y) ** 2).sum()

trip = track_forward_backward(x, [z], label)
library_loss = round_trip_errors(trip.back, trip.label, "paper").item()
library_line(round_trip_errors, "square()")
library_line(spectra.response_spectrum, "return")
print(f"L_un = {loss:.0f} by hand, {library_loss:.0f} by the library")

# %% [markdown]
# The last line printed from the library is Eq. 4 and 5 in one, for a whole batch. `track_forward_backward` keeps
# each patch's spectrum, because every patch is a template on one way and a search patch on the other. `"paper"`
# names Eq. 6 as printed; the authors' code also gives cells near the peak a larger weight (chapter 09).
#
# What does the number mean? A response that is zero everywhere has the loss $\|\mathbf Y\|^2=\pi\sigma^2$; we call
# it *no answer*. The next plot shows the loss of a perfect peak that comes back $d$ cells away from the start.
# Beyond about four $\sigma$ the loss hardly depends on the distance. Exercise 3 derives the curve.

# %% alt="The loss of Eq. 6 against the distance of a perfect peak from the start: it rises from 0, passes the loss of no answer at about 7 cells, and levels off at twice that loss" tags=["slide"]
energy = np.pi * default_sigma(125, 125) ** 2
rolled = np.array([((np.roll(Y, d, axis=1) - Y) ** 2).sum() for d in range(0, 41)])
figure, axis = plt.subplots(figsize=(5.5, 2.5), layout="constrained")
axis.plot(rolled, color=BLUE, label="a perfect peak in the wrong place")
axis.axhline(energy, color="0.6", linestyle="--", label="no answer")
axis.set(xlabel="cells away from the start", ylabel="loss, Eq. 6")
axis.legend(fontsize=8)
plt.show()
print(f"no answer: {energy:.1f};", *(f"{d} cells off: {rolled[d]:.0f}; " for d in (5, 10, 20, 40)))

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# What was written by hand is what the library computes; the curve rises to twice the loss of no answer.
assert np.allclose(np.fft.rfft2(W_T), learn_filter(x, label)[0].numpy(), atol=1e-6)
assert np.allclose(R_S, response_map(learn_filter(x, label), z)[0].numpy(), atol=1e-4)
assert np.allclose(Y_S, pseudo_labels(torch.from_numpy(R_S)[None], label)[0], atol=1e-6)
assert np.allclose(R_T, trip.back[0].numpy(), atol=1e-4)
assert np.isclose(loss, library_loss, rtol=1e-3)
assert np.isclose((Y**2).sum(), energy, rtol=1e-3)
assert np.all(np.diff(rolled[:20]) > 0)
assert np.allclose(rolled[20:], 2 * energy, rtol=0.01)

# %% [markdown]
# ## 7.4 A surprise: a return that cannot fail
#
# Why do we discard the response and put a clean Gaussian in its place? The response contains more: how high the peak
# was, and which other places were possible. Suppose that we keep it and use $\mathbf R_{\mathbf S}$ itself as the
# label of the way back. To see the effect we make the task impossible. $\mathbf S$ is now cut from a *different
# clip* that has nothing to do with $\mathbf T$, and we look at a single channel.
#
# **Predict** the loss, compared with that of no answer, $\pi\sigma^2$: `"larger"`, `"about that"` or `"zero"`?

# %%
my_guess = "larger"


# %% alt="T and an unrelated S, the noisy response at S, which is also its label, the response back at T with one clean peak, and an empty map of squared differences" tags=["slide"]
def impossible(way_back, channels):
    return round_trip.solve("turning target", 6, "another clip", way_back, channels, 0)


losses = {(way, n): impossible(way, n).error for way in round_trip.LABELS for n in (1, 32)}
for (way, n), value in losses.items():
    print(f"{way:15s} {n:2d} channels: {value / energy:4.1f} times the loss of no answer")
viz.show(round_trip.draw("turning target", 6, "another clip", "raw response", 1))
print(f"you said {my_guess!r}")

# %% [markdown]
# With one channel the loss is zero. The forward response, which is now the label of the way back, is noise (third
# and fourth picture), and still the return is perfect (fifth picture). To see why, insert Eq.
# 4 into Eq. 5 for one channel and small $\lambda$:
#
# $$\hat{\mathbf R}_{\mathbf S}=\hat{\mathbf Y}\,\frac{\hat{\mathbf X}^\star\hat{\mathbf Z}}{|\hat{\mathbf X}|^2},\qquad
# \hat{\mathbf R}_{\mathbf T}=\hat{\mathbf R}_{\mathbf S}\,\frac{\hat{\mathbf Z}^\star\hat{\mathbf X}}{|\hat{\mathbf Z}|^2}=\hat{\mathbf Y}.$$
#
# The way back is the exact inverse of the way there, *whatever the two pictures are*. Such a loss is 0 for every
# $\theta$ and teaches nothing. With several channels a remainder is left (exercise 5), but it is much smaller than
# it should be.
#
# The clean Gaussian prevents this. It carries only one position over to the way back, so the loss is
# small only if the filter *finds* the patch, there and back. Many self-supervised losses depend on such a detail.
# For each such loss, ask first which trivial solution makes it 0.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# With the raw response as label an unrelated picture comes home; with a clean Gaussian it does not.
assert losses["raw response", 1] < 0.1
assert losses["raw response", 32] < 0.6 * energy < energy < losses["clean Gaussian", 32]

# %% [markdown]
# ## 7.5 Where the gradient flows
#
# The loss depends on $\varphi(\mathbf S)$ twice: on the way there it decides where the peak is, and on the way back
# it is the template. Through which of the two does a gradient flow? We blend $\varphi(\mathbf S)$ step by step
# into a copy of itself shifted by 3 cells, once on the way there only, once on the way back only, and plot the loss.
# Where the curve is flat there is no gradient.


# %% alt="The loss while the features of S are faded: in steps if only the way there is changed, smooth if only the way back is changed" tags=["slide"]
def loss_when(step, there, back):
    """Return Eq. 6 with phi(S) faded by ``step`` (0..1) towards its shifted copy, on the ways named."""
    faded = (1 - step) * z + step * z.roll(3, dims=-1)
    believed = pseudo_labels(dcf_response(x, faded if there else z, label), label)
    answer = dcf_response(faded if back else z, x, believed)
    return round_trip_errors(answer, label, "paper").item()


steps = np.linspace(0, 1, 25)
ways = {
    "only there: it moves the pseudo-label": (True, False),
    "only back: it is the template": (False, True),
}
curves = {name: np.array([loss_when(step, *way) for step in steps]) for name, way in ways.items()}
figure, axis = plt.subplots(figsize=(6, 2.7), layout="constrained")
for (name, curve), color in zip(curves.items(), (RED, BLUE), strict=True):
    axis.plot(steps, curve, ".-", color=color, label=name)
axis.set(xlabel=r"fade of $\varphi(\mathbf{S})$", ylabel="loss, Eq. 6")
axis.legend(fontsize=8)
plt.show()
stairs, smooth = (len(np.unique(curve.round(2))) for curve in curves.values())
print(f"different values among {len(steps)}: {stairs} on the way there, {smooth} on the way back")

# %% [markdown]
# On the way there the features only choose a cell, so the loss is a staircase: it is flat almost everywhere, where
# its derivative is 0. So nothing is lost if the gradient is cut there, as in the authors' code and in ours. **Only
# the way back carries a gradient**, by Eq. 7 of chapter 05: to $\varphi(\mathbf S)$, its template, and to
# $\varphi(\mathbf T)$, its search patch. Still, what autograd reports is the derivative of the *whole* journey, as a
# finite difference confirms:

# %%
with torch.enable_grad():
    leaves = [each.clone().requires_grad_() for each in (x, z)]
    whole = track_forward_backward(leaves[0], [leaves[1]], label)
    round_trip_errors(whole.back, whole.label, "paper").sum().backward()
reported = (leaves[1].grad * (z.roll(3, dims=-1) - z)).sum().item()
difference = (loss_when(1e-2, True, True) - loss_when(-1e-2, True, True)) / 2e-2
print(f"derivative of the loss: {reported:.1f} by autograd, {difference:.1f} by a finite difference")

# %% [markdown]
# Chapter 08 adds a further patch: T, S1, S2, and back to T. The patch in the middle gets no gradient at all, so
# training can compute its features without keeping anything for the backward pass:

# %%
with torch.enable_grad():
    T, S1, S2 = (round_trip.look("turning target", k).features.clone().requires_grad_() for k in (0, 3, 6))
    longer = track_forward_backward(T, [S1, S2], label)
    round_trip_errors(longer.back, longer.label).sum().backward()
for name, patch in {"T": T, "S1": S1, "S2": S2}.items():
    print(f"{name:2}:", "no gradient" if patch.grad is None else f"gradient of norm {patch.grad.norm():.3f}")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The loss is a staircase on the way there and smooth on the way back; S1 gets no gradient.
assert stairs == 4
assert smooth > 20
assert np.isclose(reported, difference, rtol=0.02)
assert S1.grad is None
assert T.grad.norm() > 0 < S2.grad.norm()

# %% [markdown]
# ## 7.6 What does the loss say about the truth?
#
# Does a low loss mean that the right thing was followed? In rendered clips we know what really happened: where the
# target went and where the background went.
#
# **The pairs.** We cut 72 pairs, 2, 5 and 10 frames apart, from 24 clips with eight kinds of difficulty. In 24 more pairs
# $\mathbf S$ is from another clip, like the two sides of a cut in a film, so there is nothing to follow.
#
# **The question.** We run each pair there and back and look at what the forward peak followed: the target, the
# background, or nothing. It has followed one of them if it is within 4 cells of the place where that one went.

# %%
knobs = ("in_plane_rotation", "fast_motion", "occlusion", "background_clutter")
knobs += ("illumination_variation", "motion_blur", "deformation", "out_of_plane_rotation")
AHEAD = (2, 5, 10)


def cut(number):
    """Return T and the later patches (4, 125, 125, 3) of one clip, and how target and background moved (3, 2)."""
    texture = ("leaves", "mixed", "noise")[number // 8]
    clip = render_clip(frames=11, seed=300 + number, texture=texture, **{knobs[number % 8]: 0.8})
    middle, side = center(clip.boxes[0]), 3 * np.sqrt(clip.boxes[0, 2:].prod())
    patches = [crop(clip.frames[k], from_center(middle, (side, side)), (125, 125)) for k in (0, *AHEAD)]
    motion = Motion(clip.frames.settings)
    target = np.array([center(clip.boxes[k]) - middle for k in AHEAD])
    ground = np.array([np.subtract(motion.background(k), motion.background(0)) for k in AHEAD])
    return np.stack(patches), target[:, ::-1] * 125 / side, ground[:, ::-1] * 125 / side


cuts = [cut(number) for number in range(24)]
nowhere = np.full((1, 2), np.nan)  # the truth of a pair from two clips
target, ground = (np.concatenate([part for each in cuts for part in (each[k], nowhere)]) for k in (1, 2))
related = np.isfinite(target[:, 0])

# %% [markdown]
# Each pair goes there and back with each of two networks. We keep its loss, and where it peaks at S and back at T.

# %%
transform = make_transform(121, 121, default_sigma(125, 125))


def travel(network):
    """Return losses (96,), forward peaks and return peaks (96, 2) of all pairs."""
    parts = []
    for number, (patches, *_) in enumerate(cuts):
        unrelated = cuts[number - 1][0][-1]
        features = network(torch.cat([as_input(patch) for patch in (*patches, unrelated)]))
        trip = track_forward_backward(
            features[:1].expand(4, -1, -1, -1), [features[1:]], label, transform=transform
        )
        peaks = [
            [peak_displacement(each.numpy()) for each in maps] for maps in (trip.responses[0], trip.back)
        ]
        parts.append((round_trip_errors(trip.back, trip.label, "paper").numpy(), *peaks))
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


networks = {
    "random weights": FeatureNetwork(padded=False, generator=torch.Generator().manual_seed(0)),
    "our trained weights": weights.default().network(padded=False),
}
travels = {name: travel(network) for name, network in networks.items()}


# %% [markdown]
# In the plots each mark is a pair. A mark to the left has a low loss, a mark at the bottom is close to the target. The
# pairs from two clips have no true place; they are drawn at the upper edge. Does a low loss go together with being close
# to the target?


# %% alt="Two scatter plots of the distance from the target against the loss, for random and trained weights: pairs from two clips have the highest losses" tags=["slide"]
def verdict(peaks):
    """Return how far each peak is from the target's place, and which peaks followed the target, or anything."""
    off_target, off_ground = (np.linalg.norm(peaks - place, axis=1) for place in (target, ground))
    return off_target, off_target < 4, np.minimum(off_target, off_ground) < 4


figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained", sharey=True)
for axis, (name, (error, there, _)) in zip(axes, travels.items(), strict=True):
    off_target, on_target, on_something = verdict(there)
    height = np.where(related, off_target + 0.3, 300)
    groups = {
        "followed the target": on_target,
        "followed the background": on_something & ~on_target,
        "followed nothing": related & ~on_something,
        "nothing to follow": ~related,
    }
    for (what, group), color, marker in zip(groups.items(), (GREEN, BLUE, RED, "0.4"), "o^x+", strict=True):
        axis.plot(error[group], height[group], marker, color=color, alpha=0.8, label=what)
    axis.axvline(energy, color="0.7", linestyle="--")
    axis.set(xscale="log", yscale="log", title=name, xlabel="loss, Eq. 6 (dashed: no answer)")
axes[0].set_ylabel("cells from the target's true place")
axes[1].legend(fontsize=7)
plt.show()


# %% [markdown]
# The plots suggest three answers, and we count to be sure: how many peaks are on the target, how many are on anything
# that is really there, what happens in the pairs in which both target and background moved, and how often a pair from
# two clips has the higher loss. To have something to compare with, we also count for a tracker that always answers
# $(0,0)$.


# %%
def ordered(low, high):
    """Return how often a member of ``low`` is below one of ``high``: 1 always, 0.5 by chance."""
    return (low[:, None] < high[None]).mean()


def moved(place):
    """Return in which pairs something is 4 cells or more from where it was."""
    return np.linalg.norm(place, axis=1) >= 4


# %%
report, both_moved = {}, moved(target) & moved(ground)
stay_put = int(verdict(np.zeros((96, 2)))[2].sum())
print(f"always answering (0, 0): of {related.sum()} peaks {stay_put} would be on something real")
for name, (error, there, back) in travels.items():
    _, on_target, on_something = verdict(there)
    home = np.linalg.norm(back, axis=1) <= 2
    astray = related & ~on_target
    report[name] = {
        "mean loss": error[related].mean(),
        "on target": int(on_target.sum()),
        "on something": int(on_something.sum()),
        "on ground, both moved": int((both_moved & on_something & ~on_target).sum()),
        "on target, both moved": int((both_moved & on_target).sum()),
        "below cuts": ordered(error[on_something], error[~related]),
        "on nothing": int((related & ~on_something).sum()),
        "home though off target": home[astray].mean(),
    }
    one = report[name]
    print(
        f"{name:19}: mean loss {one['mean loss']:.0f}; of {related.sum()} peaks {one['on something']} are on "
        f"something real, {one['on target']} on the target"
    )
    print(
        f"{'':19}  of the {both_moved.sum()} in which both moved, {one['on ground, both moved']} are on the "
        f"background, {one['on target, both moved']} on the target"
    )
    print(
        f"{'':19}  loss of a peak on something below that of a cut: {one['below cuts']:.0%} of comparisons;\n"
        f"{'':19}  related pairs on nothing: {one['on nothing']}"
    )
stayed = verdict(travels["our trained weights"][1])[2][verdict(travels["random weights"][1])[2]].mean()
print(f"of the peaks that were on something with random weights, {stayed:.0%} still are after training")

# %% [markdown]
# **First**, the loss detects cuts. A pair in which the peak followed something has almost always a lower loss than a
# pair from two clips. It says less about mistakes inside a clip: related pairs whose peak followed *nothing* (red)
# tend to have a higher loss, but there are too few of them to measure how often.
#
# **Second**, the loss does not tell *what* was followed. The first count, peaks on something real, looks high, but
# always answering $(0,0)$ would be on something real in more than half of the pairs, because in these the
# background or the target hardly moved.
#
# The pairs in which both target and background moved are a stricter test: there most peaks follow the background,
# which fills most of the patch, and almost none the target. More than half of these pairs have a loss below half
# of that of no answer, with either network. In a few pairs a fast target has left the patch, which reaches 60 cells from
# its middle, so no peak can be where it is.
#
# Why the background? Without a window nothing marks which part of the patch is the target (chapter 04). For learning
# features this does little harm: features that find the background again are learned from it just as well.
#
# **Third**, training lowers the loss on clips that were not used in training, while peaks that were on something
# real still are on something real. On such pairs training brings the responses closer to the label, and hardly any peak
# moves by more than two cells.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Both networks follow the background and seldom the target, the loss finds cuts, and training lowers it.
assert related.sum() / 2 < stay_put < min(one["on something"] for one in report.values())
assert np.nanmax(np.abs(target)) > 60
for one in report.values():
    assert one["on something"] > 0.8 * related.sum()
    assert one["on ground, both moved"] > 0.7 * both_moved.sum()
    assert one["on target, both moved"] < 0.2 * both_moved.sum()
    assert one["on nothing"] < 10
    assert one["on target"] < 0.4 * related.sum()
    assert one["below cuts"] > 0.9
    assert one["home though off target"] > 0.85
assert stayed > 0.9
for error, *_ in travels.values():
    assert np.median(error[both_moved]) < energy / 2
was, now = travels["random weights"][1], travels["our trained weights"][1]
assert (np.linalg.norm(now - was, axis=1)[verdict(was)[2]] > 2).sum() <= 4
assert report["our trained weights"]["mean loss"] < 0.85 * report["random weights"]["mean loss"]

# %% [markdown]
# ## 7.7 Where it fails: it returns, but was never right
#
# Of the pairs whose peak was *not* on the target nearly all returned to within two cells. A whole tracker with a
# window can make the same mistake. Here is the same `follow` as in Fig. 1, on a ladybird that walks over leaves; it
# sees every third frame. The box of the way back (blue) lies on that of the way out (orange) and hides it:

# %% alt="Four frames: the ladybird walks away over the leaves, the forward and the backward box stay together on the ground where it was" tags=["slide"]
walk = render_cast("ladybird", frames=58, seed=2)
lost_frames, walked = list(walk.frames[::3]), walk.boxes[::3]
out = follow(lost_frames, walked[0])
home = follow(lost_frames[::-1], out[-1])[::-1]
shots = []
for time in (0, 6, 12, 19):
    shot = viz.draw_box(lost_frames[time], walked[time], viz.TRUTH)
    shot = viz.draw_box(viz.draw_box(shot, out[time], viz.PREDICTION), home[time], viz.SECOND)
    shots.append(viz.resize_area(shot, 200))
sheet = viz.contact_sheet(shots, columns=4, labels=[f"frame {3 * time}" for time in (0, 6, 12, 19)])
colors = {"truth": viz.TRUTH, "forward": viz.PREDICTION, "backward": viz.SECOND}
viz.show(np.vstack([sheet, viz.legend(colors, sheet.shape[1])]), zoom=0.85)
gap = np.linalg.norm(center(home[0]) - center(out[0]))
last_overlap = iou(out[-1], walked[-1])
print(f"overlap with the truth at the end {last_overlap:.1f}; returned, {gap:.0f} px from the start")

# %% [markdown]
# The ladybird walked away, but the tracker stayed on the leaves and returned along them. Its forward-backward error
# is as small as that of Fig. 1. Everything that stays in place has this effect: the background under a still
# camera, a logo, the sky, a similar object that is always there.
#
# There are two defences, each with its own chapter. With more frames a wrong path returns less often (chapter 08), and
# pairs in which little moved are given a small weight (chapter 09). Some pairs that were followed wrongly remain in the
# training data, like wrong labels; training works in spite of them (chapter 11).

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The tracker of the figure lost its target and came home all the same.
assert last_overlap < 0.1
assert gap < 5

# %% [markdown]
# ## 7.8 Send it there and back yourself
#
# Each row of the static picture is one setting; in JupyterLab the controls below are live. At S a circle marks where
# the target (green) or the background (blue) went, and a cross marks the peak. The second row has a later S and a
# window, and its peak is at the target; the cell after the picture tells where the response to the same S peaks without
# one. Try the occluder with and without a window, then frame 0, then another clip with the raw response and 1, 2, 4 ...
# channels.

# %% alt="Four settings of the demo: patches T and S, response, pseudo-label, the way back and the squared distance; the loss is small for the same clip, large for another one, and zero for the raw response" tags=["nbval-ignore-output"]
round_trip.demo()

# %%
plain = round_trip.solve("turning target", 10, "same clip", "clean Gaussian", 32, 0)
windowed = round_trip.solve("turning target", 10, "same clip", "clean Gaussian", 32, 1)
for name, step in {"no window": plain, "window": windowed}.items():
    distances = {
        what: np.linalg.norm(place - step.found)
        for what, place in (("target", step.target), ("background", step.background))
    }
    print(f"{name}: the peak is nearest to the {min(distances, key=distances.get)}")

# %% [markdown]
# The next player takes one more patch, as chapter 08 does: from T to S1, on to S2, and straight back to T, without
# a window. Press "play": after each return S2 moves two frames further away. The cross is the peak, the orange line
# its path, the green ring the target. Below are T's label and the three responses. The trips were computed by the
# library; the page only shows them.

# %% alt="T, S1, S2 and T again for two clips, with the peak, the target and a response below each" tags=["nbval-ignore-output"]
there_and_back.demo()

# %%
for clip_name in there_and_back.CLIPS:
    ways = [there_and_back.journey(clip_name, last) for last in there_and_back.LAST]
    print(
        f"{clip_name}: loss",
        *(f"{way.loss:.0f}" for way in ways),
        "for S2 after",
        *there_and_back.LAST,
        "frames",
    )
    beside = [np.hypot(*(way.places[2] - way.targets[2])) for way in ways]
    print(f"  from the peak at S2 to the target: {beside[-1]:.0f} cells at the longest")

# %% [markdown]
# The loss grows with the time between T and S2, although the peak returns to within two cells each time. The
# later S2 is, the further the peak there lies from the target: without a window the background, which fills most of the
# patch, decides where the peak lies.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The loss grows, the peak comes home, and it followed something else than the target.
for clip_name in there_and_back.CLIPS:
    ways = [there_and_back.journey(clip_name, last) for last in there_and_back.LAST]
    assert all(np.hypot(*way.places[3]) < 2 for way in ways)
    assert ways[0].loss < ways[-1].loss / 4
    behind = [np.hypot(*(way.places[2] - way.targets[2])) for way in ways]
    assert behind == sorted(behind)
    assert behind[-1] > 15

# %% [markdown]
# ## 7.9 The whole method in one picture
#
# Finally, here is Fig. 2 of the paper with the actual arrays in every box. We take a triplet as the paper does:
# $\mathbf T$, $\mathbf S_1$, $\mathbf S_2$ from ten consecutive frames of one clip, the middle of each frame, half
# as wide and half as high, resized to $125\times125$ (chapter 10). Without the middle row the picture shows Eq. 4
# to 6; with it, the response back at T is written $\widetilde{\mathbf R}_{\mathbf T}$, as in chapter 08. The network
# has our trained weights.

# %%
raw = render_clip(frames=10, seed=19, camera_shake=1.0, deformation=0.3)
numbers = draw_triplets([RenderedClip(0, 10)], seed=4, scheme="ordered")[0]
patches = [sample_window(raw.frames[int(k)], (160, 120), (160, 120)) for k in numbers]
phi = networks["our trained weights"]
features = [phi(as_input(patch)) for patch in patches]
trip = track_forward_backward(features[0], features[1:], label)
labels = [trip.label, *trip.pseudo_labels]
filters = [learn_filter(each, wanted) for each, wanted in zip(features, labels, strict=True)]
machine_loss = round_trip_errors(trip.back, trip.label, "paper").item()


# %% [markdown]
# The next cell only arranges these arrays in a grid with their names, and the one after it draws them.


# %%
def spectrum(filters):
    """Return the strength of a filter's frequencies (121, 121) in decades."""
    maps = torch.fft.irfft2(filters[0], s=(121, 121))
    return torch.fft.fft2(maps).abs().square().sum(0).log10().numpy()


PATCHES = (r"\mathbf{T}", r"\mathbf{S}_1", r"\mathbf{S}_2")
BACK = r"\widetilde{\mathbf{R}}_{\mathbf{T}}"
ERROR = rf"$({BACK}-\mathbf{{Y}}_{{\mathbf{{T}}}})^2$"

grid = {(0, row): patch for row, patch in enumerate(patches)}
maps = {(2, row + 1): each[0].numpy() for row, each in enumerate(trip.responses)}
maps |= {(3, row): each[0].numpy() for row, each in enumerate(labels)}
maps |= {(4, row): spectrum(each) for row, each in enumerate(filters)}
maps |= {(5, 1): trip.back[0].numpy(), (5, 0): (trip.back[0] - label).square().numpy()}
kinds = {place: r"$\mathbf{R}$ and $\mathbf{Y}$" for place in maps}
kinds |= {(4, row): r"$|\hat{\mathbf{W}}|^2$, decades" for row in range(3)} | {(5, 0): ERROR}
scales = {r"$\varphi_\theta$": viz.limits_of(*(each.numpy() for each in features))}
for kind in dict.fromkeys(kinds.values()):
    scales[kind] = viz.limits_of(*(maps[place] for place in maps if kinds[place] == kind))
grid |= {
    (1, row): map_sheet(each[0, ::2, ::2, ::2], 4, scales[r"$\varphi_\theta$"])
    for row, each in enumerate(features)
}
grid |= {place: viz.heatmap(each, limits=scales[kinds[place]]) for place, each in maps.items()}
names = {(0, row): f"${name}$: frame {k}" for row, (name, k) in enumerate(zip(PATCHES, numbers, strict=True))}
for row, name in enumerate(PATCHES):
    names |= {(1, row): rf"$\varphi_\theta({name})$", (4, row): rf"$\hat{{\mathbf{{W}}}}_{{{name}}}$"}
    names |= {(2, row): rf"$\mathbf{{R}}_{{{name}}}$", (3, row): rf"$\mathbf{{Y}}_{{{name}}}$, pseudo-label"}
names |= {(3, 0): r"$\mathbf{Y}_{\mathbf{T}}$, given", (5, 0): f"{ERROR}: loss {machine_loss:.1f}"}
names[5, 1] = rf"${BACK}$: {names[4, 2]} on $\varphi_\theta(\mathbf{{T}})$"

# %% alt="The method with its arrays: patches T, S1, S2, their features, responses, labels, filters, and the response back at T with its squared difference from the label" tags=["slide"]
figure, axes = plt.subplots(3, 6, figsize=(13, 7.6))
figure.subplots_adjust(0.02, 0.03, 0.98, 0.87, wspace=0.3, hspace=0.5)
for (column, row), picture in grid.items():
    axes[row, column].imshow(picture)
    axes[row, column].set_title(
        names[column, row], color=BLUE if column == 5 or (column, row) == (4, 2) else "black"
    )
for axis in axes.flat:
    axis.set_axis_off()
for place, (kind, limits) in enumerate(scales.items()):  # the colour bars, in the empty corner
    bar = axes[0, 2].inset_axes([0, 0.88 - 0.29 * place, 1, 0.08])
    bar.imshow(np.linspace(*limits, 64)[None], aspect="auto", extent=(*limits, 0, 1))
    bar.set(yticks=[], xticks=limits, xticklabels=[f"{round(limit, 6):.3g}" for limit in limits])
    bar.set_title(kind, fontsize=8, pad=2)
    bar.tick_params(labelsize=7, pad=1, length=2)
right, left, up, down = (1.02, 0.5), (-0.02, 0.5), (0.5, 1.2), (0.5, -0.03)
step_down = "arc,angleA=-90,angleB=90,armA=12,armB=24,rad=6"
leaving, entering_filter = (0.9, 1.03), (0.12, 1.03)
step_over = "arc,angleA=90,angleB=90,armA=22,armB=22,rad=5"
for row in range(3):
    arrow(figure, (leaving, axes[row, 1]), (entering_filter, axes[row, 4]), "0.6", route=step_over)
    arrow(figure, (right, axes[row, 0]), (left, axes[row, 1]), "0.4")
    arrow(figure, (right, axes[row, 3]), (left, axes[row, 4]), BLUE if row == 2 else "0.4")
for row in (1, 2):
    arrow(figure, (right, axes[row, 1]), (left, axes[row, 2]), "0.4")
    arrow(figure, (right, axes[row, 2]), (left, axes[row, 3]), "0.4")
    arrow(figure, (down, axes[row - 1, 4]), (up, axes[row, 2]), ORANGE, route=step_down)
arrow(figure, (right, axes[2, 4]), (down, axes[1, 5]), BLUE, 0.3)
arrow(figure, (up, axes[1, 5]), (down, axes[0, 5]), BLUE)
arrow(figure, ((0.8, 1.14), axes[0, 3]), ((0.2, 1.14), axes[0, 5]), BLUE, -0.1)
figure.text(0.01, 0.965, "forward: also what runs online", color=ORANGE, size=13)
figure.text(0.99, 0.965, "back: training only", color=BLUE, size=13, ha="right")
show_figure(figure, zoom=0.95)

# %% [markdown]
# Read the figure row by row. Features and label give a filter (grey). The filter is applied to the next patch
# (orange), and the pseudo-label made from that response gives the next filter. The last filter goes back to the first
# patch (blue): its response on $\varphi_\theta(\mathbf T)$ is compared with the label that we know. All three
# $\varphi_\theta$ are one network, and its gradient comes through the blue part only. When training is over, the blue
# part is not used any more, and what remains is the tracker of chapter 06.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Each picture is what its arrows say: a filter applied to the next patch gives the next response.
for k, response in enumerate(trip.responses):
    assert torch.allclose(response_map(filters[k], features[k + 1]), response, atol=1e-3)
assert torch.allclose(response_map(filters[2], features[0]), trip.back, atol=1e-3)
assert np.isclose(((trip.back - label) ** 2).sum().item(), machine_loss)

# %% [markdown]
# ## 7.10 Exercises
#
# Fill in a stub, then run it and the cell below it. The check says "correct", or gives a hint. Solutions are
# in [solutions/07.py](solutions/07.py).
#
# **1. The rolled map (predict).** For a response with its peak at `row`, `column` the port in effect computed
# `np.roll(np.roll(label, row), column)`. Without `axis` NumPy rolls the *flattened* map, row after row. At which
# `(row, column)` of a `height` x `width` map is the port's label highest? You need no array. Then explain: for which peaks
# is the port right by accident, and where does its label say that a target went that had moved straight down?
#
# <details class="exercise"><summary>A hint</summary>
#
# Number the cells of a small map as they lie in memory. To which number does the peak of the label go? Then find the row
# and the column of this number.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def port_peak(row, column, height, width):
    """Return the row and the column where the port put the label's peak."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.port_peak(port_peak)

# %% [markdown]
# **2. What a lost pair can do (measure and explain).** The way back ends in a Gaussian as wide as the label, but of
# height $r_{\max}$ and `distance` cells away from the start. Which height makes the loss of Eq. 6 smallest? Measure it
# on two maps, or derive it. Then explain what training does to the response of a pair that it cannot bring home, and
# which loss such a pair has in the end.
#
# <details class="exercise"><summary>A hint</summary>
#
# For a fixed place Eq. 6 is a parabola in $r_{\max}$, and its coefficients are inner products of the two maps. Where
# does it have its lowest point? A map of 121 x 121 cells is large enough.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def best_height(distance, sigma):
    """Return the height of the Gaussian, ``distance`` cells from the start, that has the smallest loss."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.best_height(best_height)

# %% [markdown]
# **3. What a miss costs (derive).** A perfect peak comes back $d$ cells away from the start. What is the loss?
# Expand the square in Eq. 6, use that the product of two Gaussians is a Gaussian, and replace sums over cells by
# integrals. Then compare with the plot in section 7.3.
#
# <details class="exercise"><summary>A hint</summary>
#
# The expanded square has three terms. Two are integrals of a squared Gaussian and do not depend on $d$. The third
# is the product of two Gaussians that lie $d$ apart: how wide is it, and how high?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def miss_loss(distance, sigma):
    """Return ||Y shifted by ``distance`` cells - Y||^2 for a Gaussian label of peak 1."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.miss_loss(miss_loss)

# %% [markdown]
# **4. Median flow (compute).** This is TLD's step. Given points `start`, carried to `there` and `back` again (all
# `(N, 2)`), keep those whose distance between start and end is at most the median distance, and return their median
# displacement, axis by axis.
#
# <details class="exercise"><summary>A hint</summary>
#
# A point is trusted if it came home. Measure that as one number for each point, choose the points, and only then
# look at where they went.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def median_flow(start, there, back):
    """Return the displacement (2,) of the target."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.median_flow(median_flow)

# %% [markdown]
# **5. How much of the trivial solution is left (derive).** With the raw response as label, $C$ channels and
# $\lambda=0$, section 7.4 becomes $\hat{\mathbf R}_{\mathbf T}=\hat{\mathbf Y}\odot\mathbf g$. Find $\mathbf g$ from
# the spectra. Why is it between 0 and 1, and why is it 1 for one channel?
#
# <details class="exercise"><summary>A hint</summary>
#
# Write the response on the way out as a spectrum, put it as the label into the response on the way back, and
# collect everything that is not $\hat{\mathbf Y}$. Then think of the Cauchy-Schwarz inequality.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def escape(x, z):
    """Return g (H, W), real, from full spectra (C, H, W) of the features of T and S."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.escape(escape)

# %% [markdown]
# **6. (Open)** Letterboxed films have black bars above and below that never move. Draw bars on the patches of
# section 7.6 and repeat the experiment. From which height on does the peak follow the bars? What if a bar contains a
# channel's logo?
#
# ## 7.11 Summary

# %% tags=["numbers"]
ours, theirs = report["our trained weights"], report["random weights"]
print(f"kept_entering = {100 * entering[1]:.0f}")
print(f"all_entering = {100 * entering[0]:.0f}")
print(f"kept_covered = {100 * covered[1]:.0f}")
print(f"no_answer = {energy:.1f}")
print(f"raw_one = {losses['raw response', 1]:.1f}")
print(f"stairs = {stairs}")
print(f"pairs = {related.sum()}")
print(f"mean_random = {theirs['mean loss']:.0f}")
print(f"mean_trained = {ours['mean loss']:.0f}")
print(f"something_trained = {ours['on something']}")
print(f"still_answer = {stay_put}")
print(f"both_moved = {both_moved.sum()}")
print(f"ground_trained = {ours['on ground, both moved']}")
print(f"target_trained = {ours['on target, both moved']}")
print(f"cuts_trained = {100 * ours['below cuts']:.0f}")
print(f"home_trained = {100 * ours['home though off target']:.0f}")

# %% [markdown] tags=["summary"]
# - Track forward, track back, and compare the end with the start: this needs no label. As a check on points it
#   raises the share of right ones from 52 <!-- all_entering --> % to 97 <!-- kept_entering --> % while an occluder
#   comes in, but keeps 0 <!-- kept_covered --> % right ones when the occluder covers nearly the whole target.
# - The loss is Eq. 4 and 5 on the way there, a pseudo-label, Eq. 4 and 5 on the way back with the roles exchanged,
#   and Eq. 6. A response of zero has the loss 54.5<!-- no_answer -->.
# - The pseudo-label is a clean Gaussian for a reason: with the raw response as label, one channel returns from an
#   unrelated picture with a loss of 0.0<!-- raw_one -->.
# - Only the way back carries a gradient. On the way there the features only choose a cell: during a fade over three
#   cells the loss takes only 4 <!-- stairs --> values.
# - On 72 <!-- pairs --> rendered pairs training lowers the mean loss from 24 <!-- mean_random --> to 12<!-- mean_trained -->.
#   The trained network follows something real in 70<!-- something_trained -->; always
#   answering $(0,0)$ would do so in 39<!-- still_answer -->. Of the 33 <!-- both_moved --> pairs in which target
#   and background both moved, it follows the background in 31 <!-- ground_trained --> and the target in 0<!-- target_trained -->.
#   The loss finds cuts: it is higher for them in 99 <!-- cuts_trained --> % of comparisons.
# - Returning to the start does not mean having been right: with trained weights, of the pairs whose peak was off the
#   target 100 <!-- home_trained --> % returned.
#
# **Next:** chapter 08 adds a third frame, which makes it harder to return by mistake.

# %% [markdown]
# ## References
#
# - Z. Kalal, K. Mikolajczyk, J. Matas. *Tracking-learning-detection*. IEEE TPAMI 34(7), 2012. <!-- kalal2012 -->
# - Q. V. Le. *Building high-level features using large scale unsupervised learning*. ICASSP 2013. <!-- le2013 -->
# - D.-Y. Lee, J.-Y. Sim, C.-S. Kim. *Multihypothesis trajectory analysis for robust visual tracking*. CVPR 2015. <!-- lee2015 -->
# - H.-Y. Lee, J.-B. Huang, M. Singh, M.-H. Yang. *Unsupervised representation learning by sorting sequences*. ICCV 2017. <!-- lee2017 -->
# - B. D. Lucas, T. Kanade. *An iterative image registration technique with an application to stereo vision*. IJCAI 1981. <!-- lucas1981 -->
# - M. Müller, A. Bibi, S. Giancola, S. Alsubaihi, B. Ghanem. *TrackingNet: A large-scale dataset and benchmark for object tracking in the wild*. ECCV 2018. <!-- muller2018 -->
# - C. Vondrick, H. Pirsiavash, A. Torralba. *Anticipating visual representations from unlabeled video*. CVPR 2016. <!-- vondrick2016 -->
# - N. Wang, D.-Y. Yeung. *Learning a deep compact image representation for visual tracking*. NIPS 2013. <!-- wang2013 -->
# - X. Wang, A. Gupta. *Unsupervised learning of visual representations using videos*. ICCV 2015. <!-- wang2015 -->
# - N. Wang, Y. Song, C. Ma, W. Zhou, W. Liu, H. Li. *Unsupervised deep tracking*. CVPR 2019. <!-- wang2019 -->
