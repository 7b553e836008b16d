"""Where a topic is and how it is reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clickwatch.domain.window import MINUTE


@dataclass(frozen=True)
class KafkaConfig:
    """A topic by its brokers and name.

    `servers` are bootstrap servers, separated by commas. `partitions` and `retention` (µs) count for a new topic only.
    Brokers that do not answer are waited for `patience` µs. `security` holds properties of the client library for
    TLS and SASL, passwords too: it is never shown.
    """

    servers: str
    topic: str
    partitions: int
    retention: int
    patience: int = 2 * MINUTE
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
