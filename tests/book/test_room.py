"""The folder for computers without a network: what is missing there is named, no other file is touched."""

import subprocess
import sys

import pytest
import room
import room_install


@pytest.fixture
def carried(tmp_path):
    """Return a folder as `make room` leaves it, with two small files in the place of packages."""
    out = tmp_path / "room"
    (out / "wheels").mkdir(parents=True)
    for name in ("first", "second"):
        (out / "wheels" / f"{name}-1.0-py3-none-any.whl").write_text(f"the package {name}")
    room.describe(out)
    return out


def test_a_whole_folder_has_no_problem(carried):
    assert room_install.problems(carried, room_install.this_machine()) == []


def test_each_file_that_is_missing_or_damaged_is_named(carried):
    first, second = sorted((carried / "wheels").iterdir())
    first.unlink()
    second.write_text("half of")
    found = room_install.problems(carried, room_install.this_machine())
    assert found == [
        f"wheels/{first.name} is missing: copy it again",
        f"wheels/{second.name} is damaged: copy it again",
    ]


def test_another_python_or_system_is_named(carried):
    other = {"Python": "3.9", "system": "BeOS", "processor": room_install.this_machine()["processor"]}
    first, second = room_install.problems(carried, other)
    assert first.endswith("this is Python 3.9")
    assert second.endswith("this is system BeOS")


def test_the_program_says_what_is_missing_and_installs_nothing(carried, tmp_path):
    next((carried / "wheels").iterdir()).unlink()
    (carried / "contents.json").rename(carried / "list.json")
    command = [sys.executable, str(carried / "install.py"), str(tmp_path / "made")]
    without_list = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "contents.json is missing" in without_list.stdout
    (carried / "list.json").rename(carried / "contents.json")
    without_one = subprocess.run(command, capture_output=True, text=True, check=False)
    assert without_one.stdout.count("MISSING wheels/") == 1
    assert without_list.returncode == without_one.returncode == 1
    assert without_list.stderr == without_one.stderr == ""
    assert not (tmp_path / "made").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "wheels").mkdir()
    mine = tmp_path / "wheels" / "mine.txt"
    mine.write_text("mine")
    with pytest.raises(SystemExit, match="holds other files"):
        room.collect(tmp_path)
    assert mine.read_text() == "mine"
