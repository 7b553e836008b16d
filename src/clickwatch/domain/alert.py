"""The alert rule `flash_sale`: a product that is looked at a lot and hardly bought, judged window by window."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

FLASH_SALE = "flash_sale"

_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class AlertThresholds:
    """The bounds of `flash_sale`, both exclusive, in events of one window and product."""

    min_views: int = 100
    max_purchases: int = 5

    def alerts(self, view_count: int, purchase_count: int) -> bool:
        """Whether a window with these counts alerts: more views than `min_views`, fewer purchases than the other."""
        return view_count > self.min_views and purchase_count < self.max_purchases


def conversion_rate(view_count: int, purchase_count: int) -> Decimal | None:
    """Purchases / views x 100, in per cent, two decimals, half-up; None without views."""
    if not view_count:
        return None
    return (Decimal(purchase_count * 100) / Decimal(view_count)).quantize(_HUNDREDTH, ROUND_HALF_UP)
