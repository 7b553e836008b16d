"""DATABASE_URL: which addresses are taken, and that none is ever repeated."""

import pytest

from clickwatch.errors import SettingsError
from clickwatch.settings import load_settings
from clickwatch.store.postgres.address import check_address, described
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.sqlite.file import SqliteFile
from clickwatch.wiring.stores import store_place


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://u:p@db.example:5433/shop", "shop on PostgreSQL at db.example:5433"),
        ("postgresql+psycopg://u:p%40q@db/shop%20one?sslmode=verify-full", "shop one on PostgreSQL at db"),
        ("postgresql://u@/shop?host=/run/postgresql", "shop on PostgreSQL at /run/postgresql"),
        ("postgresql:///shop", "shop on PostgreSQL at this machine"),
        ("postgresql://u:p@/shop?host=one,two", "shop on PostgreSQL at one,two"),
    ],
)
def test_an_address_is_described_without_user_and_password(address: str, words: str) -> None:
    assert check_address(address) == address
    assert described(address) == words


@pytest.mark.parametrize(
    "address",
    [
        "mysql://u:s3cret@db/shop",
        "postgres://u:s3cret@db/shop",
        "postgresql+psycopg2://u:s3cret@db/shop",
        "sqlite:///s3cret.db",
        "s3cret",
        "postgresql://u:s3cret@db",
        "postgresql://u:s3cret@db/",
        "postgresql://u:s3cret@db:port/shop",
        "postgresql://u:s3cret/w@db:5432/shop",
        "postgresql://u:s3cret@[db/shop",
        "postgresql://u:x@s3cret@db/shop",
        "postgresql://u:x@s3cret:y@db/shop",
    ],
)
def test_any_other_address_is_one_line_that_says_what_it_has_to_be(address: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(database_url=address)
    line = str(refused.value)
    assert line.startswith("DATABASE_URL: it ")
    assert "postgresql://USER:PASSWORD@HOST:5432/DATABASE" in line
    assert "s3cret" not in line and "\n" not in line


@pytest.mark.parametrize("empty", ["", "  "])
def test_empty_is_the_file_in_the_home(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    monkeypatch.setenv("DATABASE_URL", empty)
    assert isinstance(store_place(load_settings()), SqliteFile)


def test_the_settings_do_not_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:s3cret@db/shop")
    settings = load_settings()
    assert "s3cret" not in repr(settings)
    assert isinstance(store_place(settings), PostgresDatabase)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_the_driver_is_always_the_same(scheme: str) -> None:
    engine = PostgresDatabase(f"{scheme}://u:p@db/shop").engine()
    assert engine.dialect.driver == "psycopg"
