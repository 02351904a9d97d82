# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # 01 Boxes, patches and scores
#
# **Goals.** After this chapter you can *convert* boxes and crop patches without losing a pixel, *compute* overlap
# and centre error by hand, *derive* what the area under a success curve measures, *explain* why one result file gets
# several different scores, and *judge* how far a benchmark's mean can be trusted.
#
# **Prerequisites.** [Chapter 00](00_start_here.ipynb) and numpy; no tracking yet.
#
# Run time: about 2 s on two cores. Downloads: none.

# %%
import csv

import matplotlib.pyplot as plt
import numpy as np
from numpy.testing import assert_allclose

from udtlib import load_tracker, viz
from udtlib.boxes import center, center_error, iou
from udtlib.check import ch01 as check
from udtlib.data import find_data
from udtlib.data.benchmarks.otb import load_annotations
from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.errors import DataError
from udtlib.evaluation import Policy, load_policy, score, score_sequence
from udtlib.evaluation import bootstrap_interval, paired_difference
from udtlib.evaluation.scoring.ope import success_curve, success_thresholds
from udtlib.patches import crop, hann_window
from udtlib.widgets.overlap import overlap_demo
from udtlib.widgets.scrubber import scrubber

plt.rcParams.update({"figure.dpi": 80, "axes.titlesize": 10, "font.size": 9})
truth_color, first_color, second_color = (np.array(color) / 255 for color in viz.PALETTE.values())

# %% [markdown]
# ## 1.1 The whole problem in one picture
#
# Somebody draws a box around a target in the first frame. A tracker must then find the target in every later frame
# and give one box for each, although it has never seen this target before. Afterwards its boxes are compared with
# boxes drawn by hand, and the comparison is summed up in a number, which decides which tracker is called better.
#
# So a tracker begins and ends with boxes, and it is easy to get them slightly wrong. Nothing crashes then; the
# numbers are just a little lower, or higher, than they should be. This chapter looks closely at both ends. Our clips
# are drawn by a program, so every true box is known exactly.

# %% alt="A frame of coloured discs with two boxes that overlap in part, the true one in green, the predicted one in orange" tags=["slide"]
clip = render_clip(frames=72, seed=5, occlusion=0.6)
frame, truth = clip.frames[0], clip.boxes[0]
guess = truth + np.array([9, -6, 4, 4])
picture = viz.draw_box(viz.draw_box(frame, truth, viz.TRUTH), guess, viz.PREDICTION)
viz.show(np.vstack([picture, viz.legend({"truth": viz.TRUTH, "prediction": viz.PREDICTION}, 320)]))

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The picture: the drawn guess overlaps the truth, but not perfectly.
assert 0.5 < iou(guess, truth) < 0.9
assert not np.array_equal(picture, frame)

# %% [markdown]
# ## 1.2 Pixels have an area, boxes have edges
#
# The safest way to think of a pixel is as a **unit square**. The pixel in column 3 and row 2 covers $3 \le x < 4$
# and $2 \le y < 3$; its centre is at $(3.5, 2.5)$. A box $b = (x, y, w, h)$ reaches from its top left corner
# $(x, y)$ to $(x + w, y + h)$. Then a box of whole numbers *is* a numpy slice, its width counts columns, and no
# "plus one" is needed anywhere. Its centre is $c(b) = (x + w/2,\; y + h/2)$.

# %%
small = np.arange(40).reshape(5, 8)
x, y, w, h = 3, 2, 4, 2
inside = small[y : y + h, x : x + w]
print("pixels inside:", inside.size, "= w * h:", w * h)
print("centre:", center((x, y, w, h)))

# %% [markdown]
# Three other habits are common, and files do not say which they follow.
#
# | habit | where | same box as our $(3, 2, 4, 2)$ | to ours |
# |---|---|---|---|
# | 1-indexed | MATLAB, so OTB's files | $(4, 3, 4, 2)$ | take 1 from $x$ and $y$, **not** from $w$ and $h$ |
# | corners, last pixel included | older detection data | $(3, 2)$ to $(6, 3)$ | $w = x_2 - x_1 + 1$ |
# | pixel *centres* at whole numbers | OpenCV, many trackers | centre $(4.5, 2.5)$ | add one half to every position |
#
# In this book positions are 0-indexed; only functions that read and write files convert. The third habit returns in
# chapter 06, in the tracker that follows the authors' code. It moves **every** centre by the same half pixel, which
# does not change the distances between centres:


# %%
def center_of_pixels(box):
    x, y, w, h = box
    return np.array([x + (w - 1) / 2, y + (h - 1) / 2])


ours = np.linalg.norm(center(guess) - center(truth))
theirs = np.linalg.norm(center_of_pixels(guess) - center_of_pixels(truth))
print(f"centre error: {ours:.2f} px with our centre, {theirs:.2f} px with the other")

# %% [markdown]
# Mixing up the index base is worse, because it moves only *one* of the two boxes. **Predict first.** A perfect
# tracker's file is 1-indexed and gets read as 0-indexed, so every box lands one pixel too far right and down. The
# target is 20 pixels wide and high. The overlap of two boxes (IoU) is the area they share divided by the area they cover
# together, so 1 is perfect. What is it here? Change the number, then go on.

# %%
my_guess = 0.95

