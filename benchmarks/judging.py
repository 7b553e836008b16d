"""How long judging a block takes, in µs per record on one thread: `python benchmarks/judging.py [records]`."""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np

from clickwatch.domain.window import MINUTE
from clickwatch.eventlog.port import RecordBlock
from clickwatch.intake.judging import BlockJudge

_LOG_TIME = 1_900_000_000_000_000
_RUNS = 5
_CATEGORIES = ("smartphones", "books", "toys", "kitchen", "garden", "shoes")
_ABROAD = ("智能手机", "книги", "Spielwaren für Größere", "キッチン", "jardín", "παπούτσια")
Record = dict[str, object]


def view(rng: random.Random, i: int) -> Record:
    """One event as the `day` profile writes them: about 170 bytes."""
    second = i // 200
    time_of_day = f"{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{i % 200 * 5000:06d}"
    return {
        "event_id": f"{rng.getrandbits(64):016x}",
        "user_id": f"USER_{rng.randrange(1000):04d}",
        "product_id": f"PROD_{rng.randrange(100):03d}",
        "event_type": "view",
        "timestamp": f"2026-01-26T{time_of_day}+00:00",
        "category": rng.choice(_CATEGORIES),
        "session_id": f"S{rng.getrandbits(32):08x}",
    }


def mixed(rng: random.Random, i: int) -> Record:
    """Views, carts with a quantity, purchases with an order."""
    record = view(rng, i)
    if i % 10 in (3, 7):
        record |= {"event_type": "add_to_cart", "quantity": 1 + i % 3}
    if i % 20 == 11:
        record |= {
            "event_type": "purchase",
            "order_id": f"O{i}",
            "quantity": 2,
            "price": i % 99999 / 100,
            "currency": "EUR",
        }
    return record


def numeric(rng: random.Random, i: int) -> Record:
    """As shops with numbered users and products write them."""
    return mixed(rng, i) | {
        "user_id": 512_000_000 + rng.randrange(10**6),
        "product_id": 1_000_000 + rng.randrange(50_000),
    }


def abroad(rng: random.Random, i: int) -> Record:
    """Categories beyond ASCII."""
    return mixed(rng, i) | {"category": rng.choice(_ABROAD)}


def lines(make: Callable[[random.Random, int], Record], records: int) -> Iterator[bytes]:
    """The records as a producer writes them, without spaces."""
    rng = random.Random(7)
    for i in range(records):
        yield json.dumps(make(rng, i), separators=(",", ":"), ensure_ascii=False).encode()


def broken(records: list[bytes]) -> list[bytes]:
    """One of a hundred records cut short."""
    return [line[: len(line) // 2] if i % 100 == 50 else line for i, line in enumerate(records)]


def block_of(records: list[bytes]) -> RecordBlock:
    """The records as the log hands them over."""
    data = np.frombuffer(b"\n".join(records) + b"\n", dtype=np.uint8)
    ends = np.cumsum([len(line) + 1 for line in records]) - 1
    starts = np.append(0, ends[:-1] + 1)
    return RecordBlock(0, data, starts, ends, starts, np.full(len(records), _LOG_TIME), len(data))


def measure(name: str, records: list[bytes]) -> None:
    """Print medians over several blocks, as one long-lived judge sees them, and what the first block took."""
    block, judge = block_of(records), BlockJudge(5 * MINUTE)
    first, *runs = [_timed(block, judge) for _ in range(_RUNS + 1)]
    wall, processor = (statistics.median(times) for times in zip(*runs, strict=True))
    share = judge.judged_plain / (judge.judged_plain + judge.judged_alone)
    size = len(block.data) / len(block)
    print(
        f"{name:24} {wall:6.3f} µs/record ({processor:6.3f} of the processor, first block {first[0]:6.3f})"
        f"  {size:4.0f} bytes  plain {share:7.2%}"
    )


def _timed(block: RecordBlock, judge: BlockJudge) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    judge.judge(block)
    each = 1e6 / len(block)
    return (time.perf_counter() - wall) * each, (time.process_time() - processor) * each


def main() -> None:
    """Measure each kind of traffic."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 180_000
    measure("one shape", list(lines(view, records)))
    measure("mixed shapes", list(lines(mixed, records)))
    measure("mixed, 1 % broken", broken(list(lines(mixed, records))))
    measure("numeric ids", list(lines(numeric, records)))
    measure("categories beyond ASCII", list(lines(abroad, records)))


if __name__ == "__main__":
    main()
