"""How hard this run of the tests looks: one number, from the environment."""

import os

PROOF_SCALE_VARIABLE = "CLICKWATCH_PROOF_SCALE"


def proof_scale() -> int:
    """How many times the usual number of kills, random streams and mangled records; 1 unless set, at least 1."""
    text = os.environ.get(PROOF_SCALE_VARIABLE, "1")
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{PROOF_SCALE_VARIABLE} is {text!r}; it must be a whole number of 1 or more")
    return int(text)
