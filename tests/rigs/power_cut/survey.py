"""Cut the power many times in a recording, and count what acknowledged things are gone."""

import random
import tempfile
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from tests.rigs.power_cut.images import Disk, write_image
from tests.rigs.power_cut.recording import Record, Recording


class Damaged(Exception):
    """The files of an image do not open, or fail their integrity check."""


Examine = Callable[[Path, AbstractSet[str]], AbstractSet[str]]
"""Look into an image for what was acknowledged and return what of it is missing; raise Damaged."""


@dataclass
class Findings:
    """What a survey saw: of each image with a loss its seed, to make it again."""

    images: int = 0
    acknowledged: int = 0
    lossy: dict[int, list[str]] = field(default_factory=dict)
    damaged: dict[int, str] = field(default_factory=dict)

    def __str__(self) -> str:
        worst = max(map(len, self.lossy.values()), default=0)
        return (
            f"{self.images} images, up to {self.acknowledged} acknowledged: "
            f"{len(self.lossy)} with losses (at most {worst}), {len(self.damaged)} damaged"
        )


def survey(recording: Recording, examine: Examine, images: int = 300, seed: int = 1) -> Findings:
    """Make images of cuts: half of them just after an acknowledgement, a quarter in the set-up."""
    records, rng = list(recording.records()), random.Random(seed)
    marks = [at for at, record in enumerate(records) if record.kind == "M"]
    moments = [rng.choice(marks) for _ in range(images // 2)]
    moments += [rng.choice(before_syncs(records) or marks) for _ in range(images // 4)]
    moments += [rng.randrange(len(records)) for _ in range(images - len(moments))]
    return survey_at(recording, examine, moments, seed)


def survey_set_up(recording: Recording, examine: Examine, each: int, seed: int = 1) -> Findings:
    """Make so many images just before each sync that came before the first acknowledgement."""
    moments = before_syncs(list(recording.records())) * each
    return survey_at(recording, examine, moments, seed)


def survey_change(recording: Recording, examine: Examine, images: int, seed: int = 1) -> Findings:
    """Make images around the moments that decide: before syncs, behind changes of names, at the end."""
    records, rng = list(recording.records()), random.Random(seed)
    decisive = [at - 1 for at, record in enumerate(records) if record.kind == "S" and at]
    decisive += [at for at, record in enumerate(records) if record.kind in "RULM"]
    most = images * 3 // 4
    # Evenly from the first to the last; where there are few, each several times.
    moments = [decisive[at * len(decisive) // most] for at in range(most)]
    moments += [rng.randrange(len(records)) for _ in range(images - most)]
    return survey_at(recording, examine, moments, seed)


def before_syncs(records: list[Record]) -> list[int]:
    """Return the moments just before each sync of the set-up, when most is in the balance."""
    first = next(at for at, record in enumerate(records) if record.kind == "M")
    return [at - 1 for at, record in enumerate(records[:first]) if record.kind == "S"]


def survey_at(recording: Recording, examine: Examine, moments: list[int], seed: int) -> Findings:
    """Make an image of a cut at each of these moments, and examine it."""
    findings = Findings(len(moments))
    for number, disk in enumerate(cuts(recording, sorted(moments))):
        findings.acknowledged = len(disk.marks)
        with tempfile.TemporaryDirectory(prefix="power-cut-") as folder:
            write_image(disk.after_cut(random.Random(f"{seed}-{number}")), recording.root, Path(folder))
            try:
                lost = examine(Path(folder), set(disk.marks))
            except Damaged as damage:
                findings.damaged[number] = str(damage)
            else:
                if lost:
                    findings.lossy[number] = sorted(lost)
    return findings


def cuts(recording: Recording, moments: list[int]) -> Iterator[Disk]:
    """Replay the recording and stop at these moments of it, which are in order."""
    records, disk, replayed = list(recording.records()), Disk(recording), 0
    for moment in moments:
        for record in records[replayed : moment + 1]:
            disk.replay(record)
        replayed = max(replayed, moment + 1)
        yield disk
