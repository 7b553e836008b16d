"""One Kafka broker in KRaft mode: a Java process on 127.0.0.1 that can be stopped, killed and started again.

It ends with the process that started it, where the system has `setpriv` (Linux does).
"""

import base64
import random
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dev.jars import java, kafka_jars

_STARTS_WITHIN = 60.0
_STOPS_WITHIN = 30.0
_PORTS = range(20_000, 30_000)  # below those that systems give to outgoing connections: a restart finds its own free
_QUICK_START = "-XX:TieredStopAtLevel=1"  # half the processor time to start, for less speed later
_OPTIONS = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-Dorg.apache.logging.log4j.level=WARN")


class BrokerError(Exception):
    """The broker did not come up; the message holds the end of what it said."""


@dataclass(frozen=True)
class Listener:
    """A way to connect beside the plain one: `name` in capitals, its security protocol, the broker's settings for it.

    `settings` are named as in Kafka's documentation, without `listener.name.<name>.` before them.
    """

    name: str
    protocol: str
    settings: Mapping[str, str] = field(default_factory=dict)


class Broker:
    """A broker whose data, settings and own log lie in `folder`; its ports stay the same for its whole life."""

    def __init__(self, folder: Path, *listeners: Listener, quick_start: bool = True) -> None:
        """Nothing runs before `start`. `quick_start`: for tests, which have little for it to do.

        Raises SetUpError if Java or the artifacts cannot be had.
        """
        self._folder = folder
        self._options = (*_OPTIONS, _QUICK_START) if quick_start else _OPTIONS
        self._jars = kafka_jars()
        self._listeners = (Listener("PLAINTEXT", "PLAINTEXT"), *listeners)
        names = [*(listener.name for listener in self._listeners), "CONTROLLER"]
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None

    def servers(self, listener: str = "PLAINTEXT") -> str:
        """What clients take as bootstrap servers."""
        return f"127.0.0.1:{self._ports[listener]}"

    def start(self) -> None:
        """Start it and wait until it takes connections; its data of before is there. Raises BrokerError."""
        if not (self._folder / "data").exists():
            self._format()
        leash = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        with (self._folder / "broker.log").open("ab") as said:
            command = [*leash, *self._java("kafka.Kafka"), str(self._settings)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        self._wait_until_up(self._process)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a power cut of its machine would look to others."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in order, and wait for that; it is killed if it takes too long."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def wait(self) -> None:
        """Return when it ends by itself."""
        if self._process is not None:
            self._process.wait()

    @property
    def _settings(self) -> Path:
        return self._folder / "server.properties"

    def _java(self, program: str) -> list[str]:
        return [java(), *self._options, "-cp", f"{self._jars}/*", program]

    def _format(self) -> None:
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in self._properties().items()), "utf-8")
        identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = self._java("kafka.tools.StorageTool")
        # An id that begins with a dash would be taken for an option.
        command = [*tool, "format", "--standalone", f"--cluster-id=k{identity[1:]}", "-c", str(self._settings)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise BrokerError(f"The broker's folder {self._folder} cannot be formatted:\n{done.stdout}{done.stderr}")

    def _properties(self) -> dict[str, str]:
        controller = f"127.0.0.1:{self._ports['CONTROLLER']}"
        open_to_clients = ",".join(f"{each.name}://{self.servers(each.name)}" for each in self._listeners)
        protocols = ",".join(f"{each.name}:{each.protocol}" for each in self._listeners)
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": controller,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"{open_to_clients},CONTROLLER://{controller}",
            "advertised.listeners": open_to_clients,
            "listener.security.protocol.map": f"{protocols},CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self._folder / "data"),
            "auto.create.topics.enable": "false",
            # A broker that was killed is let in again only when its last session is over: nine seconds, else.
            "broker.heartbeat.interval.ms": "500",
            "broker.session.timeout.ms": "2500",
            "offsets.topic.num.partitions": "1",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
        }
        for each in self._listeners:
            prefix = f"listener.name.{each.name.lower()}."
            properties |= {f"{prefix}{name}": value for name, value in each.settings.items()}
        return properties

    def _wait_until_up(self, process: subprocess.Popen[bytes]) -> None:
        give_up = time.monotonic() + _STARTS_WITHIN
        waiting = list(self._listeners)
        while waiting:
            if process.poll() is not None or time.monotonic() > give_up:
                self.kill()
                said = (self._folder / "broker.log").read_text("utf-8", errors="replace")[-4000:]
                raise BrokerError(f"The Kafka broker did not come up. It said:\n{said}")
            if takes_connections(self._ports[waiting[0].name]):
                waiting.pop(0)
            else:
                time.sleep(0.05)


def takes_connections(port: int) -> bool:
    """Whether something on this machine listens there."""
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """So many ports of 127.0.0.1 on which nothing listens."""
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise BrokerError(f"Fewer than {count} ports from {_PORTS.start} to {_PORTS.stop} are free")
