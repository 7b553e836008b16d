"""The brokers as all clients of a log share them: their settings, and how long they are waited for."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from clickwatch.domain.duration import format_duration
from clickwatch.errors import LogError
from clickwatch.eventlog.kafka.client import KafkaError, KafkaException
from clickwatch.eventlog.kafka.config import KafkaConfig

TRY_SECONDS = 1.0
"""How long one attempt may take before it counts as unanswered."""

_TELL_AFTER_SECONDS = 3.0
_NAP_SECONDS = 0.1
_SECURITY = "Check KAFKA_SECURITY_PROTOCOL, the KAFKA_SSL_ and KAFKA_SASL_ settings, and what the brokers ask for"
_REFUSALS = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError.SASL_AUTHENTICATION_FAILED})
# All others pass, or may: brokers that start, stop or hand on their partitions have many words for it.
_FINAL = frozenset(
    {
        KafkaError._BAD_COMPRESSION,
        KafkaError._BAD_MSG,
        KafkaError._FATAL,
        KafkaError._INVALID_ARG,
        KafkaError._STATE,
        KafkaError._UNSUPPORTED_FEATURE,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.INVALID_CONFIG,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_PARTITIONS,
        KafkaError.INVALID_REPLICATION_FACTOR,
        KafkaError.INVALID_REQUEST,
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.POLICY_VIOLATION,
        KafkaError.SECURITY_DISABLED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.TOPIC_EXCEPTION,
        KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
        KafkaError.UNSUPPORTED_VERSION,
    }
)
_log = structlog.get_logger(__name__)
_Answer = TypeVar("_Answer")


class Brokers:
    """What is known of the brokers now; `stopping` ends all waiting for them. May be used by several threads."""

    def __init__(self, config: KafkaConfig, stopping: Callable[[], bool] = lambda: False) -> None:
        self._config = config
        self._stopping = stopping
        self._reason = ""
        self._refusal: KafkaError | None = None
        self._has_answered = False

    def client_config(self, **more: Any) -> dict[str, Any]:
        """The settings of a client of these brokers, with those that it needs beside; `a_b` stands for `a.b`."""
        return {
            "bootstrap.servers": self._config.servers,
            "client.id": "clickwatch",
            "error_cb": self._note,
            "log_level": 0,  # what it would say on standard error comes as errors
            "reconnect.backoff.max.ms": 1000,
            "enable.metrics.push": False,
            **self._config.security,
            **{name.replace("_", "."): value for name, value in more.items()},
        }

    def waiting(self) -> "Waiting":
        """Begin to wait for one answer."""
        return Waiting(self)

    def ask(self, call: Callable[[float], _Answer]) -> _Answer:
        """What `call` answers; it is given the seconds that it may take, and called again while none comes.

        Raises LogError once patience is over, or if the brokers refuse.
        """
        waiting = self.waiting()
        while True:
            try:
                answer = call(TRY_SECONDS)
            except KafkaException as failure:
                waiting.failed(failure.args[0])
                time.sleep(_NAP_SECONDS)
            else:
                waiting.over()
                return answer

    def is_stopping(self) -> bool:
        """Whether nobody wants to wait any longer."""
        return self._stopping()

    def check(self, waited: float) -> None:
        """Raise LogError if `waited` seconds are more than patience has, or waiting is of no use."""
        if self._refusal is not None:
            raise self.refused(self._refusal)
        if self.is_stopping():
            raise LogError(f"{self._unanswered()}; stopped waiting for it")
        if waited * 1_000_000 > self._config.patience:
            problem = f"{self._unanswered()}, for {format_duration(self._config.patience)} now"
            raise LogError(problem, "Start it, or name others with KAFKA_BOOTSTRAP_SERVERS; then do this again")

    def refused(self, error: KafkaError) -> LogError:
        """The error for an answer that will not change by itself."""
        cure = _SECURITY if error.code() in _REFUSALS else ""
        return LogError(f"Kafka at {self._config.servers} refuses: {error.str().rstrip('.')}", cure)

    def answered(self) -> None:
        """They let this client in: a handshake that fails from now on is one that their end cut short."""
        self._has_answered = True

    def say_waiting(self) -> None:
        """Tell people that brokers do not answer."""
        patience = format_duration(self._config.patience)
        _log.warning("Kafka does not answer; waiting", servers=self._config.servers, at_most=patience, why=self._reason)

    def say_back(self, waited: float) -> None:
        """Tell people that they do again."""
        _log.warning("Kafka answers again", servers=self._config.servers, after=f"{waited:.0f}s")

    def is_passing(self, error: KafkaError) -> bool:
        """Whether it may be otherwise if one asks again; the reason is kept."""
        is_refusal = error.code() in _REFUSALS and not self._has_answered
        passing = not (is_refusal or error.code() in _FINAL or error.fatal())
        if passing and error.code() not in (KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN):
            self._reason = error.str()
        return passing

    def _unanswered(self) -> str:
        reason = f" ({self._reason})" if self._reason else ""
        return f"Kafka at {self._config.servers} does not answer{reason}"

    def _note(self, error: KafkaError) -> None:
        """Called by the client library, on the thread that is asking it."""
        if not self.is_passing(error) and error.code() in _REFUSALS:
            self._refusal = error


class Waiting:
    """How long one answer has been waited for; people hear of it once, and when it is over."""

    def __init__(self, brokers: Brokers) -> None:
        self._brokers = brokers
        self._began = time.monotonic()
        self._told = False

    def failed(self, error: KafkaError) -> None:
        """An attempt failed. Raises LogError unless another one makes sense."""
        if not self._brokers.is_passing(error):
            raise self._brokers.refused(error)
        self.missed()

    def missed(self) -> None:
        """An attempt brought nothing. Raises LogError unless another one makes sense."""
        waited = time.monotonic() - self._began
        self._brokers.check(waited)
        if not self._told and waited > _TELL_AFTER_SECONDS:
            self._told = True
            self._brokers.say_waiting()

    def over(self) -> None:
        """The answer has come."""
        self._brokers.answered()
        if self._told:
            self._brokers.say_back(time.monotonic() - self._began)
        self._began = time.monotonic()
        self._told = False