# %% [markdown]
# Move a square of side $w$ by $d$ pixels both right and down. The shared part is a square of side $w - d$,
# and the union is both squares minus the shared part:
#
# $$\mathrm{IoU}(w, d) = \frac{(w-d)^2}{2w^2 - (w-d)^2}. \tag{1.1}$$


# %%
def slipped(side, slip=1):
    shared = (side - slip) ** 2
    return shared / (2 * side**2 - shared)


sides = np.arange(4, 101)
losses = 1 - slipped(sides)
by_library = iou((0, 0, 20, 20), (1, 1, 20, 20))
print(
    f"left of a perfect 20-px box: {slipped(20):.2f} by Eq. 1.1, {by_library:.2f} by udtlib; you guessed {my_guess}"
)

# %% [markdown]
# About 0.18 of the overlap is gone, without any message. It is tempting to think "one pixel in twenty, 5 %", but
# four strips of about 5 % are lost, two of each box. The next figure shows the pixel grid with our box and its moved
# twin, and the overlap lost at each size; the dots are targets of 10 and 20 px.

# %% alt="Left, a grid of pixels with their centres, a box, and the same box one pixel further right and down; right, the overlap lost by a slip of one pixel, which falls with the side of the target" tags=["slide"]
figure, (grid, curve) = plt.subplots(1, 2, figsize=(9, 3.3), width_ratios=[1.25, 1])
grid.imshow(small * 0 + 0.93, cmap="gray", vmin=0, vmax=1, extent=(0, 8, 5, 0))
rows, columns = np.mgrid[0:5, 0:8] + 0.5
grid.plot(columns.ravel(), rows.ravel(), "k.", markersize=3)
for corner, color, name in (((3, 2), truth_color, "(3, 2, 4, 2)"), ((4, 3), first_color, "read one too far")):
    grid.add_patch(plt.Rectangle(corner, 4, 2, fill=False, edgecolor=color, linewidth=3, label=name))
grid.set(xticks=range(9), yticks=range(6), xlabel="x", ylabel="y", title="Pixels, their centres, two boxes")
grid.grid(color="0.7")
grid.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
curve.plot(sides, losses, color=first_color)
curve.plot([10, 20], 1 - slipped(np.array([10, 20])), "o", color=first_color)
curve.set(xlabel="side of the target (px)", ylabel="IoU lost", ylim=0, title="Cost of a one-pixel slip")
curve.grid(alpha=0.3)
figure.tight_layout()
plt.show()

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Half a pixel moves no distance, Eq. 1.1 is udtlib's overlap, and the curve falls with the side, as drawn.
assert_allclose(ours, theirs)
assert_allclose(slipped(20), by_library)
assert np.all(np.diff(losses) < 0)

# %% [markdown]
# ## 1.3 Patches: any box, any size
#
# A tracker rarely looks at a whole frame. It looks at a **patch**: what lies in a box, resampled to a fixed number
# of pixels, as filters and networks need. Boxes are seldom whole numbers, so it matters where we sample. Divide the
# box into $H \times W$ equal cells and read the image at the centre of each:
#
# $$x_j = x + \left(j + \tfrac12\right)\frac{w}{W}, \qquad y_i = y + \left(i + \tfrac12\right)\frac{h}{H}. \tag{1.2}$$
#
# Pixel centres are at halves. Between them we weight the four nearest pixels by how close they are (*bilinear*
# interpolation). Version 0 does exactly this, with loops:


# %%
def crop_v0(image, box, height, width):
    x, y, w, h = box
    patch = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            u = x + (j + 0.5) * w / width - 0.5  # measured from the centre of pixel (0, 0)
            v = y + (i + 0.5) * h / height - 0.5
            column, row = int(np.floor(u)), int(np.floor(v))
            a, b = u - column, v - row
            top = (1 - a) * image[row, column] + a * image[row, column + 1]
            bottom = (1 - a) * image[row + 1, column] + a * image[row + 1, column + 1]
            patch[i, j] = (1 - b) * top + b * bottom
    return patch


# %% [markdown]
# `udtlib.patches.crop` does it in one OpenCV call. Boxes of whole numbers must give exactly the slice. Fractional
# boxes must agree with the loops within two grey levels (not exactly, because some OpenCV releases round positions to
# 1/32 pixel). Last, we read a row of three pixels half a pixel further right: each value is the mean of two neighbours.

# %%
grey = frame.mean(axis=2).astype(np.float32)
whole, by_slice = crop(frame, (60, 40, 50, 30)), frame[40:70, 60:110]
print("values that differ from the slice:", (whole != by_slice).sum(), "of", whole.size)
box = (60.25, 40.5, 50.5, 30.75)
fractional, by_loops = crop(grey, box, (16, 24)), crop_v0(grey, box, 16, 24)
off = np.abs(fractional - by_loops) > 2
print("values more than two grey levels off the loops:", off.sum(), "of", off.size)
half = crop(np.array([[0, 100, 200]], np.uint8), (0.5, 0, 2, 1))
print("0, 100, 200 read half a pixel to the right:", half.tolist())

# %% [markdown]
# Two decisions remain.
#
# **What lies outside the image?** Boxes at the border reach beyond it. Repeating the nearest pixel (`"replicate"`) adds
# no edge; zeros (`"zero"`) draw a black frame, which a filter learns as if it were part of the scene. The tracker of
# chapter 06 fills with zeros all the same, since it must reproduce the authors' boxes.
#
# **How much should a patch's border count?** Chapter 02 uses Fourier transforms, which treat the left edge
# of a patch as the neighbour of its right one. To hide this seam, each row and each column of the patch is multiplied by
# a *Hann window*, $\tfrac12\left(1 - \cos\frac{2\pi i}{n-1}\right)$ for pixel $i$ of $n$: 1 in the middle, 0 at the edge.
#
# The figure shows a patch that reaches beyond the image, with both borders, and a patch around the target without and
# with the window.

