"""Writes the lock files in requirements/ anew: every package pinned, every file hashed.

One resolution holds for Linux and macOS, x86-64 and arm64, and every supported Python,
which all get the same versions. Pins that still fit stay
as they are; `--upgrade` takes the newest versions that pyproject.toml allows. Needs uv, which `make lock` sets up.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = Path("requirements/run.txt")
KAFKA = Path("requirements/kafka.txt")
POSTGRES = Path("requirements/postgres.txt")
SPARK = Path("requirements/spark.txt")
DEV = Path("requirements/dev.txt")
AIRFLOW = Path("requirements/airflow.txt")
_OPTIONS = (
    "--universal",
    "--fork-strategy=fewest",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-annotate",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--quiet",
)


def _lock(output: Path, *options: str) -> None:
    """Resolve pyproject.toml with what builds it: the project itself is installed without build isolation."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    _compile(output, *options, "pyproject.toml", "-", text="\n".join(build))


def _compile(output: Path, *words: str, text: str = "") -> None:
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "compile", *_OPTIONS, f"--output-file={output}", *words]
    (ROOT / output).parent.mkdir(exist_ok=True)
    subprocess.run(command, cwd=ROOT, input=text, text=True, check=True)


def main() -> None:
    """Lock what the commands need, then what each extra and the tests need on top, with the same pins; and Airflow,
    which shares none of them.
    """
    _lock(RUN, *sys.argv[1:])
    _lock(KAFKA, "--extra=kafka", f"--constraint={RUN}", *sys.argv[1:])
    _lock(POSTGRES, "--extra=postgres", f"--constraint={RUN}", *sys.argv[1:])
    _lock(SPARK, "--extra=spark", f"--constraint={RUN}", *sys.argv[1:])
    extras = [f"--extra={name}" for name in ("dev", "kafka", "postgres", "spark")]
    pins = [f"--constraint={lock}" for lock in (KAFKA, POSTGRES, SPARK)]
    _lock(DEV, *extras, *pins, *sys.argv[1:])
    _compile(AIRFLOW, *sys.argv[1:], str(AIRFLOW.with_suffix(".in")))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
