"""The summary of a day as a message: it goes the ways of the alerts, to the same people."""

import hashlib
from dataclasses import dataclass
from typing import Any

SUMMARY = "summary"


@dataclass(frozen=True)
class DaySummary:
    """`day` is `YYYY-MM-DD`; `text` is the day's report for people, harmless as it is, with its title in a line."""

    day: str
    text: str

    @property
    def title(self) -> str:
        """Its first line."""
        return self.text.strip().partition("\n")[0]

    @property
    def key(self) -> str:
        """What messages of one kind of thing have in common."""
        return self.day

    def fields(self) -> dict[str, Any]:
        """The message for JSON."""
        return {"kind": SUMMARY, "day": self.day, "text": self.text}

    def delivery_id(self, handler: str) -> str:
        """The same for the same text, however often it is sent to that handler; another one for another text."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:16]
        return f"{self.day}-{digest}:{SUMMARY}:{handler}"
