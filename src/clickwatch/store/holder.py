"""Who holds a lease: a process, named so that its death can be proved and never guessed.

The name is `host:boot:namespace:pid:start`. Process numbers are used again, after a reboot all of them, and mean
nothing in another container; so boot, process namespace and start time belong to the name. Where a system does
not tell one of them, it is `-`.
"""

import os
import platform
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

_PROC = Path("/proc")
_ENDED = ("Z", "X")  # a zombie holds no file and no lock any more


@dataclass(frozen=True)
class _Process:
    host: str
    boot: str
    namespace: str
    pid: str
    start: str


def this_process() -> str:
    """The holder name of the running process."""
    return ":".join(astuple(_this()))


def described(holder: str) -> str:
    """The holder for people, such as `process 4711 on shop-1`; a foreign name as it is."""
    parts = holder.rsplit(":", 4)
    return f"process {parts[3]} on {parts[0]}" if len(parts) == 5 else holder


def is_dead(holder: str) -> bool:
    """Whether that process has surely ended: gone from this machine, or from before its last boot.

    False for a process of another machine or container, which cannot be seen from here, and for a foreign name.
    """
    parts = holder.rsplit(":", 4)
    if len(parts) != 5 or not parts[3].isdecimal():
        return False
    there, here = _Process(*parts), _this()
    if there.host != here.host:
        return False
    if there.boot != here.boot:
        return "-" not in (there.boot, here.boot)
    return there.namespace == here.namespace and _has_ended(int(there.pid), there.start)


def _has_ended(pid: int, start: str) -> bool:
    try:
        with suppress(PermissionError):  # it lives, and is another user's
            os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state, started = _state_and_start(pid)
    return state in _ENDED or (start != "-" and started != "-" and started != start)


def _this() -> _Process:
    _, start = _state_and_start(os.getpid())
    return _Process(platform.node() or "-", _boot(), _namespace(), str(os.getpid()), start)


def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "-"


def _namespace() -> str:
    try:
        return str((_PROC / "self/ns/pid").stat().st_ino)
    except OSError:
        return "-"


def _state_and_start(pid: int) -> tuple[str, str]:
    """State letter and start time in clock ticks since boot: fields 3 and 22 of proc_pid_stat(5)."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return "-", "-"
    # The second field is the command's name in brackets, and may hold brackets and blanks itself.
    fields = stat.rpartition(")")[2].split()
    return fields[0], fields[19]
