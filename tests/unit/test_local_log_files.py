"""Rotation, retention, the topic's folder, and what the disk refuses."""

import errno
import os
from pathlib import Path

import pytest

from clickwatch.domain.window import DAY, HOUR
from clickwatch.errors import LogError, StorageError
from clickwatch.eventlog.local import LocalLogConfig
from clickwatch.eventlog.retention import Removed
from tests.support.event_logs import NOON, Clock, lines, open_local, records


def _names(folder: Path, ending: str = "ndjson") -> list[int]:
    return sorted(int(path.stem) for path in (folder / "topic/0").glob(f"*.{ending}"))


def test_the_segments_joined_are_the_records_as_they_came(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock(), segment_bytes=50)
    batches = [lines(b"%d" % number * 9) for number in range(30)]
    for batch in batches:
        log.append(0, batch)
    files = sorted((tmp_path / "topic/0").glob("*.ndjson"))
    assert b"".join(path.read_bytes() for path in files) == b"".join(batches)
    assert [path.stat().st_size for path in files[:-1]] == [
        following - base for base, following in zip(_names(tmp_path), _names(tmp_path)[1:], strict=False)
    ]
    assert all(50 <= path.stat().st_size < 50 + 20 for path in files[:-1])
    assert _names(tmp_path) == _names(tmp_path, "index")
    log.close()


def test_one_large_append_is_cut_into_groups_and_segments(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock(), segment_bytes=1000, group_bytes=300)
    expected = [b"%05d" % number * 4 for number in range(400)]
    log.append(0, lines(*expected))
    assert len(_names(tmp_path)) > 5
    assert records(log) == expected
    log.close()


def test_old_segments_go_once_a_writer_has_rotated_and_the_start_follows(tmp_path: Path) -> None:
    clock = Clock()
    log = open_local(tmp_path, clock, segment_bytes=10, retention=DAY)
    log.append(0, b"the first day\n")
    log.append(0, b"the first day too\n")
    clock.now += DAY + 1
    log.append(0, b"the next day\n")
    log.append(0, b"that day too\n")
    assert records(log) == [b"the next day", b"that day too"]
    assert log.start_offset(0) == 32
    assert _names(tmp_path) == _names(tmp_path, "index") == [32, 45]
    log.close()


def test_a_segment_stays_while_its_newest_record_is_young_enough(tmp_path: Path) -> None:
    # old ──────────── younger ────────────│ now
    #                  ├────── kept ───────┤
    clock = Clock()
    log = open_local(tmp_path, clock, retention=DAY)
    log.append(0, b"old\n")
    clock.now += DAY - 1
    log.append(0, b"younger, same segment\n")
    clock.now += DAY
    assert log.retain() == Removed()
    assert records(log) == [b"old", b"younger, same segment"]
    clock.now += 1
    assert log.retain() == Removed(1, 26)
    log.close()


def test_a_segment_is_closed_a_day_after_its_first_record_and_then_goes_in_its_time(tmp_path: Path) -> None:
    # A quiet shop: a record every ten hours, in files that would never fill.
    clock = Clock()
    log = open_local(tmp_path, clock, retention=DAY)
    for number in range(9):
        log.append(0, b"record %d\n" % number)
        clock.now += 10 * HOUR
    assert records(log) == [b"record %d" % number for number in (3, 4, 5, 6, 7, 8)]
    assert _names(tmp_path) == [27, 54]
    log.close()


def test_the_age_of_a_segment_is_known_to_every_writer(tmp_path: Path) -> None:
    clock = Clock()
    one, another = (open_local(tmp_path, clock) for _ in range(2))
    one.append(0, b"first\n")
    clock.now += DAY
    another.append(0, b"second\n")
    assert _names(tmp_path) == [0, 6]
    for log in (one, another):
        log.close()