# %% alt="Four patches: a corner of the frame continued by its border pixels, the same with black outside, a target with its surroundings, and the same faded towards the border by a Hann window" tags=["slide"]
corner_box, size = (-30, -25, 100, 80), (128, 160)
patches = [crop(frame, corner_box, size), crop(frame, corner_box, size, border="zero")]
context = crop(frame, truth + np.array([-25, -20, 50, 40]), size)
window = hann_window(*size)
patches += [context, (context * window[..., None]).astype(np.uint8)]
labels = ["border: replicate", "border: zero", "target and context", "times a window"]
viz.show(viz.contact_sheet(patches, columns=4, labels=labels))

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Crops are slices, and what the loops give; borders and window are as in the pictures.
assert (whole == by_slice).all()
assert_allclose(fractional, by_loops, atol=2)
assert (crop(frame, corner_box)[25:, 30:] == frame[:55, :70]).all()
assert not patches[1][:38].any()
assert patches[3][[0, -1]].max() == 0
assert window.max() > 0.999

# %% [markdown]
# ## 1.4 Overlap and centre error, by hand
#
# Two measures compare a predicted box $b$ with a true box $b_\mathrm{gt}$. The **overlap**, or intersection over union,
# is the shared area divided by all area covered. The **centre error** is the distance of the centres in pixels:
#
# $$\mathrm{IoU}(b, b_\mathrm{gt}) = \frac{|b \cap b_\mathrm{gt}|}{|b| + |b_\mathrm{gt}| - |b \cap b_\mathrm{gt}|}, \qquad
#   e(b, b_\mathrm{gt}) = \lVert c(b) - c(b_\mathrm{gt}) \rVert_2 . \tag{1.3}$$
#
# What two boxes share is a box itself: from the larger of the left edges to the smaller of the right
# edges. If that length is negative, nothing is shared, so it is clipped at 0.


# %%
def iou_v0(first, second):
    (x1, y1, w1, h1), (x2, y2, w2, h2) = first, second
    width = max(0, min(x1 + w1, x2 + w2) - max(x1, x2))
    height = max(0, min(y1 + h1, y2 + h2) - max(y1, y2))
    shared = width * height
    return shared / (w1 * h1 + w2 * h2 - shared)


# %% [markdown]
# Is it right? A test that repeats the formula would repeat its mistakes too. So we count pixels instead: paint both
# boxes on a grid that reaches beyond the image, as boxes do, and count the pixels painted twice and those painted at
# all.


# %%
def iou_counted(first, second):
    painted = np.zeros((2, 120, 120), bool)
    for layer, (x, y, w, h) in zip(painted, (first, second), strict=True):
        layer[y + 40 : y + h + 40, x + 40 : x + w + 40] = True
    return painted.all(0).sum() / painted.any(0).sum()


rng = np.random.default_rng(0)
boxes = np.column_stack([rng.integers(-30, 40, (1000, 2)), rng.integers(1, 40, (1000, 2))])
others = rng.permutation(boxes)
counted = [iou_counted(a, b) for a, b in zip(boxes, others, strict=True)]
by_hand = [iou_v0(a, b) for a, b in zip(boxes, others, strict=True)]
print(
    f"1000 pairs, of which {np.mean(np.array(counted) == 0):.0%} share nothing. Off the counted overlap by at most:"
)
print(
    f"by hand {np.abs(np.subtract(by_hand, counted)).max():.6f}, udtlib {np.abs(iou(boxes, others) - counted).max():.6f}"
)

# %% [markdown]
# The two measures notice different errors. Overlap depends on place *and* size, relative to the target; but if
# nothing is shared, it is 0 both near and far. Centre error depends on place alone, in pixels, whatever the target's
# size.

# %%
print("what went wrong          IoU   error")
for name, box, answer in [
    ("10 px off, 20-px box", (0, 0, 20, 20), (10, 0, 20, 20)),
    ("10 px off, 100-px box", (0, 0, 100, 100), (10, 0, 100, 100)),
    ("right place, half size", (0, 0, 40, 40), (10, 10, 20, 20)),
    ("right place, twice size", (0, 0, 40, 40), (-20, -20, 80, 80)),
    ("just beside it", (0, 0, 40, 40), (40, 0, 40, 40)),
    ("far away", (0, 0, 40, 40), (200, 0, 40, 40)),
]:
    print(f"{name:24} {iou(box, answer):.2f}  {center_error(box, answer):5.1f}")

# %% [markdown]
# **Try it.** Drag the box, or move it with the sliders. The bars show the overlap, the centre error (the mark is at 20 px, the
# usual limit) and the 21 success thresholds of the next section. Find a box with a centre error of 0 that passes
# only five of the thresholds. Then give the box its full size again: how far can it move and still pass five?

# %% alt="Six positions of a predicted box beside the true one, with bars below each for overlap, centre error and thresholds passed: from nothing wrong to touching without overlap" tags=["slide", "nbval-ignore-output"]
view = crop(frame, truth + np.array([-75, -50, 150, 100]))
overlap_demo(view, [75, 50, *truth[2:].round()])

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The formula, udtlib and counting pixels give the same overlaps.
assert_allclose(iou(boxes, others), counted)
assert_allclose(by_hand, counted)

