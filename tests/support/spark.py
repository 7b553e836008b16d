"""One Spark for a whole run of the tests: it takes long to start, and little once it is there."""

import atexit
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from clickwatch.speed.spark.session import SparkRules, spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
QUICK = {
    # Tests have little data and many queries: compiling each of them would be most of their time.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": QUICK_JAVA,
    "spark.sql.shuffle.partitions": "1",
}


@cache
def shared_spark() -> "SparkSession":
    """The session; it ends with this process."""
    held = ExitStack()
    atexit.register(held.close)
    folder = Path(mkdtemp(prefix="clickwatch-spark-"))
    return held.enter_context(spark_session(SparkRules("local[2]", folder, QUICK)))
