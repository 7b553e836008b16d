"""How long data is kept: counted from event time, but for data that was already old when it came, from then on.

So a replay of an old data set is kept as long as new data is, and an event that came a little late goes with its day.
"""


def expires_at(event_end: int, intake: int, keep: int) -> int:
    """When data may be kept no longer (µs since the Unix epoch, UTC).

    `event_end`: the end of the time that its events are of; `intake`: when it came in; `keep`: how long, in µs.
    """
    by_event = event_end + keep
    return intake + keep if intake >= by_event else by_event