# %% [markdown]
# ## 1.5 From frames to a curve, from a curve to a number
#
# A sequence of $F$ frames gives overlaps $o_i$ and centre errors $e_i$. When is a frame a success? Any single limit
# would be arbitrary, so we use all of them. The **success curve** $S$ is the fraction of frames whose overlap
# exceeds $t_o$; the **precision curve** $P$ is the fraction whose centre error is at most $\rho$ pixels:
#
# $$S(t_o) = \frac1F \sum_{i=1}^F [\,o_i > t_o\,], \qquad P(\rho) = \frac1F \sum_{i=1}^F [\,e_i \le \rho\,], \tag{1.4}$$
#
# where $[\cdot]$ is 1 if true and 0 if not. Benchmarks report the **area** under $S$ (AUC) and $P(20)$.
#
# What does the area mean? Exchange sum and integral. The inner integral is the length of the interval in which $t_o$ is
# below $o_i$, and this length is $o_i$:
#
# $$\int_0^1 S(t_o)\, dt_o = \frac1F \sum_{i=1}^F \int_0^1 [\,o_i > t_o\,]\, dt_o = \frac1F \sum_{i=1}^F o_i . \tag{1.5}$$
#
# **The area under the success curve is the mean overlap.** In practice the integral is a mean over 21 thresholds
# $0, 0.05, \dots, 1$. Frame $i$ passes those that are below $o_i$, and there are $\lceil 20\, o_i \rceil$ of them: none
# at $o_i = 0$, twenty at $o_i = 1$. Hence
#
# $$\mathrm{AUC}_{21} = \frac{1}{21F} \sum_{i=1}^F \left\lceil 20\, o_i \right\rceil , \tag{1.6}$$
#
# which is close to the mean overlap. It is at most $20/21$, because no overlap is above the threshold 1: under this rule
# **a perfect tracker scores 0.952**. We compare both equations with the curve, for 5000 random overlaps. (`Policy()` says
# how to score; section 1.6 explains it.)

# %%
overlaps = np.random.default_rng(2).beta(4, 2, 5000)
by_curve = success_curve(overlaps, Policy()).mean()
by_equation = np.ceil(20 * overlaps).mean() / 21
fine = success_curve(overlaps, Policy(steps=10_000)).mean()
print(f"mean overlap {overlaps.mean():.3f}, area with 10001 thresholds {fine:.3f}")
print(f"area with 21 thresholds {by_curve:.3f}, by Eq. 1.6 {by_equation:.3f}")

# %% [markdown]
# One number hides what the curve shows. Below are two made-up trackers with nearly the same area: one is mediocre
# throughout, the other excellent until it loses the target for good. Compare the shapes of their curves. Which tracker
# is better depends on what you need, and AUC cannot tell them apart.

# %% alt="Left, success curves of a steady tracker and of one that loses its target; right, their precision curves: two curves of one area with different shapes" tags=["slide"]
rng = np.random.default_rng(4)
steady = {"IoU": rng.normal(0.60, 0.07, 300).clip(0, 1), "error": rng.normal(12, 4, 300).clip(0)}
loses_it = {"IoU": rng.normal(0.94, 0.02, 300).clip(0, 1), "error": rng.normal(3, 1, 300).clip(0)}
loses_it["IoU"][196:], loses_it["error"][196:] = 0, 150
figure, (success, precision) = plt.subplots(1, 2, figsize=(9, 2.8))
thresholds, areas = success_thresholds(Policy()), {}
for name, run, color in (("steady", steady, first_color), ("loses it", loses_it, second_color)):
    curve = success_curve(run["IoU"], Policy())
    areas[name] = curve.mean()
    success.plot(thresholds, curve, ".-", color=color, label=f"{name}: area {curve.mean():.2f}")
    near = (run["error"][:, None] <= np.arange(51)).mean(0)
    precision.plot(near, color=color, label=f"{name}: at 20 px {near[20]:.2f}")
success.set(xlabel="overlap threshold $t_o$", ylabel="$S(t_o)$", title="Success")
precision.set(xlabel="distance ρ (px)", ylabel="P(ρ)", title="Precision")
precision.axvline(20, color="0.6", linestyle=":")
for axis in (success, precision):
    axis.legend(loc="lower left" if axis is success else "lower right")
    axis.grid(alpha=0.3)
figure.tight_layout()
plt.show()

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Eq. 1.5 and 1.6, and the curves: two trackers of one area, of which one stays within 20 px.
assert_allclose(by_curve, by_equation)
assert abs(fine - overlaps.mean()) < 1e-3
assert abs(areas["steady"] - areas["loses it"]) < 0.01
assert (steady["error"] <= 20).mean() > 0.95
assert (loses_it["error"] <= 20).mean() < 0.67

# %% [markdown]
# ## 1.6 What a definition leaves open
#
# These formulas leave decisions open:
#
# - Must the overlap be above the threshold, or is equal enough?
# - What if the target is out of sight and the annotator wrote four zeros?
# - What if the tracker gave up and wrote zeros?
# - Is a box at $x = 0$ valid?
#
# Public evaluation tools answer differently, mostly without saying so. In `udtlib` a set of answers is one object, a
# **policy**. `otb-strict`, the default, scores as in Eq. 1.6, `otb-loose` with "at least" instead of "above", and the
# others behave like the toolkits they are named after.
#
# To see where they differ, we make up a target that wanders about and the boxes of a decent tracker:


