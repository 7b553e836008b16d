"""`clickwatch schedule`: its texts, as cron, the shell and systemd take them."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clickwatch.batch.reports.publication import ReportShelf
from clickwatch.cli.machine_clock import offsets_from_utc
from clickwatch.cli.unit_texts import Installed, cron_line, service_unit, timer_unit
from clickwatch.domain.day import Day
from clickwatch.domain.duration import parse_duration
from clickwatch.domain.window import DAY, HOUR
from clickwatch.errors import SettingsError
from clickwatch.wiring.log import wall_clock
from tests.support.day_homes import clicks, stream
from tests.support.installations import KEY, Installation
from tests.support.pages import PageReader, blocks, is_printed
from tests.support.repository import ROOT

YESTERDAY = Day.of(wall_clock() - DAY)
NAMES = ["plain", "with blanks and 'quotes' and \"more\"", "100 % of $HOME\\n`id`", "a=b; c\\%d\\\\e"]


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    """Events of yesterday, streamed."""
    home = Installation(tmp_path / "home", {"ALERT_HANDLERS": ""})
    home.append({0: clicks(3, YESTERDAY, 30)})
    stream(home)
    return home


def in_folder(folder: Path, home: Installation) -> Path:
    """A folder with a `.env` that names the home and its settings, from where the schedule is asked for."""
    folder.mkdir()
    settings = {**home.environment, "LOG_LEVEL": "error"}
    (folder / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()), "utf-8")
    return folder


def scheduled(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`clickwatch schedule` typed there, with nothing but these variables."""
    command = [sys.executable, "-m", "clickwatch", "schedule", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)


def as_cron_runs(line: str, takes_back: str = "%") -> str:
    """The command of a crontab's line, after what cron does to it.

    It ends at a %; before those of `takes_back` a backslash is taken away. Some crons take it from a backslash too.
    """
    command, rest = "", iter(line.split(maxsplit=5)[5])
    for character in rest:
        if character == "%":
            break
        after = next(rest, "") if character == "\\" else ""
        command += after if after and after in takes_back else character + after
    return command


def test_the_line_for_cron_does_the_night_with_an_empty_environment(home: Installation, tmp_path: Path) -> None:
    folder = in_folder(tmp_path / NAMES[1], home)
    line = scheduled(folder, "cron").stdout.splitlines()[-1]
    command = as_cron_runs(line)
    done = subprocess.run(["env", "-i", "/bin/sh", "-c", command], cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"{YESTERDAY}: 30 events, reported in " in done.stdout
    assert len(ReportShelf(home.home.reports).files(YESTERDAY)) == 5


def test_a_module_that_lies_in_the_folder_is_nothing_to_the_night(home: Installation, tmp_path: Path) -> None:
    folder = in_folder(tmp_path / "shop", home)
    texts = scheduled(folder).stdout.splitlines()
    for name in ("typer", "email", "random"):
        (folder / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    [cron] = [as_cron_runs(line) for line in texts if " * * * cd " in line]
    [unit] = [line.partition("=")[2] for line in texts if line.startswith("ExecStart=")]
    for command in (["/bin/sh", "-c", f"{cron} --help"], [*systemd_words(unit), "--help"]):
        done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("takes_back", ["%", "%\\"])
@pytest.mark.parametrize("name", NAMES)
def test_names_reach_the_command_of_cron_as_they_are(name: str, takes_back: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    show = (sys.executable, "-c", "import os, sys; print(os.getcwd(), os.environ['HOME_OF_IT'], sys.argv[1], sep='|')")
    installed = Installed((*show, name), str(tmp_path / name), (("HOME_OF_IT", name),), "shop")
    [line] = cron_line(installed, [timedelta()]).splitlines()
    said = subprocess.run(
        ["/bin/sh", "-c", as_cron_runs(line, takes_back)], capture_output=True, text=True, check=True
    ).stdout
    assert said == f"{tmp_path / name}|{name}|{name}\n"


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("UTC", ["0 2 *"]),
        ("Asia/Kolkata", ["# 07:30 here is 02:00 UTC", "30 7 *"]),
        ("Europe/Berlin", ["# 04:00 here is 02:00 UTC, or 03:00 by the season", "0 4 *"]),
        ("America/New_York", ["# 22:00 here is 02:00 UTC, or 03:00 by the season", "0 22 *"]),
    ],
)
def test_the_line_for_cron_goes_by_the_clock_of_the_machine(zone: str, begins: list[str]) -> None:
    offsets = offsets_from_utc(datetime(2026, 11, 1, 2, tzinfo=UTC), Path("/usr/share/zoneinfo") / zone)
    lines = cron_line(Installed(("clickwatch",), "/srv/shop", (), "shop"), offsets).splitlines()
    assert len(lines) == len(begins)
    assert all(line.startswith(begin) for line, begin in zip(lines, begins, strict=True))


def test_the_zone_of_the_shell_is_nothing_to_cron(tmp_path: Path) -> None:
    assert len({scheduled(tmp_path, "cron", TZ=zone).stdout for zone in ("UTC", "Asia/Kolkata", "Nowhere")}) == 1


def test_a_machine_without_a_zone_goes_by_utc(tmp_path: Path) -> None:
    assert offsets_from_utc(datetime(2026, 11, 1, 2, tzinfo=UTC), tmp_path / "localtime") == [timedelta()]


def odd_python(folder: Path) -> Path:
    """A program in a folder that is made, which says what it is called with."""
    folder.mkdir()
    program = folder / "python"
    program.write_text('#!/bin/sh\nIFS="|"\nprintf "%s\\n" "$*"\n')
    program.chmod(0o755)
    return program


def systemd_words(line: str) -> list[str]:
    """The words of a command line of a unit, which systemd gives to the program: see systemd.service(5)."""
    return [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line)]


