"""A log that keeps what is appended in memory, for tests of what goes onto a log."""

from collections.abc import Sequence

from clickwatch.errors import RecordTooLong
from clickwatch.eventlog.port import MAX_RECORD_BYTES, Buffer, RecordBlock, new_buffer


class RecordedLog:
    """An `EventLog` for writers: `appends` holds every append, `partition(n)` all bytes of one partition."""

    def __init__(self, partitions: int = 1) -> None:
        self._partitions = partitions
        self.appends: list[tuple[int, bytes]] = []

    @property
    def partitions(self) -> int:
        return self._partitions

    def partition(self, number: int) -> bytes:
        return b"".join(lines for partition, lines in self.appends if partition == number)

    @property
    def identity(self) -> str:
        return ""

    @property
    def keyed(self) -> bool:
        return False

    def start_offset(self, partition: int) -> int:
        return 0

    def end_offset(self, partition: int) -> int:
        return len(self.partition(partition))

    def append(self, partition: int, lines: bytes, keys: Sequence[bytes | None] | None = None) -> None:
        assert 0 <= partition < self._partitions
        assert lines.endswith(b"\n")
        if max(map(len, lines.split(b"\n"))) > MAX_RECORD_BYTES:
            raise RecordTooLong("A record is too long")
        self.appends.append((partition, lines))

    def read(
        self, partition: int, offset: int, max_bytes: int, until: int | None = None, buffer: Buffer = new_buffer
    ) -> RecordBlock:
        raise NotImplementedError("tests read `partition(n)`")

    def close(self) -> None:
        return