# %%
def wandering_target():
    """Return true boxes and a decent tracker's answers, (200, 4) each, 0-indexed."""
    t = np.arange(200)
    x = np.interp(t, [0, 30, 59, 90, 110, 200], [110, 0, 0, 80, 120, 126])
    y = np.interp(t, [0, 60, 120, 200], [60, 95, 70, 72])
    truth = np.column_stack([x, y, 44 + 0 * t, 52 + 0 * t]).round(1)
    rng, drift = np.random.default_rng(1), np.zeros((200, 2))
    for k in range(1, 200):
        drift[k] = 0.9 * drift[k - 1] + rng.normal(0, 2, 2)
    answers = truth + np.column_stack([drift, rng.normal(0, 2, (200, 2))])
    answers[0] = truth[0]
    return truth, answers.round(2)


truth_clean, answers_clean = wandering_target()

# %% [markdown]
# The first row of the next table has these boxes, moved away from the border. Each other row changes one thing;
# "stops" means that the tool raises an error. In which rows do all five agree to 0.001, in both numbers?

# %%
shift = np.array([60, 0, 0, 0])
away = truth_clean + shift, answers_clean + shift  # far from every border


def changed(which, frames, value):
    """Return a copy of the first row's boxes, some of the truth (0) or the answers (1) replaced."""
    copies = away[0].copy(), away[1].copy()
    copies[which][frames] = value
    return copies


situations = {
    "nothing special": away,
    "truth against itself": (away[0], away[0]),
    "target at x = 0": (truth_clean, answers_clean),
    "absent, annotated 0": changed(0, slice(90, 110), 0),
    "absent, annotated NaN": changed(0, slice(90, 110), np.nan),
    "zeros from frame 100": changed(1, slice(100, 200), 0),
    "10 NaN answers": changed(1, slice(65, 75), np.nan),
}
columns = ["otb-strict", "otb-loose", "got10k", "pysot-toolkit", "pytracking"]


def cell(name, truth, answers):
    try:
        scored = score_sequence(answers, truth, load_policy(name))
        return f"{scored.auc:.3f}/{scored.precision:.3f}"
    except DataError:
        return "stops"


table = {row: [cell(name, *file) for name in columns] for row, file in situations.items()}
print(f"{'AUC / P(20)':22}" + "".join(f"{name:>14}" for name in columns))
for row, cells in table.items():
    print(f"{row:22}" + "".join(f"{text:>14}" for text in cells))

# %% [markdown]
# In the first row all five agree to 0.001; they differ as soon as something unusual happens.
#
# - **Truth against itself** is 0.952 under the strict rule, as Eq. 1.6 says. Where boxes have fractions, rounding puts
#   some overlaps just below 1, so that `otb-loose` gives less than 1, and in pytracking some above 1, which pass the last
#   threshold too.
# - **Target at $x = 0$.** Two tools find absent targets by asking "are all four numbers positive?". In OTB's files,
#   which count from 1, this works for nearly all frames. It fails in Biker and Crowds, whose targets reach beyond the
#   border in eight frames, so that $x$ or $y$ is 0 or less. On 0-indexed data every frame at the border becomes a
#   failure: in pytracking by both measures, in `pysot-toolkit` by the overlap only.
# - **Absent frames** fail in four tools and count as hits for precision in `pysot-toolkit`; other tools leave them out.
#   Each choice is defensible, but numbers made with different choices cannot be compared.
# - **Zeros** as answers are failures, except in pytracking. Exercise 6 is about what it does with them.
# - **NaN** makes pytracking stop. To the other four NaN in the truth means the same as zeros, and NaN answers are
#   failures.
#
# `udtlib` writes the policy into every score file. *Compare numbers only if one program, with one policy, made them.*
# [Chapter 13](13_evaluating_on_otb.ipynb) (section 13.6) shows how far policies can move one result, and that they can
# reverse a ranking.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The table, one cause at a time: which tools differ from which.
auc = {row: [float(text.split("/")[0]) for text in cells if text != "stops"] for row, cells in table.items()}
assert np.ptp(auc["nothing special"]) < 0.0015
assert max(auc["target at x = 0"][3:]) < min(auc["target at x = 0"][:3]) - 0.1
assert auc["zeros from frame 100"][4] > max(auc["zeros from frame 100"][:4]) + 0.1
at_border = (truth_clean[:, 0] == 0).mean()
assert [text.split("/")[1] for text in table["target at x = 0"][3:]] == ["1.000", f"{1 - at_border:.3f}"]
assert table["absent, annotated NaN"][:4] == table["absent, annotated 0"][:4]
assert {text.split("/")[1] for text in table["10 NaN answers"][:4]} == {"0.950"}

# %% [markdown]
# ## 1.7 One pass, and a target lost
#
# In *one-pass evaluation* a tracker is started once and never helped again. We watch one lose its target: MOSSE, the
# subject of the next chapter, on our first clip, where something passes in front of the target.


# %%
def track(tracker, clip):
    """Return boxes (N, 4) and response maps of one pass over a clip."""
    tracker.init(clip.frames[0], clip.boxes[0])
    boxes, responses = [clip.boxes[0]], [None]
    for frame in clip.frames[1:]:
        boxes.append(tracker.update(frame))
        responses.append(tracker.response.copy())
    return np.array(boxes), responses


