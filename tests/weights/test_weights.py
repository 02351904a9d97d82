import collections
import io
import json
import os
import pickle
import re
import struct
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.io
import torch
from foreign_files import write_matconvnet
from safetensors import safe_open
from safetensors.torch import save_file

from udtlib import cli, load_tracker
from udtlib.data import find_data
from udtlib.errors import MissingDataError, StorageError, WeightsError
from udtlib.export.graph import write_onnx
from udtlib.importers.pytorch import LEGACY_MAGIC, read_legacy
from udtlib.weights import (
    PUBLISHED,
    SHAPES,
    Weights,
    default,
    exchange_red_and_blue,
    get_weights,
    load_weights,
    random_weights,
    save_weights,
)

RELEASED = {
    "DCFNet-net-7-125-2.mat": "UDT_Supervised (DCFNet 2.0)",
    "DCFNet_param.pth": "UDT_Supervised (DCFNet 2.0)",
    "LUDT_model.mat": "LUDT_model",
    "UDT_OTBfinetune.mat": "UDT_OTBfinetune",
    "UDT_Supervised.mat": "UDT_Supervised (DCFNet 2.0)",
    "UDT_Unsupervised.mat": "UDT_Unsupervised",
    "UDT_pytorch_checkpoint.pth.tar": "UDT_pytorch_checkpoint",
}


def legacy_bytes(content, storages):
    """Write a file as PyTorch 0.4 does; ``content`` refers to tensors by `Reference`."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            if isinstance(item, Storage):
                return ("storage", torch.FloatStorage, item.key, "cuda:0", item.numbers.size, None)
            return None

    file = io.BytesIO()
    for part in (LEGACY_MAGIC, 1001, {"little_endian": True}):
        pickle.dump(part, file, 2)
    Pickler(file, 2).dump(content)
    pickle.dump([storage.key for storage in storages], file, 2)
    for storage in storages:
        file.write(struct.pack("<q", storage.numbers.size) + storage.numbers.tobytes())
    return file.getvalue()


class Storage:
    """The numbers of one tensor in an old file."""

    def __init__(self, key, numbers):
        self.key, self.numbers = key, np.ascontiguousarray(numbers, np.float32)


class Reference:
    """Pickles as a tensor of an old file does."""

    def __init__(self, storage, shape):
        self.storage, self.shape = storage, shape

    def __reduce__(self):
        strides = tuple(int(np.prod(self.shape[i + 1 :])) for i in range(len(self.shape)))
        arguments = (self.storage, 0, self.shape, strides, False, collections.OrderedDict())
        return torch._utils._rebuild_tensor_v2, arguments


def legacy_checkpoint(weights, extra=()):
    """Write a whole old checkpoint, names and clutter like the published one."""
    names = ["feature.0.weight", "feature.0.bias", "feature.2.weight", "feature.2.bias"]
    state, storages = collections.OrderedDict(), []
    for name, tensor in zip(names, weights.tensors.values(), strict=True):
        storages.append(Storage(name, tensor.numpy()))
        state["module.feature." + name] = Reference(storages[-1], tuple(tensor.shape))
    content = {"epoch": 6, "state_dict": state, "optimizer": {"lr": 0.005, "params": [1, 2]}, **dict(extra)}
    return legacy_bytes(content, storages)


@pytest.fixture
def weights():
    return random_weights(3)


def assert_same(first, second):
    assert first.keys() == second.keys() == SHAPES.keys()
    for name in SHAPES:
        torch.testing.assert_close(first[name], second[name], rtol=0, atol=0)


def test_safetensors_keep_numbers_and_card(tmp_path, weights):
    path = tmp_path / "a.safetensors"
    save_weights(path, Weights(weights.tensors, {"name": "mine", "seed": "3", "source": "a test"}))
    loaded = load_weights(path)
    assert_same(loaded.tensors, weights.tensors)
    assert loaded.card == {"name": "mine", "seed": "3", "source": "a test", "channels": "rgb"}
    assert loaded.fingerprint == weights.fingerprint
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_weights_make_a_network(weights):
    network = weights.network(padded=False)
    assert_same({name: p.data for name, p in network.state_dict().items()}, weights.tensors)
    with torch.no_grad():
        network.conv1.bias += 1
    assert not weights.tensors["conv1.bias"].any()
    assert network(torch.zeros(1, 3, 125, 125)).shape == (1, 32, 121, 121)


def test_random_weights_follow_the_seed():
    assert random_weights(0).fingerprint == random_weights(0).fingerprint != random_weights(1).fingerprint
    assert get_weights("random").fingerprint == random_weights(0).fingerprint


def test_matconvnet(tmp_path, weights):
    path = tmp_path / "net.mat"
    write_matconvnet(path, weights)
    assert_same(load_weights(path).tensors, weights.tensors)
    assert load_weights(path).card["channels"] == "rgb"
    write_matconvnet(path, weights, mean=(104.0, 117.0, 123.0))
    assert_same(load_weights(path).tensors, exchange_red_and_blue(weights.tensors))


def test_old_pytorch_files_are_read_as_bgr(tmp_path, weights):
    path = tmp_path / "checkpoint.pth.tar"
    path.write_bytes(legacy_checkpoint(weights))
    assert_same(load_weights(path).tensors, exchange_red_and_blue(weights.tensors))
    assert_same(load_weights(path, channels="rgb").tensors, weights.tensors)
    loaded = load_weights(path).tensors["conv1.weight"]
    torch.testing.assert_close(loaded[:, 0], weights.tensors["conv1.weight"][:, 2])


def test_new_pytorch_files(tmp_path, weights):
    torch.save(weights.network().state_dict(), tmp_path / "ours.pth")
    assert_same(load_weights(tmp_path / "ours.pth").tensors, weights.tensors)
    foreign = {name.replace("conv", "net."): tensor for name, tensor in weights.tensors.items()}
    torch.save({"state_dict": foreign, "epoch": 3}, tmp_path / "foreign.pth")
    assert_same(load_weights(tmp_path / "foreign.pth").tensors, exchange_red_and_blue(weights.tensors))


class Attack:
    """Runs a command when unpickled the ordinary way."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"echo run > {self.marker}",)


