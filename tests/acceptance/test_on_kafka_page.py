"""The commands of the page "On Kafka", typed as it tells people to."""

import os
import re
import signal
import subprocess
from pathlib import Path

from tests.support.repository import ROOT

_PAGE = ROOT / "docs" / "on-kafka.md"


def try_it() -> list[str]:
    """The commands of the section that a newcomer follows, in their order."""
    section = _PAGE.read_text("utf-8").split("## Try it")[1].split("\n## ")[0]
    return re.findall(r"^ {4}(.+)$", section, re.MULTILINE)


def test_the_page_is_followed_from_the_broker_to_the_windows(tmp_path: Path) -> None:
    first, *then = try_it()
    broker = subprocess.Popen(first, shell=True, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert broker.stdout is not None
        printed = next(line.strip() for line in broker.stdout if "export" in line)
        script = "\n".join(["set -e", f"cd {ROOT}", printed, *then])
        home = {"CLICKWATCH_HOME": str(tmp_path / "home"), "ALERT_HANDLERS": ""}
        done = subprocess.run(["bash", "-c", script], env=os.environ | home, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "20,000 events" in done.stdout
        assert "20,000 received = 20,000 accepted + 0 duplicate + 0 rejected: true" in done.stdout
        assert re.search(r"\bPROD_\d{3}\b", done.stdout.split("Windows")[1])
        os.killpg(broker.pid, signal.SIGINT)
        rest = broker.stdout.read()
        assert "Stopping the broker." in rest
        broker.wait(30)
    finally:
        if broker.poll() is None:
            os.killpg(broker.pid, signal.SIGKILL)
            broker.wait()
