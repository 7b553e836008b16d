"""Every test runs in an empty folder, with a home and keys of its own, whatever the developer has set."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

from clickwatch.settings import AppSettings, current_settings
from dev.broker import Broker
from dev.postgres_server import PostgresServer
from tests.support import proof
from tests.support.commands import CommandServer
from tests.support.databases import Databases
from tests.support.repository import ROOT

for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)  # readline, which pytest loads, leaves them for the workers that pytest starts

settings.register_profile(
    "clickwatch",
    database=DirectoryBasedExampleDatabase(ROOT / ".hypothesis" / "examples"),
    deadline=None,
    print_blob=True,
)
settings.load_profile("clickwatch")


@pytest.fixture(autouse=True)
def _own_installation(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, `.env`, home or key of the developer reaches a test, nor a process that it starts."""
    for name in AppSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    folder = tmp_path_factory.mktemp("installation")
    monkeypatch.setenv("CLICKWATCH_HOME", str(folder / "home"))
    monkeypatch.setenv("PSEUDONYM_KEY_FILE", str(folder / "keys"))
    monkeypatch.chdir(folder)
    current_settings.cache_clear()


@pytest.fixture(scope="session")
def proof_scale() -> int:
    """How many times the usual effort this run takes: multiply kills, examples and records by it."""
    return proof.proof_scale()


@pytest.fixture(scope="session")
def commands() -> Iterator[CommandServer]:
    """Starts commands quickly, each in a process of its own."""
    server = CommandServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A Kafka broker for the whole run; a test that stops or kills one has its own."""
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Databases on one PostgreSQL server for the whole run; a test that stops or breaks off one has its own."""
    server = PostgresServer(fast=True)
    server.start()
    yield Databases(server)
    server.close()
