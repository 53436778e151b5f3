"""What can be done with beats of editors, one class per concern."""

from hourloom.wakatime.service.dumps import EditorDumps
from hourloom.wakatime.service.elsewhere import EditorElsewhere
from hourloom.wakatime.service.goals import EditorGoals
from hourloom.wakatime.service.overview import EditorOverview
from hourloom.wakatime.service.recording import EditorRecording
from hourloom.wakatime.service.things import EditorThings
from hourloom.wakatime.service.time import EditorTime

__all__ = [
    "EditorDumps",
    "EditorElsewhere",
    "EditorGoals",
    "EditorOverview",
    "EditorRecording",
    "EditorThings",
    "EditorTime",
]
