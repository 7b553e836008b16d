"""Homes with refused records in quarantine, files that repair them, and what then stands on the log."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from clickwatch.domain.place import Place
from clickwatch.repair.exporting import export
from clickwatch.store import quarantine, repairs
from clickwatch.store.database import Store
from clickwatch.store.repairs import Repair
from tests.support.day_homes import stream
from tests.support.installations import Installation

Mend = Callable[[dict[str, Any]], Any]


def refused(number: int, **fields: Any) -> bytes:
    """A record, as a line, that is refused because its time has no offset."""
    event = {"user_id": f"USER_{number % 7}", "product_id": "p", "event_type": "view"}
    time = f"2026-01-26T07:{number // 60 % 60:02}:{number % 60:02}"
    return json.dumps({**event, "timestamp": time, **fields}).encode() + b"\n"


def refused_home(folder: Path, records: Sequence[bytes], partitions: int = 1, **settings: str) -> Installation:
    """A home that has streamed a log of these records, dealt out to its partitions."""
    home = Installation(folder, {"ALERT_HANDLERS": "", "LOG_PARTITIONS": str(partitions), **settings})
    home.append({partition: b"".join(records[partition::partitions]) for partition in range(partitions)})
    stream(home)
    return home


def with_offset(record: dict[str, Any]) -> dict[str, Any]:
    """The record with a time that the contract takes."""
    return {**record, "timestamp": record["timestamp"] + "Z"}


def edited(home: Installation, path: Path, mend: Mend = with_offset) -> Path:
    """A file that repairs all refused records of a home: each `record` as `mend` leaves it."""
    store = home.store()
    with store.read() as connection:
        export(path, quarantine.list_records(connection))
    store.close()
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    path.write_text("".join(json.dumps({**line, "record": mend(line["record"])}) + "\n" for line in lines))
    return path


def known_repairs(home: Installation) -> dict[Place, Repair]:
    """The repairs of all refused records, as the store has them."""
    store: Store = home.store()
    with store.read() as connection:
        places = [record.place for record in quarantine.list_records(connection)]
        found = repairs.of(connection, places)
    store.close()
    return found


def on_the_log(home: Installation) -> dict[Place, bytes]:
    """Every record of the log."""
    return {Place(p, record.offset): record.raw for p, records in home.records().items() for record in records}


def copies(home: Installation) -> Counter[bytes]:
    """How often the log holds each record."""
    return Counter(on_the_log(home).values())
