import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

from clickwatch.store.schema import deliveries
from tests.support.alert_stream import AlertStream

ROOT = Path(__file__).parents[2]
KILLS = 6


def courier(folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.support.alert_courier", str(folder)]
    environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def ids(file: Path) -> list[str]:
    """The delivery ids of the file's whole lines."""
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [json.loads(line)["delivery_id"] for line in lines if line.endswith(b"}")]


def test_a_courier_killed_again_and_again_brings_every_message_once(tmp_path: Path) -> None:
    stream = AlertStream.at(tmp_path)
    stream.epoch({(f"P{i}", window): (150, 0) for i in range(100) for window in (0, 1, 4)}, close_through=5)
    expected = [row["delivery_id"] for row in stream.rows(deliveries)]
    assert len(expected) == 400
    random = Random(1)
    file = tmp_path / "alerts.jsonl"
    for _ in range(KILLS):
        kill_after(courier(tmp_path), file, len(ids(file)) + random.randrange(5, 40))
    last = courier(tmp_path)
    output, _ = last.communicate(timeout=120)
    assert output == "begins\ndone\n"
    assert Counter(ids(file)) == Counter(expected)
    assert {row["status"] for row in stream.rows(deliveries)} == {"delivered"}


def kill_after(process: "subprocess.Popen[str]", file: Path, lines: int) -> None:
    """Kill -9 as soon as the file has that many lines, wherever the process is then; it must still be at work."""
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    while process.poll() is None and len(ids(file)) < lines:
        pass
    process.kill()
    assert process.wait() == -9
    process.stdout.close()
