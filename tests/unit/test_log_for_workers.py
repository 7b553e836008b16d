"""What travels to Spark's workers: the way to the log, and no secret that they have no use for."""

import pickle
from pathlib import Path

import pytest

from clickwatch.settings import AppSettings, load_settings
from clickwatch.wiring.engines import log_for_workers
from tests.support.installations import KEY

OTHERS = {
    "alert_webhook_url": "https://hooks.example.com/the-address",
    "smtp_host": "smtp.example.com",
    "smtp_user": "shop",
    "smtp_password": "the-mail-password",
    "pseudonym_key": KEY,
}


@pytest.fixture
def settings(tmp_path: Path) -> AppSettings:
    """Secrets of all kinds."""
    kafka = {
        "kafka_security_protocol": "sasl_plaintext",
        "kafka_sasl_username": "shop",
        "kafka_sasl_mechanism": "PLAIN",
    }
    return load_settings(clickwatch_home=tmp_path, kafka_sasl_password="the-kafka-password", **OTHERS, **kafka)


@pytest.mark.parametrize("on_kafka", [False, True])
def test_no_secret_travels_but_that_of_the_log(settings: AppSettings, on_kafka: bool) -> None:
    carried = pickle.dumps(log_for_workers(settings, on_kafka=on_kafka))
    for secret in ("the-address", "the-mail-password", KEY):
        assert secret.encode() not in carried
    assert (b"the-kafka-password" in carried) == on_kafka


def test_the_way_to_the_log_leads_there_from_another_process(settings: AppSettings) -> None:
    opened = pickle.loads(pickle.dumps(log_for_workers(settings, on_kafka=False)))
    log = opened()
    log.append(0, b"x\n")
    assert log.end_offset(0) > log.start_offset(0)
    log.close()
