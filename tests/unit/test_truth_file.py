"""The truth file: written whole, read with suspicion."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clickwatch.domain.known_truth import KnownTruth
from clickwatch.errors import TruthError
from clickwatch.sources.chaos.generator import ChaosGenerator
from clickwatch.wiring.truth_file import check_place, read_truth, write_truth
from tests.support.chaos_plans import chaos_plan


@pytest.fixture(scope="module")
def truth() -> KnownTruth:
    return ChaosGenerator(chaos_plan(events=600)).truth({"SPARK_WATERMARK_DELAY": "2m"})


@pytest.fixture
def file(tmp_path: Path, truth: KnownTruth) -> Path:
    path = tmp_path / "truth.json"
    write_truth(path, truth)
    return path


def test_what_was_written_is_read(file: Path, truth: KnownTruth) -> None:
    assert read_truth(file) == truth


def test_every_row_stands_on_a_line_of_its_own(file: Path, truth: KnownTruth) -> None:
    text = file.read_text("ascii")
    assert text.count('\n  {"window_start"') == len(truth.windows)
    assert json.loads(text)["version"] == 1


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document), "utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(TruthError) as caught:
        read_truth(path)
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(version=2), "is of version 2, and this clickwatch reads 1"),
        (lambda d: d.update(version="1"), "is of version 1, and this clickwatch reads 1"),
        (lambda d: d.pop("version"), "is of version None"),
        (lambda d: d.update(format="something"), 'does not say "format"'),
        (lambda d: d.pop("windows"), "is damaged at windows: "),
        (lambda d: d.update(extra=1), "is damaged at extra: "),
        (lambda d: d["windows"][3].update(view_count="7"), "is damaged at windows.3.view_count: "),
        (lambda d: d["windows"][3].update(view_count=True), "is damaged at windows.3.view_count: "),
        (lambda d: d["windows"][3].update(view_count=1.5), "is damaged at windows.3.view_count: "),
        (lambda d: d["windows"][0].update(window_start="noon"), "at windows.0.window_start: 'noon' is no time in UTC"),
        (lambda d: d["windows"][0].update(window_end="2026-01-26T07:00:00"), "windows.0.window_end"),
        (lambda d: d["hours"][0].update(hour_start="2026-01-26T07:00:00+00:00"), "hours.0.hour_start"),
        (lambda d: d["partitions"][0].update(watermark=""), "partitions.0.watermark"),
        (lambda d: d.update(closed_until="0"), "closed_until"),
        (lambda d: d["origin"].update(end="99999-01-01T00:00:00Z"), "origin.end"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(
    file: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    assert says in refusal(changed(file, change))


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"7", b"\xff\xfe", b"[" * 100_000, b'{"windows": []}'])
def test_what_is_no_truth_file_is_said_to_be_none(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(text)
    assert "is no truth file" in refusal(path)


def test_half_a_file_is_refused(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert "it is not JSON, or not all of it" in refusal(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "cannot be read: no such file or directory" in refusal(tmp_path / "missing.json")
    assert "cannot be read: is a directory" in refusal(tmp_path)


def test_a_file_that_is_there_is_never_replaced(file: Path, truth: KnownTruth) -> None:
    file.write_text("somebody's")
    for write in (check_place, lambda path: write_truth(path, truth)):
        with pytest.raises(TruthError, match="is there already"):
            write(file)
    assert file.read_text() == "somebody's"
    assert list(file.parent.iterdir()) == [file]


def test_a_place_is_tried_before_anything_is_made_and_left_as_it_was(tmp_path: Path) -> None:
    check_place(tmp_path / "new.json")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(TruthError, match=r"new\.json cannot be made: no such file or directory"):
        check_place(tmp_path / "nowhere" / "new.json")


def test_a_link_to_nowhere_is_left_as_it_is(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "nothing")
    with pytest.raises(TruthError, match="is there already"):
        check_place(link)
    assert link.is_symlink()
