"""`/api/v1/demo`: the Demo workspace."""

from __future__ import annotations

from hourloom.accounts.service import IssuedToken
from hourloom.core.actors import Actor
from hourloom.demo.model import DemoView
from hourloom.demo.service import Demo
from hourloom.web.routes import Mode, Routes

routes = Routes("/api/v1", "demo")


@routes.on("GET", "/demo", scope="tracking:read")
def show_demo(demo: Demo, who: Actor) -> DemoView:
    """Show how the Demo workspace stands."""
    return demo.view(who)


@routes.on("POST", "/demo", scope="admin", mode=Mode.WRITE, status=202)
def create_demo(demo: Demo, who: Actor) -> DemoView:
    """Fill a workspace of its own with four invented weeks, as a job; your record is not touched."""
    return demo.create(who)


@routes.on("POST", "/demo/tokens", scope="admin", mode=Mode.WRITE, status=201)
def enter_demo(demo: Demo, who: Actor) -> IssuedToken:
    """Make a token by which a page looks at the Demo workspace; it reaches nothing else."""
    return demo.enter(who)


@routes.on("DELETE", "/demo", scope="tracking:write", mode=Mode.WRITE, status=202)
def remove_demo(demo: Demo, who: Actor) -> DemoView:
    """Remove the Demo workspace with all that it has: it is out of reach at once, and gone within seconds."""
    return demo.remove(who)
