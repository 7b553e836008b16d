"""The masters of a standalone cluster: whether one of them takes connections. Spark takes a minute to tell."""

import re
import socket
import time

from clickwatch.errors import SparkFailed

_CLUSTER = re.compile(r"spark://(.+)")
_PLACE = re.compile(r"\[?([^,]+?)\]?:([0-9]+)")
_TRY_SECONDS = 3.0
_NAP_SECONDS = 0.2


def await_master(master: str, patience: float = 10.0) -> None:
    """Return as soon as one of the masters in an address such as `spark://one:7077,two:7077` takes connections.

    At once if it is no such address. Raises SparkFailed if none has after `patience` seconds.
    """
    places = _places(master)
    give_up = time.monotonic() + patience
    while places and (reason := _unanswered(places)):
        if time.monotonic() >= give_up:
            problem = f"Spark does not start: no master answers at {master} ({reason})"
            raise SparkFailed(problem, "Start it, or name another one with SPARK_MASTER; then run this again")
        time.sleep(_NAP_SECONDS)


def _places(master: str) -> list[tuple[str, int]]:
    cluster = _CLUSTER.fullmatch(master)
    found = [_PLACE.fullmatch(place) for place in cluster[1].split(",")] if cluster else []
    return [(place[1], int(place[2])) for place in found if place]


def _unanswered(places: list[tuple[str, int]]) -> str | None:
    """Why the last of them does not answer; None if one does."""
    reason = None
    for place in places:
        try:
            socket.create_connection(place, timeout=_TRY_SECONDS).close()
        except OSError as error:
            reason = error.strerror or str(error)
        else:
            return None
    return reason
