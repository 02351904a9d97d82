# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
# ---

# %% [markdown]
# # 00 Start here
#
# **Goals.** After this chapter you can *say* what a tracker does, *run* one in three lines, *see* the moment it
# fails, *find your way* through this book, and *check* your machine.
#
# **Prerequisites.** Some Python and numpy arrays. You need to know nothing about tracking, signals or neural networks.
#
# Run time: about 15 s on two cores. Downloads: none. The videos of this book are drawn by a program while you read.

# %%
import json
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

from udtlib import load_dataset, load_tracker, viz
from udtlib.boxes import iou
from udtlib.check import ch00 as check
from udtlib.data import find_data
from udtlib.data.stored import stored_result
from udtlib.data.synthetic import render_clip
from udtlib.environment import banner, report
from udtlib.figures import answers
from udtlib.widgets.scrubber import scrubber

banner()

# %% [markdown]
# ## 0.1 You can already do it
#
# Here are six moments of a short video. In the first one somebody has drawn a box around a ladybird. Find it in the
# other five.

# %% alt="Six frames of a ladybird on fallen leaves; in the first a box is drawn around it"
from udtlib.data.cast import render_cast

beetle = render_cast("ladybird", seed=2)
moments = [0, 24, 48, 72, 96, 119]
pictures = [beetle.frames[moment] for moment in moments]
pictures[0] = viz.draw_box(pictures[0], beetle.boxes[0])
viz.show(viz.contact_sheet(pictures, columns=3, labels=[f"frame {moment}" for moment in moments]))

# %% [markdown]
# That was easy, but perhaps only because you know ladybirds. Here are six moments of another video. Again somebody
# has drawn a box in the first one. Before you read on, find the same thing in the other five.

# %% alt="Six frames of a clip of coloured discs; in the first a box is drawn around a disc whose texture is like that of the rest" tags=["slide"]
clip = render_clip(seed=6, fast_motion=0.3)
pictures = [clip.frames[moment] for moment in moments]
pictures[0] = viz.draw_box(pictures[0], clip.boxes[0])
viz.show(viz.contact_sheet(pictures, columns=3, labels=[f"frame {moment}" for moment in moments]))

# %% [markdown]
# Nobody told you what the thing is. It has no name, you had never seen it before, and everything around it has a
# similar texture. One box was enough.
#
# This is the task of the whole book. A **tracker** gets a video and one box in its first frame. In every later frame
# it says where that thing is now. It may not look ahead, nobody corrects it, and it has not been prepared for this
# thing: the next video may show a cup, a goat or a bicycle. The thing in the box is called the **target**.
#
# This book builds a tracker from nothing. It begins with a page of algebra from 2010 and ends with a small neural
# network that learns to track from videos in which **nobody has drawn any box at all**. The network is that of
# *Unsupervised Deep Tracking* [(Wang et al. 2019)](#References "wang2019"), and the surprising result of that paper
# is that this works.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The first picture shows a box that somebody drew, not the bare frame.
assert not np.array_equal(pictures[0], clip.frames[0])

# %% [markdown]
# ## 0.2 What the computer sees
#
# A video is a list of frames. A frame is a block of numbers: rows, columns, and three colours (red, green, blue), each
# from 0 to 255. A box is four numbers `(x, y, w, h)`: its top left corner, `x` pixels from the left and `y` pixels
# from the top, then its width and height.

# %%
frame, box = clip.frames[0], clip.boxes[0]
x, y, w, h = box
row, column = int(y + h / 2), int(x + w / 2)
print(len(clip.frames), "frames; one is an array of", frame.shape, frame.dtype)
print("the box in frame 0:", box.round(1))
print(f"its middle pixel is frame[{row}, {column}], with the colour", frame[row, column])

# %% [markdown]
# Look at the order: numpy has the row first, a box has `x` first. Mixing them up is a common bug in this field.

# %% [markdown]
# ## 0.3 Track it, in three lines
#
# Load a tracker, show it the first frame with the box, then ask for a box in every other frame. The tracker is MOSSE
# [(Bolme et al. 2010)](#References "bolme2010"), which fits on a page; chapter 02 explains it.

# %%
tracker = load_tracker("mosse")
tracker.init(clip.frames[0], clip.boxes[0])
boxes = [clip.boxes[0], *(tracker.update(frame) for frame in clip.frames[1:])]

