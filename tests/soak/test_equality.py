"""Hourloom answers as aw-server does, on a generated month."""

import os
import sys
from pathlib import Path

import pytest

from tests.soak.equality import compare

PROGRAM = Path(sys.executable).with_name("hourloom")
PEERS = os.environ.get("HOURLOOM_PEERS_PYTHON")


@pytest.mark.peers
@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.skipif(PEERS is None, reason="HOURLOOM_PEERS_PYTHON names no environment with aw-server")
def test_all_questions_are_answered_alike(tmp_path: Path) -> None:
    ours = f"{PROGRAM} serve --testing --port {{port}} --data-dir {{data_dir}}"
    theirs = f"{Path(PEERS or '').with_name('aw-server')} --testing --host 127.0.0.1 --port {{port}}"
    assert compare(ours, theirs, tmp_path) == []
