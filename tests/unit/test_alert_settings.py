"""What the settings of the alerts' ways out allow, and what they say where something is missing or unsafe."""

from pathlib import Path

import pytest

from clickwatch.errors import SettingsError
from clickwatch.settings import load_settings
from clickwatch.wiring.alerts import alert_handlers, places
from clickwatch.wiring.demo import demo_settings
from clickwatch.wiring.home import Home

URL = "https://hooks.example.com/services/T0/B0/XsecretX"
WEBHOOK = {"ALERT_HANDLERS": "webhook", "ALERT_WEBHOOK_URL": URL}
EMAIL = {
    "ALERT_HANDLERS": "email",
    "ALERT_EMAIL_TO": "ann@example.com, bob@example.org,ann@example.com",
    "ALERT_EMAIL_FROM": "alerts@shop.example",
    "SMTP_HOST": "smtp.example.com",
}


def refusal(**environment: str) -> str:
    """The one line that these lines of the environment are refused with."""
    with pytest.raises(SettingsError) as error:
        load_settings(**{name.lower(): value for name, value in environment.items()})
    (line,) = str(error.value).splitlines()
    assert line.endswith("Correct it in the environment or in .env.")
    assert "XsecretX" not in line
    return line


def handlers_of(folder: Path, **environment: str) -> list[str]:
    """The names of the handlers that these lines of an `.env` file make."""
    Path(".env").write_text("".join(f"{name}={value}\n" for name, value in environment.items()), "utf-8")
    return [handler.name for handler in alert_handlers(load_settings(), Home(folder))]


def test_a_webhook_needs_its_address_alone(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, **WEBHOOK) == ["webhook"]
    assert places(load_settings(), Home(tmp_path))["webhook"] == "hooks.example.com"


def test_mail_needs_a_server_a_sender_and_somebody_to_read_it(tmp_path: Path) -> None:
    assert handlers_of(tmp_path, **EMAIL) == ["email"]
    settings = load_settings()
    assert settings.alert_email_to == ("ann@example.com", "bob@example.org")
    assert places(settings, Home(tmp_path))["email"] == "ann@example.com, bob@example.org by smtp.example.com"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"ALERT_HANDLERS": "pigeon"}, "ALERT_HANDLERS has pigeon; known are console, file, webhook, email, kafka"),
        ({"ALERT_HANDLERS": "webhook"}, "ALERT_HANDLERS has webhook, which needs ALERT_WEBHOOK_URL"),
        (
            {"ALERT_HANDLERS": "console,email", "SMTP_HOST": "smtp.example.com"},
            "ALERT_HANDLERS has email, which needs ALERT_EMAIL_FROM and ALERT_EMAIL_TO",
        ),
        (WEBHOOK | {"ALERT_WEBHOOK_URL": "http://x.example/XsecretX"}, "ALERT_WEBHOOK_URL: it is http"),
        ({"ALERT_WEBHOOK_URL": "http://x.example/XsecretX"}, "ALERT_WEBHOOK_ALLOW_HTTP"),
        ({"ALERT_WEBHOOK_URL": "https://10.1.2.3/XsecretX"}, "ALERT_WEBHOOK_ALLOW_PRIVATE"),
        ({"ALERT_WEBHOOK_URL": "XsecretX"}, "ALERT_WEBHOOK_URL: it has to begin with https://"),
        ({"ALERT_WEBHOOK_URL": " "}, "ALERT_WEBHOOK_URL: it is empty"),
        (WEBHOOK | {"ALERT_WEBHOOK_SECRET": ""}, "ALERT_WEBHOOK_SECRET: it is empty"),
        (WEBHOOK | {"ALERT_WEBHOOK_SECRET": "XsecretX"}, "ALERT_WEBHOOK_SECRET: it has fewer than 16 characters"),
        (WEBHOOK | {"ALERT_WEBHOOK_SECRET": "XsecretX of 16 and more \udcff"}, "ALERT_WEBHOOK_SECRET: it is not UTF-8"),
        (EMAIL | {"ALERT_EMAIL_TO": "ann"}, "ALERT_EMAIL_TO: 'ann' is not a plain mail address"),
        (EMAIL | {"ALERT_EMAIL_TO": "Ann <ann@example.com>"}, "is not a plain mail address"),
        (EMAIL | {"ALERT_EMAIL_FROM": "a@b\r\nBcc: x@example.com"}, "is not a plain mail address"),
        (EMAIL | {"ALERT_EMAIL_FROM": "günther@example.com"}, "is not a plain mail address"),
        (EMAIL | {"SMTP_HOST": "smtp.example.com:587"}, "the port goes into SMTP_PORT"),
        (EMAIL | {"SMTP_HOST": "a b"}, "SMTP_HOST: 'a b' is not a host's name"),
        (EMAIL | {"SMTP_PORT": "0"}, "SMTP_PORT"),
        (EMAIL | {"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY: Input should be 'starttls', 'tls' or 'none'"),
        (EMAIL | {"SMTP_USER": "shop"}, "SMTP_USER and SMTP_PASSWORD go together"),
        (EMAIL | {"SMTP_PASSWORD": "XsecretX"}, "SMTP_USER and SMTP_PASSWORD go together"),
        (EMAIL | {"SMTP_USER": "shop", "SMTP_PASSWORD": "XsecretX" + "ü"}, "SMTP_PASSWORD: it may hold printable"),
        (
            EMAIL | {"SMTP_USER": "shop", "SMTP_PASSWORD": "XsecretX", "SMTP_SECURITY": "none"},
            "SMTP_SECURITY is none: others could read the password",
        ),
    ],
)
def test_what_will_not_do_is_one_line_that_names_it(environment: dict[str, str], words: str) -> None:
    assert words in refusal(**environment)


@pytest.mark.parametrize("word", ["tls", "TLS", "StartTLS"])
def test_how_mail_is_encrypted_may_be_written_in_capitals(word: str) -> None:
    settings = load_settings(**{name.lower(): value for name, value in EMAIL.items()}, smtp_security=word)
    assert settings.smtp_security == word.lower()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_on_this_machine_a_login_needs_no_encryption(tmp_path: Path, host: str) -> None:
    login = {"SMTP_USER": "shop", "SMTP_PASSWORD": "s", "SMTP_SECURITY": "none", "SMTP_HOST": host}
    assert handlers_of(tmp_path, **EMAIL | login) == ["email"]


def test_what_is_secret_is_not_shown_when_settings_are_printed() -> None:
    settings = load_settings(
        alert_webhook_url=URL,
        alert_webhook_secret="XsecretX of 16 and more",
        smtp_user="shop",
        smtp_password="XsecretX",
    )
    assert "XsecretX" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_the_demonstration_never_reaches_other_people(tmp_path: Path) -> None:
    own = {name.lower(): value for name, value in (WEBHOOK | EMAIL).items()}
    own["alert_handlers"] = "webhook,console,email,file"
    settings = demo_settings(load_settings(**own, clickwatch_home=tmp_path / "new"), 0)
    assert [handler.name for handler in alert_handlers(settings, Home(tmp_path))] == ["console", "file"]