# %% [markdown]
# Our videos come with the true box of every frame. So we can draw both, the truth in green and the tracker's answer
# in orange, and compare them. Where they agree, the orange box hides the green one. The **overlap** is the area the two
# boxes share, divided by the area they cover together. It is 1 if they are the same and 0 if they do not touch.

# %% alt="Three frames of the clip; in each the tracker's orange box covers the true one" tags=["slide"]
overlaps = iou(boxes, clip.boxes)
print(f"mean overlap {overlaps.mean():.2f}; above one half in {(overlaps > 0.5).sum()} of {len(clip)} frames")
viz.show(answers(clip.frames, clip.boxes, boxes, moments[::2]))

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The pictures: with a free view the tracker stays on the target all the way.
assert all(overlaps > 0.9)

# %% [markdown]
# ## 0.4 Now something passes in front
#
# The benchmark OTB (section 0.7) names eleven difficulties of tracking. Here are two moments of a scene for each,
# the true box in green. *In-plane rotation* turns the target within the picture; *out-of-plane rotation* turns it away
# from us, so that another side is seen. *Low resolution* means that the target covers few pixels.

# %% alt="Two moments of eleven scenes, one a difficulty: a leaf hides a ladybird, a kite is fast, another bends, a car drives away, fish look alike, a paper boat in moving shadows, another leaves the picture, a ladybird is blurred, another turns, a fish turns round, a car is tiny and coarse"
scenes = [clip for clip in load_dataset("cast") if clip.attributes]
pictures, labels = [], []
for scene in scenes:
    for moment, label in {25: scene.name, 88: "later"}.items():
        shown = viz.draw_box(scene.frames[moment], scene.boxes[moment], viz.TRUTH)
        pictures.append(viz.resize_area(shown, 104))
        labels.append(label)
viz.show(viz.contact_sheet(pictures, columns=6, labels=labels))

# %% [markdown]
# Our videos have a setting for each difficulty. The next one is the same clip as in section 0.3, with the same motion
# and the same background, but now and then something moves in front of the target and stays for a moment. We chose a
# clip in which the effect is easy to see; you will try others.
#
# **Predict first.** In how many of the 120 frames will the tracker's box still overlap the target by more than one
# half? Put your number into the next cell before you go on.

# %%
my_guess = 90

# %%
hidden = render_clip(seed=6, fast_motion=0.3, occlusion=0.7)
tracker = load_tracker("mosse")
tracker.init(hidden.frames[0], hidden.boxes[0])
lost_boxes, responses = [hidden.boxes[0]], [None]
for frame in hidden.frames[1:]:
    lost_boxes.append(tracker.update(frame))
    responses.append(tracker.response)

lost_overlaps = iou(lost_boxes, hidden.boxes)
first_lost = int(np.flatnonzero(lost_overlaps == 0)[0])
print(f"above one half in {(lost_overlaps > 0.5).sum()} of {len(hidden)} frames; you guessed {my_guess}")
print(f"mean overlap {lost_overlaps.mean():.2f}; first frame without any overlap: {first_lost}")

# %% [markdown]
# The plot shows both runs, frame by frame. The dotted line is the first frame without any overlap: look at what the
# orange line does after it.

# %% alt="Overlap against the frame number: with a free view it stays near 1, with something passing in front it falls to 0 by frame 42 and stays there" tags=["slide"]
figure, axes = plt.subplots(figsize=(8, 2.6), dpi=80)
axes.plot(overlaps, label="free view", color=np.array(viz.TRUTH) / 255)
axes.plot(lost_overlaps, label="something passes in front", color=np.array(viz.PREDICTION) / 255)
axes.axvline(first_lost, color="0.6", linestyle=":")
axes.set(xlabel="frame", ylabel="overlap with the truth", ylim=(-0.03, 1.03), xlim=(0, len(clip) - 1))
axes.legend(loc="center right")
plt.show()

# %% [markdown]
# It is natural to guess high: one expects the tracker to miss the target while it is covered and to find it again
# afterwards. But the overlap does not come back when the view is free again. Here are three moments of this run, the
# truth in green and the tracker's box in orange:

# %% alt="Three frames: the target half covered, the box beside the uncovered target, and at the end far away from it"
story = [24, first_lost, 119]
print(f"frames with any overlap after frame {first_lost}: {(lost_overlaps[first_lost:] > 0).sum()}")
viz.show(answers(hidden.frames, hidden.boxes, lost_boxes, story))

