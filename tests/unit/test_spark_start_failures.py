"""What Spark said when it did not start, in its own words, and what they mean."""

from clickwatch.speed.spark.start_failures import start_failure

UNRESPONSIVE = """\
26/11/29 02:13:11 WARN NativeCodeLoader: Unable to load native-hadoop library for your platform
26/11/29 02:14:13 ERROR StandaloneSchedulerBackend: Application has been killed. Reason: All masters are unresponsive! \
Giving up.
"""


def test_a_master_that_takes_connections_and_does_not_answer_is_named() -> None:
    # What Python hears of it is only that there is no context any more.
    error = start_failure("spark://10.0.0.1:7077", "(No active SparkContext.)", UNRESPONSIVE)
    assert error.exit_code == 1
    assert error.problem == "Spark does not start: All masters are unresponsive! Giving up (spark://10.0.0.1:7077)"


def test_a_setting_that_cannot_be_is_exit_code_2() -> None:
    for words in (
        "org.apache.spark.SparkException: Could not parse Master URL: 'local[x]'",
        "org.apache.spark.SparkException: Invalid master URL: spark://bad",
        "org.apache.spark.SparkException: When running with master 'yarn' either HADOOP_CONF_DIR or YARN_CONF_DIR "
        "must be set in the environment.",
    ):
        error = start_failure("x", words, "")
        assert error.exit_code == 2, words
        assert words.rstrip(".") in error.problem
        assert "SPARK_MASTER" in error.cure


def test_what_was_not_foreseen_may_be_tried_again() -> None:
    error = start_failure("local[1]", "java.io.IOException: something new", "")
    assert (error.exit_code, error.problem) == (1, "Spark does not start: java.io.IOException: something new")