predictions, responses = track(load_tracker("mosse"), clip)
overlaps = iou(predictions, clip.boxes)
peaks = np.array([response.max() for response in responses[1:]])
print("             first 15 frames   from frame 60 on")
print(f"mean overlap {overlaps[:15].mean():15.1f} {overlaps[60:].mean():18.1f}")
print(f"mean peak    {peaks[:15].mean():15.1f} {peaks[59:].mean():18.1f}")

# %% alt="Six moments of a tracker with its response map beside each: the box leaves the target when something passes in front" tags=["slide", "nbval-ignore-output"]
scrubber(clip, predictions, responses)

# %% [markdown]
# Press play, or look at the six frames. A disc covers the target, the filter learns the disc, and the tracker's
# box leaves with the disc.
# Beside each frame is the response map; its middle means "it did not move" (chapter 02). From frame 60 on its peak is
# on average as high as in the first 15 frames, so its height does not show that the target is lost.
#
# What does this cost? After the target is lost the tracker gains nothing more. With overlap $o$ in the first $n$ of $F$
# frames and 0 from there on, the mean overlap is $o\,n/F$: **when** a tracker fails counts as much as how well it fits.
# The same weakness costs little if the obstacle comes late and nearly everything if it comes early. So one sequence is
# a noisy measurement. For a tracker with overlap 0.8 in a video of 120 frames:

# %%
for n in (12, 60, 108):
    o = np.where(np.arange(120) < n, 0.8, 0.0)
    print(f"lost at frame {n:3}: mean overlap {o.mean():.2f}")

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# It followed at first, and the peak is as high after the loss.
assert overlaps[:15].min() > 0.5
assert peaks[59:].mean() > 0.95 * peaks[:15].mean()

# %% [markdown]
# ## 1.8 How sure is a mean?
#
# One sequence is a noisy measurement, so a benchmark takes many and reports their mean. This section asks how far such a
# mean can be off, and whether it is enough to say which of two trackers is better.
#
# Our example is real. The authors of the UDT paper released the boxes of their trackers UDT and UDT+ ([Wang et al.
# 2019](#References "wang2019")) for the 100 targets of OTB-2015 ([Wu et al. 2015](#References "wu2015")). We may not
# redistribute the boxes, but we have scored them; the scores are in `data/results/`, with date and commit.
#
# One decision comes first. A benchmark's score is a mean over *sequences*, in which each counts once, however long it
# is. A mean over *frames* would be higher for both trackers:


