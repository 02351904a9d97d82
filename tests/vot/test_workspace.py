"""Workspaces for the official toolkit: what is written, what is left, what is refused."""

import configparser
import shlex
import sys

import numpy as np
import pytest
from PIL import Image

from udtlib.cli import main
from udtlib.errors import DataError, MissingDataError, UdtError
from udtlib.vot.workspace import identifier, write_workspace


def write_sequence(root, name, digits=8, first=1, color="color", suffix=".jpg"):
    folder = root / name / color
    folder.mkdir(parents=True)
    for number in range(first, first + 3):
        Image.fromarray(np.zeros((4, 5, 3), np.uint8)).save(folder / f"{number:0{digits}d}{suffix}")
    (root / name / "groundtruth.txt").write_text("1,1,2,2\n" * 3)


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "vot of mine"
    write_sequence(root, "bag")
    write_sequence(root, "old", digits=4, color=".", suffix=".png")
    (root / "bag/occlusion.tag").write_text("0\n1\n0\n")
    (root / "list.txt").write_text("old\nbag\n\n")
    return root


def trackers_of(workspace):
    parser = configparser.ConfigParser()  # as the toolkit reads it
    parser.read(workspace / "trackers.ini")
    return {name: dict(parser[name]) for name in parser.sections()}


def test_what_is_written(root, tmp_path):
    workspace = tmp_path / "workspace"
    assert write_workspace(workspace, {"udt+": "udt+", "kcf": "kcf"}, root, {"padding": 1.5}) == [
        "udt-plus",
        "kcf",
    ]
    found = trackers_of(workspace)
    assert found.keys() == {"udt-plus", "kcf"}
    assert (found["udt-plus"]["label"], found["udt-plus"]["protocol"]) == ("udt+", "trax")
    serve = [
        sys.executable,
        "-P",
        "-m",
        "udtlib",
        "vot",
        "serve",
        "--tracker",
        "udt+",
        "--option",
        "padding=1.5",
    ]
    assert shlex.split(found["udt-plus"]["command"]) == serve
    assert (workspace / "config.yaml").read_text() == (
        "registry:\n- ./trackers.ini\nstack: vot2018/shortterm\nsequences: ./sequences\n"
    )
    assert (workspace / "sequences/list.txt").read_text() == "old\nbag\n"
    assert (workspace / "sequences/bag/sequence").read_text() == (
        f"channels.color={root}/bag/color/%08d.jpg\ngroundtruth={root}/bag/groundtruth.txt\n"
        "fps=30\nformat=default\nname=bag\n"
    )
    assert f"channels.color={root}/old/%04d.png" in (workspace / "sequences/old/sequence").read_text()
    assert (workspace / "sequences/bag/occlusion.tag").read_text() == "0\n1\n0\n"
    assert sorted(path.name for path in (root / "bag").iterdir()) == [
        "color",
        "groundtruth.txt",
        "occlusion.tag",
    ]


