"""The replay of repaired records, killed between any two durable steps and at any instant: once each, none lost."""

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.support.commands import CommandServer
from tests.support.day_homes import copied, stream
from tests.support.faulty_repair import BATCH_LINES
from tests.support.installations import Installation, assert_true
from tests.support.proof import proof_scale
from tests.support.refused_homes import copies, edited, known_repairs, on_the_log, refused, refused_home

KILLS = 20
PARTITIONS = 2
STEPS = ("leased", "begun", "appended", "finished")
ALIKE = 4
"""So many refused records in a row are repaired to the very same bytes."""


@dataclass(frozen=True)
class Shop:
    """A home with refused records, the file that repairs them, and how often the log then holds each record."""

    home: Installation
    file: Path
    whole: Counter[bytes]


def shop(folder: Path, count: int) -> Shop:
    """`count` refused records on two partitions, every few of them with the same repair."""
    records = [refused(number - number % ALIKE, n=number) for number in range(count)]
    home = refused_home(folder / "home", records, PARTITIONS)

    def mend(record: dict[str, object]) -> dict[str, object]:
        return {
            "user_id": record["user_id"],
            "product_id": "p",
            "event_type": "view",
            "timestamp": f"{record['timestamp']}Z",
        }

    file = edited(home, folder / "edited.jsonl", mend)
    lines = (json.loads(line)["record"] for line in file.read_bytes().splitlines())
    sent = Counter(json.dumps(line, separators=(",", ":")).encode() for line in lines)
    assert max(sent.values()) == ALIKE
    return Shop(home, file, copies(home) + sent)


def check_log(shop: Shop, home: Installation) -> None:
    """Every record stands on the log as often as it should, and every repair says where its own stands."""
    assert copies(home) == shop.whole
    log, repairs = on_the_log(home), known_repairs(home)
    assert len(repairs) == shop.whole.total() - copies(shop.home).total()
    places = {repair.new_place for repair in repairs.values()}
    assert len(places) == len(repairs)
    assert places <= set(log)
    proposed = {line["place"]: line["record"] for line in map(json.loads, shop.file.read_bytes().splitlines())}
    assert all(json.loads(log[r.new_place]) == proposed[str(p)] for p, r in repairs.items() if r.new_place)


def check(shop: Shop, home: Installation) -> None:
    """The same, and the stream takes in what the reference says."""
    check_log(shop, home)
    stream(home)
    assert_true(home.outcome(), home.truth())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A few batches of repairs, in the small batches of the process that kills itself."""
    return shop(tmp_path_factory.mktemp("small"), 3 * BATCH_LINES - 2)


def test_every_step_of_a_replay_is_known_here(small: Shop, commands: CommandServer, tmp_path: Path) -> None:
    home = copied(small.home, tmp_path / "home")
    run = commands.start(str(small.file), module="tests.support.faulty_repair", environment=home.environment).end()
    assert run.exit_code == 0, run.errors
    steps = Counter(run.output.splitlines())
    assert set(steps) == set(STEPS)
    assert (steps["begun"], steps["finished"]) == (3, 3)
    assert steps["appended"] > 3, "a batch goes onto several partitions"
    check(small, home)


@pytest.mark.parametrize(
    ("step", "occurrence"), [("leased", 1), *((step, number) for step in STEPS[1:] for number in (1, 2, 3))]
)
def test_a_fault_at_a_step_neither_doubles_nor_loses_a_record(
    step: str, occurrence: int, small: Shop, commands: CommandServer, tmp_path: Path
) -> None:
    home = copied(small.home, tmp_path / "home")
    arguments = (str(small.file), step, str(occurrence))
    run = commands.start(*arguments, module="tests.support.faulty_repair", environment=home.environment).end()
    assert run.exit_code == -signal.SIGKILL, run.errors
    assert copies(home) <= small.whole
    again = commands.run("quarantine", "replay", str(small.file), environment=home.environment)
    assert again.exit_code == 0, again.errors
    check(small, home)


def test_faults_one_after_the_other_neither_double_nor_lose_a_record(
    small: Shop, commands: CommandServer, tmp_path: Path
) -> None:
    home = copied(small.home, tmp_path / "home")
    for step in ("begun", "appended", "begun", "finished", "appended", "appended", "begun"):
        run = commands.start(
            str(small.file), step, "1", module="tests.support.faulty_repair", environment=home.environment
        ).end()
        assert run.exit_code in (0, -signal.SIGKILL), run.errors
        assert copies(home) <= small.whole
    again = commands.run("quarantine", "replay", str(small.file), environment=home.environment)
    assert again.exit_code == 0, again.errors
    check(small, home)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Enough repairs for the command itself to take several batches, and for a kill to find it anywhere."""
    yield shop(tmp_path_factory.mktemp("large"), 10_000)


def test_a_kill_at_any_instant_neither_doubles_nor_loses_a_record(
    large: Shop, commands: CommandServer, tmp_path: Path
) -> None:
    random, kills, seen = Random(20260126), 0, Counter[str]()
    undisturbed = copied(large.home, tmp_path / "undisturbed")
    began = time.monotonic()
    assert commands.run("quarantine", "replay", str(large.file), environment=undisturbed.environment).exit_code == 0
    seconds = time.monotonic() - began
    check(large, undisturbed)
    while kills < KILLS * proof_scale():
        home = copied(large.home, tmp_path / f"home {sum(seen.values())}")
        run = commands.start("quarantine", "replay", str(large.file), environment=home.environment)
        # The instant is the point: it must not hang on anything that the replay does.
        time.sleep(random.uniform(0, seconds))
        run.send(signal.SIGKILL)
        ended = run.end()
        assert ended.exit_code in (0, -signal.SIGKILL), ended.errors
        kills += ended.exit_code != 0
        seen[_state(large, home)] += 1
        again = commands.run("quarantine", "replay", str(large.file), "--json", environment=home.environment)
        assert again.exit_code == 0, again.errors
        check_log(large, home)
    print(f"{kills} kills within {seconds:.2f} s: {dict(seen)}")
    check(large, home)
    assert len(seen) > 2, "all kills met the same state"


def _state(large: Shop, home: Installation) -> str:
    """What a kill has left, held to the promise that nothing stands on the log twice."""
    assert copies(home) <= large.whole
    repairs = known_repairs(home)
    begun = sum(repair.new_offset is None for repair in repairs.values())
    sent = copies(home).total() - copies(large.home).total()
    if not repairs:
        return "nothing begun"
    if begun:
        return "begun and sent" if sent > len(repairs) - begun else "begun and not sent"
    return "all finished" if len(repairs) == large.whole.total() - copies(large.home).total() else "some finished"
