"""The store in a database of PostgreSQL: who is let in, what is refused, and in which words."""

import pickle
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import DataError

from clickwatch.errors import MissingExtra, NothingStreamed, StoreError
from clickwatch.store.opening import open_store
from clickwatch.store.postgres.database import PostgresDatabase
from clickwatch.store.schema import leases
from clickwatch.store.upsert import write_columns
from dev.postgres_server import USER
from tests.support.databases import Databases

PASSWORD = "s3cret%2Fw%40rd"
UNUSED = "127.0.0.1:9"


def refusal(address: str, *, create: bool = True) -> str:
    """What is said where a store cannot be opened."""
    with pytest.raises(StoreError) as refused:
        open_store(PostgresDatabase(address), create=create).close()
    line = str(refused.value)
    assert "\n" not in line
    assert PASSWORD not in line and "s3cret" not in line
    return line


@pytest.fixture
def stranger(databases: Databases) -> Iterator[str]:
    """A user of the server who may make nothing."""
    run = databases.server.run
    run("psql", "-q", "-d", "postgres", "-c", "create user stranger login password 's3cret/w@rd'")
    yield "stranger"
    run("psql", "-q", "-d", "postgres", "-c", "drop user stranger")


def test_a_wrong_password_says_so_and_is_not_repeated(databases: Databases) -> None:
    databases.empty()
    line = refusal(databases.server.address("db_1", password=PASSWORD))
    assert 'password authentication failed for user "clickwatch"' in line
    assert "Correct DATABASE_URL: the user or the password is wrong" in line


def test_a_database_that_is_not_there_is_not_made(databases: Databases) -> None:
    line = refusal(databases.server.address("nowhere"))
    assert "The store nowhere on PostgreSQL at 127.0.0.1:" in line
    assert 'database "nowhere" does not exist' in line
    assert "createdb --encoding=UTF8" in line


def test_a_server_that_is_away_says_so_at_once(databases: Databases) -> None:
    line = refusal(f"postgresql://{USER}:{PASSWORD}@{UNUSED}/shop")
    assert f"The store shop on PostgreSQL at {UNUSED} does not answer (Connection refused)" in line
    assert "Look whether the server runs" in line


def test_a_name_that_nobody_knows_says_so() -> None:
    line = refusal(f"postgresql://{USER}:{PASSWORD}@nowhere.invalid/shop")
    assert "nowhere.invalid does not answer" in line


def test_an_option_that_is_none_is_a_matter_of_the_address(databases: Databases) -> None:
    assert 'invalid sslmode value: "silly"' in refusal(f"postgresql://u:{PASSWORD}@{UNUSED}/shop?sslmode=silly")
    assert "Correct DATABASE_URL" in refusal(f"postgresql://u:{PASSWORD}@{UNUSED}/shop?silly=1")


def test_a_server_without_tls_is_refused_where_tls_is_asked_for(databases: Databases) -> None:
    line = refusal(f"{databases.empty()}?sslmode=require")
    assert "server does not support SSL, but SSL was required" in line
    assert "sslmode" in line


def test_a_user_who_may_make_nothing_is_told_what_to_grant(databases: Databases, stranger: str) -> None:
    name = databases.empty().rpartition("/")[2]
    line = refusal(databases.server.address(name, user=stranger, password=PASSWORD))
    assert "permission denied for schema public" in line
    assert "GRANT CREATE, USAGE ON SCHEMA public" in line


def test_a_standby_is_refused_for_writing(databases: Databases) -> None:
    line = refusal(f"{databases.empty()}?options=-c%20default_transaction_read_only%3Don")
    assert "read-only transaction" in line
    assert "name the primary server" in line


def test_an_encoding_that_does_not_take_every_name_is_refused(databases: Databases) -> None:
    databases.server.run("createdb", "--encoding=LATIN1", "--locale=C", "--template=template0", "latin")
    address = databases.server.address("latin")
    assert "encoded as LATIN1" in refusal(address)
    with pytest.raises(NothingStreamed):
        open_store(PostgresDatabase(address), create=False)


def test_another_program_s_tables_are_left_alone(databases: Databases) -> None:
    address = databases.empty()
    name = address.rpartition("/")[2]
    mine = "create table alerts (mine int); insert into alerts values (7)"
    databases.server.run("psql", "-q", "-d", name, "-c", mine)
    assert "name an empty database in DATABASE_URL" in refusal(address)
    with PostgresDatabase(address).engine().connect() as connection:
        assert connection.execute(text("select mine from alerts")).scalars().all() == [7]
        assert connection.execute(text("select to_regclass('epochs')")).scalar() is None


@pytest.mark.parametrize("create", [True, False])
def test_another_program_that_counts_its_versions_in_the_same_way_is_no_newer_clickwatch(
    databases: Databases, create: bool
) -> None:
    address = databases.empty()
    theirs = (
        "create table alembic_version (version_num varchar(32)); insert into alembic_version values ('e00344393f31')"
    )
    databases.server.run("psql", "-q", "-d", address.rpartition("/")[2], "-c", theirs)
    line = refusal(address, create=create)
    assert "Tables of something else are in the way in the store" in line and "(schema e00344393f31)" in line
    assert "Name an empty database in DATABASE_URL" in line
    with PostgresDatabase(address).engine().connect() as connection:
        assert connection.execute(text("select version_num from alembic_version")).scalars().all() == ["e00344393f31"]
        assert connection.execute(text("select to_regclass('epochs')")).scalar() is None


def test_without_the_driver_one_is_told_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'clickwatch\[postgres\]'"):
        open_store(PostgresDatabase(f"postgresql://u:{PASSWORD}@{UNUSED}/shop"), create=True)


def test_a_place_shows_no_password_and_travels_to_other_processes() -> None:
    place = PostgresDatabase(f"postgresql://u:{PASSWORD}@{UNUSED}/shop")
    assert "s3cret" not in f"{place!r} {place.name}"
    assert pickle.loads(pickle.dumps(place)) == place


def test_a_commit_is_on_the_disk_when_it_returns_whatever_the_server_s_default(databases: Databases) -> None:
    store = open_store(PostgresDatabase(databases.blank()), create=False)
    with store.begin() as connection:
        assert setting(connection, "synchronous_commit") == "on"
        assert setting(connection, "transaction_isolation") == "read committed"
    with store.read() as connection:
        assert setting(connection, "transaction_isolation") == "repeatable read"
        assert setting(connection, "transaction_read_only") == "on"
    store.close()


def test_text_that_is_too_long_for_its_column_is_refused_and_not_cut(databases: Databases) -> None:
    store = open_store(PostgresDatabase(databases.blank()), create=False)
    row: dict[str, list[object]] = {"name": ["n" * 33], "token": [1], "holder": ["h"], "expires_at": [0]}
    with pytest.raises(DataError, match="too long"), store.begin() as connection:
        write_columns(connection, insert(leases), row)
    store.close()


def setting(connection: Connection, name: str) -> str:
    return str(connection.execute(select(func.current_setting(name))).scalar_one())
