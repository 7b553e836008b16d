"""What the archive costs: µs per row and bytes per row of an append, ids after a restart, opening a long history.

Run: python -m benchmarks.archiving [--rows 500000] [--users 1000] [--commits 5] [--history 2000]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clickwatch.archive.delta import DeltaArchive
from clickwatch.domain.columns import ARCHIVE_COLUMNS
from clickwatch.domain.window import HOUR

MIDNIGHT = 1_769_385_600_000_000
CATEGORIES = ("smartphones", "laptops", "audio", "cameras", "gaming", "wearables")
TYPES = ("view", "add_to_cart", "remove_from_cart", "purchase")


def _repeating(texts: list[str], codes: Any) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.asarray(codes, np.int32)), pa.array(texts))


def _hex(rng: np.random.Generator, count: int, size: int) -> list[str]:
    text = rng.bytes(count * size).hex()
    return [text[i : i + 2 * size] for i in range(0, len(text), 2 * size)]


def events(rng: np.random.Generator, rows: int, users: int, epoch: int) -> pa.Table:
    """One commit's rows as the pipeline hands them over: two partitions, an hour, six categories."""
    user = rng.integers(0, users, rows)
    product = rng.integers(0, 100, rows)
    kind = rng.choice(4, rows, p=(0.8, 0.1, 0.02, 0.08))
    session = pc.binary_join_element_wise("s-", pc.cast(pa.array(user * 1000 + epoch), pa.string()), "")
    price = np.zeros((rows, 2), np.int64)
    price[:, 0] = (1 + product) * 99_900
    keys = [f"k1:{key}" for key in _hex(rng, users, 16)]
    order = pc.binary_join_element_wise("order-", pc.cast(pa.array(np.arange(rows)), pa.string()), "")
    half = rows // 2
    columns = {
        "user_key": _repeating(keys, user),
        "product_id": _repeating([f"PROD_{i:03}" for i in range(100)], product),
        "event_type": _repeating(list(TYPES), kind),
        "event_time": pa.array(MIDNIGHT + np.sort(rng.integers(0, 20 * HOUR, rows))).cast(pa.timestamp("us", "UTC")),
        "category": _repeating(list(CATEGORIES), product % 6),
        "event_id": pa.array(_hex(rng, rows, 16)),
        "session_id": session,
        "order_id": pc.if_else(pa.array(kind == 3), order, pa.scalar(None, pa.string())),
        "quantity": pa.array(np.ones(rows, np.int64)),
        "price": pa.Array.from_buffers(pa.decimal128(18, 4), rows, [None, pa.py_buffer(price.tobytes())]),
        "currency": _repeating(["EUR"], np.zeros(rows)),
        "is_late": pa.array(np.zeros(rows, bool)),
        "source_partition": pa.array(np.repeat([0, 1], [half, rows - half]).astype(np.int32)),
        "source_offset": pa.array(epoch * 10**9 + np.cumsum(rng.integers(140, 200, rows))),
        "epoch": pa.array(np.full(rows, epoch)),
    }
    return pa.table([columns[name] for name in ARCHIVE_COLUMNS.names], names=ARCHIVE_COLUMNS.names)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _append(home: Path, rows: int, users: int, commits: int) -> None:
    rng = np.random.default_rng(1)
    archive = DeltaArchive.open(home / "archive", create=True)
    wall, cpu = [], []
    for epoch in range(1, commits + 1):
        batch = events(rng, rows, users, epoch)
        before = time.process_time()
        wall.append(_seconds(partial(archive.append, batch, epoch)) / rows * 1e6)
        cpu.append((time.process_time() - before) / rows * 1e6)
    size = sum(path.stat().st_size for path in archive.files()) / rows / commits
    print(f"append, {rows} rows, {users} users: {statistics.median(wall):.3f} µs/row ", end="")
    print(f"({statistics.median(cpu):.3f} µs CPU), {size:.1f} bytes/row")
    everything: dict[int, int | None] = {0: None, 1: None}
    print(f"open: {_seconds(lambda: DeltaArchive.open(home / 'archive', create=False)) * 1e3:.0f} ms")
    count = rows * commits
    print(f"ids_after, {count} ids: {_seconds(lambda: archive.ids_after(everything)) / count * 1e9:.0f} ms per million")


def _history(home: Path, commits: int) -> None:
    rng = np.random.default_rng(2)
    archive = DeltaArchive.open(home / "history", create=True)
    batch = events(rng, 600, 100, 1)
    took = [_seconds(partial(archive.append, batch, epoch)) for epoch in range(1, commits + 1)]
    print(f"append, 600 rows, {commits} times: median {statistics.median(took) * 1e3:.1f} ms, worst ", end="")
    print(f"{max(took) * 1e3:.0f} ms (with a checkpoint)")
    opened = statistics.median(_seconds(lambda: DeltaArchive.open(home / "history", create=False)) for _ in range(5))
    print(f"open after {commits} commits ({len(archive.files())} files): {opened * 1e3:.0f} ms")
    print(f"tidy over {len(archive.files())} files: {_seconds(archive.tidy) * 1e3:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--commits", type=int, default=5)
    parser.add_argument("--history", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        _append(Path(home), options.rows, options.users, options.commits)
        if options.history:
            _history(Path(home), options.history)


if __name__ == "__main__":
    main()
