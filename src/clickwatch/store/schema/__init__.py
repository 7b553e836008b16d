"""The tables of the store, stated once for every database. Times are µs since the Unix epoch, UTC."""

from clickwatch.store.schema.accounts import accounting, forwarded, quarantine, rejections, repairs
from clickwatch.store.schema.alerts import alerts, deliveries, episodes
from clickwatch.store.schema.base import metadata
from clickwatch.store.schema.counts import hour_totals, windows
from clickwatch.store.schema.day import batch_hours, batch_views, conversion_rates, top_products, user_segments
from clickwatch.store.schema.epochs import epoch_ranges, epochs, leases, moves, progress, requests

__all__ = [
    "accounting",
    "alerts",
    "batch_hours",
    "batch_views",
    "conversion_rates",
    "deliveries",
    "episodes",
    "epoch_ranges",
    "epochs",
    "forwarded",
    "hour_totals",
    "leases",
    "metadata",
    "moves",
    "progress",
    "quarantine",
    "rejections",
    "repairs",
    "requests",
    "top_products",
    "user_segments",
    "windows",
]
