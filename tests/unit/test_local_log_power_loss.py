"""Power fails at every step: what was acknowledged, or served to a reader, is there afterwards."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.event_logs import Clock, lines, open_local, records
from tests.support.power import SyncedFiles


class Shop:
    """A log in use, if `is_read` with a reader that looks at every step, and the power lost at every step."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, is_read: bool) -> None:
        self.is_read = is_read
        self.home, self.elsewhere = folder / "home", folder / "elsewhere"
        self.home.mkdir()
        self.sent: list[bytes] = []
        self.owed = 0
        self.losses: dict[frozenset[tuple[Path, bytes | None]], int] = {}
        self.files = SyncedFiles(self.home, monkeypatch, self.lose_power)
        self.log = open_local(self.home, Clock(), segment_bytes=70, group_bytes=25)
        self.reader = open_local(self.home, Clock())

    def append(self, *batch: bytes) -> None:
        self.sent.extend(batch)
        self.log.append(0, lines(*batch))
        self.owed = len(self.sent)

    def lose_power(self) -> None:
        if self.sent and self.is_read:
            self.owed = max(self.owed, len(records(self.reader)))
        for image in self.files.images():
            key = frozenset(image.items())
            if key not in self.losses:
                self.losses[key] = self.starts_again_from(image)
            assert self.losses[key] >= self.owed

    def starts_again_from(self, image: dict[Path, bytes | None]) -> int:
        """How many records there are then."""
        shutil.rmtree(self.elsewhere, ignore_errors=True)
        self.elsewhere.mkdir()
        for path, content in image.items():
            if content is None:
                (self.elsewhere / path).mkdir()
            else:
                (self.elsewhere / path).write_bytes(content)
        log = open_local(self.elsewhere, Clock())
        found = records(log)
        assert found == self.sent[: len(found)]
        log.append(0, b"after\n")
        assert records(log) == [*found, b"after"]
        log.close()
        return len(found)


@pytest.mark.parametrize("is_read", [False, True], ids=["not read", "read all the time"])
@pytest.mark.skipif(sys.platform != "linux", reason="open files are named by /proc")
def test_power_loss_at_any_step_takes_back_nothing_acknowledged_or_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_read: bool
) -> None:
    shop = Shop(tmp_path, monkeypatch, is_read)
    for number in range(6):
        shop.append(*(b"%d:%d" % (number, each) * 3 for each in range(4)))
    assert shop.owed == len(shop.sent) == 24
    assert len(shop.losses) > len(shop.sent)
    assert len(list(shop.home.rglob("*.ndjson"))) > 2
