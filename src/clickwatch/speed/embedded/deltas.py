"""What accepted events add to windows and totals: groups of events placed in windows and hours, by Arrow."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clickwatch.domain.event import UNKNOWN_CATEGORY
from clickwatch.domain.window import WindowSpec
from clickwatch.intake.intake import Taken
from clickwatch.speed.effects import Deltas
from clickwatch.speed.embedded.groups import count_groups

_WINDOW_COUNTS = ("view_count", "cart_count", "purchase_count")
_HOUR_COUNTS = (*_WINDOW_COUNTS, "event_count")
_BEFORE_ALL_TIME = np.iinfo(np.int64).min


def count_deltas(taken: Taken, spec: WindowSpec) -> Deltas:
    """The deltas of one partition's accepted events: late ones count in the windows that still stand."""
    groups = _with_category_time(count_groups(taken, spec))
    windows = _summed(_placed(groups, spec), "window_start", _WINDOW_COUNTS)
    ends = pc.add(windows["window_start"], spec.length)
    return Deltas(windows.append_column("window_end", ends), _summed(groups, "hour_start", _HOUR_COUNTS))


def _with_category_time(groups: pa.Table) -> pa.Table:
    """`category_time`: when the group's category was last seen; before all time if it is not known."""
    known = pc.not_equal(groups["category"], UNKNOWN_CATEGORY)
    return groups.append_column("category_time", pc.if_else(known, groups["newest"], _BEFORE_ALL_TIME))


def _placed(groups: pa.Table, spec: WindowSpec) -> pa.Table:
    """A row per group and window that it counts in: all windows of its pane but the first `missed` ones."""
    pane, missed = groups["pane_start"].to_numpy(), groups["missed"].to_numpy()
    last = pane - pane % spec.slide
    windows = (spec.length - (pane - last) - 1) // spec.slide + 1
    standing = windows - missed
    group = np.repeat(np.arange(len(groups)), standing)
    turn = np.arange(len(group)) - np.repeat(np.cumsum(standing) - standing, standing)
    starts = last[group] - turn * spec.slide
    return groups.take(pa.array(group)).append_column("window_start", pa.array(starts))


def _summed(rows: pa.Table, start: str, counts: tuple[str, ...]) -> pa.Table:
    """Rows of one start and product added up; the category is the newest known one (ties: the greatest string)."""
    ordered = rows.sort_by([("category_time", "ascending"), ("category", "ascending")])
    aggregates = [(name, "sum") for name in counts] + [("category", "last"), ("category_time", "last")]
    sums = ordered.group_by([start, "product_id"], use_threads=False).aggregate(aggregates)
    known = pc.greater(sums["category_time_last"], _BEFORE_ALL_TIME)
    nothing = pa.scalar(None, pa.int64())
    return pa.table(
        {
            start: sums[start],
            "product_id": sums["product_id"],
            "category": sums["category_last"],
            "category_time": pc.if_else(known, sums["category_time_last"], nothing),
            **{name: sums[f"{name}_sum"] for name in counts},
        }
    ).sort_by([(start, "ascending"), ("product_id", "ascending")])
