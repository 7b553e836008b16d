"""What all ways out say of a message: a line, and facts by their names; text from outside is made harmless."""

from collections.abc import Callable

from clickwatch.domain.instant import clock_utc, iso_utc
from clickwatch.domain.plain_text import printable
from clickwatch.speed.alerts.message import CORRECTION, END, TEST, AlertMessage

SUGGESTION = "Consider Flash Sale!"
Quote = Callable[[str], str]
Fact = tuple[str, str]


def headline(message: AlertMessage, quote: Quote = printable) -> str:
    """One line that says it all; `quote` makes a text from outside, such as a product's id, harmless."""
    product = f"{quote(message.product_id)} ({quote(message.category)})"
    if message.kind == END:
        return f"FLASH SALE over: {product}, {iso_utc(message.first_window_start)} to {iso_utc(message.window_end)}"
    if message.kind == CORRECTION:
        return f"FLASH SALE ALERT withdrawn: {product}, it is being bought after all"
    if message.kind == TEST:
        return "TEST of the alerts of clickwatch: this is how they arrive here; nothing is on sale"
    counts = f"{message.view_count} views, {message.purchase_count} purchases"
    return f"FLASH SALE ALERT: {product}, {counts}. {SUGGESTION}"


def counted(message: AlertMessage, quote: Quote = printable) -> tuple[Fact, ...]:
    """The product and what its window counted, each with its name."""
    rate = message.conversion_rate
    return (
        ("Product ID", quote(message.product_id)),
        ("Category", quote(message.category)),
        ("Views", str(message.view_count)),
        ("Purchases", str(message.purchase_count)),
        ("Conversion Rate", "-" if rate is None else f"{rate}%"),
    )


def facts(message: AlertMessage, quote: Quote = printable) -> tuple[Fact, ...]:
    """What there is to know of a message: of one that ends or takes back an alert, no counts that are out of date."""
    if message.kind in (END, CORRECTION):
        span = _span(message.first_window_start, message.window_end)
        return (*counted(message, quote)[:2], ("Windows (UTC)", span))
    return (*counted(message, quote), ("Window (UTC)", _span(message.window_start, message.window_end)))


def _span(start: int, end: int) -> str:
    return f"{clock_utc(start)} to {clock_utc(end)[11:]}"