def test_the_newest_records_go_too_and_log_time_goes_on(tmp_path: Path) -> None:
    clock = Clock()
    log = open_local(tmp_path, clock, segment_bytes=10)
    log.append(0, b"the first day\n")
    log.append(0, b"the same day\n")
    clock.now += 100 * DAY
    assert log.retain(dry_run=True) == Removed(2, 27)
    assert records(log) == [b"the first day", b"the same day"]
    assert log.retain() == Removed(2, 27)
    assert records(log) == []
    assert log.start_offset(0) == log.end_offset(0) == 27
    assert _names(tmp_path) == _names(tmp_path, "index") == [27]
    assert log.retain() == Removed(), "nothing is left to go"
    log.close()

    clock.now = NOON - DAY  # the clock was set back
    log = open_local(tmp_path, clock)
    log.append(0, b"afterwards\n")
    block = log.read(0, 27, 100)
    assert (block.record(0), block.log_times.tolist()) == (b"afterwards", [NOON])
    log.close()


@pytest.mark.parametrize("left", [0, 1, 31, 32])
def test_a_crash_while_the_log_time_is_carried_on_is_made_good_by_the_next(tmp_path: Path, left: int) -> None:
    clock = Clock()
    log = open_local(tmp_path, clock)
    log.append(0, b"old\n")
    clock.now += 2 * DAY
    log.retain()
    log.close()
    index = tmp_path / "topic/0" / f"{4:020d}.index"
    entry = index.read_bytes()
    assert len(entry) == 32
    # As the crash left it: the new segment is there, its entry in part, and the old one still beside it.
    first = open_local(tmp_path / "other", Clock())
    first.append(0, b"old\n")
    first.close()
    for ending in ("ndjson", "index"):
        old = tmp_path / "topic/0" / f"{0:020d}.{ending}"
        old.write_bytes((tmp_path / "other/topic/0" / old.name).read_bytes())
    index.write_bytes(entry[:left])
    log = open_local(tmp_path, clock)
    assert records(log) == [b"old"]
    assert log.retain() == Removed(1, 4)
    assert records(log) == [] and _names(tmp_path) == [4]
    log.append(0, b"new\n")
    assert records(log) == [b"new"]
    log.close()


def test_a_topic_without_records_has_nothing_to_go(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock())
    assert log.retain() == Removed()
    assert _names(tmp_path) == []
    log.close()


def test_a_reader_left_behind_by_retention_is_told_what_is_gone(tmp_path: Path) -> None:
    clock = Clock()
    log, slow = (open_local(tmp_path, clock, segment_bytes=10) for _ in range(2))
    for _ in range(2):
        log.append(0, b"fourteen bytes\n")
    assert slow.read(0, 0, 1).next_offset == 15
    clock.now += 2 * DAY
    log.append(0, b"fourteen bytes\n")
    log.retain()
    with pytest.raises(LogError, match=r"begins at offset 30.*goes on at 15, and the 15 bytes.*RETENTION_DAYS"):
        slow.read(0, 15, 100)
    assert slow.read(0, 30, 100).record(0) == b"fourteen bytes"
    log.close()
    slow.close()


def test_what_a_crash_in_retention_leaves_is_removed_by_the_next(tmp_path: Path) -> None:
    clock = Clock()
    log = open_local(tmp_path, clock, segment_bytes=10)
    for _ in range(3):
        log.append(0, b"fourteen bytes\n")
    (tmp_path / "topic/0" / f"{0:020d}.index").unlink()
    assert log.start_offset(0) == 15
    assert len(records(log)) == 2
    log.retain()
    assert _names(tmp_path) == [15, 30]
    log.close()


def test_a_damaged_segment_is_kept_for_people_to_look_at(tmp_path: Path) -> None:
    clock = Clock()
    log = open_local(tmp_path, clock, segment_bytes=10)
    for _ in range(4):
        log.append(0, b"fourteen bytes\n")
    (tmp_path / "topic/0" / f"{15:020d}.index").write_bytes(bytes(64))
    clock.now += 2 * DAY
    log.append(0, b"goes on all the same\n")
    assert _names(tmp_path) == [15, 30, 45, 60]
    log.close()


def test_a_writer_that_slept_through_rotation_and_retention_goes_on(tmp_path: Path) -> None:
    clock = Clock()
    sleeper, log = (open_local(tmp_path, clock, segment_bytes=10) for _ in range(2))
    sleeper.append(0, b"long ago\n")
    assert sleeper.end_offset(0) == 9
    log.append(0, b"in between\n")
    clock.now += 2 * DAY
    log.append(0, b"much later\n")
    log.append(0, b"later still\n")
    sleeper.append(0, b"awake\n")
    assert records(sleeper) == [b"much later", b"later still", b"awake"]
    log.close()
    sleeper.close()


