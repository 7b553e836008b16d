"""A clock that only moves when somebody sleeps, or when a test moves it."""


class FakeClock:
    """`now` in µs; call it to read it."""

    def __init__(self, now: int = 0) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += max(1, round(seconds * 1_000_000))
