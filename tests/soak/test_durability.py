"""What the server acknowledged is there after every kill and every power cut."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.plugins.figures import Figure
from tests.rigs.power_cut.drill import drill, drill_set_up
from tests.rigs.serving.integrity import damage
from tests.rigs.serving.server import Server, at_home
from tests.soak.kill_loop import kill_loop

PROGRAM = Path(sys.executable).with_name("hourloom")
COMMAND = f"{PROGRAM} serve --testing --port {{port}} --data-dir {{data_dir}}"

few_and_many = pytest.mark.parametrize(
    "count", [3, pytest.param(100, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])]
)


@few_and_many
def test_a_killed_server_has_all_that_it_acknowledged(tmp_path: Path, count: int, figure: Figure) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    server = Server(COMMAND, data_dir, tmp_path / "output", at_home(tmp_path))
    outcome = kill_loop(server, loops=count, writers=16)
    figure("kill -9 under load", outcome)
    assert outcome.refused == []
    assert outcome.lost == set(), str(outcome)
    assert len(outcome.acknowledged) > 100 * count
    assert damage(data_dir, tmp_path / "home" / "config" / "hourloom-testing") == []


@few_and_many
@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc to build the recorder")
def test_a_power_cut_takes_nothing_that_was_acknowledged(tmp_path: Path, count: int, figure: Figure) -> None:
    findings = drill(COMMAND, tmp_path, seconds=2, images=3 * count)
    figure("power cuts under load", findings)
    assert (findings.lossy, findings.damaged) == ({}, {}), str(findings)
    assert findings.acknowledged > 100


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc to build the recorder")
def test_a_power_cut_in_the_first_start_leaves_what_starts(tmp_path: Path, figure: Figure) -> None:
    findings = drill_set_up(COMMAND, tmp_path, each=12)
    figure("power cuts in the first start", findings)
    assert (findings.lossy, findings.damaged) == ({}, {}), str(findings)
