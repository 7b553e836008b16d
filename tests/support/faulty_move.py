"""`clickwatch store move` that dies by its own hand (SIGKILL) at the step which the argument names."""

import sys

from clickwatch.settings import current_settings
from clickwatch.wiring.moving import move_store
from tests.support.faulty_stream import Fault

if __name__ == "__main__":
    move_store(current_settings(), Fault(sys.argv[1], 1))
