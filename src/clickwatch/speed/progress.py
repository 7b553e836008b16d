"""Where a pipeline stands, and the steps that every engine takes alike: commit an epoch, and rest where none comes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clickwatch.domain.window import WindowSpec
from clickwatch.intake.intake import PartitionIntake
from clickwatch.speed.archiving import ArchiveWriter
from clickwatch.speed.commit import LEASE_TTL, EpochCommitter
from clickwatch.speed.effects import Epoch, EpochReport, Gap, PartitionEffects
from clickwatch.speed.frontier import Frontier

_ASKING = 500_000


@dataclass(frozen=True)
class Clocks:
    """Time, passed in: `wall` is µs since the Unix epoch, UTC; `monotonic` µs that never go back."""

    wall: Callable[[], int]
    monotonic: Callable[[], int]


@dataclass
class Position:
    """Where the pipeline stands: the last epoch, each partition's intake, how far windows are closed."""

    last_epoch: int
    intakes: Mapping[int, PartitionIntake]
    closed_until: int | None = None

    def watermarks(self) -> dict[int, int | None]:
        """The watermark of each partition (µs), None before its first valid record."""
        return {partition: intake.watermark for partition, intake in self.intakes.items()}


@dataclass(frozen=True)
class Parts:
    """What the steps are taken with; each part keeps its own state."""

    spec: WindowSpec
    committer: EpochCommitter
    archive: ArchiveWriter
    frontier: Frontier


class Progress:
    """The way of one run of a pipeline, from the position where the store left off."""

    def __init__(
        self,
        parts: Parts,
        position: Position,
        clocks: Clocks,
        on_epoch: Callable[[EpochReport], None] = lambda report: None,
        on_step: Callable[[str], None] = lambda step: None,
    ) -> None:
        """`on_epoch` hears of each committed epoch; `on_step` is called by name between durable steps."""
        self.position = position
        self.clocks = clocks
        self._parts = parts
        self._on_epoch = on_epoch
        self._on_step = on_step
        self._renewed = self._asked = clocks.monotonic()

    def check(self) -> None:
        """Raise what archiving failed with, if it did."""
        self._parts.archive.check()

    def heard(self, partition: int) -> None:
        """A partition gave records, or has some that wait."""
        self._parts.frontier.heard(partition, self.clocks.monotonic())

    def commit(self, parts: tuple[PartitionEffects, ...], gaps: tuple[Gap, ...] = ()) -> None:
        """The next epoch: into the store, and then to whoever archives it.

        `gaps` of other partitions are an epoch too: what is at their end is complete, and may outlive its time there.
        """
        parts += tuple(PartitionEffects.of_gap(gap, self.position.intakes[gap.partition].watermark) for gap in gaps)
        now = self.clocks.monotonic()
        epoch = Epoch(self.position.last_epoch + 1, parts, self._frontier())
        self._on_step("computed")
        wanted = self._parts.committer.commit(epoch, self._parts.archive.archived)
        self._renewed = now
        self._on_step("committed")
        self.position.last_epoch = epoch.number
        self.position.closed_until = epoch.frontier
        self._parts.archive.add(epoch.number, tuple(part.taken for part in parts))
        self._parts.archive.want(wanted)
        self._on_step("handed over")
        self._on_epoch(EpochReport.of(epoch))

    def rest(self) -> None:
        """Nothing new: close what idle partitions held open, keep the lease, and see what others want."""
        self._ask_around()
        frontier = self._frontier()
        pane = self._parts.spec.pane
        closed = self.position.closed_until
        if frontier is not None and (closed is None or frontier // pane > closed // pane):
            self._parts.committer.close(self.position.last_epoch, frontier, self._parts.archive.archived)
            self.position.closed_until = frontier
            self._renewed = self.clocks.monotonic()
        else:
            self.keep_lease()

    def hold_out(self) -> None:
        """The log is away: its partitions are not idle, and the lease stays this pipeline's."""
        for partition in self.position.intakes:
            self.heard(partition)
        self._ask_around()
        self.keep_lease()

    def keep_lease(self) -> None:
        """Renew the lease where it has not been for a while."""
        if self.clocks.monotonic() - self._renewed > LEASE_TTL // 3:
            self._parts.committer.renew(self._parts.archive.archived)
            self._renewed = self.clocks.monotonic()

    def archive_all(self) -> None:
        """Archive all that was committed. Raises what archiving failed with."""
        self._parts.archive.finish()

    def abandon(self) -> None:
        """End archiving: what is not archived yet is archived by whoever comes next."""
        self._parts.archive.abandon()

    def end(self) -> None:
        """After a clean stop: the lease is kept for what is still to be delivered."""
        self._on_step("archived")
        self._parts.committer.renew(self._parts.archive.archived)

    def _frontier(self) -> int | None:
        return self._parts.frontier.at(self.position.watermarks(), self.clocks.monotonic(), self.clocks.wall())

    def _ask_around(self) -> None:
        now = self.clocks.monotonic()
        if now - self._asked >= _ASKING:
            self._parts.archive.want(self._parts.committer.wanted())
            self._asked = now
