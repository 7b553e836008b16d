"""Readers in the midst of their transactions, and a stream that commits: neither waits for the other."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from clickwatch.store import epochs, windows
from clickwatch.wiring.pipeline import run_stream
from tests.support.databases import Databases
from tests.support.installations import Installation, assert_true
from tests.support.mixed_clicks import MixedClicks

READERS = 5


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """A home with some windows in its store, and as much again on its log."""
    settings = {"ALERT_HANDLERS": "", "LOG_PARTITIONS": "2", "EPOCH_MAX_BYTES": "20000"}
    if request.param == "postgres":
        databases: Databases = request.getfixturevalue("databases")
        settings["DATABASE_URL"] = databases.empty()
    shop, clicks = Installation(tmp_path / "shop", settings), MixedClicks(8, 2)
    shop.append(clicks.batch(3000))
    stream(shop)
    shop.append(clicks.batch(3000))
    yield shop


def stream(shop: Installation) -> None:
    run_stream(shop.app_settings(), threading.Event(), until_caught_up=True)


def test_neither_waits_for_the_other(shop: Installation) -> None:
    with closing(shop.store()) as store, ExitStack() as held:
        before = store.look(epochs.last_epoch)
        readers = [held.enter_context(store.read()) for _ in range(READERS)]
        lists = [windows.list_windows(reader) for reader in readers]
        read = [[next(rows)] for rows in lists]
        began = time.monotonic()
        stream(shop)
        took = time.monotonic() - began
        assert store.look(epochs.last_epoch) > before + 10
        for mine, rows in zip(read, lists, strict=True):
            mine.extend(rows)
        assert all(mine == read[0] for mine in read), "each reads on in what it began with"
        assert {epochs.last_epoch(reader) for reader in readers} == {before}
        assert sum(1 for _ in store.look(lambda c: list(windows.list_windows(c)))) > len(read[0])
    assert took < 10, "the lock of a database is waited for ten seconds"
    assert_true(shop.outcome(), shop.truth())
