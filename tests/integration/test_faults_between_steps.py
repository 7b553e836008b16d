"""A process that dies between any two durable steps: the next run makes of the log what an undisturbed one does."""

import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from clickwatch.archive.delta import DeltaArchive
from tests.support.commands import CommandServer, Ended
from tests.support.installations import Installation, Outcome, assert_same, assert_true
from tests.support.mixed_clicks import MixedClicks

PARTITIONS = 2
RECORDS = 420
SETTINGS = {
    "LOG_PARTITIONS": str(PARTITIONS),
    "EPOCH_MAX_BYTES": "9000",
    "ARCHIVE_MAX_ROWS": "65",
    "ALERT_MIN_VIEWS_THRESHOLD": "15",
    "ALERT_MAX_PURCHASES_THRESHOLD": "3",
}
NOTHING_ARCHIVED = {"ARCHIVE_MAX_ROWS": "1000000"}
FAULTY = "tests.support.faulty_stream"
TORN = "tests.support.torn_append"

STARTING = ("log opened", "store opened", "leased", "key read", "archive opened")
EPOCH = ("computed", "committed", "handed over")
ARCHIVING = ("file written", "file kept", "commit staged", "commit published", "commit settled")
CHECKPOINT = ("checkpoint made", "checkpoint linked", "checkpoint named")
STOPPING = ("archived", "released")
RUN_AGAIN = "run again"


@dataclass(frozen=True)
class Undisturbed:
    """A log, what comes of it, and how often each step is taken on the way."""

    installation: Installation
    outcome: Outcome
    steps: Counter[str]

    def copy(self, folder: Path, **changes: str) -> Installation:
        """The same log in another home."""
        return self.installation.with_log_of_its_own(folder, **changes)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, commands: CommandServer) -> Undisturbed:
    installation = Installation(tmp_path_factory.mktemp("undisturbed") / "home", SETTINGS)
    installation.append(MixedClicks(3, PARTITIONS).batch(RECORDS))
    run = commands.start(module=FAULTY, environment=installation.environment).end()
    assert run.exit_code == 0, run.errors
    outcome = installation.outcome()
    truth = installation.truth()
    assert_true(outcome, truth)
    assert truth.confirmed
    return Undisturbed(installation, outcome, Counter(run.output.splitlines()))


def die(commands: CommandServer, home: Installation, step: str, occurrence: int) -> None:
    """One run, which kills itself at that step."""
    run = commands.start(step, str(occurrence), module=FAULTY, environment=home.environment).end()
    assert run.exit_code == -signal.SIGKILL, (step, occurrence, run.errors)


def go_on(commands: CommandServer, home: Installation) -> Ended:
    """A run of the command itself, to its end."""
    run = commands.run("stream", "--until-caught-up", "--quiet", environment=home.environment)
    assert run.exit_code == 0, run.errors
    return run


def test_every_step_of_a_run_is_known_here(undisturbed: Undisturbed) -> None:
    assert set(undisturbed.steps) == {*STARTING, *EPOCH, *ARCHIVING, *CHECKPOINT, *STOPPING}
    assert all(undisturbed.steps[step] > 2 for step in (*EPOCH, *ARCHIVING))
    assert all(undisturbed.steps[step] > 1 for step in CHECKPOINT)


@pytest.mark.parametrize("step", [*STARTING, *EPOCH, *ARCHIVING, *CHECKPOINT, *STOPPING])
def test_a_fault_at_a_step_changes_nothing_that_comes_of_the_log(
    step: str, undisturbed: Undisturbed, commands: CommandServer, tmp_path: Path
) -> None:
    last = undisturbed.steps[step]
    for occurrence in sorted({1, min(2, last), last}):
        home = undisturbed.copy(tmp_path / str(occurrence))
        die(commands, home, step, occurrence)
        go_on(commands, home)
        assert_same(home.outcome(), undisturbed.outcome)


@pytest.mark.parametrize("step", [RUN_AGAIN, *STARTING, *ARCHIVING])
def test_a_fault_while_the_tail_is_run_again_changes_nothing_either(
    step: str, undisturbed: Undisturbed, commands: CommandServer, tmp_path: Path
) -> None:
    epochs = undisturbed.steps["committed"]
    occurrences = {1, 2, epochs - 1} if step == RUN_AGAIN else {1}
    for occurrence in sorted(occurrences):
        home = undisturbed.copy(tmp_path / str(occurrence))
        # The tail is all but the last epoch: nothing is archived when the process dies.
        die(commands, Installation(home.folder, {**SETTINGS, **NOTHING_ARCHIVED}), "handed over", epochs - 1)
        assert DeltaArchive.open(home.home.archive, create=False).last_epoch() == 0
        die(commands, home, step, occurrence)
        go_on(commands, home)
        assert_same(home.outcome(), undisturbed.outcome)


def test_one_fault_after_the_other_at_every_step_changes_nothing(commands: CommandServer, tmp_path: Path) -> None:
    home = Installation(tmp_path / "home", SETTINGS)
    clicks = MixedClicks(5, PARTITIONS)
    for step in (*STARTING, *EPOCH, RUN_AGAIN, *ARCHIVING, *EPOCH, RUN_AGAIN):
        home.append(clicks.batch(90))  # so every run finds work, however far the one before has come
        die(commands, home, step, 1)
    go_on(commands, home)
    other = home.with_log_of_its_own(tmp_path / "other")
    go_on(commands, other)
    assert_same(home.outcome(), other.outcome())
    assert_true(home.outcome(), home.truth())


def test_a_replay_that_dies_before_any_of_its_syncs_leaves_whole_records_and_goes_on(
    commands: CommandServer, tmp_path: Path
) -> None:
    lines = MixedClicks(4, 1).batch(300)[0]
    first, second = tmp_path / "first.ndjson", tmp_path / "second.ndjson"
    first.write_bytes(lines)
    fatal, written = 0, False
    while not written:
        fatal += 1
        home = Installation(tmp_path / f"home {fatal}", {"EPOCH_MAX_BYTES": "12000"})
        run = commands.start(str(fatal), str(first), module=TORN, environment=home.environment).end()
        written = run.exit_code == 0
        assert written or run.exit_code == -signal.SIGKILL, run.errors
        go_on(commands, home)
        kept = b"".join(record.raw + b"\n" for record in home.records()[0])
        assert lines.startswith(kept)
        assert kept == lines or not written
        second.write_bytes(lines[len(kept) :])
        assert commands.run("replay", str(second), environment=home.environment).exit_code == 0
        go_on(commands, home)
        assert b"".join(record.raw + b"\n" for record in home.records()[0]) == lines
        assert_true(home.outcome(), home.truth())
    assert fatal > 3
