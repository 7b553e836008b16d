from decimal import Decimal

import pytest

from clickwatch.domain.alert import AlertThresholds, conversion_rate


@pytest.mark.parametrize(
    ("views", "purchases", "alerts"),
    [(101, 4, True), (100, 4, False), (101, 5, False), (101, 0, True), (0, 0, False)],
)
def test_a_window_alerts_above_the_views_and_below_the_purchases(views: int, purchases: int, alerts: bool) -> None:
    assert AlertThresholds(min_views=100, max_purchases=5).alerts(views, purchases) is alerts


@pytest.mark.parametrize(
    ("views", "purchases", "rate"),
    [(156, 3, "1.92"), (800, 1, "0.13"), (3, 1, "33.33"), (3, 2, "66.67"), (1, 2, "200.00"), (7, 0, "0.00")],
)
def test_the_conversion_rate_has_two_decimals_rounded_half_up(views: int, purchases: int, rate: str) -> None:
    assert str(conversion_rate(views, purchases)) == rate
    assert conversion_rate(views, purchases) == Decimal(rate)


def test_there_is_no_conversion_rate_without_views() -> None:
    assert conversion_rate(0, 3) is None
