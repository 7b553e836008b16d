"""What the programs in Java need of the system is looked at before anything is fetched, and said in one line."""

from pathlib import Path

import pytest

from dev import jars
from scripts.set_up import SetUpError


@pytest.fixture
def java_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that JAVA_HOME names, on a system without packages."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    return tmp_path


def says(java_home: Path, version: str) -> None:
    """Put a Java there that names this version."""
    java = java_home / "bin" / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    java.chmod(0o755)


@pytest.mark.parametrize(("version", "major"), [("17.0.15", 17), ("21", 21), ("1.8.0_392", 1)])
def test_the_version_of_java_is_what_it_says(java_home: Path, version: str, major: int) -> None:
    says(java_home, version)
    assert jars.java_version() == major


def test_a_new_enough_java_is_taken(java_home: Path) -> None:
    says(java_home, "17.0.15")
    jars.ensure_java("A reader")
    assert jars.java() == str(java_home / "bin" / "java")


@pytest.mark.parametrize("version", ["11.0.2", None])
def test_a_java_that_is_old_or_missing_where_nothing_can_be_installed_says_what_to_install(
    java_home: Path, version: str | None
) -> None:
    if version is not None:
        says(java_home, version)
    with pytest.raises(
        SetUpError, match=r"^A reader needs Java 17 or newer.*Install your system's default-jre-headless"
    ):
        jars.ensure_java("A reader")