# %% [markdown]
# Why does it not come back? Because a tracker learns while it works. Things turn and the light changes, so in every frame the tracker
# updates its picture of the target with whatever is inside its own box. When something else fills that box, the tracker
# learns *that*. Each small mistake makes the next one larger.
#
# This is called **drift**, and since nobody ever corrects a tracker, it is the central difficulty of the field. Much of
# what makes a tracker better is about when not to trust its own answer.
#
# The next animation shows drift. A leaf falls on the ladybird and moves a little differently from it. The map on the
# right is bright where the frame looks like what the tracker has learned (section 0.5 says more about it). Watch it get
# weak while the leaf is there, and strong again in the end, when only the leaves of the ground are in the box.

# %%
from udtlib.animation import animation
from udtlib.widgets.scrubber import frame_drawer

beetle = render_cast("ladybird", 100, seed=2, occlusion=0.7)
tracker = load_tracker("mosse")
tracker.init(beetle.frames[0], beetle.boxes[0])
beetle_boxes, beetle_maps = [beetle.boxes[0]], [None]
for frame in beetle.frames[1:]:
    beetle_boxes.append(tracker.update(frame))
    beetle_maps.append(tracker.response)
beetle_overlaps = iou(beetle_boxes, beetle.boxes)
moments_of_drift = (10, 30, 50, 98)
peak_heights = {index: float(beetle_maps[index].max()) for index in moments_of_drift}
for index in moments_of_drift:
    print(f"frame {index}: overlap {beetle_overlaps[index]:.1f}, highest response {peak_heights[index]:.1f}")
draw = frame_drawer(beetle, np.array(beetle_boxes), beetle_maps, height=200)
animation(
    [draw(index) for index in range(0, 100, 2)],
    "A leaf falls on a ladybird. The tracker's box goes with the leaf, then stays on the ground, while the ladybird "
    "walks away.",
    milliseconds=160,
    still=25,
)

# %% [markdown]
# Every difficulty of our clips is a number from 0 to 1. In JupyterLab, turn them up and down below: the clip is drawn
# again, MOSSE and KCF (chapter 03) run through it again, and the lines show how much each overlaps the target, frame
# by frame. Otherwise look at one clip with all numbers at 0, and at two harder versions of it.

# %% alt="Three clips of one scene, all knobs at 0, scale at 0.8 and occlusion at 0.7, with the true box and those of MOSSE and KCF, and under each the overlap over frames: it falls with scale and behind the occluder" tags=["nbval-ignore-output"]
from udtlib.widgets import studio

studio.demo()

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The plot and the pictures: once lost, the target is never touched again, and so it is with the ladybird.
assert beetle_overlaps[10] > 0.9 > 0.1 > beetle_overlaps[90:].max()
assert peak_heights[30] < 0.7 * min(peak_heights[10], peak_heights[98])
assert all(lost_overlaps[first_lost:] == 0)

# %% [markdown]
# ## 0.5 Look closer
#
# Beside each frame is the tracker's **response map**. It shows, for each possible displacement since the last frame,
# how well the image at that displacement matches the target. Its middle means "did not move", yellow means "matches
# very well", and the tracker goes where the map is brightest. Frame 0 has no map, since nothing is searched for in it.
# In JupyterLab, run the cell and drag the slider or press play; otherwise look at the six frames.

# %% alt="Six moments of the demo: frame with true and predicted box, and the response map beside it; once the target is lost the response becomes sharp again, at the wrong place" tags=["slide", "nbval-ignore-output"]
scrubber(hidden, lost_boxes, responses)

# %% [markdown]
# In frame 24, while the view is blocked, the peak is low, so the match is poor everywhere. At the end the peak is sharp
# and bright again, on a patch of background. **The response does not show that the target is lost.** The next cell
# prints the height of the peak in four frames: early on, while the view is blocked, when the target is lost, and at
# the end:

# %%
heights = {i: float(responses[i].max()) for i in (5, 24, first_lost, len(hidden) - 1)}
print({i: round(height, 1) for i, height in heights.items()})

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The peak is low while the view is blocked, and the last one is well above that of the frame of the loss.
assert heights[24] < 0.6 * heights[5]
assert heights[len(hidden) - 1] > 1.5 * heights[first_lost]

