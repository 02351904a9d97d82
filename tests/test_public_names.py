"""Names that the README, chapters and assignments import, and from where: these keep working."""

import subprocess
import sys
from importlib import import_module

import pytest

PUBLIC = {
    "udtlib": [
        "__version__",
        "adapt",
        "load_dataset",
        "load_tracker",
        "shortcuts",
        "strips",
        "viz",
        "weights",
    ],
    "udtlib.boxes": ["center", "center_error", "from_center", "iou"],
    "udtlib.data": ["DATASETS", "Sequence", "find_data", "load_dataset", "load_truth"],
    "udtlib.data.synthetic": ["BENCHMARK", "render_clip"],
    "udtlib.dcf": [
        "DCFLayer",
        "dcf_response",
        "default_sigma",
        "gaussian_label",
        "learn_filter",
        "response_map",
    ],
    "udtlib.environment": ["banner"],
    "udtlib.errors": ["DataError", "OptionError", "TrainingError", "UdtError"],
    "udtlib.evaluation": [
        "EAO_INTERVALS",
        "Interval",
        "POLICIES",
        "Policy",
        "SequenceScore",
        "Spread",
        "SupervisedRun",
        "TrackerScore",
        "VotScore",
        "accuracy_robustness",
        "bootstrap_interval",
        "difference_over_starts",
        "evaluate",
        "expected_average_overlap",
        "expected_overlap_curve",
        "failure_difference",
        "load_policy",
        "paired_difference",
        "score",
        "score_sequence",
        "score_vot",
        "segments",
        "supervised_run",
        "track_sequence",
        "vot_score_of",
    ],
    "udtlib.features": ["colour", "fhog", "grey"],
    "udtlib.frames": ["Frame", "check_frame"],
    "udtlib.labels": ["gaussian_label", "peak_displacement", "peak_to_sidelobe"],
    "udtlib.network": ["MEAN_RGB", "FeatureNetwork"],
    "udtlib.polygons": ["Region", "area_overlaps", "pixel_overlaps", "rotated_rectangle", "upright_box"],
    "udtlib.patches": ["crop", "hann_window"],
    "udtlib.scale": ["ScaleFilter"],
    "udtlib.trackers": ["TRACKERS", "Tracker", "kcf", "load_tracker", "mosse"],
    "udtlib.trackers.udt": ["UdtTracker"],
    "udtlib.training": ["Batch", "TrainingSettings", "TrainingStep", "train"],
    "udtlib.unsupervised": [
        "consistency_loss",
        "pseudo_labels",
        "round_trip_errors",
        "track_forward_backward",
    ],
    "udtlib.weights": ["Weights", "default", "get_weights", "load_weights", "random_weights", "shipped"],
}


@pytest.mark.parametrize(("module", "name"), [(module, name) for module in PUBLIC for name in PUBLIC[module]])
def test_a_public_name_is_where_it_was(module: str, name: str) -> None:
    found: dict[str, object] = {}
    exec(f"from {module} import {name}", found)  # as a chapter does: also modules inside a package
    assert found[name] is not None


def test_what_the_top_packages_say_they_offer_is_there() -> None:
    for module in (
        "udtlib",
        "udtlib.data",
        "udtlib.dcf",
        "udtlib.evaluation",
        "udtlib.training",
        "udtlib.weights",
    ):
        package = import_module(module)
        assert package.__all__
        assert [name for name in package.__all__ if not hasattr(package, name)] == []


def test_modules_are_there_as_the_readme_names_them() -> None:
    """After ``import udtlib`` alone, and where a notebook completes names; no others are."""
    code = (
        "import udtlib; print(udtlib.boxes.iou.__name__, udtlib.widgets.pick_box.__name__, "
        "*sorted({'adapt', 'load_tracker'} & set(dir(udtlib))), hasattr(udtlib, 'nothing'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["iou", "pick_box", "adapt", "load_tracker", "False"], done.stderr
