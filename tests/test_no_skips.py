"""Where the outside data is found a skipped test fails, and only there."""

import subprocess
import sys
from pathlib import Path

FILES = {
    "test_inside.py": "import pytest\ndef test_a():\n    pytest.skip('no data')\n",
    "test_marked.py": "import pytest\n@pytest.mark.skipif(True, reason='-')\ndef test_a():\n    assert 1\n",
    "test_module.py": "import pytest\npytest.skip('no data', allow_module_level=True)\n",
    "test_fixture.py": (
        "import pytest\n@pytest.fixture\ndef data():\n    pytest.skip('no data')\n"
        "def test_a(data):\n    assert data\n"
    ),
    "test_empty.py": "import pytest\n@pytest.mark.parametrize('x', [])\ndef test_a(x):\n    assert x\n",
}


def run_pytest(folder: Path, **environment: str) -> str:
    """Run pytest with the plugin on a folder; return what it printed."""
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "no_skips", "-p", "no:cacheprovider"]
    command += ["--continue-on-collection-errors"]
    paths = {"PYTHONPATH": str(Path(__file__).parent), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, env=paths | environment, cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout


def test_a_skip_fails_where_asked(tmp_path: Path) -> None:
    good = "import pytest\ndef test_b():\n    assert 1\n@pytest.mark.xfail\ndef test_c():\n    assert 0\n"
    for name, source in {**FILES, "test_good.py": good}.items():
        (tmp_path / name).write_text(source, "utf-8")
    assert "== 1 passed, 5 skipped, 1 xfailed in" in run_pytest(tmp_path)
    printed = run_pytest(tmp_path, UDT_NO_SKIPS="1")
    assert "skipped" not in printed.splitlines()[-1]
    assert "1 passed, 1 xfailed" in printed.splitlines()[-1]
    for name in FILES:
        assert f"ERROR {name}" in printed or f"FAILED {name}" in printed
