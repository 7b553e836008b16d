"""Who holds a lease: a process, named so that its death can be proved and never guessed.

The name is `host:machine:boot:namespace:pid:start`. Process numbers are used again, after a reboot all of them, and
mean nothing in another container; so boot, process namespace and start time belong to the name. Two machines may have
the same host name: what belongs to another boot is only dead if it is of the same machine, by a fingerprint of its
machine-id(5). Where a system does not tell one of them, it is `-`.
"""

import hashlib
import os
import platform
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

_PROC = Path("/proc")
_MACHINE_ID = Path("/etc/machine-id")
_ENDED = ("Z", "X")  # a zombie holds no file and no lock any more


@dataclass(frozen=True)
class _Process:
    host: str
    machine: str
    boot: str
    namespace: str
    pid: str
    start: str


def this_process() -> str:
    """The holder name of the running process."""
    return ":".join(astuple(_this()))


def described(holder: str) -> str:
    """The holder for people, such as `process 4711 on shop-1`; a foreign name as it is."""
    process = _named(holder)
    return f"process {process.pid} on {process.host}" if process else holder


def is_dead(holder: str) -> bool:
    """Whether that process has surely ended: gone from this machine, or from before its last boot.

    False for a process of another machine or container, which cannot be seen from here, and for a foreign name.
    """
    there, here = _named(holder), _this()
    if there is None or not there.pid.isdecimal() or there.host != here.host:
        return False
    if there.boot != here.boot:
        return there.machine == here.machine and "-" not in (there.machine, there.boot, here.boot)
    return there.namespace == here.namespace and _has_ended(int(there.pid), there.start)


def _named(holder: str) -> _Process | None:
    parts = holder.rsplit(":", 5)
    return _Process(*parts) if len(parts) == 6 else None


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
    return _Process(platform.node() or "-", _machine(), _boot(), _namespace(), str(os.getpid()), start)


def _machine() -> str:
    """A fingerprint: the id itself is not to be shown to others, says machine-id(5)."""
    try:
        return hashlib.sha256(b"clickwatch:" + _MACHINE_ID.read_bytes().strip()).hexdigest()[:16]
    except OSError:
        return "-"


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