@pytest.mark.parametrize("name", NAMES)
def test_the_units_are_what_systemd_takes(name: str, tmp_path: Path) -> None:
    """`systemd-analyze` looks at them where it is installed; what they say is looked at everywhere."""
    words = (str(odd_python(tmp_path / name)), "-m", "clickwatch", "night")
    installed = Installed(words, str(tmp_path / name), (("CLICKWATCH_HOME", str(tmp_path / name)),), "root")
    units = {"service": service_unit(installed), "timer": timer_unit()}
    for kind, text in units.items():
        (tmp_path / f"clickwatch-night.{kind}").write_text(text, "utf-8")
    if shutil.which("systemd-analyze"):
        paths = [str(tmp_path / f"clickwatch-night.{kind}") for kind in units]
        done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
    read = {kind: configparser.ConfigParser(interpolation=None, strict=True) for kind in units}
    for kind, text in units.items():
        read[kind].read_string(text)
    assert read["timer"]["Timer"]["OnCalendar"] == "*-*-* 02:00:00 UTC"
    assert read["timer"]["Timer"]["Persistent"] == "true"
    service = read["service"]["Service"]
    assert (service["Type"], service["RestartPreventExitStatus"]) == ("oneshot", "2")
    assert service["WorkingDirectory"].replace("%%", "%") == str(tmp_path / name)
    started = systemd_words(service["ExecStart"])
    assert started[0].replace("/", "").isalpha(), "systemd takes hardly any other name for a program"
    assert started[-len(words) :] == list(words)
    said = subprocess.run([*started, name], env={}, capture_output=True, text=True, check=True).stdout
    assert said == f"-m|clickwatch|night|{name}\n"
    assert shlex.split(service["Environment"].replace("%%", "%")) == [f"CLICKWATCH_HOME={tmp_path / name}"]


def test_tries_of_one_night_never_keep_systemd_from_starting_the_next() -> None:
    # Every start counts, also the timer's and one by hand. The last interval before 02:00 begins at midnight at the
    # earliest: what has used it up were tries of the very night that is to be started.
    service = configparser.ConfigParser(interpolation=None)
    service.read_string(service_unit(Installed(("clickwatch",), "/srv/shop", (), "root")))
    limit = service["Unit"]
    interval, pause = parse_duration(limit["StartLimitIntervalSec"]), parse_duration(service["Service"]["RestartSec"])
    assert interval <= 2 * HOUR
    assert (int(limit["StartLimitBurst"]) - 1) * pause < interval, "a night that fails at once is given up"


def test_the_schedule_has_all_texts_and_names_what_only_the_environment_has(tmp_path: Path) -> None:
    done = scheduled(tmp_path, CLICKWATCH_HOME="shop", PSEUDONYM_KEY=KEY, LOG_LEVEL="error")
    for kind in ("cron", "service", "timer"):
        assert scheduled(tmp_path, kind, CLICKWATCH_HOME="shop").stdout in done.stdout
    assert f"CLICKWATCH_HOME={tmp_path}/shop" in done.stdout
    assert "LOG_LEVEL, PSEUDONYM_KEY" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_what_env_has_as_well_is_not_named_and_what_it_has_otherwise_is(home: Installation, tmp_path: Path) -> None:
    folder = in_folder(tmp_path / "shop", home)
    assert scheduled(folder, "cron", LOG_LEVEL="error", ALERT_HANDLERS="").stderr == ""
    said = scheduled(folder, "cron", LOG_LEVEL="info", ALERT_HANDLERS="", RETENTION_DAYS="9").stderr
    assert "LOG_LEVEL, RETENTION_DAYS." in said and "ALERT_HANDLERS" not in said


@pytest.mark.parametrize(("engine", "times"), [("spark", 1), ("embedded", 0)])
def test_the_java_of_spark_is_known_at_night(engine: str, times: int, home: Installation, tmp_path: Path) -> None:
    folder = in_folder(tmp_path / "shop", home)
    with (folder / ".env").open("a", encoding="utf-8") as file:
        file.write(f"BATCH_ENGINE={engine}\n")
    done = scheduled(folder, JAVA_HOME="/opt/a java")
    assert (done.stdout.count("JAVA_HOME='/opt/a java' "), done.stderr) == (times, "")
    assert done.stdout.count('Environment="JAVA_HOME=/opt/a java"\n') == times


def test_the_commands_of_the_page_run_as_written_and_print_what_it_shows(tmp_path: Path) -> None:
    page = blocks(ROOT / "docs" / "every-night.md")
    assert [block.kind for block in page] == ["sh", "text", "sh"]
    reader = PageReader(tmp_path)
    line = re.sub(r"^(#.*\n)?\d+ \d+ ", "0 2 ", reader.run(page[0]))  # as where the clock is UTC
    assert is_printed(page[1].text, line)
    assert reader.run(page[2]) == ""
    assert (tmp_path / "clickwatch-night.timer").read_text("utf-8") == timer_unit()
    assert "ExecStart=" in (tmp_path / "clickwatch-night.service").read_text("utf-8")


def test_a_path_that_no_line_can_hold_is_refused() -> None:
    with pytest.raises(SettingsError, match="neither cron nor systemd"):
        Installed(("clickwatch",), "/srv/a\nb", (), "root")
