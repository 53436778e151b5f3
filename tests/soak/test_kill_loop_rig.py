"""The kill loop finds what a server loses that answers before it stores."""

import sys
from pathlib import Path

import pytest

from tests.rigs.serving.server import Server
from tests.soak.kill_loop import kill_loop

FORGETFUL = Path(__file__).parents[1] / "rigs" / "serving" / "forgetful_server.py"


@pytest.mark.parametrize(("pause", "loses"), [("0", False), ("0.3", True)])
def test_the_kill_loop_sees_what_a_lazy_server_loses(tmp_path: Path, pause: str, *, loses: bool) -> None:
    command = f"{sys.executable} {FORGETFUL} {{port}} {{data_dir}} {pause}"
    server = Server(command, tmp_path, tmp_path / "output")
    outcome = kill_loop(server, loops=3, writers=4, seed=1)
    assert outcome.refused == []
    assert len(outcome.acknowledged) > 50
    assert bool(outcome.lost) is loses
