"""How a running server is doing, from `/health` and `/metrics`."""

from __future__ import annotations

from hourloom.sdk.api import Api, checked


def is_well(api: Api) -> bool:
    """Return whether the server takes writes and answers them."""
    return api.way.request("GET", "/health").status == 200


def measures(api: Api) -> dict[str, float]:
    """Return the server's figures by name, without those that have labels."""
    lines = checked(api.way.request("GET", "/metrics")).body.decode().splitlines()
    pairs = [line.split(" ") for line in lines if line and not line.startswith("#")]
    return {pair[0]: float(pair[1]) for pair in pairs if len(pair) == 2 and "{" not in pair[0]}
