"""What a home was begun with is compared with what it would go on with."""

import json

import pytest

from clickwatch.errors import LogError, SettingsError
from clickwatch.wiring.fingerprint import check_fingerprint, log_of

LOCAL = {"SPARK_WINDOW_DURATION": "10m", "key": "k1"}
KAFKA = {"log": "topic clicks of Kafka, id A", **LOCAL}


def check(before: dict[str, str] | None, now: dict[str, str]) -> None:
    check_fingerprint(None if before is None else json.dumps(before), json.dumps(now))


@pytest.mark.parametrize("begun", [None, KAFKA])
def test_the_same_log_goes_on(begun: dict[str, str] | None) -> None:
    check(begun, KAFKA)


def test_homes_from_before_logs_were_named_have_the_local_one() -> None:
    check(LOCAL, LOCAL)
    assert log_of(json.dumps(LOCAL)) == log_of(None) == ""
    assert log_of(json.dumps(KAFKA)) == "topic clicks of Kafka, id A"


@pytest.mark.parametrize(
    ("before", "now"), [(LOCAL, KAFKA), (KAFKA, LOCAL), (KAFKA, {**KAFKA, "log": "topic clicks of Kafka, id B"})]
)
def test_another_log_is_refused_whatever_its_name(before: dict[str, str], now: dict[str, str]) -> None:
    with pytest.raises(LogError, match="This home was begun with"):
        check(before, now)


def test_another_setting_is_refused_by_its_name() -> None:
    with pytest.raises(SettingsError, match="SPARK_WINDOW_DURATION was 10m and is 5m"):
        check(KAFKA, {**KAFKA, "SPARK_WINDOW_DURATION": "5m"})
