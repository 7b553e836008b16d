"""Who a shopper is stands in the log and, of refused records, in quarantine; nowhere else, and the key nowhere."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from clickwatch.wiring.batch import run_day
from tests.support.day_homes import MONDAY, TUESDAY, click, stream
from tests.support.installations import KEY, Installation

USER, DROPPED = "maria.rossi", "maria@example.org"
NAMES = (USER.encode(), DROPPED.encode(), KEY.encode(), bytes.fromhex(KEY))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A home where one user has been seen, alerted about, refused, and reported."""
    folder = tmp_path_factory.mktemp("shop") / "home"
    home = Installation(folder, {"ALERT_MIN_VIEWS_THRESHOLD": "0", "ALERT_MAX_AGE": "36500d", "ALERT_HANDLERS": "file"})
    seen = click(MONDAY, 1, user_id=USER, email=DROPPED)
    refused = click(MONDAY, 2, user_id=USER, email=DROPPED, event_type="stare")
    home.append({0: seen + refused + click(TUESDAY, 30, user_id=USER)})
    stream(home)
    run_day(home.app_settings(), MONDAY)
    return home


def contents(home: Installation) -> Iterator[tuple[str, bytes]]:
    """Every file of the home outside its log, and every table of its store, as plain bytes."""
    for path in home.folder.rglob("*"):
        if path.is_file() and not path.is_relative_to(home.home.log) and not path.name.startswith("store.sqlite"):
            yield path.name, path.read_bytes() + plain(path)
    with closing(sqlite3.connect(home.home.store)) as store:
        for (table,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            yield table, b"\n".join(map(as_bytes, store.execute(f"SELECT * FROM {table}").fetchall()))  # noqa: S608


def plain(path: Path) -> bytes:
    """What a Parquet file holds, without its compression; nothing of other files."""
    return str(pq.read_table(path).to_pylist()).encode() if path.suffix == ".parquet" else b""


def as_bytes(row: tuple[object, ...]) -> bytes:
    return b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row)


def test_what_is_looked_for_is_found_where_it_has_to_be(home: Installation) -> None:
    logged = b"".join(path.read_bytes() for path in home.home.log.rglob("*.ndjson"))
    assert USER.encode() in logged and DROPPED.encode() in logged
    found = dict(contents(home))
    assert {"quarantine", "user_segments", "deliveries", "alerts.jsonl", "user_segments_20260126.csv"} <= set(found)
    assert any(name.endswith(".parquet") for name in found)
    assert all(found[name] for name in ("quarantine", "user_segments", "deliveries", "alerts.jsonl"))


def test_no_file_or_table_but_quarantine_says_who_the_user_is_or_has_the_key(home: Installation) -> None:
    telling = {name for name, content in contents(home) for word in NAMES if word in content}
    assert telling == {"quarantine"}


def test_the_reports_have_the_pseudonym(home: Installation) -> None:
    [line] = (home.home.reports / "user_segments_20260126.csv").read_text("utf-8").splitlines()[1:]
    key_id, _, mac = line.split(",")[0].partition("-")
    assert (len(key_id), len(mac)) == (8, 32)
