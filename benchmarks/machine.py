"""The machine that was measured on, and how much memory a process on it took."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("duckdb", "pyarrow", "numpy", "deltalake", "sqlalchemy", "confluent-kafka")
_MIB = 1024 * 1024


def description() -> dict[str, str]:
    """Cores, processor, memory, Python and libraries, and how busy the machine is, by what each is called."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _MIB / 1024
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "processor": _processor(),
        "memory": f"{memory:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "libraries": f"{libraries}, SQLite {sqlite3.sqlite_version}",
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def _processor() -> str:
    """The processor's own name."""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def peak_mib(process: int) -> float:
    """The most memory that a process had in use so far, with what its children have for themselves now, in MiB.

    0 if it has ended. From /proc: `ru_maxrss` of a child also counts what its parent had in use at its start.
    """
    return (_status(process, "VmHWM") + sum(_status(child, "RssAnon") for child in _children(process))) / 1024


def _status(process: int, field: str) -> int:
    """A line of a process's status in KiB; 0 if it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text("ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{field}:")), 0)


def _children(process: int) -> list[int]:
    found: list[int] = []
    for thread in Path(f"/proc/{process}/task").glob("*"):
        try:
            found += [int(child) for child in (thread / "children").read_text("ascii").split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
