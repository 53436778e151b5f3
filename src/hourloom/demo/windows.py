"""What is on the screen during a scene: windows with the page or the file in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from hourloom.demo import cast
from hourloom.demo.cast import Page, Project
from hourloom.demo.scenes import Data, Device, Mood, Scene


@dataclass(frozen=True, slots=True)
class Window:
    """A window in front for some seconds; `page` or `edited` say what a second watcher sees in it."""

    app: str
    title: str
    seconds: float
    page: Page | None = None
    edited: Data | None = None


Maker = Callable[[Scene, Project, Random], Window]


def windows(scene: Scene, chance: Random) -> Iterator[Window]:
    """Yield windows without end, as the mood of the scene has it."""
    makers, weights = zip(*_HABITS[scene.mood], strict=True)
    project = cast.PROJECTS[scene.project]
    while True:
        yield chance.choices(makers, weights)[0](scene, project, chance)


def held(scene: Scene, last: Window | None, chance: Random) -> Window:
    """Return what stays in front while there is no input: the call, a video, or the last window."""
    project = cast.PROJECTS[scene.project]
    if scene.mood is Mood.CALL:
        return _call(scene, project, chance)
    if scene.mood is Mood.LEISURE:
        page = chance.choice([page for page in cast.LEISURE if page.audible])
        return _browser(scene.device, page, 0)
    left = last or _terminal(scene, project, chance)
    # A video ends by itself, and the editor's watcher does not report a file that is only open.
    return replace(left, edited=None, page=left.page and replace(left.page, audible=False))


def _lasting(chance: Random, mean: float) -> float:
    """Draw a length with many short ones, a few long, and one in eight seen by a single poll only."""
    return 1.0 if chance.random() < 0.12 else 1.0 + min(mean * 6, chance.expovariate(1 / mean))


def _editor(_scene: Scene, project: Project, chance: Random) -> Window:
    # The first files of a project are the ones most worked on.
    path, language = project.files[int(len(project.files) * chance.random() ** 2)]
    branch = project.branches[int(len(project.branches) * chance.random() ** 2)]
    edited: Data = {
        "file": f"/home/me/src/{project.name}/{path}",
        "project": f"/home/me/src/{project.name}",
        "language": language,
        "branch": branch,
    }
    title = f"{path.rpartition('/')[2]} - {project.name} - Visual Studio Code"
    return Window("Code", title, _lasting(chance, 55), edited=edited)


def _terminal(_scene: Scene, project: Project, chance: Random) -> Window:
    command = chance.choice(("make test", "git", "zsh", "zsh", "less"))
    return Window("Alacritty", f"{command} ~/src/{project.name}", _lasting(chance, 18))


def _browser(device: Device, page: Page, seconds: float) -> Window:
    joint = "—" if device.browser == "firefox" else "-"
    return Window(device.browser_app, f"{page.title} {joint} {device.browser_title}", seconds, page)


def _documentation(scene: Scene, _project: Project, chance: Random) -> Window:
    return _browser(scene.device, chance.choice(cast.DOCUMENTATION), _lasting(chance, 30))


def _issue(scene: Scene, project: Project, chance: Random) -> Window:
    page = cast.issue_page(project, chance.choice(project.issues))
    return _browser(scene.device, page, _lasting(chance, 35))


def _change(scene: Scene, project: Project, chance: Random) -> Window:
    number = 300 + int(chance.random() * 40) + 1
    return _browser(scene.device, cast.change_page(project, number), _lasting(chance, 50))


def _office(scene: Scene, _project: Project, chance: Random) -> Window:
    return _browser(scene.device, chance.choice(cast.OFFICE), _lasting(chance, 35))


def _leisure(scene: Scene, _project: Project, chance: Random) -> Window:
    page = chance.choice(cast.LEISURE)
    return _browser(scene.device, page, _lasting(chance, 240 if page.audible else 25))


def _chat(_scene: Scene, project: Project, chance: Random) -> Window:
    channel = chance.choice(cast.CHANNELS)
    return Window("Slack", f"{channel} (Channel) - {project.client} - Slack", _lasting(chance, 16))


def _mail(_scene: Scene, _project: Project, chance: Random) -> Window:
    return Window("thunderbird", f"{chance.choice(cast.MAIL)} - Mozilla Thunderbird", _lasting(chance, 40))


def _sheet(_scene: Scene, project: Project, chance: Random) -> Window:
    name = f"hours-{project.name}.ods"
    return Window("libreoffice-calc", f"{name} — LibreOffice Calc", _lasting(chance, 50))


def _music(_scene: Scene, _project: Project, chance: Random) -> Window:
    return Window("Spotify", chance.choice(cast.TUNES), _lasting(chance, 8))


def _call(_scene: Scene, project: Project, chance: Random) -> Window:
    return Window("zoom", f"Zoom Meeting - {project.meeting}", _lasting(chance, 400))


_HABITS: dict[Mood, list[tuple[Maker, float]]] = {
    Mood.DEEP: [(_editor, 56), (_terminal, 20), (_documentation, 12), (_issue, 6), (_chat, 4), (_music, 2)],
    Mood.REVIEW: [(_change, 40), (_issue, 20), (_editor, 20), (_terminal, 8), (_chat, 12)],
    Mood.ADMIN: [(_mail, 36), (_chat, 26), (_office, 22), (_sheet, 12), (_issue, 4)],
    Mood.CALL: [(_call, 70), (_issue, 15), (_chat, 15)],
    Mood.LEISURE: [(_leisure, 82), (_chat, 4), (_music, 8), (_mail, 6)],
}
