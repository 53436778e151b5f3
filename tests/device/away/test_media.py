"""Media players on a real bus, and devices that are files of the test's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hourloom.device.away.media import PLAYER, PLAYER_PATH, PREFIX, MediaPlayers, Recordings
from hourloom.device.away.presence import Rule
from hourloom.device.bus import Body, Bus, Exported, Property
from hourloom.device.ports import CannotBind
from tests.device.away.asking import lost, states
from tests.device.away.buses import PrivateBus

ON = Rule(media=True)


class StandInForPlayer:
    """A player that speaks MPRIS."""

    def __init__(self, bus: Bus, name: str) -> None:
        self.bus, self.status, self.owned = bus, "Paused", list[bool]()
        bus.export(
            PLAYER_PATH, PLAYER, Exported(properties={"PlaybackStatus": Property("s", lambda: self.status)})
        )
        bus.own(f"{PREFIX}.{name}", self.owned.append)
        while not self.owned:
            bus.read()

    def be(self, status: str) -> None:
        self.status = status
        body: Body = (PLAYER, {"PlaybackStatus": ("s", status), "Rate": ("d", 1.0)}, [])
        self.bus.emit(PLAYER_PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", *body)


def test_a_player_plays_pauses_and_ends(private_bus: PrivateBus) -> None:
    with private_bus.connected() as one, private_bus.connected() as two, private_bus.connected() as stranger:
        player = StandInForPlayer(one, "one")
        bound = MediaPlayers(private_bus.environment, lambda: ON).bind()
        states(bound, "quiet", also=one.read)
        # Whoever is no player is not believed.
        body: Body = (PLAYER, {"PlaybackStatus": ("s", "Playing")}, [])
        stranger.emit(PLAYER_PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", *body)
        player.be("Playing")
        states(bound, "playing", also=one.read)
        late = StandInForPlayer(two, "two")
        late.be("Playing")
        player.be("Paused")
        bound.observe()
        late.be("Stopped")
        states(bound, "quiet", also=two.read)
        late.be("Playing")
        states(bound, "playing", also=two.read)
        two.close()
        states(bound, "quiet", also=one.read)
        bound.close()


def test_one_that_plays_already_is_known(private_bus: PrivateBus) -> None:
    with private_bus.connected() as one:
        StandInForPlayer(one, "one").status = "Playing"
        bound = MediaPlayers(private_bus.environment, lambda: ON).bind()
        states(bound, "playing", also=one.read)
        bound.close()


def test_nothing_is_looked_at_unless_it_was_asked_for(private_bus: PrivateBus, tmp_path: Path) -> None:
    rule = [Rule()]
    for source in (
        MediaPlayers(private_bus.environment, lambda: rule[0]),
        Recordings(lambda: rule[0], root=tmp_path),
    ):
        with pytest.raises(CannotBind, match="do not count"):
            source.bind()
    rule[0] = ON
    bound = MediaPlayers(private_bus.environment, lambda: rule[0]).bind()
    rule[0] = Rule()
    assert lost(bound) == 1
    bound.close()


linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@linux
def test_a_microphone_and_a_camera_are_heard_opening_and_closing(tmp_path: Path) -> None:
    sound, camera = tmp_path / "dev/snd/pcmC0D0c", tmp_path / "dev/video0"
    status = tmp_path / "proc/asound/card0/pcm0c/sub0/status"
    for each, text in ((sound, ""), (camera, ""), (status, "closed\n")):
        each.parent.mkdir(parents=True, exist_ok=True)
        each.write_text(text)
    bound = Recordings(lambda: ON, root=tmp_path).bind()
    states(bound, "quiet")
    with sound.open():
        status.write_text("state: RUNNING\nowner_pid   : 1\n")
    states(bound, "playing")
    assert bound.due() is not None
    status.write_text("closed\n")
    with sound.open():
        pass
    states(bound, "quiet")
    with camera.open(), camera.open():
        states(bound, "playing")
    states(bound, "quiet")
    bound.close()


@linux
def test_without_devices_there_is_nothing_to_hear(tmp_path: Path) -> None:
    with pytest.raises(CannotBind, match="Neither"):
        Recordings(lambda: ON, root=tmp_path).bind()