def test_the_datasets_own_settings_are_kept(root, tmp_path):
    for number in (1, 2, 3):
        (root / f"bag/color/{number:08d}.jpg").rename(root / f"bag/color/left {number}.jpg")
    (root / "bag/ir").mkdir()
    (root / "bag/ir/0001.png").touch()
    (root / "bag/groundtruth.txt").rename(root / "bag/boxes.txt")
    (root / "bag/sequence").write_text(
        "name=other\nchannels.color = color/left %d.jpg\nfps=25\r\nwidth=5\nheight=4\n\n"
        "channels.ir=ir/%04d.png\ngroundtruth=boxes.txt\nchannel.default=color\n"
    )
    write_workspace(tmp_path / "workspace", {"kcf": "kcf"}, root)
    assert (tmp_path / "workspace/sequences/bag/sequence").read_text() == (
        f"channels.color={root}/bag/color/left %d.jpg\nchannels.ir={root}/bag/ir/%04d.png\n"
        f"groundtruth={root}/bag/boxes.txt\nfps=25\nformat=default\nwidth=5\nheight=4\n"
        "channel.default=color\nname=bag\n"
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "channels.color=../old/%04d.png",
            "bag/sequence: expected a path in this folder, found channels.color",
        ),
        ("channels.ir=/ir/%04d.png", "bag/sequence: expected a path in this folder, found channels.ir"),
        ("channels.color=color/%s.jpg", "bag/sequence: expected images such as color/%08d.jpg"),
        ("channels.color=color/%08d%08d.jpg", "bag/sequence: expected images such as color/%08d.jpg"),
        ("channels.color=color/%099999999d.jpg", "bag/sequence: expected images such as color/%08d.jpg"),
        (
            "channels.color=color/%04d.jpg",
            "color/0001.jpg: no such image, which .*sequence says is the first",
        ),
        ("groundtruth=boxes.txt", "bag/boxes.txt: no such file"),
        ("groundtruth=../old/groundtruth.txt", "bag/sequence: expected a path in this folder"),
        ("title=a\x1bb", "control characters"),
    ],
)
def test_settings_that_the_toolkit_would_not_take_are_refused(root, tmp_path, line, problem):
    (root / "bag/sequence").write_text(f"{line}\n")
    with pytest.raises(UdtError, match=problem):
        write_workspace(tmp_path / "workspace", {"kcf": "kcf"}, root)
    assert not (tmp_path / "workspace").exists()


def test_what_a_mac_leaves_is_not_copied(root, tmp_path):
    (root / "bag/._occlusion.tag").write_bytes(b"\x00\x05\x16\x07\xff")
    write_workspace(tmp_path / "workspace", {"kcf": "kcf"}, root)
    assert [path.name for path in (tmp_path / "workspace/sequences/bag").glob("*.tag")] == ["occlusion.tag"]


def test_what_is_there_stays(root, tmp_path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "config.yaml").write_text("stack: mine\n")
    (workspace / "trackers.ini").write_text(
        "[NCC]\nprotocol = traxpython\ncommand = ncc 100%%\n\n[kcf]\nlabel = old\n"
    )
    write_workspace(workspace, {"kcf": "kcf"}, root)
    assert (workspace / "config.yaml").read_text() == "stack: mine\n"
    found = trackers_of(workspace)
    assert found["ncc" if "ncc" in found else "NCC"] == {"protocol": "traxpython", "command": "ncc 100%"}
    assert found["kcf"]["label"] == "kcf"


def test_sequences_are_added_and_those_of_the_workspace_itself_are_left(root, tmp_path):
    workspace = tmp_path / "workspace"
    sequences = workspace / "sequences"
    write_sequence(sequences, "here")
    write_sequence(sequences, "bare")
    (sequences / "here/sequence").write_text("channels.color=color/%08d.jpg\nfps=25\n")
    (sequences / "list.txt").write_text("here\nbare\n")
    write_workspace(workspace, {"kcf": "kcf"}, sequences)
    assert (sequences / "here/sequence").read_text() == "channels.color=color/%08d.jpg\nfps=25\n"
    assert f"={sequences}/bare/color/%08d.jpg" in (sequences / "bare/sequence").read_text()
    write_workspace(workspace, {"udt": "udt"}, root)
    assert (sequences / "list.txt").read_text() == "here\nbare\nold\nbag\n"
    assert trackers_of(workspace).keys() == {"kcf", "udt"}


