"""The settings of Kafka: how brokers are reached, waited for and trusted."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from clickwatch.domain.window import DAY, MINUTE, SECOND
from clickwatch.settings.kinds import Place, Seconds


class KafkaSettings(BaseSettings):
    """The part of AppSettings that is about the connection to Kafka."""

    kafka_partitions: int = Field(default=3, ge=1, le=256, description="Partitions of a new topic of Kafka.")
    kafka_timeout: Seconds = Field(
        default=2 * MINUTE,
        ge=SECOND,
        le=DAY,
        description="How long a command waits for Kafka brokers that do not answer before it ends with an error.",
    )
    kafka_security_protocol: str = Field(
        default="plaintext",
        pattern=r"^(?i:plaintext|ssl|sasl_plaintext|sasl_ssl)$",
        description="How Kafka is spoken to: plaintext, ssl, sasl_plaintext or sasl_ssl.",
    )
    kafka_ssl_ca_location: Place | None = Field(
        default=None, description="The file of the certificates that Kafka brokers are trusted by, if not the system's."
    )
    kafka_ssl_certificate_location: Place | None = Field(
        default=None, description="The file of the certificate that is shown to Kafka brokers."
    )
    kafka_ssl_key_location: Place | None = Field(default=None, description="The file of that certificate's key.")
    kafka_ssl_key_password: SecretStr | None = Field(default=None, description="The password of that key's file.")
    kafka_sasl_mechanism: str = Field(
        default="",
        pattern=r"^(?i:|plain|scram-sha-256|scram-sha-512)$",
        description="How users of Kafka are known: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.",
    )
    kafka_sasl_username: str = Field(default="", description="The user's name at Kafka.")
    kafka_sasl_password: SecretStr | None = Field(default=None, description="The user's password at Kafka.")