# %% [markdown]
# ## 0.6 The network that learned without labels
#
# MOSSE compares grey pixels. The tracker `"udt"`, where this book leads, is used with the same three lines. It looks
# at the frame through a small network, which turns the colours into 32 maps, its **features**. The network has learned
# from raw video, in which nobody had drawn a box. Chapters 07 to 11 explain how; what it has learned, its weights, came
# with the book. We use the tracker as it was published, `preset="released"`; chapter 06 (section 6.8) says what the
# default adds.
#
# **Predict first.** The network's tracker gets the same clip with the same thing passing in front, up to the frame
# in which MOSSE had lost the target, and a little further. Will it keep the target: `"yes"` or `"no"`?

# %%
my_answer = "yes"

# %%
short = first_lost + 9
learned = load_tracker("udt", preset="released")
learned.init(hidden.frames[0], hidden.boxes[0])
learned_boxes = [hidden.boxes[0], *(learned.update(hidden.frames[i]) for i in range(1, short))]
learned_overlaps = iou(learned_boxes, hidden.boxes[:short])
print(
    f"you said {my_answer!r}; overlap in frame 15: {learned_overlaps[15]:.1f}, in its last: {learned_overlaps[-1]:.1f}"
)

# %% alt="Three frames with the network's box: on the target at first and before it is covered, on the background at the end" tags=["slide"]
viz.show(answers(hidden.frames, hidden.boxes, learned_boxes, [0, 16, short - 1]))

# %% [markdown]
# The network's tracker loses the target too. Its features are learned, but it still updates its picture of the
# target from its own box, and when the target is covered, that box holds something else. Better features do not
# tell a tracker when to stop learning; chapters [06](06_tracking_online.ipynb) and [12](12_udt_plus.ipynb) are about
# that. So what are learned features good for? Real video shows it.

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# The pictures: the network follows as long as the view is free, and is lost behind the same thing.
assert learned_overlaps[:16].min() > 0.5
assert learned_overlaps[-1] < 0.2

# %% [markdown]
# ## 0.7 Real video
#
# On real video nobody knows the truth, so somebody has to draw a box into every single frame by hand. A widely used
# benchmark, OTB-2015 [(Wu et al. 2015)](#References "wu2015"), has a hundred such sequences. We may not redistribute
# them, so here is what we measured on two of them with the three lines above, for both trackers: a pedestrian
# crossing a street, and the face of a man skipping rope.

# %%
measured = json.loads(stored_result("ch00_real.json").read_text("utf-8"))
results = {"mosse": measured["sequences"], "udt": measured["udt"]["sequences"]}
for tracker_name, sequences in results.items():
    for name, result in sequences.items():
        miss = "never" if result["first_lost"] is None else f"frame {result['first_lost']}"
        print(
            f"{tracker_name:6} {name:9} mean overlap {result['mean_overlap']:.2f}; no overlap first: {miss}"
        )

# %% [markdown]
# A jumping face is fast and blurred. Losing the face once need not be the end: it comes down again, and a tracker
# that has not learned something else meanwhile may find it again. In this run the network did and MOSSE did not,
# as the mean overlaps show.
#
# But this is only one run. On some sequences a first box a pixel beside the true one decides whether a tracker loses
# its target, so [chapter 13](13_evaluating_on_otb.ipynb) starts every tracker from several such boxes (section 13.7).
# And how much of the gain comes from learning, how much just from seeing colour in 32 maps instead of one grey picture?
# [Chapter 06](06_tracking_online.ipynb) answers this with an experiment.

# %% [markdown]
# If the sequences are on your machine (in `data/otb`, or in `otb` in the folder that the environment variable
# `UDT_DATA` names), the next cell measures them again and stops if the result differs. Otherwise it does nothing.

# %% tags=["outside-data"]
if find_data("otb"):
    for sequence in load_dataset("otb"):
        if sequence.name not in measured["sequences"]:
            continue
        for name, options in {"mosse": {}, "udt": {"weights": "udt", "preset": "released"}}.items():
            tracker = load_tracker(name, **options)
            tracker.init(sequence.frames[0], sequence.boxes[0])
            found = iou([sequence.boxes[0], *map(tracker.update, sequence.frames[1:])], sequence.boxes)
            stored = results[name][sequence.name]
            assert len(sequence) == stored["frames"], sequence.name
            assert abs(found.mean() - stored["mean_overlap"]) < 0.02, (sequence.name, found.mean())

