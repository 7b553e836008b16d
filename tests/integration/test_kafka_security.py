"""Brokers that ask who one is, over TLS: with the settings that a person would set, and with wrong ones."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from dev.broker import Broker, Listener
from tests.support.commands import CommandServer

PASSWORD = "correct-horse-battery"
DAY = ("produce", "--to", "kafka", "--profile", "day", "--events", "500")


@dataclass(frozen=True)
class Guarded:
    """A broker's guarded door, and the settings that open it."""

    settings: dict[str, str]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    authority = trustme.CA()
    trusted, shown = folder / "ca.pem", folder / "broker.pem"
    authority.cert_pem.write_to_path(str(trusted))
    shown.write_bytes(_key_and_certificate(authority))
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    door = Listener(
        "GUARDED",
        "SASL_SSL",
        {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(shown),
            "sasl.enabled.mechanisms": "PLAIN",
            "plain.sasl.jaas.config": f'{module} required user_shop="{PASSWORD}";',
        },
    )
    broker = Broker(folder, door)
    broker.start()
    yield Guarded(
        {
            "KAFKA_BOOTSTRAP_SERVERS": broker.servers("GUARDED"),
            "KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
            "KAFKA_SSL_CA_LOCATION": str(trusted),
            "KAFKA_SASL_MECHANISM": "PLAIN",
            "KAFKA_SASL_USERNAME": "shop",
            "KAFKA_SASL_PASSWORD": PASSWORD,
            "KAFKA_TIMEOUT": "60s",
            "ALERT_HANDLERS": "",
        }
    )
    broker.kill()


def _key_and_certificate(authority: trustme.CA) -> bytes:
    """What the broker shows, in the one form of key that Java reads."""
    issued = authority.issue_cert("127.0.0.1")
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem + b"".join(blob.bytes() for blob in issued.cert_chain_pems)


def test_events_go_through_tls_and_a_password(commands: CommandServer, guarded: Guarded) -> None:
    produced = commands.run(*DAY, environment=guarded.settings)
    assert produced.exit_code == 0, produced.errors
    streamed = commands.run("stream", "--from", "kafka", "--until-caught-up", environment=guarded.settings)
    assert streamed.exit_code == 0, streamed.errors
    assert "500 accepted" in streamed.errors


@pytest.mark.parametrize(
    ("name", "wrong", "says"),
    [
        ("KAFKA_SASL_PASSWORD", "wrong-horse", "Authentication failed"),
        ("KAFKA_SSL_CA_LOCATION", "", "certificate verify failed"),
    ],
)
def test_what_the_broker_or_the_client_refuses_is_one_line_at_once_without_secrets(
    commands: CommandServer, guarded: Guarded, name: str, wrong: str, says: str
) -> None:
    if name == "KAFKA_SSL_CA_LOCATION":
        wrong = str(Path("others.pem").absolute())
        trustme.CA().cert_pem.write_to_path(wrong)
    began = time.monotonic()
    ended = commands.run(*DAY, environment=guarded.settings | {name: wrong})
    assert time.monotonic() - began < 30
    assert ended.exit_code == 1
    assert len(ended.errors.splitlines()) == 1, ended.errors
    assert says in ended.errors
    assert "Check KAFKA_SECURITY_PROTOCOL" in ended.errors
    assert wrong not in ended.errors
    assert PASSWORD not in ended.errors
