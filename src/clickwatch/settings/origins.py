"""Where settings come from: what a process without this environment would not know."""

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from clickwatch.settings import AppSettings


def known_here_alone() -> list[str]:
    """The names of settings that the environment has, and that `.env` has not or has otherwise; by alphabet."""
    written = DotEnvSettingsSource(AppSettings)()
    return sorted(
        name.upper() for name, value in EnvSettingsSource(AppSettings)().items() if written.get(name) != value
    )
