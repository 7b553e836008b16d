"""A process that delivers a store's outbox to a file until it is killed: `python -m tests.support.alert_courier`."""

import sys
import time
from pathlib import Path
from random import Random

from clickwatch.speed.alerts.dispatch import Dispatcher
from clickwatch.speed.alerts.handlers.file import FileHandler
from clickwatch.store.opening import open_store
from clickwatch.store.sqlite.file import SqliteFile


def main(folder: Path) -> None:
    """Deliver all that is due; a line on standard output once the work begins, and one when nothing is left."""
    store = open_store(SqliteFile(folder / "store.db"), create=False)
    handler = FileHandler(folder / "alerts.jsonl")
    dispatcher = Dispatcher(store, handler, lambda: time.time_ns() // 1000, Random(1))
    print("begins", flush=True)
    while dispatcher.deliver_due():
        pass
    print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