def test_looking_changes_no_file(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock(), partitions=2)
    log.append(0, b"record\n")
    log.close()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    reader = open_local(tmp_path, Clock(now=NOON + 100 * DAY))
    assert (len(records(reader, 0)), len(records(reader, 1))) == (1, 0)
    reader.close()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_topic_that_lost_its_description_is_not_made_anew(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock(), partitions=3)
    log.append(2, b"record\n")
    log.close()
    (tmp_path / "topic/topic.json").unlink()
    with pytest.raises(LogError, match="lost its description"):
        open_local(tmp_path, Clock())


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "damaged"),
        ('{"format":1,"partitions":0}', "damaged"),
        ('{"format":2}', "newer clickwatch"),
        ("[]", "damaged"),
    ],
)
def test_a_description_that_cannot_be_read_is_one_clear_error(tmp_path: Path, text: str, match: str) -> None:
    open_local(tmp_path, Clock()).close()
    (tmp_path / "topic/topic.json").write_text(text)
    with pytest.raises(LogError, match=match):
        open_local(tmp_path, Clock())


def test_a_file_in_the_folders_place_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "topic").write_text("in the way")
    with pytest.raises(StorageError, match=r"Cannot use the log folder .*: file exists\. Move the file"):
        open_local(tmp_path, Clock())


def test_a_missing_partition_folder_is_one_clear_error(tmp_path: Path) -> None:
    log = open_local(tmp_path, Clock())
    (tmp_path / "topic/0").rmdir()
    with pytest.raises(StorageError, match="no such file or directory"):
        log.append(0, b"record\n")
    with pytest.raises(StorageError, match="no such file or directory"):
        log.end_offset(0)


@pytest.mark.parametrize("failing", [1, 2], ids=["of the data", "of the index"])
def test_after_a_failed_sync_this_log_appends_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    log, reader = open_local(tmp_path, Clock(), partitions=2), open_local(tmp_path, Clock())
    log.append(0, b"kept\n")
    calls = 0

    def fsync(_: int) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)  # no disk at hand fails a sync when told
        with pytest.raises(StorageError, match="input/output error"):
            log.append(0, b"never acknowledged\n")
    assert records(reader) == [b"kept"]
    with pytest.raises(StorageError, match="a sync to disk has failed"):
        log.append(0, b"refused\n")
    log.append(1, b"another partition\n")
    other = open_local(tmp_path, Clock())
    other.append(0, b"after a restart\n")
    assert records(reader) == [b"kept", b"after a restart"]
    for each in (log, reader, other):
        each.close()


def test_the_cost_of_opening_and_appending_does_not_follow_the_history(tmp_path: Path) -> None:
    def bytes_read(folder: Path) -> int:
        log = open_local(folder, Clock())
        before = _read_so_far()
        log.append(0, b"one more\n")
        block = log.read(0, log.end_offset(0) - 9, 100)
        cost = _read_so_far() - before
        assert block.record(0) == b"one more"
        log.close()
        return cost

    for name, groups in (("short", 4), ("long", 150)):
        log = open_local(tmp_path / name, Clock(), group_bytes=10)
        log.append(0, b"ten bytes\n" * groups)
        log.close()
    assert bytes_read(tmp_path / "long") < bytes_read(tmp_path / "short") + 1000


def _read_so_far() -> int:
    text = Path("/proc/self/io").read_text()
    return int(text.split()[1])


@pytest.mark.parametrize(
    "wrong", [{"partitions": 0}, {"segment_bytes": 0}, {"retention": -1}, {"group_bytes": 0}, {"group_bytes": 1 << 25}]
)
def test_a_configuration_that_makes_no_sense_is_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    sound = {"partitions": 1, "segment_bytes": 1, "retention": 0, "group_bytes": 1}
    with pytest.raises(ValueError, match=r"a log needs|groups must be"):
        LocalLogConfig(tmp_path, **(sound | wrong))
