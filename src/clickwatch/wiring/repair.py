"""The repair of refused records, put together: store, log, lease, archive."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from clickwatch.archive.delta import DeltaArchive
from clickwatch.domain.window import SECOND
from clickwatch.repair.judging import Bench
from clickwatch.repair.known_ids import KnownIds
from clickwatch.repair.replaying import AcceptedIds, Replay, Rules
from clickwatch.repair.sending import LEASE, Rehearsal, Sender
from clickwatch.settings import AppSettings
from clickwatch.store.kept_turns import kept_turn
from clickwatch.wiring.home import Home
from clickwatch.wiring.log import wall_clock
from clickwatch.wiring.log_kinds import log_of_home
from clickwatch.wiring.rules import stream_rules, window_spec
from clickwatch.wiring.stores import AT_WORK, store_of_home

# Records are appended within a write transaction of the store, which others wait ten seconds for and no longer.
_LOG_PATIENCE = 3 * SECOND
OnStep = Callable[[str], None]


@contextmanager
def repairing(
    settings: AppSettings,
    *,
    dry_run: bool,
    stopping: Callable[[], bool] = lambda: False,
    on_step: OnStep = lambda step: None,
) -> Iterator[Replay]:
    """A replay of edited records in the settings' home; `dry_run` changes nothing and needs no turn.

    `stopping` ends waiting for a log that is away. Raises StoreError if nothing has been streamed, TurnTaken if another
    process is repairing.
    """
    home = Home(settings.clickwatch_home.expanduser().absolute())
    rules = Rules(
        Bench(wall_clock, stream_rules(settings).max_future),
        window_spec(settings),
        _accepted_ids(home),
    )
    with ExitStack() as opened:
        store = opened.enter_context(closing(store_of_home(settings, patience=AT_WORK)))
        log = opened.enter_context(closing(log_of_home(settings, stopping, _LOG_PATIENCE)))
        if dry_run:
            yield Replay(store, log, Rehearsal(store, log), rules)
            return
        fence = opened.enter_context(kept_turn(store, LEASE, wall_clock))
        on_step("leased")
        yield Replay(store, log, Sender(store, log, fence, wall_clock, on_step), rules)


def _accepted_ids(home: Home) -> AcceptedIds:
    if not home.archive.exists():
        return lambda day, ids: set()
    known = KnownIds(DeltaArchive.open(home.archive, create=False))
    return lambda day, ids: known.among(ids, day.date)
