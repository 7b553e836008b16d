"""A process that has imported all of clickwatch and forks a copy of itself for each command.

A command then starts in milliseconds and is still a process of its own, with its own threads, files and death.
Requests come over the socket whose descriptor is the argument: one line of JSON, with standard output and
standard error attached. A child is reaped only when its request `wait` comes, so its number is safe to kill.
"""

import atexit
import gc
import json
import os
import resource
import runpy
import socket
import sys
from typing import Any, NoReturn

import typer.rich_utils

import clickwatch.cli.app
import clickwatch.wiring.pipeline

_LONGEST = 1 << 16


def main(descriptor: int) -> None:
    """Serve until the other end closes."""
    requests = socket.socket(fileno=descriptor)
    gc.freeze()  # what stands here is nobody's garbage: children that looked through it would copy it all
    while request := _receive(requests):
        message, descriptors = request
        if "wait" in message:
            _, status = os.waitpid(message["wait"], 0)
            requests.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            continue
        pid = os.fork()
        if not pid:
            requests.close()
            _become(message, descriptors)
            _run(message["module"])
        for each in descriptors:
            os.close(each)
        requests.sendall(f"{pid}\n".encode())
    gc.unfreeze()


def _run(module: str) -> NoReturn:
    """Run it as `python -m` does, to the end of its threads; what Python then takes apart costs and shows nothing."""
    code = [1]
    atexit.register(_leave, code)
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        code[0] = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
        raise
    code[0] = 0
    sys.exit()


def _leave(code: list[int]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code[0])


def _receive(requests: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    text, descriptors, _, _ = socket.recv_fds(requests, _LONGEST, 2)
    while text and not text.endswith(b"\n"):
        text += requests.recv(_LONGEST)
    return (json.loads(text), descriptors) if text else None


def _become(message: dict[str, Any], descriptors: list[int]) -> None:
    os.setpgid(0, 0)
    os.chdir(message["folder"])
    os.environ.clear()
    os.environ.update(message["environment"])
    for standard, given in enumerate(descriptors, start=1):
        os.dup2(given, standard)
        os.close(given)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    sys.argv = [message["module"], *message["arguments"]]
    if message["file_size"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (message["file_size"], resource.RLIM_INFINITY))


if __name__ == "__main__":
    assert (
        clickwatch.cli.app.application() and clickwatch.wiring.pipeline and typer.rich_utils
    )  # imported for all children
    main(int(sys.argv[1]))