def test_own_trackers_and_files_are_named_by_their_whole_path(root, tmp_path, monkeypatch):
    """The toolkit starts the command in a folder of its own; a % is no interpolation."""
    (tmp_path / "100 %").mkdir()
    monkeypatch.chdir(tmp_path / "100 %")
    (tmp_path / "100 %/my tracker.py").write_text("")
    (tmp_path / "100 %/net.pth").write_text("")
    options = {"weights": "net.pth", "mode": "fast"}
    names = write_workspace(tmp_path / "w", {"my_tracker.T": "my tracker.py:T"}, root, options)
    assert names == ["my_tracker_T"]
    words = shlex.split(trackers_of(tmp_path / "w")["my_tracker_T"]["command"])
    assert words[-6:] == [
        "--tracker",
        f"{tmp_path}/100 %/my tracker.py:T",
        "--option",
        f"weights={tmp_path}/100 %/net.pth",
        "--option",
        "mode=fast",
    ]


def break_root(root, how):
    if how == "no list":
        (root / "list.txt").unlink()
    elif how == "outside":
        (root / "list.txt").write_text("../vot of mine/bag\n")
    elif how == "not there":
        (root / "list.txt").write_text("bag\nball1\n")
    elif how == "twice":
        (root / "list.txt").write_text("bag\nbag\n")
    elif how == "empty":
        (root / "list.txt").write_text("\n")
    elif how == "no truth":
        (root / "bag/groundtruth.txt").unlink()
    elif how == "no image":
        for path in (root / "bag/color").iterdir():
            path.unlink()
    elif how == "from 2":
        (root / "bag/color/00000001.jpg").unlink()
    elif how == "percent":
        (root / "bag").rename(root / "b%d")
        (root / "list.txt").write_text("b%d\n")


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ("no list", MissingDataError, "expected a folder of VOT sequences with list.txt"),
        ("outside", MissingDataError, r"expected names of folders beside it, found '\.\./vot of mine/bag'"),
        ("not there", MissingDataError, "found 'ball1'"),
        ("twice", DataError, "each once, found"),
        ("empty", DataError, "expected names of sequences, each once, found none"),
        ("no truth", MissingDataError, r"bag/groundtruth\.txt: no such file"),
        ("no image", MissingDataError, r"expected images such as 00000001\.jpg, found none"),
        ("from 2", DataError, r"numbered from 1, as the toolkit does, found 00000002\.jpg first"),
        ("percent", DataError, "paths with %"),
    ],
)
def test_what_the_toolkit_would_not_take_is_refused_before_anything_is_written(
    root, tmp_path, how, error, message
):
    break_root(root, how)
    with pytest.raises(error, match=message):
        write_workspace(tmp_path / "w", {"kcf": "kcf"}, root)
    assert not (tmp_path / "w").exists()


def test_registries_and_names_that_cannot_be(root, tmp_path):
    (tmp_path / "trackers.ini").write_text("no section\n")
    with pytest.raises(DataError, match=r"trackers\.ini: expected the trackers of a workspace, found"):
        write_workspace(tmp_path, {"kcf": "kcf"}, root)
    with pytest.raises(DataError, match=r"different names, found a_b, a_b in the toolkit's letters"):
        write_workspace(tmp_path / "w", {"a.b": "kcf", "a b": "kcf"}, root)
    with pytest.raises(DataError, match="without control characters"):
        write_workspace(tmp_path / "w", {"kcf": "kcf"}, root, {"mode": "a\nb"})
    assert identifier("udt+") == "udt-plus"
    assert issubclass(MissingDataError, UdtError)


def test_the_command_says_what_to_do_and_refuses_what_cannot_start(root, tmp_path, capsys):
    command = ["vot", "workspace", str(tmp_path / "w"), "--root", str(root), "--tracker"]
    assert main([*command, "kcf", "--option", "paddding=1"]) == 2
    assert "udt vot: tracker 'kcf'" in capsys.readouterr().err
    assert not (tmp_path / "w").exists()
    assert main([*command, "mosse", "kcf", "--stack", "vot2016/rgb"]) == 0
    printed = capsys.readouterr().out
    assert f"vot evaluate --workspace {tmp_path}/w mosse kcf" in printed
    assert "pip install vot-toolkit==0.7.4" in printed
    assert "stack: vot2016/rgb" in (tmp_path / "w/config.yaml").read_text()
