"""Write rows into a database, one commit each, and mark each as acknowledged: the subject of the rig's tests.

Arguments: directory, log, number of rows, module (sqlite3 or sqlcipher3), journal mode, synchronous. The
database is mapped into memory: SQLite reads through the map and writes by calls all the same, else the rig
would find unrecorded writes.
"""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
from tests.rigs.power_cut.recording import Marker


def main(folder: str, log: str, rows: str, module: str, journal: str, synchronous: str) -> None:
    marker = Marker(Path(log))
    db = importlib.import_module(module).connect(Path(folder) / "rows.db", isolation_level=None)
    if module == "sqlcipher3":
        db.execute(f"PRAGMA key = \"x'{'00' * 32}'\"")
    db.execute(f"PRAGMA journal_mode = {journal}")
    db.execute(f"PRAGMA synchronous = {synchronous}")
    db.execute("PRAGMA mmap_size = 268435456")
    db.execute("PRAGMA wal_autocheckpoint = 100")
    db.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)")
    db.execute("CREATE INDEX by_text ON rows (text)")
    for number in range(int(rows)):
        text = f"row {number} " + str(number * 7919) * (number % 40)
        db.execute("INSERT INTO rows (text) VALUES (?)", (text,))
        marker.mark(text)


main(*sys.argv[1:])
