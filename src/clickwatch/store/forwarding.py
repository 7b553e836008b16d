"""How far the quarantine has been passed on: in each partition of the log, up to an offset."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from clickwatch.store.schema import forwarded, rejections
from clickwatch.store.upsert import replacing


def positions(connection: Connection) -> Mapping[int, int]:
    """Where passing on continues, for each partition that has had refused records: an offset, 0 at first."""
    refused = select(rejections.c.partition).distinct().subquery()
    query = select(refused.c.partition, forwarded.c.next_offset).outerjoin(
        forwarded, forwarded.c.partition == refused.c.partition
    )
    return {partition: next_offset or 0 for partition, next_offset in connection.execute(query)}


def advance(connection: Connection, partition: int, next_offset: int) -> None:
    """Note that all refused records of a partition before `next_offset` are passed on."""
    statement = replacing(connection.dialect.name, forwarded)
    connection.execute(statement, {"partition": partition, "next_offset": next_offset})
