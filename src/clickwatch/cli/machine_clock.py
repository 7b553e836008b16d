"""The clock of the machine, by which cron goes: not that of a shell, which may have another TZ."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")
"""The time zone of the machine; where there is none, it is UTC."""


def offsets_from_utc(tonight: datetime, localtime: Path = LOCALTIME) -> list[timedelta]:
    """How far the machine's clock is ahead of UTC at a time (UTC), and so on each of the 365 nights after."""
    if not localtime.exists():
        return [timedelta()]
    with localtime.open("rb") as file:
        zone = ZoneInfo.from_file(file)
    nights = (tonight + timedelta(days=number) for number in range(366))
    return [night.astimezone(zone).utcoffset() or timedelta() for night in nights]
