"""The wheel of the client alone: it works in an empty environment that has nothing but what it names."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
USED = """
import sys
from pathlib import Path
from hourloom.sdk import Beat, Client, HourloomError, Outbox
import hourloom.sdk.socket_way, hourloom.sdk.vitals, hourloom.sdk.step_up, hourloom.sdk.in_memory
folder = Path(sys.argv[1])
with Client.local("tried", data_dir=folder / "data", directory=folder) as client:
    client.heartbeat("tried", {"n": 1}, type="test")
    print(client.outbox.state().waiting, sorted(m for m in sys.modules if m.startswith("hourloom.db")))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT / "packaging" / "sdk",
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("hourloom_sdk-*.whl")
    return built


def test_it_holds_the_client_and_little_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as held:
        names = held.namelist()
    assert "hourloom/sdk/client.py" in names
    assert not [name for name in names if name.endswith(".pyc")]
    assert {name.split("/")[1] for name in names if name.startswith("hourloom/")} == {
        "__init__.py",
        "configuration.py",
        "core",
        "py.typed",
        "sdk",
        "web",
    }


def test_it_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("uv") is None:
        pytest.skip("there is no uv to install it with")
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    install = ["pip", "install", "--offline", "--no-index", "--no-deps", "--quiet", "--python", str(python)]
    subprocess.run([sys.executable, "-m", "uv", *install, str(wheel)], check=True)
    (packages,) = home.glob("**/site-packages")
    for name in ("msgspec", "cryptography", "cffi", "_cffi_backend"):
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            origin = Path(found.origin)
            lies = origin.parent if found.submodule_search_locations else origin
            (packages / lies.name).symlink_to(lies)
    done = subprocess.run(
        [python, "-I", "-c", USED, tmp_path], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout == "1 []\n", done.stderr
