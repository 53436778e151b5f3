"""Check a stopped server's database for damage, below everything that the server would hide."""

from pathlib import Path

from hourloom.db.keys.places import Places
from hourloom.db.keys.unlock import unlock
from hourloom.db.keys.ways import Means
from hourloom.db.sqlite import connect


def damage(data_dir: Path, config_dir: Path) -> list[str]:
    """Return what SQLite's integrity check and the check of each encrypted page find; nothing is good."""
    unlocked = unlock(Means(Places(data_dir, config_dir)), "file")
    db = connect(data_dir / "hourloom.db", unlocked.data_key)
    try:
        found = [str(text) for (text,) in db.execute("PRAGMA integrity_check").fetchall()]
        pages = [str(text) for (text,) in db.execute("PRAGMA cipher_integrity_check").fetchall()]
        broken = db.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        db.close()
    return [text for text in found if text != "ok"] + pages + [str(row) for row in broken]
