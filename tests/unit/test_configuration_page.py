"""The pages made from the code are up to date, and what they tell people to write is understood."""

from pathlib import Path

import pytest

from clickwatch.domain.window import MINUTE
from clickwatch.settings import AppSettings, load_settings
from scripts.generate_docs import PAGES
from scripts.settings_pages import settings
from tests.support.repository import ROOT

# These lines are in use at shops that change over: they must keep working as they are.
KNOWN_LINES = """\
KAFKA_BOOTSTRAP_SERVERS=broker:29092
KAFKA_CLICKSTREAM_TOPIC=clickstream_events
SPARK_WINDOW_DURATION=10
SPARK_SLIDE_DURATION=5
SPARK_WATERMARK_DELAY=2 minutes
ALERT_MIN_VIEWS_THRESHOLD=100
ALERT_MAX_PURCHASES_THRESHOLD=5
PRODUCER_EVENTS_PER_SECOND=10.0
PRODUCER_HIGH_INTEREST_PRODUCT_IDS=PROD_001,PROD_002,PROD_003
"""


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == PAGES[name](), f"{name} is out of date: run `make docs` and commit it"


def test_every_setting_is_on_the_configuration_page_once() -> None:
    page = PAGES["docs/configuration.md"]()
    assert [page.count(f"| `{name.upper()}` |") for name in AppSettings.model_fields] == [1] * len(
        AppSettings.model_fields
    )


def test_every_setting_says_what_it_means() -> None:
    assert [setting.name for setting in settings() if not setting.meaning.endswith(".")] == []


def test_the_lines_of_the_example_uncommented_give_the_defaults() -> None:
    lines = (line.removeprefix("# ") for line in PAGES[".env.example"]().splitlines())
    written = [line for line in lines if line.split("=")[0].lower() in AppSettings.model_fields]
    assert len(written) == len(AppSettings.model_fields)
    Path(".env").write_text("\n".join(line for line in written if not line.endswith("=")), "utf-8")
    assert load_settings() == AppSettings(_env_file=None)  # type: ignore[call-arg]


def test_the_known_lines_work_verbatim_in_a_dot_env() -> None:
    Path(".env").write_text(KNOWN_LINES, "utf-8")
    loaded = load_settings()
    assert loaded.kafka_bootstrap_servers == "broker:29092"
    assert loaded.kafka_clickstream_topic == "clickstream_events"
    assert loaded.spark_window_duration == 10 * MINUTE
    assert loaded.spark_slide_duration == 5 * MINUTE
    assert loaded.spark_watermark_delay == 2 * MINUTE
    assert loaded.alert_min_views_threshold == 100
    assert loaded.alert_max_purchases_threshold == 5
    assert loaded.producer_events_per_second == 10.0
    assert loaded.producer_high_interest_product_ids == ("PROD_001", "PROD_002", "PROD_003")


def test_the_environment_wins_over_a_dot_env(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("ALERT_MIN_VIEWS_THRESHOLD=7\nALERT_MAX_PURCHASES_THRESHOLD=3\n", "utf-8")
    monkeypatch.setenv("ALERT_MIN_VIEWS_THRESHOLD", "8")
    loaded = load_settings()
    assert (loaded.alert_min_views_threshold, loaded.alert_max_purchases_threshold) == (8, 3)
