#!/bin/sh
# Makes .venv ready for the commands (`setup.sh run`) or for the tests too (`setup.sh dev`); does nothing if it is.
# Finds a Python that really runs (a version manager's stand-in may not) and leaves the rest to set_up.py.
# PYTHON=/path/to/python chooses one.
set -eu
cd "$(dirname "$0")/.."
level=${1:-run}

if [ -x .venv/bin/python ] && .venv/bin/python -I scripts/set_up.py --is-current "$level" 2>/dev/null; then
    exit 0
fi

# Prints the path of the Python behind $1, outside any virtual environment, if it is one that can be used.
suitable() {
    "$1" -I -c '
import sys
if sys.version_info < (3, 11) or sys.implementation.name != "cpython":
    sys.exit(1)
print(getattr(sys, "_base_executable", sys.executable))' 2>/dev/null
}

for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
    if found=$(suitable "$candidate"); then
        exec "$found" -I scripts/set_up.py "$level"
    fi
done
if [ -n "${PYTHON:-}" ]; then
    echo "clickwatch: PYTHON=$PYTHON does not run, or is not CPython 3.11 or newer. Name another one, or none." >&2
else
    have=$(python3 --version 2>/dev/null || echo "no python3")
    echo "clickwatch: Python 3.11 or newer is needed, and $have is here. Install it and run this again." >&2
fi
exit 1