def attacks(marker, weights):
    yield pickle.dumps(Attack(marker), 2)
    yield b"".join(pickle.dumps(part, 2) for part in (LEGACY_MAGIC, 1001, Attack(marker)))
    yield b"".join(pickle.dumps(part, 2) for part in (LEGACY_MAGIC, 1001, {}, {"state_dict": Attack(marker)}))
    yield legacy_checkpoint(weights, [("loss", Attack(marker))])
    yield b"\x80\x02cbuiltins\neval\nX\x01\x00\x00\x001\x85R."
    yield b"\x80\x02ctorch\nload\nX\x01\x00\x00\x00a\x85R."
    yield b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R."
    buffer = io.BytesIO()
    torch.save({"state_dict": Attack(marker)}, buffer)
    yield buffer.getvalue()


def test_a_malicious_pickle_runs_nothing(tmp_path, weights):
    marker, path = tmp_path / "marker", tmp_path / "evil.pth"
    files = list(attacks(marker, weights))
    pickle.loads(files[0])
    assert marker.exists(), "the attack works where nobody guards"
    marker.unlink()
    for content in files:
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=r"evil\.pth: "):
            load_weights(path)
        assert not marker.exists()
    path.write_bytes(files[3])
    with pytest.raises(WeightsError, match=r"(posix|nt)\.system, which no weights need. Nothing was run"):
        load_weights(path)


def samples(tmp_path, weights):
    write_matconvnet(tmp_path / "a.mat", weights)
    (tmp_path / "a.pth").write_bytes(legacy_checkpoint(weights))
    torch.save(weights.network().state_dict(), tmp_path / "b.pth")
    save_weights(tmp_path / "a.safetensors", weights)
    return [tmp_path / name for name in ("a.mat", "a.pth", "b.pth", "a.safetensors")]


