"""The lock files hold what pyproject.toml asks for, hashed, and say nothing of where it came from."""

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.repository import ROOT

LEVELS = ("run", "kafka", "postgres", "spark", "dev", "airflow")


def lock(level: str) -> list[str]:
    """A lock file's entries: a pinned package with its marker and hashes on one line each."""
    return (ROOT / "requirements" / f"{level}.txt").read_text("utf-8").replace("\\\n", " ").splitlines()


def pins(level: str) -> dict[str, str]:
    """Versions by package."""
    pinned = (Requirement(line.split(" --hash")[0]) for line in lock(level))
    return {canonicalize_name(entry.name): str(entry.specifier).removeprefix("==") for entry in pinned}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def unmet(wanted: list[str], level: str) -> list[str]:
    """What a lock file does not hold in a version that fits."""
    held = pins(level)
    needs = map(Requirement, wanted)
    return [str(need) for need in needs if not need.specifier.contains(held.get(canonicalize_name(need.name), "0"))]


def test_the_lock_of_the_commands_holds_what_they_and_the_build_need(project: dict[str, Any]) -> None:
    wanted = project["project"]["dependencies"] + project["build-system"]["requires"]
    assert unmet(wanted, "run") == [], "run `make lock` and commit it"


@pytest.mark.parametrize("extra", ["kafka", "postgres", "spark", "dev"])
def test_the_lock_of_an_extra_holds_what_it_needs(project: dict[str, Any], extra: str) -> None:
    assert unmet(project["project"]["optional-dependencies"][extra], extra) == [], "run `make lock` and commit it"


def test_the_tests_run_on_the_versions_that_the_commands_use() -> None:
    assert pins("run").items() <= pins("kafka").items() <= pins("dev").items()
    assert pins("run").items() <= pins("postgres").items() <= pins("dev").items()
    assert pins("run").items() <= pins("spark").items() <= pins("dev").items()


def test_the_lock_of_airflow_holds_what_is_asked_for() -> None:
    asked = (ROOT / "requirements" / "airflow.in").read_text("utf-8").splitlines()
    assert unmet([line for line in asked if not line.startswith("#")], "airflow") == [], "run `make lock` and commit it"


@pytest.mark.parametrize("level", LEVELS)
def test_every_locked_package_is_one_version_with_hashes(level: str) -> None:
    for line in lock(level):
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; [^-]+)?( +--hash=sha256:[0-9a-f]{64})+", line), line


@pytest.mark.parametrize("level", LEVELS)
def test_no_package_is_locked_twice(level: str) -> None:
    assert len(pins(level)) == len(lock(level))
