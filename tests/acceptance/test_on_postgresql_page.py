"""The page "On PostgreSQL", followed from top to bottom with a server that is there."""

from pathlib import Path

from tests.support.databases import Databases
from tests.support.pages import PageReader, blocks, is_printed
from tests.support.repository import ROOT

_PAGE = ROOT / "docs" / "on-postgresql.md"


def test_the_page_is_followed_from_an_empty_database_to_a_moved_store(tmp_path: Path, databases: Databases) -> None:
    reader = PageReader(tmp_path)
    reader.environment |= {"DATABASE_URL": databases.empty(), "ADDRESS": databases.empty(), "ALERT_HANDLERS": ""}
    output = ""
    for block in blocks(_PAGE):
        if block.kind == "text":
            assert is_printed(block.text, output), f"the page shows\n{block.text}\nand it was\n{output}"
        else:
            output = reader.run(block)


def test_what_is_dumped_can_be_restored(databases: Databases, tmp_path: Path) -> None:
    run, name = databases.server.run, databases.blank().rpartition("/")[2]
    run("psql", "-q", "-d", name, "-c", "insert into requests values ('archive_through', 7)")
    run("pg_dump", "--format=custom", f"--file={tmp_path / 'shop.dump'}", f"--dbname={name}")
    run("psql", "-q", "-d", name, "-c", "update requests set value = 8")
    run("pg_restore", "--clean", "--if-exists", f"--dbname={name}", str(tmp_path / "shop.dump"))
    assert run("psql", "-qtA", "-d", name, "-c", "select value from requests").strip() == "7"
