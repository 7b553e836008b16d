"""What the steps of a day's run hand on: never the results of two cuts together."""

from pathlib import Path

import pyarrow as pa
import pytest

from clickwatch.batch.cut import Cut
from clickwatch.batch.staging import Staging
from clickwatch.domain.day import Day
from clickwatch.errors import BatchError

DAY = Day.parse("2026-01-26")
CUT = Cut(DAY, 7, True, ("event_date=2026-01-26/a.parquet",))
TABLE = pa.table({"product_id": ["é", None], "view_count": [1, 2]})


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "batch" / "20260126")


def test_the_cut_and_the_results_are_what_the_step_before_has_left(staging: Staging) -> None:
    staging.begin(CUT)
    staging.keep("user_segments", CUT, TABLE)
    after = Staging(staging.folder)
    assert after.cut(DAY) == CUT
    assert after.result("user_segments", CUT).equals(TABLE)


def test_nothing_stays_when_the_run_is_over(staging: Staging) -> None:
    staging.begin(CUT)
    staging.keep("user_segments", CUT, TABLE)
    staging.clear()
    assert not staging.folder.exists()


def test_an_empty_result_keeps_its_columns(staging: Staging) -> None:
    staging.begin(CUT)
    staging.keep("user_segments", CUT, TABLE.slice(0, 0))
    assert staging.result("user_segments", CUT).schema.equals(TABLE.schema)


def test_a_step_without_the_one_before_says_what_to_run(staging: Staging) -> None:
    with pytest.raises(BatchError, match=r"No run of 2026-01-26 was begun .* clickwatch batch --date 2026-01-26"):
        staging.cut(DAY)
    staging.begin(CUT)
    with pytest.raises(BatchError, match=r"The user_segments of 2026-01-26 were not computed yet\. Run the whole day"):
        staging.result("user_segments", CUT)


def test_results_of_an_earlier_cut_are_refused(staging: Staging) -> None:
    staging.begin(CUT)
    staging.keep("user_segments", CUT, TABLE)
    later = Cut(DAY, 8, True, CUT.files)
    staging.begin(later)
    assert staging.cut(DAY) == later
    with pytest.raises(BatchError, match="belong to another run"):
        staging.result("user_segments", later)


@pytest.mark.parametrize("left", [b"", b"{", b"[]", b'{"format": 2}', b'{"format": 1, "day": "2026-01-26"}', b"\xff"])
def test_a_cut_that_cannot_be_read_is_no_cut(staging: Staging, left: bytes) -> None:
    staging.begin(CUT)
    (staging.folder / "cut.json").write_bytes(left)
    with pytest.raises(BatchError, match="No run of 2026-01-26 was begun"):
        staging.cut(DAY)


def test_the_cut_of_another_day_is_no_cut(staging: Staging) -> None:
    staging.begin(CUT)
    with pytest.raises(BatchError, match="No run of 2026-01-27 was begun"):
        staging.cut(Day.parse("2026-01-27"))


@pytest.mark.parametrize("keep", [0, 5, 100])
def test_a_result_that_was_cut_short_is_named(staging: Staging, keep: int) -> None:
    staging.begin(CUT)
    staging.keep("user_segments", CUT, TABLE)
    path = staging.folder / "user_segments.arrow"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BatchError, match=r"The result .*user_segments\.arrow is damaged"):
        staging.result("user_segments", CUT)
