"""The exported network gives the features, and the tracker without torch the boxes, of the one with it."""

import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from udtlib.cli import main
from udtlib.data.synthetic import render_clip
from udtlib.errors import MissingDataError, OptionError, TrackerError, WeightsError
from udtlib.export import tracker as without_torch
from udtlib.export.graph import ExportableNetwork, exported_program, onnx_model, write_onnx
from udtlib.export.tracker import OnnxTracker, sample
from udtlib.network import MEAN_RGB
from udtlib.trackers import load_tracker
from udtlib.trackers.udt import UdtTracker
from udtlib.trackers.udt.settings import PRESETS
from udtlib.weights import default, random_weights, save_weights

FEATURES_APART = 5e-6  # of the largest feature; measured 2.5e-6 (float32, sums in another order)
PIXELS_APART = 1e-3  # between boxes; measured 2e-5: a cell chosen otherwise would be half a pixel


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_onnx(tmp_path_factory.mktemp("onnx") / "udt.onnx", default())


def pixels(count=2, height=125, width=125):
    random = np.random.default_rng(0)
    return random.uniform(0, 255, (count, 3, height, width)).astype(np.float32)


def expected(array):
    with torch.no_grad():
        return default().network()(torch.from_numpy(array) - torch.tensor(MEAN_RGB).view(1, 3, 1, 1)).numpy()


@pytest.mark.parametrize("shape", [(2, 125, 125), (1, 40, 61)])
def test_the_file_gives_the_networks_features(file, shape):
    array = pixels(*shape)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"pixels": array})
    truth = expected(array)
    assert found.shape == truth.shape
    assert abs(found - truth).max() < FEATURES_APART * abs(truth).max()


def test_the_module_that_is_exported_gives_them_too():
    array = pixels(1, 30, 33)
    truth = expected(array)
    found = ExportableNetwork(default())(torch.from_numpy(array)).numpy()
    assert abs(found - truth).max() < FEATURES_APART * abs(truth).max()