# %% [markdown]
# The next cell shows one to play with: the real street if it is on your machine, otherwise a clip of the 22 that
# come with this book. Look at the speed, too: a camera gives 25 or 30 frames a second.

# %% alt="Three frames of the sequence that the cell tracks, each with the true and the predicted box, their overlap and centre error above" tags=["slide", "nbval-ignore-output"]
sequences = {one.name: one for one in load_dataset("otb" if find_data("otb") else "synthetic")}
sequence = sequences.get("Crossing", next(iter(sequences.values())))
frames = list(sequence.frames)
tracker = load_tracker("mosse")
begun = perf_counter()
tracker.init(frames[0], sequence.boxes[0])
street_boxes = [sequence.boxes[0], *map(tracker.update, frames[1:])]
print(f"{len(frames) / (perf_counter() - begun):.0f} frames per second on this machine")
scrubber(sequence, street_boxes, sheet=3)

# %% [markdown]
# **Your own video.** In JupyterLab, run the next cell, choose a file, draw a box around something on its first frame
# and press Track. `"udt"` and MOSSE follow it, and the response map of each is beside the frame, with its peak in the
# ring. The file stays on this machine. Until you choose one, the demo shows the beginning of the clip of section 0.4.
#
# Nobody knows the true boxes of your video. Watch the height of the peaks instead, which the lower plot shows in
# units of the first one: if the peak falls, the tracker no longer sees what it has learned. It may still be on the
# target, and a high peak may be in the wrong place.

# %% alt="Two moments of the clip with an occluder: the boxes of udt and mosse, their response maps with the peak marked, and the height of both peaks over time" tags=["nbval-ignore-output"]
from udtlib.widgets.own_video import own_video

own_video(hidden.frames[:48], hidden.boxes[0])

# %% [markdown]
# For long videos, and to keep the boxes, use a terminal. The box is the target in the first frame, `x,y,w,h`:
#
# ```
# udt track holiday.mp4 --box 120,80,60,90 --out tracked.mp4 --boxes boxes.txt
# ```

# %% jupyter={"source_hidden": true} tags=["guard", "hide-input"]
# What the text says of Jumping: the network found the face again.
assert results["udt"]["Jumping"]["mean_overlap"] > results["mosse"]["Jumping"]["mean_overlap"] + 0.1

# %% [markdown]
# ## 0.8 How to read this book
#
# | chapters | what you build |
# |---|---|
# | 00 to 03 | boxes and scores; correlation filters from template matching to MOSSE; then kernels, channels and scale |
# | 04 to 06 | the filter as a layer of a network, its gradient by hand, and a deep tracker that runs online |
# | 07 to 11 | learning without labels: track forward, then backward, and measure how far you end from the start |
# | 12 to 14 | the stronger UDT+, and measuring trackers properly on two benchmarks |
# | 15 to 17 | taking the method apart, adapting it, scaling it up |
#
# - **Run every cell**, from top to bottom, with Shift+Enter. Each chapter states its run time at the top, and its
#   random numbers are seeded, so you get our numbers.
# - **Predict first**, and really do it: change the number in the cell before you run the next one.
# - **Exercises start empty.** Each is a function without a body, followed by a check, which says "not filled in yet".
#   Write the function and run both cells. The check says "correct", or gives a hint of one line. "Run All" continues
#   past it. Our answers are in `book/solutions/`.
# - **One symbol, one meaning.** `symbols.csv`, beside the chapters, lists every symbol with its name in the code. In the
#   web book it is the page Notation, which every chapter links to.
# - **The library is part of the book.** What a chapter has built by hand is later imported from `udtlib`, where it
#   is as short as we could make it. Type `load_tracker??` in a cell to read it.
# - **Numbers in the summaries are tested.** A program compares them with what the cells printed, each time anything changes.

# %% [markdown]
# ## 0.9 Check your machine
#
# The first cell has already checked that the packages are there. The next cell shows what needs attention;
# `udt check` in a terminal prints every check, with versions.

# %%
lines = report()
for line in lines:
    if not line.is_ok:
        print(line)
print("to fix:", sum(not line.is_ok for line in lines))

# %% [markdown]
# It should print zero. Otherwise each line above says what to type.

