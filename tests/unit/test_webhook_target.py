import pytest

from clickwatch.speed.alerts.handlers.webhook_target import WebhookTarget

SECRET_PATH = "/services/T1/B2/x3"


def test_an_address_is_taken_apart() -> None:
    target = WebhookTarget.parse(f"https://Hooks.Example.com{SECRET_PATH}?a=b&c=%20", "s" * 16)
    assert (target.scheme, target.host, target.port) == ("https", "hooks.example.com", 443)
    assert target.path == f"{SECRET_PATH}?a=b&c=%20"


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://shop.example", "shop.example", 443, "/"),
        ("https://shop.example:8443/", "shop.example", 8443, "/"),
        ("https://shop.example?key=1", "shop.example", 443, "/?key=1"),
        ("https://[2606:4700::1111]:444/x", "2606:4700::1111", 444, "/x"),
        ("https://8.8.8.8/x", "8.8.8.8", 443, "/x"),
    ],
)
def test_ports_and_numeric_hosts_are_understood(url: str, host: str, port: int, path: str) -> None:
    target = WebhookTarget.parse(url)
    assert (target.host, target.port, target.path) == (host, port, path)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://shop.example/XsecretX", "ALERT_WEBHOOK_ALLOW_HTTP"),
        ("ftp://shop.example/XsecretX", "begin with https://"),
        ("shop.example/XsecretX", "begin with https://"),
        ("https:///XsecretX", "host's name"),
        ("https://ann:XsecretX@shop.example/", "user or a password"),
        ("https://shop.example/#XsecretX", "#"),
        ("https://shop.example/\nXsecretX", "ASCII"),
        ("https://shop.example/ XsecretX", "ASCII"),
        ("https://münchen.example/XsecretX", "punycode"),
        ("https://shop.example:99999/XsecretX", "not an address"),
        ("https://shop.example:0/XsecretX", "port"),
        ("https://[::1/XsecretX", "not an address"),
        ("https://127.0.0.1/XsecretX", "ALERT_WEBHOOK_ALLOW_PRIVATE"),
        ("https://[::ffff:10.0.0.1]/XsecretX", "ALERT_WEBHOOK_ALLOW_PRIVATE"),
    ],
)
def test_an_address_that_will_not_do_is_refused_without_being_quoted(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refusal:
        WebhookTarget.parse(url)
    assert "XsecretX" not in str(refusal.value)


def test_what_is_allowed_is_taken() -> None:
    target = WebhookTarget.parse("http://127.0.0.1:8080/x", allow_http=True, allow_private=True)
    assert (target.scheme, target.host, target.port) == ("http", "127.0.0.1", 8080)


def test_a_target_that_is_printed_shows_neither_path_nor_secret() -> None:
    shown = repr(WebhookTarget.parse(f"https://hooks.example.com{SECRET_PATH}", "a secret of its own"))
    assert "hooks.example.com" in shown
    assert "x3" not in shown and "secret of" not in shown