@pytest.mark.slow  # torch.export and its exporter import for many seconds
@pytest.mark.filterwarnings("ignore")
def test_torch_exports_the_same_program_for_any_size(tmp_path):
    program = exported_program()
    array = pixels(3, 50, 60)
    truth = expected(array)
    found = program.module()(torch.from_numpy(array)).numpy()
    assert abs(found - truth).max() < FEATURES_APART * abs(truth).max()
    theirs = torch.onnx.export(program, dynamo=True, verbose=False)
    theirs.save(str(tmp_path / "theirs.onnx"))
    session = onnxruntime.InferenceSession(tmp_path / "theirs.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: array})
    assert abs(found - truth).max() < FEATURES_APART * abs(truth).max()


def test_the_same_weights_give_the_same_bytes_and_others_do_not(file, tmp_path):
    again = write_onnx(tmp_path / "again.onnx", default())
    other = write_onnx(tmp_path / "other.onnx", random_weights())
    assert again.read_bytes() == file.read_bytes()
    assert other.read_bytes() != file.read_bytes()


def test_the_file_says_what_it_holds_and_asks_for_little(file):
    model = onnx.load(file)
    assert {one.version for one in model.opset_import} == {13}
    props = {one.key: one.value for one in model.metadata_props}
    assert props["fingerprint"] == default().fingerprint
    kinds = {node.op_type for node in model.graph.node}
    assert kinds == {"Sub", "Conv", "Relu", "Mul", "Sqrt", "Div"}


@pytest.fixture(scope="module")
def clip():
    return render_clip(30, seed=3, scale_variation=0.6, fast_motion=0.4, texture="mixed")


def test_boxes_are_those_of_the_tracker_with_torch(file, clip):
    one, other = OnnxTracker(file), load_tracker("udt", preset="released")
    for tracker in (one, other):
        tracker.init(clip.frames[0], clip.boxes[0])
    sizes = set()
    for frame in list(clip.frames)[1:]:
        found, truth = one.update(frame), other.update(frame)
        np.testing.assert_allclose(found, truth, atol=PIXELS_APART)
        assert one.score == pytest.approx(other.score, abs=1e-4)
        sizes.add(round(float(found[2]), 3))
    assert len(sizes) > 5  # it moved in scale too


def test_boxes_agree_at_the_border_and_where_nothing_is_seen(file):
    random = np.random.default_rng(1)
    frame = random.integers(0, 256, (100, 120, 3), dtype=np.uint8)
    one, other = OnnxTracker(file), load_tracker("udt", preset="released")
    for tracker in (one, other):
        tracker.init(frame, (-10, 70, 40, 35))
    for later in (np.roll(frame, 3, 1), np.zeros_like(frame), np.roll(frame, 5, 0)):
        np.testing.assert_allclose(one.update(later), other.update(later), atol=PIXELS_APART)
        assert one.score == pytest.approx(other.score, abs=1e-4)


def test_settings_are_those_of_the_preset():
    released, module = PRESETS["released"], without_torch
    assert (
        released.padding,
        released.scale_step,
        released.scale_penalty,
    ) == (module.PADDING, module.STEP, module.PENALTY)
    assert (released.learning_rate, released.regularisation) == (module.RATE, module.REGULARISATION)
    assert (
        released.smallest,
        released.largest,
        released.patch_size,
    ) == (module.SMALLEST, module.LARGEST, module.SIZE)


def test_patches_are_sampled_as_the_tracker_with_torch_does():
    frame = np.random.default_rng(2).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    tracker = UdtTracker("random", preset="released")
    tracker.center = np.array([70.3, 12.8])
    window = np.array([50.0, 41.5])
    truth = (tracker.sample(frame, window[None]) + tracker.mean)[0].numpy()
    np.testing.assert_allclose(sample(frame, tracker.center, window), truth, atol=0.01)


def test_it_runs_without_torch(file, clip):
    code = (
        "import sys, numpy as np\n"
        "from udtlib.export.tracker import OnnxTracker\n"
        f"tracker = OnnxTracker({str(file)!r})\n"
        "frame = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)\n"
        "tracker.init(frame, (30, 30, 20, 20)); tracker.update(frame)\n"
        "print('torch' in sys.modules, 'onnx' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["False", "False"], done.stderr


def identity(kind=onnx.TensorProto.FLOAT, channels=3):
    helper = onnx.helper
    one = [helper.make_tensor_value_info("a", kind, [None, channels, None, None])]
    two = [helper.make_tensor_value_info("b", kind, [None, channels, None, None])]
    small = [helper.make_node("AveragePool", ["a"], ["b"], kernel_shape=[2, 2])]
    graph = helper.make_graph(small, "g", one, two)
    return helper.make_model(graph, ir_version=7, opset_imports=[helper.make_opsetid("", 13)])


def test_files_that_are_not_such_a_network_are_refused(file, tmp_path, monkeypatch):
    with pytest.raises(MissingDataError, match=r"none\.onnx.*udt weights export"):
        OnnxTracker(tmp_path / "none.onnx")
    for name, content, problem in [
        ("empty", b"", "cannot run"),
        ("cut", file.read_bytes()[:5000], "cannot run"),
        ("text", b"not a network" * 99, "cannot run"),
        ("channels", identity(channels=4).SerializeToString(), "cannot run"),
        ("smaller", identity().SerializeToString(), r"expected one output \(2, C, 125, 125\)"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WeightsError, match=problem):
            OnnxTracker(tmp_path / name)
    monkeypatch.setattr(without_torch, "LARGEST_FILE", 100)
    with pytest.raises(WeightsError, match="at most 100 bytes"):
        OnnxTracker(file)


def test_update_before_init_and_missing_packages_are_named(file, monkeypatch):
    with pytest.raises(TrackerError, match="init"):
        OnnxTracker(file).update(np.zeros((50, 50, 3), np.uint8))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(OptionError, match=r"udtlib\[export\]"):
        OnnxTracker(file)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(OptionError, match=r"udtlib\[export\]"):
        onnx_model("random")


def test_the_command_writes_the_file(file, tmp_path, capsys):
    save_weights(tmp_path / "net.safetensors", default())
    target = tmp_path / "net.onnx"
    assert main(["weights", "export", str(tmp_path / "net.safetensors"), str(target)]) == 0
    assert "net.onnx" in capsys.readouterr().out
    array = pixels(1, 20, 20)
    both = [onnxruntime.InferenceSession(one).run(None, {"pixels": array})[0] for one in (file, target)]
    np.testing.assert_array_equal(*both)
    assert main(["weights", "export", "none.pth", str(target)]) == 2