# %% [markdown]
# ## 0.10 Exercises
#
# **Exercise 1 (compute).** For how many frames did a tracker hold on? Write `frames_until_lost(overlaps)`: the
# number of frames before the first overlap of exactly 0, or all of them if that never happens. Frames in which the
# box touches the target again later do not count.
#
# <details class="exercise"><summary>A hint</summary>
#
# Find all frames with an overlap of exactly 0 first. What you return is a property of the earliest of them. Then
# think of a tracker that was never lost.
#
# </details>


# %% tags=["exercise", "raises-exception"]
def frames_until_lost(overlaps):
    """Return how many frames come before the first overlap of 0; overlaps is an array, one number a frame."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.frames_until_lost(frames_until_lost)

# %% [markdown]
# **Exercise 2 (build).** Build your first tracker: it follows the brightest pixel. Brightness is the mean of the
# three colours (`frame.mean(axis=2)`; the place of its largest value is `np.unravel_index(a.argmax(), a.shape)`).
# Return a box of the same size whose middle is there. The check shows it two night scenes with a lamp, and a red
# thing that is not a lamp.
#
# <details class="exercise"><summary>A hint</summary>
#
# The index that NumPy gives is (row, column), a box starts with x. Draw one pixel and the box around it on paper:
# how far is the box's corner from the pixel's middle?
#
# </details>


# %% tags=["exercise", "raises-exception"]
def follow_brightest(frame, box):
    """Return a box (x, y, w, h) as large as ``box``, its middle on the brightest pixel of ``frame``."""
    raise NotImplementedError


# %% tags=["check", "raises-exception"]
check.follow_brightest(follow_brightest)

# %% [markdown]
# **Exercise 3 (open).** `render_clip` has a setting for each of eleven difficulties (`help(render_clip)` lists
# them), each from 0 to 1. Which one does MOSSE tolerate best, and which makes it lose the target first? Then try
# another `seed`. Is your answer still the same? How many seeds would you want before you publish it?

# %% [markdown]
# ## 0.11 Summary

# %% tags=["numbers"]
print(f"frames = {len(clip)}")
print(f"easy_mean = {overlaps.mean():.2f}")
print(f"easy_half = {(overlaps > 0.5).sum()}")
print(f"hidden_mean = {lost_overlaps.mean():.2f}")
print(f"hidden_half = {(lost_overlaps > 0.5).sum()}")
print(f"first_lost = {first_lost}")
print(f"learned_end = {learned_overlaps[-1]:.1f}")
for tracker_name, sequences in results.items():
    for name, result in sequences.items():
        print(f"{tracker_name}_{name.lower()} = {result['mean_overlap']:.2f}")

# %% [markdown] tags=["summary"]
# - A tracker gets one box in the first frame and gives one box for every later frame, without looking ahead and
#   without help.
# - `init(frame, box)`, then `update(frame)`: every tracker in this book is used like this.
# - With a free view MOSSE overlaps the target by more than one half in 120 <!-- easy_half --> of
#   120 <!-- frames --> frames, mean overlap 0.99<!-- easy_mean -->.
# - If something passes in front, it is 35 <!-- hidden_half --> frames, mean overlap 0.26<!-- hidden_mean -->. In
#   frame 42 <!-- first_lost --> there is no overlap left, and the tracker does not find the target again, because
#   it has learned the wrong thing. This is drift.
# - A network that learned without labels is lost behind the same thing: overlap 0.0 <!-- learned_end --> at the end.
#   On two real sequences the network is better: on Crossing MOSSE has a mean overlap of 0.67
#   <!-- mosse_crossing --> and the network 0.76<!-- udt_crossing -->, on Jumping 0.12 <!-- mosse_jumping --> and
#   0.72<!-- udt_jumping -->, in this run. Chapter 13 repeats it.
#
# **Next:** chapter 01 looks closely at boxes, patches and scores such as the overlap, and finds that one result can
# get several different scores.

# %% [markdown]
# ## References
#
# - D. S. Bolme, J. R. Beveridge, B. A. Draper, Y. M. Lui. *Visual object tracking using adaptive correlation filters*. CVPR 2010. <!-- bolme2010 -->
# - N. Wang, Y. Song, C. Ma, W. Zhou, W. Liu, H. Li. *Unsupervised deep tracking*. CVPR 2019. <!-- wang2019 -->
# - Y. Wu, J. Lim, M.-H. Yang. *Object tracking benchmark*. TPAMI 37(9), 2015. <!-- wu2015 -->
