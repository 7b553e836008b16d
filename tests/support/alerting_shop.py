"""A shop where hostile products are looked at and not bought, and what the outbox says of the alerts."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.alert_messages import HOSTILE
from tests.support.commands import CommandServer
from tests.support.installations import Installation

# Control characters are refused at intake; what is left of hostility is what a product can be called.
PRODUCTS = [text for text in HOSTILE.values() if not re.search(r"[\x00-\x1f\x7f-\x9f\ud800]", text)]
SECRET = "signed with this and nothing else"
OPEN = {"ALERT_WEBHOOK_ALLOW_HTTP": "true", "ALERT_WEBHOOK_ALLOW_PRIVATE": "true", "ALERT_WEBHOOK_SECRET": SECRET}


def shop(folder: Path, *products: str, **settings: str) -> Installation:
    """An installation where these products are looked at and not bought, now."""
    home = Installation(folder / "home", {"ALERT_MIN_VIEWS_THRESHOLD": "5", "EPOCH_INTERVAL": "20ms", **settings})
    look_at(home, *products)
    return home


def look_at(home: Installation, *products: str) -> None:
    """Put views of these products onto the log, enough for an alert."""
    begin = datetime.now(UTC) - timedelta(minutes=1)
    clicks = [
        {
            "user_id": f"user {number}",
            "product_id": product,
            "category": product,
            "event_type": "view",
            "timestamp": (begin + timedelta(seconds=number)).isoformat(),
        }
        for product in products
        for number in range(10)
    ]
    home.append({0: b"".join(json.dumps(click).encode() + b"\n" for click in clicks)})


def deliveries(home: Installation, commands: CommandServer, *arguments: str) -> list[dict[str, Any]]:
    """What `clickwatch alerts deliveries --json` says."""
    done = commands.run("alerts", "deliveries", "--json", *arguments, environment=home.environment)
    assert (done.exit_code, done.errors) == (0, "")
    return [json.loads(line) for line in done.output.splitlines()]
