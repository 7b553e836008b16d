"""What can go wrong for an operator: each error is one clear line and the cure for it.

Comes in: a message and what to do. Goes out: exceptions that the command line prints as they are, with a
non-zero exit code. Anything else that reaches the command line is a defect of clickwatch itself.
"""

import re
from collections.abc import Sequence

_HOLLOW = re.compile(r"at |\.\.\. |Error: (Could not create the Java|A fatal exception has)|.*spark-class: line [0-9]")
"""What Java and Spark's script say after the reason."""


class ClickwatchError(Exception):
    """Base of all errors that an operator can act on: `str(error)` is the line to print.

    The exit code is 2 where trying again is of no use before somebody has changed what was asked for, set or installed.
    """

    exit_code = 1

    def __init__(self, problem: str, cure: str = "") -> None:
        """`problem` says what is wrong, `cure` what to do about it; both without a final full stop."""
        super().__init__(f"{problem}. {cure}." if cure else f"{problem}.")
        self.problem = problem
        self.cure = cure


class SettingsError(ClickwatchError):
    """A setting that cannot be used, or that changed under a stream already begun."""

    exit_code = 2


class MissingExtra(ClickwatchError):
    """A part of clickwatch that is not installed: its libraries are an extra, or it needs Java."""

    exit_code = 2


class StorageError(ClickwatchError):
    """A file or folder that cannot be read or written: permissions, a full disk, a failed sync."""


class LogError(ClickwatchError):
    """The event log is damaged, or does not hold what was asked for."""


class RecordTooLong(LogError):
    """A record that no log takes (the intake's own, smaller limit refuses with a reason instead)."""


class NotDelivered(LogError):
    """Records that the log did not acknowledge: those with these numbers, from 0 on, among all that were handed over.

    The others are kept; some of the `missing` may be kept too, where no answer came.
    """

    def __init__(self, problem: str, cure: str, missing: Sequence[int]) -> None:
        super().__init__(problem, cure)
        self.missing = missing


class RecordsRefused(NotDelivered):
    """Records that the log will not take as they are: it refuses one of the `missing`, and those sent along with it."""


class KeyProblem(ClickwatchError):
    """The pseudonym key is missing, weak, or not the one that the store was begun with."""


class StoreError(ClickwatchError):
    """The store is damaged, of another schema version, or cannot be reached."""


class NothingStreamed(StoreError):
    """There is no store yet: it is made by the first stream."""


class StoreAway(StoreError):
    """The store's server does not answer, or the connection to it was lost: it may be otherwise in a moment."""


class TurnTaken(StoreError):
    """Another process does what only one at a time may do, and does not finish in time."""


class SecondPipeline(ClickwatchError):
    """Another pipeline writes to the same store."""


class ArchiveError(ClickwatchError):
    """The archive is damaged, or is ahead of the store that it belongs to."""


class BatchError(ClickwatchError):
    """A day that cannot be run or reported: its events are gone, or its steps do not fit together."""


class NoSuchDay(BatchError):
    """A day that there is nothing to be said of: it has not begun, or was before the first event."""

    exit_code = 2


def last_words(said: str) -> str:
    """The reason in what Java said: the last words count, for the first ones are where it was noticed."""
    words = [line.strip() for line in said.splitlines() if line.strip() and not _HOLLOW.match(line.strip())]
    return words[-1].lstrip(": ") if words else "it does not say why"


class SparkFailed(ClickwatchError):
    """Spark did not start, or gave up in the middle: a master or worker that died, memory that ran out, a defect."""

    @classmethod
    def of(cls, said: str) -> "SparkFailed":
        """From what Spark said."""
        return cls(f"Spark gave up: {last_words(said)}", "Start again: the stream goes on where it stopped")


class SourceError(ClickwatchError):
    """A data set that cannot be read at all (single bad rows are counted instead)."""


class RepairError(ClickwatchError):
    """Refused records that cannot be shown, exported or repaired as was asked."""


class TruthError(ClickwatchError):
    """A truth file that cannot be used, or an installation that cannot be held against it (yet): nothing was scored."""

    exit_code = 2
