"""Put together what the commands are handed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from hourloom.cli.handed import Check, Count, Handed, Keys, Running, Source
from hourloom.configuration import Configuration
from hourloom.local.reaching import Assembled, reach, running, storage
from hourloom.sdk.api import Way


def handed(assembled: Assembled, show_recovery_code: Callable[[str], None]) -> Handed:
    """Return this computer's side of the commands; what only some of them need is imported by those."""

    def stay_up(configuration: Configuration, words: list[str]) -> Running:
        from hourloom.local.keys import make_keys  # noqa: PLC0415 - only `up`
        from hourloom.local.starting import stay_up as stay  # noqa: PLC0415 - as above

        def prepare(configuration: Configuration) -> None:
            if code := make_keys(configuration):
                show_recovery_code(code)

        return stay(configuration, words, prepare)

    return Handed(
        reach=partial(reach, assembled=assembled),
        running=running,
        stay_up=stay_up,
        storage=storage,
        keys=_keys,
        checks=_checks,
        open_source=_open_source,
        find_sources=_find_sources,
        fill_demo=_fill_demo,
    )


def _keys(configuration: Configuration, ask_passphrase: Callable[[], str]) -> Keys:
    from hourloom.local.keys import DatabaseKeys  # noqa: PLC0415 - slow, and only `keys` needs it

    return DatabaseKeys(configuration, ask_passphrase)


def _checks(configuration: Configuration) -> Iterator[Check]:
    from hourloom.local.checks import checks  # noqa: PLC0415 - slow, and only `doctor` needs it

    return checks(configuration)


def _open_source(place: str, token: str | None) -> Source:
    from hourloom.local.sources import opened  # noqa: PLC0415 - slow, and only `import` needs it

    return opened(place, token)


def _find_sources() -> Iterator[tuple[str, str]]:
    from hourloom.local.sources import found  # noqa: PLC0415 - as above

    return found()


def _fill_demo(way: Way, count: Count) -> int:
    from hourloom.local.demo import fill_demo  # noqa: PLC0415 - only `demo` needs it

    return fill_demo(way, count)
