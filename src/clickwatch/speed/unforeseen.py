"""What is said of an error that nobody foresaw: its kind and its place, for its words may quote people or passwords."""

import traceback
from pathlib import PurePath


def unforeseen(error: Exception) -> str:
    """Such as `an unforeseen ValueError (mail.py, line 12)`; of an error that was raised and caught."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"an unforeseen {type(error).__name__} ({PurePath(place.filename).name}, line {place.lineno})"
