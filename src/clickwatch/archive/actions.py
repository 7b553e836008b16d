"""The entries of a commit, as the Delta protocol spells them."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from deltalake import Schema

from clickwatch.archive.encoding import STATISTICS_COLUMNS
from clickwatch.archive.layout import PARTITION_COLUMNS, TABLE_COLUMNS

Action = dict[str, Any]

APP_ID = "clickwatch"
"""Whose transaction version the number of the last epoch is."""


def schema_json() -> str:
    """The table's schema in Delta's own writing."""
    return Schema.from_arrow(TABLE_COLUMNS).to_json()


def commit_info(operation: str, now: int, **details: object) -> Action:
    """Who wrote when (`now` in µs since the Unix epoch, UTC), for people and for `DESCRIBE HISTORY`."""
    parameters = {name: json.dumps(value) for name, value in details.items()}
    return {
        "commitInfo": {
            "timestamp": now // 1000,
            "operation": operation,
            "operationParameters": parameters,
            "engineInfo": APP_ID,
        }
    }


def new_table(now: int) -> list[Action]:
    """The first commit: schema, parts and properties, for the plainest protocol that every reader speaks."""
    metadata = {
        "id": str(uuid.uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": schema_json(),
        "partitionColumns": list(PARTITION_COLUMNS),
        "createdTime": now // 1000,
        "configuration": {
            "delta.dataSkippingStatsColumns": ",".join(STATISTICS_COLUMNS),
            "delta.enableDeletionVectors": "false",
            "delta.logRetentionDuration": "interval 7 days",
        },
    }
    return [
        commit_info("CREATE TABLE", now, partitionBy=PARTITION_COLUMNS),
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": metadata},
    ]


def transaction(last_epoch: int, now: int) -> Action:
    """The number of the last epoch that is archived with this commit."""
    return {"txn": {"appId": APP_ID, "version": last_epoch, "lastUpdated": now // 1000}}


def add(
    path: str, values: Mapping[str, str], size: int, intake: int, stats: Mapping[str, Any], *, data_change: bool
) -> Action:
    """A file that belongs to the table from now on; `path` relative, `intake` of its newest rows in ms."""
    return {
        "add": {
            "path": path,
            "partitionValues": values,
            "size": size,
            "modificationTime": intake,
            "dataChange": data_change,
            "stats": json.dumps(stats, separators=(",", ":")),
        }
    }


def remove(path: str, values: Mapping[str, str], size: int, now: int, *, data_change: bool) -> Action:
    """A file that goes; without `data_change` its rows stand in other files of the same commit."""
    return {
        "remove": {
            "path": path,
            "deletionTimestamp": now // 1000,
            "dataChange": data_change,
            "extendedFileMetadata": True,
            "partitionValues": values,
            "size": size,
        }
    }
