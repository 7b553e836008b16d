"""Exact values of JSON numbers, from their text: no binary floating point, and no cost that grows with an exponent."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache

_PARTS = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?)0*([0-9]*))?")
_BOUNDLESS = 10**9
"""An exponent beyond the reach of any mantissa that fits into memory."""

_ROUNDING = Context(prec=50, rounding=ROUND_HALF_EVEN)


def whole_number(text: str, maximum: int) -> int | None:
    """The value of a JSON number if it is whole and in 0…`maximum`, however it is written; else None."""
    digits, exponent = _scientific(text)
    if not digits:
        return 0
    if digits[0] == "-" or exponent < 0 or len(digits) + exponent > len(str(maximum)):
        return None
    value = int(digits) * 10**exponent
    return value if value <= maximum else None


def fixed_point(text: str, limit: Decimal, scale: int) -> Decimal | None:
    """The value of a JSON number in 0 ≤ value < `limit`, rounded half-even to `scale` decimals; else None.

    The bound holds before rounding. `limit` is a power of ten; with `scale` it makes 50 digits at most.
    """
    digits, exponent = _scientific(text)
    magnitude = len(digits) + exponent
    if digits and (digits[0] == "-" or magnitude > limit.adjusted()):
        return None
    if not digits or magnitude < -scale:  # below half of the last place
        digits, exponent = "0", 0
    return Decimal(f"{digits}E{exponent}").quantize(_last_place(scale), context=_ROUNDING)


@cache
def _last_place(scale: int) -> Decimal:
    return Decimal((0, (1,), -scale))


def _scientific(text: str) -> tuple[str, int]:
    """`digits × 10^exponent` without zeros at either end, `-` before a negative; empty digits for zero."""
    match = _PARTS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no JSON number")
    sign, whole, fraction, exponent_sign, exponent_digits = match.groups("")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return "", 0
    exponent = int(exponent_digits or "0") if len(exponent_digits) < 10 else _BOUNDLESS
    if exponent_sign == "-":
        exponent = -exponent
    return sign + significant, exponent - len(fraction) + len(digits) - len(significant)
