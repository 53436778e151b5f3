"""What systemd is told: a socket that is never closed, and a server that may do only what it does.

The server needs its two directories, the keychain over D-Bus (a Unix socket), netlink to learn who is at the
other end of a connection, and the Internet protocols. All else is taken from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType

from hourloom.core.errors import Refused

NAME = "hourloom"
SOCKET, SERVICE = f"{NAME}.socket", f"{NAME}.service"

_SOCKET = """\
[Unit]
Description=The address of Hourloom, open while its server starts and restarts

[Socket]
ListenStream={address}
Backlog=1024

[Install]
WantedBy=sockets.target
"""

_SERVICE = """\
[Unit]
Description=Hourloom, which records what you do on this computer
Requires={socket}
After={socket}
# A watcher that finds no server loses what it has to say, so that starting is never given up.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={command}
{environment}Restart=on-failure
RestartSec=2
# Wrong usage, and a database that only a person can open: starting again would change nothing.
RestartPreventExitStatus=2 3
TimeoutStopSec=20
UMask=0077
OOMScoreAdjust=200

# Files: nothing can be written but what is named here. A user's manager needs PrivateUsers for it.
PrivateUsers=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writable}
PrivateTmp=yes
PrivateDevices=yes
ProtectProc=invisible

# The kernel and the computer as a whole.
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes

# Rights: none to gain, and no way to others.
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private

# The network: HTTP, the local socket and D-Bus, and netlink to ask whose a connection is.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK

# What its workers need to shut themselves in is no part of the set of older versions.
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
SystemCallErrorNumber=EPERM

[Install]
WantedBy=default.target
"""


class NoUnitForThat(Refused):
    """systemd cannot be told of {what}."""


def units(
    host: str,
    port: int,
    command: Sequence[str],
    writable: Sequence[Path],
    environment: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Return the text of each unit by its file name."""
    lines = [f"Environment={_quoted(f'{name}={value}')}\n" for name, value in sorted(environment.items())]
    service = _SERVICE.format(
        socket=SOCKET,
        command=" ".join(_quoted(word, "$") for word in command),
        environment="".join(lines),
        writable=" ".join(_quoted(str(path)) for path in writable),
    )
    return {SOCKET: _SOCKET.format(address=_address(host, port)), SERVICE: service}


def _address(host: str, port: int) -> str:
    if not port:
        raise NoUnitForThat(what="port 0, which means any port")
    try:
        found = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise NoUnitForThat(what=f"the host {host}; name its address") from None
    return f"[{found}]:{port}" if found.version == 6 else f"{found}:{port}"


def _quoted(word: str, also_doubled: str = "") -> str:
    """Write a word so that systemd reads it as it is: no specifiers, no variables, no second word."""
    if not word.isprintable():
        raise NoUnitForThat(what=f"{word!r}, which holds what cannot be printed")
    for character in "%" + also_doubled:
        word = word.replace(character, character * 2)
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
