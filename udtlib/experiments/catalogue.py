"""The experiments, each declared before it is run: question, arms, claims, scales. Book: chapters 11, 15.

The recipe of scale ``small`` was chosen for chapter 11, by arm ``udt`` on the 22 sequences of the embedded
benchmark, and is used as it was: optimiser, rates, gain, average. Only its augmentation is left out, for
every arm, because the supervised arms know the true displacement of unchanged patches only. No arm is judged
on those 22. Patches have half the side, 63 pixels, in training and tracking, so that a step costs a quarter.
Scale ``medium`` takes that recipe, augmentation included, to real videos and whole patches, with three
fifths of the steps of the network that ships, which has since done without the gain (chapter 11); the
supervised arms cannot be run there. Scale ``full`` has the reference's schedule. Both judge with the
tracker's preset ``released``: the points that preset ``points`` follows are the same for every network
(chapter 15).
"""

from udtlib.experiments.declared import Arm, Comparison, Experiment, Scale

UDT = Arm("udt", "forward through S1 and S2 and back, both weights")
SINGLE = "single-trajectory"

ABLATION = Experiment(
    "ablation",
    "How far is unsupervised from supervised training, and what does each part of UDT add?",
    (
        Arm("supervised", "true displacements, patches around the target", "supervised"),
        Arm("weakly", "as udt, patches around boxes that are off by up to 20 pixels", "weakly"),
        UDT,
        Arm("standard-loss", "without A_motion", "standard-loss"),
        Arm(f"{SINGLE}+weights", "one search patch, both weights", f"{SINGLE}+weights"),
        Arm(SINGLE, "one search patch, no weights", SINGLE),
        Arm("time-shuffled", "as udt, each video's frames in random order", shuffled=True),
        Arm("random", "first weights, not trained", trained=False),
    ),
    (
        Comparison("udt", "random", "training without labels teaches at all"),
        Comparison("supervised", "udt", "labels are worth something"),
        Comparison("weakly", "udt", "weak boxes are worth something"),
        Comparison("udt", "standard-loss", "weights by motion help"),
        Comparison("udt", f"{SINGLE}+weights", "the third frame helps"),
        Comparison(f"{SINGLE}+weights", SINGLE, "both weights help with two frames"),
        Comparison("udt", SINGLE, "the third frame and the weights together help"),
        Comparison("udt", "time-shuffled", "the order of frames teaches"),
    ),
)

NO_DROP = {"drop": 0.0}
NOISE = Experiment(
    "noise",
    "Does A_drop protect against triplets whose frames do not belong together?",
    (
        UDT,
        Arm("broken-10", "10 % of the triplets broken, A_drop", broken=0.1),
        Arm("broken-30", "30 % of the triplets broken, A_drop", broken=0.3),
        Arm("no-drop", "no A_drop", settings=NO_DROP),
        Arm("no-drop-broken-10", "10 % broken, no A_drop", broken=0.1, settings=NO_DROP),
        Arm("no-drop-broken-30", "30 % broken, no A_drop", broken=0.3, settings=NO_DROP),
    ),
    (
        Comparison("udt", "no-drop", "A_drop helps with no triplet broken"),
        Comparison("broken-10", "no-drop-broken-10", "A_drop helps with 10 % broken"),
        Comparison("broken-30", "no-drop-broken-30", "A_drop helps with 30 % broken"),
        Comparison("udt", "broken-30", "30 % broken triplets harm, with A_drop"),
        Comparison("no-drop", "no-drop-broken-30", "30 % broken triplets harm, without A_drop"),
    ),
)

WAY_BACK = Experiment(
    "way-back",
    "Is the direct way back to the template better than the one through all patches?",
    (UDT, Arm("chained", "back through S1", settings={"backward": "chained"})),
    (Comparison("udt", "chained", "the direct way back is better"),),
)

LUDT = Experiment(
    "ludt",
    "What do LUDT's four frames with three losses, and its choice of patches, add?",
    (
        UDT,
        Arm(
            "four-frames", "three search patches, three losses, 20 % dropped", "ludt", settings={"drop": 0.2}
        ),
        Arm("entropy", "as udt, patches at the most varied place", crops="entropy"),
    ),
    (
        Comparison("four-frames", "udt", "four frames with three losses are better than three with one"),
        Comparison("entropy", "udt", "patches at the most varied place are better"),
    ),
)

REFERENCE_SGD = {
    "optimiser": "sgd",
    "first_rate": 1e-2,
    "last_rate": 1e-5,
    "schedule": "step",
    "warm_up": 0,
    "weight_decay": 5e-4,
}
RECIPE = Experiment(
    "recipe",
    "What does each part of the recipe that was chosen first add, and do more steps help?",
    (
        UDT,
        Arm("no-smear", "no motion blur", settings={"smear": 0.0}),
        Arm(
            "no-changes", "patches neither moved, relit nor smeared", settings={"augment": 0.0, "smear": 0.0}
        ),
        Arm("no-average", "the last weights instead of their running average", settings={"average": 0.0}),
        Arm("gain-1", "first weights of the usual size, not doubled", settings={"gain": 1.0}),
        Arm("sgd", "the reference's SGD and its rates instead of Muon", settings=REFERENCE_SGD),
        Arm("long", "20 times the steps, batches of 8", times=20, settings={"batch": 8}),
        Arm(
            "long-decay",
            "20 times the steps, batches of 8, decay 0.5",
            times=20,
            settings={"batch": 8, "weight_decay": 0.5},
        ),
    ),
    (
        Comparison("udt", "no-smear", "motion blur helps"),
        Comparison("udt", "no-changes", "changed patches help"),
        Comparison("udt", "no-average", "averaged weights help"),
        Comparison("udt", "gain-1", "larger first weights help"),
        Comparison("udt", "sgd", "Muon is better than the reference's SGD"),
        Comparison("long", "udt", "more steps help"),
        Comparison("long-decay", "long", "weight decay helps in long runs"),
    ),
)

EXPERIMENTS = {one.name: one for one in (ABLATION, NOISE, WAY_BACK, LUDT, RECIPE)}

SHORT = {
    "optimiser": "muon",
    "first_rate": 2e-2,
    "last_rate": 2e-3,
    "schedule": "cosine",
    "warm_up": 10,
    "weight_decay": 0.0,
    "gain": 2.0,
    "average": 0.99,
    "precision": "bfloat16",
}
SCALES = {
    "small": Scale(
        "small", {"steps": 40, "batch": 8} | SHORT, clips=16, frames=20, judged=12, anchors=2, patch=63
    ),
    "medium": Scale(
        "medium",
        {"steps": 300, "batch": 16, "augment": 1.0, "smear": 12.0} | SHORT,
        anchors=3,
        preset="released",
    ),
    "full": Scale("full", {"epochs": 50, "batch": 32, "precision": "bfloat16"}, preset="released"),
}
