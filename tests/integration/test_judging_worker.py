"""The judging process ends with the pipeline that it works for, and says nothing then."""

import subprocess
import sys
import tempfile


def test_a_judging_process_whose_pipeline_was_killed_ends_in_silence() -> None:
    with tempfile.TemporaryFile() as shared:
        words = [sys.executable, "-m", "clickwatch.speed.embedded.judging_worker", str(shared.fileno()), "0"]
        worker = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(shared.fileno(),),
            env={"PYTHONPATH": ":".join(sys.path)},
        )
        assert worker.stdout is not None
        worker.stdout.close()
        _, complaint = worker.communicate(timeout=60)
    assert (worker.returncode, complaint) == (0, b"")
