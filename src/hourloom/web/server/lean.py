"""Import uvicorn without its command line, which costs 3 MiB and 80 ms that a server never uses."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec


def without_command_line() -> None:
    """Register the bare package `uvicorn`, so that importing its parts does not run its `__init__`.

    The `__init__` imports click and the reloading supervisors; the names it offers stay available, on demand.
    Nothing happens where uvicorn is imported already.
    """
    spec = find_spec("uvicorn") if "uvicorn" not in sys.modules else None
    if spec is not None:
        package = module_from_spec(spec)
        package.__dict__["__getattr__"] = _on_demand
        sys.modules["uvicorn"] = package


def _on_demand(name: str) -> object:
    home = {"Config": "config", "Server": "server", "run": "main", "main": "main"}.get(name)
    if home is None:
        raise AttributeError(name)
    return getattr(import_module(f"uvicorn.{home}"), name)
