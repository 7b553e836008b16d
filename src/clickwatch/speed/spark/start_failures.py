"""Why Spark did not start, from what it and Java said: what no other try can cure, and what one may."""

import re

from clickwatch.errors import ClickwatchError, MissingExtra, SettingsError, SparkFailed, last_words

JAVA = "Spark needs Java 17 or newer"
JAVA_CURE = "Install it (default-jre-headless), or name its folder with JAVA_HOME"
_TOO_OLD = "UnsupportedClassVersionError"
_KILLED = re.compile(r"Application has been killed\. Reason: (.+)")
_WRONG_SETTINGS = (
    "Asked to run locally with ",
    "Could not parse Master URL",
    "Invalid master URL",
    "Master must either be ",
    "either HADOOP_CONF_DIR or YARN_CONF_DIR must be set",
    "[INVALID_DRIVER_MEMORY]",
)


def start_failure(master: str, raised: str, said: str) -> ClickwatchError:
    """The error for a start that failed: what Java `raised`, if it got so far, and what it `said` before."""
    everything = f"{said}\n{raised}"
    if _TOO_OLD in everything:
        return MissingExtra(f"{JAVA}, and what is there is older", JAVA_CURE)
    killed = _KILLED.search(said)
    words = f"{killed[1].rstrip('.')} ({master})" if killed else last_words(raised or said).rstrip(".")
    problem = f"Spark does not start: {words}"
    if any(wrong in everything for wrong in _WRONG_SETTINGS):
        return SettingsError(problem, "Correct SPARK_MASTER, or what spark-submit was told")
    cure = "Run this again; Java 17 is needed (JAVA_HOME names its folder), and memory for it; see SPARK_MASTER too"
    return SparkFailed(problem, cure)
