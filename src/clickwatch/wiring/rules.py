"""What decides over each record, from the settings: and whether it may decide over this home."""

from clickwatch.domain.watermark import StreamRules
from clickwatch.domain.window import MINUTE, WindowSpec
from clickwatch.intake.intake import IntakeRules
from clickwatch.intake.pseudonym import Pseudonymiser
from clickwatch.settings import AppSettings
from clickwatch.store import epochs
from clickwatch.store.database import Store
from clickwatch.wiring.fingerprint import check_fingerprint, fingerprint
from clickwatch.wiring.home import Home, pseudonym_key

_LEAST_HORIZON = 15 * MINUTE


def window_spec(settings: AppSettings) -> WindowSpec:
    """Length and slide of the windows."""
    return WindowSpec(settings.spark_window_duration, settings.spark_slide_duration)


def stream_rules(settings: AppSettings) -> StreamRules:
    """Delay, horizon and bound on the future; the horizon outlives every window."""
    delay = settings.spark_watermark_delay
    horizon = max(_LEAST_HORIZON, settings.spark_window_duration + delay)
    return StreamRules(delay=delay, max_future=settings.intake_max_future, horizon=horizon)


def intake_rules(settings: AppSettings, home: Home, store: Store, log: str) -> IntakeRules:
    """The rules for this home and the log of that identity.

    Raises LogError, SettingsError or KeyProblem if the home was begun with another log, or under other settings.
    """
    before = store.look(epochs.fingerprint)
    key = pseudonym_key(settings, home, begun=before is not None)
    rules = IntakeRules(stream_rules(settings), window_spec(settings), Pseudonymiser(key))
    check_fingerprint(before, fingerprint(rules, log))
    return rules
