"""A database to re-key while it is written, also as a program to kill: `-m tests.db.keys.a_rekey HOME TIMES`.

The program re-keys again and again with eight writers. After each acknowledged write it appends the number to
the file `acknowledged`, and it calls `step` at each share of the work.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from hourloom.db.embedded import EmbeddedDatabase
from hourloom.db.keys import successor, unlock
from hourloom.db.keys.copying import discard_leftovers
from hourloom.db.keys.places import Places
from hourloom.db.keys.rekey import rekey
from hourloom.db.keys.unlock import Unlocked
from hourloom.db.keys.ways import Means
from hourloom.db.migrate import prepare_sqlite
from hourloom.db.sqlite import connect
from hourloom.testing import Announced
from tests.rigs.killing import step

WRITERS = 8


def means_in(home: Path) -> Means:
    (home / "data").mkdir(parents=True, exist_ok=True)
    return Means(Places(home / "data", home / "config"))


@contextmanager
def opened(means: Means) -> Iterator[tuple[EmbeddedDatabase, Unlocked]]:
    """Open the database as a start of the server does."""
    unlocked = unlock.unlock(means, "file")
    path = means.places.database
    discard_leftovers(path)
    connection = connect(path, unlocked.data_key)
    prepare_sqlite(connection, path.name)
    connection.close()
    announced = Announced()
    database = EmbeddedDatabase(path, unlocked.data_key, record=announced.record, publish=announced.publish)
    try:
        yield database, unlocked
    finally:
        database.close()


def add(database: EmbeddedDatabase, number: int) -> None:
    """Write one row, and another one anew."""

    def work() -> None:
        with database.begin() as tx:
            tx.execute(
                "INSERT INTO users (name, created_at) VALUES (:name, :number)",
                name=f"a very secret name {number}",
                number=number,
            )
            tx.execute("UPDATE users SET name = name || '+' WHERE id = :id", id=number % 50 + 1)

    database.write(work)


def numbers(database: EmbeddedDatabase) -> set[int]:
    with database.read() as tx:
        return {int(str(number)) for (number,) in tx.rows("SELECT created_at FROM users")}


def write_on(
    database: EmbeddedDatabase, acknowledged: Callable[[int], object], stop: threading.Event, first: int
) -> list[threading.Thread]:
    """Let writers go on until they are stopped."""

    def write(writer: int) -> None:
        for turn in count():
            if stop.is_set():
                return
            number = first + turn * WRITERS + writer
            add(database, number)
            acknowledged(number)

    threads = [threading.Thread(target=write, args=(writer,), daemon=True) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    return threads


def main(home: Path, times: int) -> None:
    means = means_in(home)
    with opened(means) as (database, unlocked), (home / "acknowledged").open("a") as file:
        stop = threading.Event()
        first = max(numbers(database), default=0) + 1
        threads = write_on(database, lambda number: print(number, file=file, flush=True), stop, first)
        print("writing", flush=True)
        for _ in range(times):
            rekey_once(means, database, unlocked)
            unlocked = unlock.unlock(means, "file")  # noqa: PLW2901 - as a new start would find it
        stop.set()
        for thread in threads:
            thread.join()


def rekey_once(means: Means, database: EmbeddedDatabase, unlocked: Unlocked) -> None:
    """Go on with the exchange that was stopped, or begin one."""
    key = unlocked.successor
    if key is None:
        successor.settle(means)
        key = successor.make(means, unlocked).key
    step("wrapped")
    rekey(database, key, lambda share: step(f"{share}") if share in (0.75, 0.95) else None)
    step("swapped")
    successor.settle(means)
    step("done")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
