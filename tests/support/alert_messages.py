"""Alert messages to send, with names that a shop ought not to give its products."""

from clickwatch.speed.alerts.message import AlertMessage

MESSAGE = AlertMessage(
    kind="beginning",
    rule="flash_sale",
    product_id="PROD_001",
    category="smartphones",
    window_start=1_769_411_400_000_000,
    window_end=1_769_412_000_000_000,
    view_count=156,
    purchase_count=3,
    first_window_start=1_769_411_400_000_000,
    episode_id="0123456789abcdef0123456789abcdef",
)
HOSTILE = {
    "markup": "<!channel> <https://evil.example|click> *bold* `x` & @everyone",
    "html": "<script>alert(1)</script>",
    "formula": '=HYPERLINK("https://evil.example")',
    "right to left": "\u202egnp.exe\u2066",
    "terminal": "\x1b[2J\x1b]0;owned\x07",
    "a mail's header": "P\r\nBcc: evil@evil.example\r\n\r\nbuy",
    "an encoded header": "=?utf-8?q?=0D=0ABcc:_evil=40evil.example?=",
    "a line": "a\u2028b\u0085c\x0bd",
    "surrogates and nothing": "\ud800\u200b\ufeff",
    "long": "商" * 128,
    "long and invisible": "\U000e0041" * 128,
}
