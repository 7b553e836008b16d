"""What another process does to a home in the tests; each is the target of a spawned process."""

import threading
from multiprocessing.connection import Connection
from pathlib import Path

from tests.support.memory_log import MemoryLog
from tests.support.small_home import SmallHome, shopping


def stream_until_told(home: Path, said: Connection) -> None:
    """Run a pipeline continuously, say so after its first epoch, and stop when told to."""
    stop = threading.Event()

    def begun(_: object) -> None:
        said.send("streaming")

    def wait() -> None:
        said.recv()
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    SmallHome(home).stream(MemoryLog([shopping(0, 3)]), stop=stop, until_caught_up=False, on_epoch=begun)
    said.send("stopped")
