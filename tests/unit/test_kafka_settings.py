"""How settings become the client library's: names, defaults, and secrets that nobody sees."""

from typing import Any

import pytest

from clickwatch.errors import SettingsError
from clickwatch.eventlog.kafka.config import KafkaConfig
from clickwatch.settings import load_settings
from clickwatch.wiring.kafka import kafka_security

GUARDED: dict[str, Any] = {
    "kafka_security_protocol": "sasl_ssl",
    "kafka_ssl_ca_location": "/etc/ca.pem",
    "kafka_sasl_mechanism": "scram-sha-512",
    "kafka_sasl_username": "shop",
    "kafka_sasl_password": "correct-horse",
}


def test_nothing_is_secured_unless_it_is_set() -> None:
    assert kafka_security(load_settings()) == {"security.protocol": "PLAINTEXT"}


def test_tls_and_sasl_are_passed_through() -> None:
    assert kafka_security(load_settings(**GUARDED)) == {
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": "/etc/ca.pem",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "shop",
        "sasl.password": "correct-horse",
    }


def test_a_password_is_in_no_text_of_the_settings_or_the_configuration() -> None:
    loaded = load_settings(**GUARDED)
    config = KafkaConfig("broker:9092", "clicks", 3, 1, security=kafka_security(loaded))
    assert "correct-horse" not in f"{loaded!r} {loaded} {config!r} {config}"


@pytest.mark.parametrize("name", ["kafka_security_protocol", "kafka_sasl_mechanism"])
def test_a_way_that_is_not_known_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(SettingsError, match=name.upper()):
        load_settings(**{name: "trust-me"})