# %%
def read_results(name):
    """Return the rows of a stored result as dictionaries; lines with # say how they were measured."""
    lines = stored_result(name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


rows = read_results("published_otb2015_sequences.csv")
columns = ("frames", "udt_auc", "udtplus_auc")
frames, udt, plus = (np.array([float(row[name]) for row in rows]) for name in columns)
print(f"{len(rows)} sequences of {frames.min():.0f} to {frames.max():.0f} frames")
for name, values in (("UDT", udt), ("UDT+", plus)):
    by_frame = np.average(values, weights=frames)
    print(f"{name:4} mean over sequences {values.mean():.3f}, over frames {by_frame:.3f}")

# %% [markdown]
# Another benchmark of the same kind would have other sequences. How much would the mean change? We cannot film a
# hundred new videos, but we can draw again from those we have: take 100 of the 100 *with replacement*, average,
# repeat 10,000 times, and report where the middle 95 % of the averages lie. This is the **bootstrap** ([Efron
# 1979](#References "efron1979")), and the range is a 95 % *interval*. We draw whole sequences, never frames, because
# neighbouring frames fail together. For two trackers on the same sequences we draw the *differences*, so that what is
# hard for both cancels.
#
# The next cell does it for all 100 sequences, and for 22 of them, as many as the benchmark of drawn clips that comes with
# `udtlib` has. It prints *points*, hundredths of AUC.


# %%
def bootstrap(values, draws=10_000, seed=0):
    rng = np.random.default_rng(seed)
    means = values[rng.integers(len(values), size=(draws, len(values)))].mean(1)
    return np.percentile(means, [2.5, 97.5])


print("UDT on all 100, by hand: {:.2f} to {:.2f}. By udtlib:".format(*(100 * bootstrap(udt))))
sets = {"all 100": np.arange(100), "22 of them": np.random.default_rng(0).permutation(100)[:22]}
intervals = {}
for name, chosen in sets.items():
    a, b = udt[chosen], plus[chosen]
    intervals[name] = [bootstrap_interval(a), bootstrap_interval(b), paired_difference(b, a)]
    for what, i in zip(("UDT", "UDT+", "UDT+ minus UDT"), intervals[name], strict=True):
        low, mean, high = 100 * i.low, 100 * i.mean, 100 * i.high
        print(f"{name:11} {what:14} {mean:5.1f}  ({low:.2f} to {high:.2f}), width {high - low:4.1f}")

# %% [markdown]
# The same as a picture. Compare the widths of the upper and the lower row, and see where the dotted line at 0 lies in
# the intervals of the difference.

# %% alt="Intervals of the AUC of UDT and UDT+ and of their difference, on 22 and on all 100 sequences; those of 22 are 1.6 to 1.8 times as wide" tags=["slide"]
figure, axes = plt.subplots(1, 2, figsize=(9, 2.2), width_ratios=[1.6, 1], sharey=True)
for place, found in enumerate(intervals.values()):
    for column, interval, color in zip((0, 0, 1), found, (first_color, second_color, "0.3"), strict=True):
        height = place + (0.12 if color is first_color else -0.12 if column == 0 else 0)
        axes[column].plot([interval.low, interval.high], [height] * 2, color=color, linewidth=3)
        axes[column].plot(interval.mean, height, "o", color=color, markersize=8)
axes[0].set(yticks=range(2), yticklabels=intervals, ylim=(-0.5, 1.5), xlabel="AUC")
axes[0].set_title("UDT (orange), UDT+ (blue)")
axes[1].axvline(0, color="0.6", linestyle=":")
axes[1].set(xlabel="AUC", title="UDT+ minus UDT")
figure.tight_layout()
plt.show()

# %% [markdown]
# With 100 sequences the mean of one tracker is known to four or five points either way. With these 22 the intervals are
# 1.6 to 1.8 times as wide. (Widths fall with the square root of the number of sequences, so 2.1 is what to expect.) What
# does this do to a ranking? UDT+ has the higher mean of all 100. How often do 22 of them rank it behind?

# %%
rng = np.random.default_rng(0)
subsets = rng.random((10_000, 100)).argsort(axis=1)[:, :22]
wrong = ((plus - udt)[subsets].mean(1) <= 0).mean()
print(f"22 sequences rank the two trackers the other way round in {wrong:.0%} of all draws")

# %% [markdown]
# For this reason comparisons in this book come with an interval, and we say "better" only if the interval does not
# contain 0. Even the difference of UDT+ and UDT on all 100 sequences is not enough: its interval, printed above,
# begins 0.04 points below 0.
#
# Where the released boxes are found, the next cell scores them again and compares, and checks what section 1.6 says of
# the files. It prints nothing.

# %% tags=["outside-data"]
annotations = find_data("published/otb2015.json")
if annotations is not None:
    targets = load_annotations(annotations)
    seen = {each.name: each.boxes[(each.boxes[:, 2:] > 0).all(axis=1)] for each in targets}
    outside = {name: int((boxes[:, :2] + 1 <= 0).any(axis=1).sum()) for name, boxes in seen.items()}
    assert {name: count for name, count in outside.items() if count} == {"Biker": 7, "Crowds": 1}
    for folder, column in (("udt_otb100", "udt"), ("udtplus_otb100", "udtplus")):
        stored = {row["sequence"]: float(row[f"{column}_auc"]) for row in rows}
        for one in score(find_data(f"published/{folder}"), targets).sequences:
            assert_allclose(one.auc, stored[one.name], atol=1e-6)

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# Our bootstrap is udtlib's. The plot: the difference does not leave out 0, and 22 sequences widen the intervals as said.
for alone in intervals["all 100"][:2]:
    assert 0.035 < alone.mean - alone.low < 0.055 > alone.high - alone.mean > 0.035
assert_allclose(bootstrap(udt), [getattr(bootstrap_interval(udt), end) for end in ("low", "high")])
assert intervals["all 100"][2].low < 0 < intervals["all 100"][2].high
for few, many in zip(intervals["22 of them"], intervals["all 100"], strict=True):
    assert 1.55 < (few.high - few.low) / (many.high - many.low) < 1.85

# %% [markdown]
# ## 1.9 Exercises
#
# Fill in each function and run the cell below it. It says "correct", or gives you a
# hint. Solutions are in [`solutions/01.py`](solutions/01.py).
#
# **1. Break and fix.** A colleague computes the overlaps of two arrays of boxes at once. On most pairs the result is
# right; *two* faults show only on some. Find a pair of boxes for each, then repair it. Two boxes without area (an absent
# target and a tracker that gave up) have the overlap 0.
#
# ```python
# def many_overlaps(first, second):
#     low = np.maximum(first[:, :2], second[:, :2])
#     high = np.minimum(first[:, :2] + first[:, 2:], second[:, :2] + second[:, 2:])
#     shared = np.maximum((high - low).prod(axis=1), 0)
#     return shared / (first[:, 2:].prod(axis=1) + second[:, 2:].prod(axis=1) - shared)
# ```
#
# <details class="exercise"><summary>A hint</summary>
#
# Draw two boxes that lie diagonally apart. What are the two entries of `high - low`, and what is their product? For the
# second fault, put four zeros into both arrays.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def many_overlaps(first, second):
    """Return the overlaps (N,) of boxes (x, y, w, h) in two arrays (N, 4)."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.many_overlaps(many_overlaps)

# %% [markdown]
# **2. Two habits at once.** An older file has lines such as `4,3,7,4`, some with tabs or spaces instead of commas: the
# corners of the box, last pixel included, counted from 1. Convert one into our box. Where does a "plus one" cancel?
#
# <details class="exercise"><summary>A hint</summary>
#
# Take the box (3, 2, 4, 2) of section 1.2 and write down its corners in this file. Does a width depend on where counting
# starts?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def read_corner_line(line):
    """Return the box (x, y, w, h), 0-indexed, as an array of four floats."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.read_corner_line(read_corner_line)

# %% [markdown]
# **3. Derive.** Solve Eq. 1.1 for $d$: by how many pixels right and down may a square of that `side` slip until its
# overlap has fallen to `overlap`? Then explain with numbers: a precision plot counts a frame as right up to 20 px. Which
# overlap do targets of 20, 60 and 200 px have when they have slipped in this direction until the centre error is 20 px?
#
# <details class="exercise"><summary>A hint</summary>
#
# Write Eq. 1.1 with the share of the square that is still covered, $(w-d)^2/w^2$, and solve for this share first. Then:
# what is left of the side?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def slip_allowed(side, overlap):
    """Return the slip in pixels, right and down, at which a square overlaps its old place by ``overlap``."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.slip_allowed(slip_allowed)

# %% [markdown]
# **4. Derive.** Eq. 1.6 is for "above" and 21 thresholds. Derive its counterpart for "at least" and the thresholds
# $0, 1/n, \dots, 1$, and compute it without a loop over thresholds. What does a perfect tracker score now, and one whose
# boxes never meet the target?
#
# <details class="exercise"><summary>A hint</summary>
#
# How many thresholds does an overlap of 0.5 reach if there are five of them, and how many one of 0.6? Is the threshold 0
# among them?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def auc_at_least(overlaps, steps):
    """Return the mean over the thresholds 0, 1/steps, ..., 1 of the fraction of overlaps that reach them."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.auc_at_least(auc_at_least)

# %% [markdown]
# **5. Measure and explain.** Section 1.8 draws sequences, never frames. Measure what drawing frames would do: by which
# factor is the 95 % interval of the mean wider if you draw sequences than if you draw single frames of all of them? All
# sequences have the same length, 25 frames in the check. Explain why the factor is 5 if all frames of a sequence have
# one overlap, and about 1 if they are independent. Which of the two is a video more like?
#
# <details class="exercise"><summary>A hint</summary>
#
# `bootstrap_interval` of the imports takes any array of values and has the ends `low` and `high`. Which values do you
# draw from in each case, and how many are there?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def interval_ratio(overlaps):
    """Return width by sequences / width by frames, from {sequence name: overlaps of its frames}."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.interval_ratio(interval_ratio)

# %% [markdown]
# **6. Open.** Try to cheat. Given the true boxes of a slowly moving target, return a result that the policy
# `pytracking` scores at least 0.2 higher than `otb-strict` does. How few true boxes do you need? Should a policy
# allow it?
#
# <details class="exercise"><summary>A hint</summary>
#
# In the table of section 1.6 one tool gives more to a result that breaks off at frame 100. Break off later and earlier,
# and look at its score: which box does it compare with the truth from there on?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def fooling_result(truth):
    """Return boxes (N, 4) for a true track (N, 4)."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.fooling_result(fooling_result)

# %% [markdown]
# ## 1.10 Summary

# %% tags=["numbers"]
print(f"slip_20 = {1 - slipped(20):.2f}")
print(f"slip_10 = {1 - slipped(10):.2f}")
print(f"perfect = {20 / 21:.3f}")
print(f"border_strict = {table['target at x = 0'][0].split('/')[0]}")
print(f"border_pysot = {table['target at x = 0'][3].split('/')[0]}")
print(f"udt_auc = {udt.mean():.3f}")
print(f"udt_low = {intervals['all 100'][0].low:.3f}")
print(f"udt_high = {intervals['all 100'][0].high:.3f}")
print(f"plus_auc = {plus.mean():.3f}")
print(f"sequences = {len(rows)}")
print(f"few = {subsets.shape[1]}")
print(f"wrong = {100 * wrong:.0f}")

# %% [markdown] tags=["summary"]
# - A box $(x, y, w, h)$ covers $w \cdot h$ unit-square pixels and needs no "plus one". Reading a file with the wrong
#   index base costs 0.18 <!-- slip_20 --> of overlap on a twenty-pixel target and 0.32 <!-- slip_10 --> on a
#   ten-pixel one, without any message.
# - A patch reads the image at the centres of equal cells of its box. At the border repeat the nearest pixel, and
#   apply a window before a Fourier transform.
# - The area under the success curve is the mean overlap, up to discretisation: with strict thresholds a perfect result
#   gets 0.952<!-- perfect -->.
# - Where nothing unusual happens, the five policies agree. With the target at the left border for a while, the same
#   boxes have an AUC of 0.754 <!-- border_strict --> under `otb-strict` and of 0.631 <!-- border_pysot --> under
#   `pysot-toolkit`. So always name the policy.
# - UDT's released boxes score 0.587 <!-- udt_auc --> on OTB-2015, but a mean over 100 <!-- sequences --> sequences is uncertain:
#   0.537 <!-- udt_low --> to 0.633<!-- udt_high -->. With 22 <!-- few --> sequences, UDT+ at 0.623 <!-- plus_auc --> is ranked
#   below UDT in 16 <!-- wrong --> % of draws.
#
# **Next.** [Chapter 02](02_correlation_filters.ipynb) takes a patch and finds it again in the next frame. It goes
# from template matching to MOSSE, the tracker you just saw fail.

# %% [markdown]
# ## References
#
# - B. Efron. *Bootstrap methods: another look at the jackknife*. Annals of Statistics 7, 1979. <!-- efron1979 -->
# - N. Wang et al. *Unsupervised deep tracking*. CVPR 2019. <!-- wang2019 -->
# - Y. Wu, J. Lim and M.-H. Yang. *Object tracking benchmark*. IEEE Transactions on Pattern Analysis and Machine Intelligence 37, 2015. <!-- wu2015 -->