def test_truncated_files_of_every_format(tmp_path, weights):
    for path in samples(tmp_path, weights):
        content, cut = path.read_bytes(), tmp_path / "cut"
        for length in (0, 9, len(content) // 2, len(content) - 1):
            cut.write_bytes(content[:length])
            with pytest.raises(WeightsError, match="cut: "):
                load_weights(cut)


def test_damaged_files_never_end_in_a_foreign_error(tmp_path, weights):
    generator = np.random.default_rng(0)
    for path in samples(tmp_path, weights):
        content = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(6):
            damaged = content.copy()
            places = generator.integers(0, min(len(content), 2000), 6)
            damaged[places] = generator.integers(0, 256, 6)
            (tmp_path / "damaged").write_bytes(damaged.tobytes())
            try:
                loaded = load_weights(tmp_path / "damaged")
            except WeightsError:
                continue
            assert {n: tuple(t.shape) for n, t in loaded.tensors.items()} == SHAPES


@pytest.mark.parametrize(
    "content", [b"not weights at all", b"\x89PNG\r\n\x1a\n" + bytes(50), b"\x80\x02]q\x00."]
)
def test_files_that_are_something_else(tmp_path, content):
    (tmp_path / "file.mat").write_bytes(content)
    with pytest.raises(WeightsError, match=r"file\.mat: "):
        load_weights(tmp_path / "file.mat")


def test_other_networks_are_refused_with_both_shapes(tmp_path, weights):
    tensors = {**weights.tensors, "conv2.weight": torch.zeros(64, 32, 3, 3)}
    torch.save(tensors, tmp_path / "wide.pth")
    with pytest.raises(
        WeightsError, match=r"expected the two-layer.*\(32, 32, 3, 3\).*found.*\(64, 32, 3, 3\)"
    ):
        load_weights(tmp_path / "wide.pth")
    with pytest.raises(WeightsError, match="expected the two-layer"):
        load_tracker("udt", weights=Weights(tensors))
    torch.save({"layer.weight": torch.zeros(3, 3)}, tmp_path / "linear.pth")
    with pytest.raises(WeightsError, match="expected the two-layer"):
        load_weights(tmp_path / "linear.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="expected a dictionary of tensors, found list"):
        load_weights(tmp_path / "list.pth")
    scipy.io.savemat(tmp_path / "other.mat", {"a": 1})
    with pytest.raises(WeightsError, match=r"without net\.layers"):
        load_weights(tmp_path / "other.mat")


def test_a_network_with_another_normalisation_is_refused(tmp_path, weights):
    write_matconvnet(tmp_path / "net.mat", weights, lrn=(5, 2, 1e-4, 0.75))
    with pytest.raises(WeightsError, match="expected an LRN"):
        load_weights(tmp_path / "net.mat")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path, weights, number):
    bias = weights.tensors["conv2.bias"].clone()
    bias[4] = number
    with pytest.raises(WeightsError, match="NaN or infinite"):
        save_weights(tmp_path / "a.safetensors", Weights({**weights.tensors, "conv2.bias": bias}))
    assert not list(tmp_path.iterdir())


def test_the_channel_order_is_checked(tmp_path, weights, monkeypatch):
    write_matconvnet(tmp_path / "net.mat", weights)
    with pytest.raises(WeightsError, match="asked to read it as bgr, but the file says its channels are rgb"):
        load_weights(tmp_path / "net.mat", channels="bgr")
    with pytest.raises(WeightsError, match="one of rgb, bgr, found 'grb'"):
        load_weights(tmp_path / "net.mat", channels="grb")
    monkeypatch.setitem(PUBLISHED, weights.fingerprint, "a published network")
    assert load_weights(tmp_path / "net.mat").fingerprint == weights.fingerprint
    swapped = Weights(exchange_red_and_blue(weights.tensors))
    with pytest.raises(WeightsError, match="a published network with red and blue exchanged"):
        load_tracker("udt", weights=swapped)
    (tmp_path / "old.pth").write_bytes(legacy_checkpoint(weights))
    with pytest.raises(WeightsError, match=r"exchanged; read it with the other channel order"):
        load_weights(tmp_path / "old.pth")


def test_default_says_how_to_get_weights(tmp_path, weights, monkeypatch):
    monkeypatch.delenv("UDT_WEIGHTS", raising=False)
    monkeypatch.setattr("udtlib.data.locate.INSTALLED", tmp_path)
    for load in (default, lambda: load_tracker("udt"), lambda: get_weights(None)):
        with pytest.raises(MissingDataError, match=r"udt train VIDEOS.*weights='random'"):
            load()
    (tmp_path / "weights").mkdir()
    save_weights(tmp_path / "weights" / "udt.safetensors", weights)
    assert default().fingerprint == weights.fingerprint
    assert load_tracker("udt").weights.fingerprint == weights.fingerprint
    monkeypatch.setenv("UDT_WEIGHTS", "random")
    assert default().fingerprint == random_weights().fingerprint


def test_missing_files(tmp_path):
    with pytest.raises(MissingDataError, match="no weights file"):
        load_weights(tmp_path / "none.mat")
    with pytest.raises(MissingDataError, match="not part of this project"):
        load_tracker("dcfnet")


def test_convert_and_show(tmp_path, weights, capsys):
    (tmp_path / "old.pth.tar").write_bytes(legacy_checkpoint(weights))
    target = tmp_path / "new.safetensors"
    assert cli.main(["weights", "convert", str(tmp_path / "old.pth.tar"), str(target)]) == 0
    assert_same(load_weights(target).tensors, exchange_red_and_blue(weights.tensors))
    assert cli.main(["weights", "show", str(target)]) == 0
    shown = capsys.readouterr().out
    assert load_weights(target).fingerprint in shown
    assert "name: old.pth.tar" in shown
    assert "conv2.weight  32x32x3x3" in shown
    (tmp_path / "bad.pth").write_bytes(b"nothing")
    assert cli.main(["weights", "convert", str(tmp_path / "bad.pth"), str(tmp_path / "out")]) == 2
    assert "udt weights: " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_old_strides_are_respected_and_bounded():
    def content(stride, size=6):
        storage = Storage("k", np.arange(size))
        tensor = SimpleNamespace(args=(storage, 0, (2, 3), stride, False, None))

        class Strided:
            def __reduce__(self):
                return torch._utils._rebuild_tensor_v2, tensor.args

        return io.BytesIO(legacy_bytes({"a.weight": Strided()}, [storage]))

    found, _ = read_legacy(content((1, 2)))
    assert found["conv1.weight"].tolist() == [[0, 2, 4], [1, 3, 5]]
    for stride in ((30, 1), (3, 2), (-1, 1), (2**62, 1), (3, 1.0), (3,), (True, 1)):
        with pytest.raises(WeightsError, match=r"a tensor of shape \(2, 3\)"):
            read_legacy(content(stride))


@pytest.mark.shared
def test_every_published_network_is_read():
    released = find_data("weights/UDT_Unsupervised.mat")
    if released is None:
        pytest.skip("no published weights beside the checkout")
    folder = released.parent
    found = {
        path.name: load_weights(path) for path in sorted(folder.glob("*.*at")) + sorted(folder.glob("*.pth*"))
    }
    assert {name: PUBLISHED[weights.fingerprint] for name, weights in found.items()} == RELEASED
    flipped = found["DCFNet_param.pth"].tensors["conv1.weight"]
    torch.testing.assert_close(flipped, found["UDT_Supervised.mat"].tensors["conv1.weight"], rtol=0, atol=0)
    norms = [found["UDT_Unsupervised.mat"].tensors[f"conv{i}.weight"].norm().item() for i in (1, 2)]
    assert norms == pytest.approx([5.87, 6.01], abs=0.005)
    with pytest.raises(WeightsError, match=r"UDT_Supervised \(DCFNet 2.0\) with red and blue exchanged"):
        load_weights(folder / "DCFNet_param.pth", channels="rgb")


def cells_of_cells(depth):
    """The bytes of a MATLAB file whose `net` is a cell in a cell in a cell."""
    element = b""
    for _ in range(depth):
        flags = struct.pack("<IIII", 6, 8, 1, 0)
        dimensions = struct.pack("<IIii", 5, 8, 1, 1)
        body = flags + dimensions + struct.pack("<II", 1, 0) + element
        element = struct.pack("<II", 14, len(body)) + body
    return matlab(element)


def matlab(element):
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM" + element


def cell_of_a_billion():
    """184 bytes that ask for an array of 2^30 - 1 cells, 8 GB."""
    body = struct.pack("<IIII", 6, 8, 1, 0) + struct.pack("<IIii", 5, 8, 2**30 - 1, 1)
    body += struct.pack("<HH4s", 1, 3, b"net\0")
    return matlab(struct.pack("<II", 14, len(body)) + body)


def memo_of_a_billion():
    """A pickle that stores its first value in place 2^31 - 1 of the memo."""
    head = b"".join(pickle.dumps(part, 2) for part in (LEGACY_MAGIC, 1001, {}))
    return head + b"\x80\x02}r\xff\xff\xff\x7f."


# Its own process: what a child used at most is only known over all the children a process has had.
LOAD_AND_MEASURE = """
import json, resource, sys, time
from udtlib.errors import WeightsError
from udtlib.weights import load_weights
kilobytes = lambda whose: resource.getrusage(whose).ru_maxrss
before, started = kilobytes(resource.RUSAGE_SELF), time.monotonic()
try:
    load_weights(sys.argv[1])
except WeightsError as error:
    message = str(error)
grown = kilobytes(resource.RUSAGE_SELF) - before
print(json.dumps([message, time.monotonic() - started, grown, kilobytes(resource.RUSAGE_CHILDREN)]))
"""


@pytest.mark.parametrize("content", [cell_of_a_billion(), memo_of_a_billion(), cells_of_cells(20_000)])
def test_files_that_ask_for_gigabytes_or_crash_their_reader(tmp_path, content):
    path = tmp_path / "small.mat"
    path.write_bytes(content)
    command = [sys.executable, "-P", "-c", LOAD_AND_MEASURE, str(path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    message, seconds, own, childs = json.loads(output)
    assert re.search(r"small\.mat: (refused: reading it takes more memory|damaged)", message)
    assert seconds < 60
    assert own < 2e5
    assert childs < 3e6


def test_a_reader_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("udtlib.weights.foreign.SECONDS", 0.01)
    (tmp_path / "a.mat").write_bytes(b"x")
    with pytest.raises(WeightsError, match=r"a\.mat: refused: its reader gave no answer for 0.01 s"):
        load_weights(tmp_path / "a.mat")


def test_a_zip_that_unpacks_to_gigabytes(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", b"\x80\x02}.")
        archive.writestr("a/data/0", bytes(2**27))
    with pytest.raises(WeightsError, match="unpacks to 134217732 bytes; expected at most 67108864"):
        load_weights(tmp_path / "bomb.pth")


def test_modules_beside_the_file_are_not_imported(tmp_path, weights, monkeypatch):
    for name in ("json", "numpy", "udtlib", "scipy", "struct", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    write_matconvnet(tmp_path / "net.mat", weights)
    monkeypatch.chdir(tmp_path)
    assert_same(load_weights("net.mat").tensors, weights.tensors)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("key", ["state_dict", "model", "net", "network"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_state_dictionary_is_found_under_usual_names(tmp_path, weights, key, prefix):
    state = {prefix + name: torch.nn.Parameter(tensor) for name, tensor in weights.tensors.items()}
    content = {"epoch": np.float64(3.0), key: state, "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}}}
    torch.save(content, tmp_path / "a.pth")
    tensors, card = (load_weights(tmp_path / "a.pth").tensors, load_weights(tmp_path / "a.pth").card)
    assert_same(tensors, weights.tensors)
    assert card["format"] == "pytorch zip"


def test_what_holds_no_state_dictionary_is_named(tmp_path):
    torch.save({"epoch": 3, "model": {"a": torch.zeros(3)}}, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=r"tensors NAME\.weight, found 'epoch', 'model'"):
        load_weights(tmp_path / "a.pth")


@pytest.mark.parametrize("dtype", [torch.complex64, torch.bool, torch.int64])
def test_tensors_of_other_numbers_are_refused(tmp_path, weights, dtype):
    tensors = {**weights.tensors, "conv2.bias": weights.tensors["conv2.bias"].to(dtype)}
    torch.save(tensors, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=r"expected floating-point numbers, found .*conv2\.bias"):
        load_weights(tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=r"dense floating-point tensors, found conv2\.bias"):
        save_weights(tmp_path / "b", Weights(tensors))
    if dtype != torch.complex64:
        save_file(tensors, tmp_path / "a.safetensors")
        with pytest.raises(WeightsError, match="expected numbers of type F64 F32 F16 BF16"):
            load_weights(tmp_path / "a.safetensors")


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_other_floats_are_read_as_float32(tmp_path, weights, dtype):
    tensors = {name: tensor.to(dtype) for name, tensor in weights.tensors.items()}
    wanted = {name: tensor.float() for name, tensor in tensors.items()}
    torch.save(tensors, tmp_path / "a.pth")
    assert_same(load_weights(tmp_path / "a.pth").tensors, wanted)
    save_file(tensors, tmp_path / "a.safetensors")
    assert_same(load_weights(tmp_path / "a.safetensors").tensors, wanted)


def test_tensors_without_numbers_are_refused(weights):
    for odd in (torch.zeros(32, device="meta"), torch.zeros(32).to_sparse()):
        with pytest.raises(WeightsError, match=r"dense floating-point tensors, found conv2\.bias"):
            get_weights(Weights({**weights.tensors, "conv2.bias": odd}))


def test_safetensors_of_another_number_type_are_refused(tmp_path):
    header = b'{"conv1.weight":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}'
    (tmp_path / "a.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0")
    with pytest.raises(WeightsError, match=r"a\.safetensors: "):
        load_weights(tmp_path / "a.safetensors")


def test_a_card_with_another_channel_order_is_refused(tmp_path, weights):
    save_file(dict(weights.tensors), tmp_path / "a.safetensors", {"channels": "xyz"})
    with pytest.raises(WeightsError, match="its card says channels 'xyz'; known are rgb and bgr"):
        load_weights(tmp_path / "a.safetensors")


def test_a_card_cannot_command_the_terminal(tmp_path, weights, capsys):
    save_file(
        dict(weights.tensors), tmp_path / "a.safetensors", {"name": "a\x1b[31m\x07\rb", "\x1b]0;x": "y"}
    )
    assert cli.main(["weights", "show", str(tmp_path / "a.safetensors")]) == 0
    shown = capsys.readouterr().out
    assert "name: a\\x1b[31m\\x07\\rb" in shown
    assert not set(shown) & {"\x1b", "\x07", "\r"}


def test_a_name_too_long_for_a_file(weights):
    for name in ("x" * 5000, "a\0b"):
        with pytest.raises(MissingDataError, match=r"no weights file|no file can have such a name"):
            load_weights(name)


def test_weights_are_shown_without_their_numbers(weights):
    assert repr(weights) == f"Weights('random (seed 3)', fingerprint {weights.fingerprint})"
    assert len(repr(load_tracker("udt", weights=weights).weights)) < 100


@pytest.mark.parametrize(
    "extra", [np.float64(0.5), np.arange(3), torch.Size([2]), torch.device("cpu"), {1: "a"}]
)
def test_what_a_checkpoint_holds_beside_the_network_is_passed_over(tmp_path, weights, extra):
    torch.save({"best": extra, "state_dict": dict(weights.tensors)}, tmp_path / "net.pth")
    assert_same(load_weights(tmp_path / "net.pth").tensors, weights.tensors)


def test_a_checkpoint_that_needs_code_is_called_what_it_is(tmp_path, weights):
    torch.save({"state_dict": dict(weights.tensors), "best": SimpleNamespace()}, tmp_path / "net.pth")
    with pytest.raises(WeightsError, match=r"wants to use types\.SimpleNamespace.*Nothing was run") as caught:
        load_weights(tmp_path / "net.pth")
    assert not re.search("weights_only|damaged|safe_globals", str(caught.value))


def test_weights_are_written_whole_and_links_are_not_followed(tmp_path, monkeypatch):
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "net.safetensors.part").symlink_to("victim")
    (tmp_path / "link").symlink_to("net.safetensors")
    save_weights(tmp_path / "link", random_weights())
    assert (tmp_path / "victim").read_text() == "mine"
    assert (tmp_path / "link").is_symlink()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_weights("~/net.safetensors").fingerprint == random_weights().fingerprint
    assert get_weights("~/link").fingerprint == random_weights().fingerprint
    with pytest.raises(StorageError, match="found a folder"):
        save_weights(tmp_path, random_weights())


def test_the_same_weights_are_the_same_bytes(tmp_path, weights):
    card = {name: f"{name} \u00e9\n{'x' * length}" for length, name in enumerate("hgfedcba")}
    kept = Weights(weights.tensors, card)
    written = set()
    for order in (sorted(card), sorted(card, reverse=True), *[list(card)] * 6):
        save_weights(tmp_path / "w", Weights(weights.tensors, {name: card[name] for name in order}))
        written.add((tmp_path / "w").read_bytes())
    assert len(written) == 1
    (content,) = written
    assert int.from_bytes(content[:8], "little") % 8 == 0
    with safe_open(tmp_path / "w", framework="pt") as file:
        assert file.metadata() == {**card, "channels": "rgb"}
    assert_same(load_weights(tmp_path / "w").tensors, kept.tensors)


def test_an_order_that_a_file_does_not_state_can_be_named(tmp_path, weights):
    """Formats have a usual order; to take it for a statement would refuse files that have the other one."""
    save_file(dict(weights.tensors), tmp_path / "a.safetensors")
    torch.save(dict(weights.tensors), tmp_path / "a.pth")
    write_matconvnet(tmp_path / "a.mat", weights, mean=())
    for name in ("a.safetensors", "a.pth", "a.mat"):
        assert_same(load_weights(tmp_path / name).tensors, weights.tensors)
        assert_same(load_weights(tmp_path / name, channels="rgb").tensors, weights.tensors)
        loaded = load_weights(tmp_path / name, channels="bgr")
        assert_same(loaded.tensors, exchange_red_and_blue(weights.tensors))
        assert loaded.card["channels"] == "rgb"
        assert "assumed" not in loaded.card


def test_weights_of_a_network_trained_elsewhere_are_made_plain(tmp_path, weights):
    """In double precision, or with gradients: whoever takes weights gets float32 without."""
    tensors = {name: tensor.double().requires_grad_() for name, tensor in weights.tensors.items()}
    rough = Weights(tensors, weights.card)
    plain = get_weights(rough)
    assert {(t.dtype, t.requires_grad) for t in plain.tensors.values()} == {(torch.float32, False)}
    assert_same(plain.tensors, weights.tensors)
    assert get_weights(weights) is weights
    frame = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    boxes = []
    for each in (weights, rough):
        tracker = load_tracker("udt-plain", weights=each)
        tracker.init(frame, (20, 20, 20, 20))
        boxes.append(tracker.update(frame))
    np.testing.assert_array_equal(*boxes)
    write_onnx(tmp_path / "rough.onnx", rough)
    write_onnx(tmp_path / "plain.onnx", weights)
    assert (tmp_path / "rough.onnx").read_bytes() == (tmp_path / "plain.onnx").read_bytes()


def test_a_folder_is_no_weights_file(tmp_path):
    with pytest.raises(MissingDataError, match="but a folder"):
        load_weights(tmp_path)


def test_weights_are_compared_by_their_numbers(weights):
    twin = Weights({name: tensor.clone() for name, tensor in weights.tensors.items()}, {"name": "twin"})
    assert twin == weights
    assert len({twin, weights, random_weights(8)}) == 2
    assert random_weights(8) != weights
    assert weights != "random"
