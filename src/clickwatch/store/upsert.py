"""Insert, change or delete many rows at once: the only place where the databases' SQL differs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    String,
    Table,
    TableClause,
    TableValuedAlias,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

UpsertInsert: TypeAlias = "sqlite.Insert | postgresql.Insert"
Parameters: TypeAlias = "Mapping[str, Any] | Sequence[Mapping[str, Any]]"


def insert_into(dialect: str, table: Table) -> UpsertInsert:
    """An insert that knows `on_conflict_do_update`, in the words of a database by SQLAlchemy's name for it."""
    if dialect != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # loaded where it is used: it takes a while

    return postgresql.insert(table)


@lru_cache
def replacing(dialect: str, table: Table) -> UpsertInsert:
    """An insert that takes the place of the row with the same primary key."""
    statement = insert_into(dialect, table)
    others = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)


def adding(dialect: str, table: Table, counts: Sequence[str], **changes: Any) -> UpsertInsert:
    """An insert that adds `counts` to the row with the same primary key; `changes` sets further columns of it."""
    statement = insert_into(dialect, table)
    sums = {name: table.c[name] + statement.excluded[name] for name in counts}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_={**sums, **changes})


def write_columns(connection: Connection, statement: Insert, columns: Mapping[str, Sequence[Any]]) -> None:
    """Run `statement` once per row; `columns` holds every column of its table, as plain Python values."""
    if not len(next(iter(columns.values()))):
        return
    if connection.dialect.name == "postgresql":
        for some in _with_each_key_once(statement, columns):
            connection.execute(_of_arrays(statement, tuple(some)), {name: _array(some[name]) for name in some})
        return
    # Positions in place of one dict per row: twice as fast. These column types need no conversion on the way in.
    compiled = _compiled(statement, connection.dialect)
    assert compiled.positiontup is not None
    values = zip(*(columns[name] for name in compiled.positiontup), strict=True)
    connection.exec_driver_sql(compiled.string, list(values))


def deletion(
    dialect: str, table: Table, keys: Sequence[tuple[Any, ...]], which: ColumnElement[bool]
) -> tuple[Delete, Parameters]:
    """What deletes the rows with these primary keys that are still such as `which` says, and its parameters."""
    # As a case, which no index serves: a planner without statistics takes another one than that of the keys, else.
    still = case((which, 1), else_=0) == 1
    columns = list(table.primary_key)
    if dialect == "postgresql":
        values = dict(zip((column.name for column in columns), zip(*keys, strict=True), strict=True))
        rows = _arrays(table, tuple(values))
        here = and_(*(column == rows.c[column.name] for column in columns))
        return delete(table).where(here, still), {n: _array(v) for n, v in values.items()}
    here = and_(*(column == bindparam(f"key_{column.name}") for column in columns))
    named = [{f"key_{column.name}": value for column, value in zip(columns, key, strict=True)} for key in keys]
    return delete(table).where(here, still), named


@lru_cache(maxsize=32)
def _compiled(statement: Insert, dialect: Dialect) -> SQLCompiler:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    return compiled


@lru_cache(maxsize=32)
def _of_arrays(statement: Insert, names: tuple[str, ...]) -> Insert:
    """The statement for all rows at once, one array per column: twice as fast as once per row."""
    rows = _arrays(statement.table, names)
    return statement.from_select(names, select(*(rows.c[name] for name in names)))


def _arrays(table: TableClause, names: tuple[str, ...]) -> TableValuedAlias:
    """Rows out of one array per column of a table, each bound by its column's name."""
    arrays = (cast(bindparam(name, type_=Text()), ARRAY(_whole(table.c[name].type))) for name in names)
    return func.unnest(*arrays).table_valued(*names).render_derived()


def _whole(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A type that cuts nothing off: text that is too long for its column is refused there, as by any insert."""
    return Text() if isinstance(kind, String) else kind


def _array(values: Iterable[Any]) -> str:
    """An array as PostgreSQL writes it; the driver takes four times as long to make one of a list."""
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case bytes():
            return f'"\\\\x{value.hex()}"'
        case _:
            return str(value)


def _with_each_key_once(
    statement: Insert, columns: Mapping[str, Sequence[Any]]
) -> Iterator[Mapping[str, Sequence[Any]]]:
    """All rows, in several turns if some have the same key: PostgreSQL changes no row twice in one statement."""
    keys = list(zip(*(columns[key.name] for key in statement.table.primary_key), strict=True))
    if len(set(keys)) == len(keys):
        yield columns
        return
    turns: list[list[int]] = []
    seen: Counter[Any] = Counter()
    for row, key in enumerate(keys):
        if seen[key] == len(turns):
            turns.append([])
        turns[seen[key]].append(row)
        seen[key] += 1
    for turn in turns:
        yield {name: [values[row] for row in turn] for name, values in columns.items()}
