"""`make broker`: a Kafka broker on this machine until Ctrl-C; its data goes with it."""

import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from dev.broker import Broker, BrokerError
from scripts.set_up import SetUpError

_HOW_TO = """\
A Kafka broker listens on {servers}, and nowhere else. Ctrl-C stops it and removes its data.
In another terminal, in this folder:

    export KAFKA_BOOTSTRAP_SERVERS={servers} PATH=$PWD/.venv/bin:$PATH
    clickwatch produce --to kafka --profile day --events 100000
    clickwatch stream --from kafka
"""


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run the broker in the foreground; the exit code is 0 if it was stopped, 1 if it ended by itself."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # also where a parent in the background had them ignored
        signal.signal(ending, _end)
    with tempfile.TemporaryDirectory(prefix="clickwatch-broker-") as folder:
        broker = Broker(Path(folder))
        try:
            broker.start()
            print(_HOW_TO.format(servers=broker.servers()), flush=True)
            broker.wait()
            print("The broker ended by itself.", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nStopping the broker.", flush=True)
            return 0
        finally:
            broker.kill()  # its data goes with it: there is nothing to save


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (SetUpError, BrokerError) as error:
        sys.exit(f"clickwatch: {error}.")
