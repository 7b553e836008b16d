"""An edited file, replayed: batch by batch, each line judged for itself, and what is good sent once."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from clickwatch.domain.day import Day
from clickwatch.domain.event import Event, Refusal
from clickwatch.domain.place import Place
from clickwatch.domain.window import WindowSpec
from clickwatch.eventlog.partitioner import partition_of
from clickwatch.eventlog.port import EventLog
from clickwatch.repair.document import Malformed
from clickwatch.repair.explaining import cut, explanation
from clickwatch.repair.judging import Bench, Candidate, key_of
from clickwatch.repair.lines import Line
from clickwatch.repair.results import Outcome, Result
from clickwatch.repair.searching import Search, digest
from clickwatch.repair.sending import Parcel
from clickwatch.store import epochs, quarantine, repairs
from clickwatch.store.database import Store
from clickwatch.store.repairs import Repair

BATCH_LINES = 4_000
BATCH_BYTES = 4 * 1024 * 1024
AcceptedIds = Callable[[Day, Collection[str]], set[str]]
"""Those of the ids that an accepted event of the day has."""


class Sending(Protocol):
    """A `Sender`, or its rehearsal."""

    def settle(self, begun: Collection[Repair]) -> Search:
        """See `Sender.settle`."""

    def send(self, parcels: list[Parcel]) -> Mapping[Place, int]:
        """See `Sender.send`."""


@dataclass(frozen=True)
class Rules:
    """What a replay goes by."""

    bench: Bench
    spec: WindowSpec
    accepted_ids: AcceptedIds


class Replay:
    """The running state of one file's replay: the places and event ids that it has named so far."""

    def __init__(self, store: Store, log: EventLog, sending: Sending, rules: Rules) -> None:
        self._store = store
        self._log = log
        self._sending = sending
        self._rules = rules
        self._lines: dict[Place, int] = {}
        self._ids: dict[str, Place] = {}

    def run(self, lines: Iterable[Line]) -> Iterator[list[Result]]:
        """What became of the lines, batch by batch and in their order; a batch's records are on the log by then.

        Raises StorageError, LogError, StoreError; running it again does the rest.
        """
        for batch in _batches(lines):
            yield sorted(self._replay(batch), key=lambda result: result.line)

    def _replay(self, batch: list[Line]) -> Iterator[Result]:
        done: list[Result] = []
        candidates = self._named(batch, done)
        candidates = self._unrepaired(candidates, done)
        events = self._accepted(candidates, done)
        self._send(self._uncounted(events, done), done)
        yield from done

    def _named(self, batch: list[Line], done: list[Result]) -> list[Candidate]:
        """Lines that can be read and name a refused record that no line before has named."""
        named: list[Candidate] = []
        for line in batch:
            try:
                candidate = self._rules.bench.candidate(line)
                first = self._lines.setdefault(candidate.place, line.number)
                if first != line.number:
                    raise Malformed(f"its place {candidate.place} stands in line {first} already")
            except Malformed as error:
                done.append(Result(line.number, Outcome.MALFORMED, detail=str(error)))
            else:
                named.append(candidate)
        with self._store.read() as connection:
            there = quarantine.among(connection, [candidate.place for candidate in named])
        for candidate in named:
            if candidate.place not in there:
                detail = "no refused record stands at its place (any more)"
                done.append(Result(candidate.line, Outcome.MALFORMED, candidate.place, detail=detail))
        return [candidate for candidate in named if candidate.place in there]

    def _unrepaired(self, candidates: list[Candidate], done: list[Result]) -> list[Candidate]:
        """Those that are not repaired yet, after what an interrupted run has left was looked for."""
        with self._store.read() as connection:
            known = repairs.of(connection, [candidate.place for candidate in candidates])
        begun = [repair for repair in known.values() if repair.new_offset is None]
        search = self._sending.settle(begun) if begun else Search({}, frozenset())
        rest: list[Candidate] = []
        for candidate in candidates:
            repair = known.get(candidate.place)
            result = None if repair is None else _repaired(candidate, repair, search)
            if result is None:
                rest.append(candidate)
                continue
            done.append(result)
            if candidate.event_id is not None:
                self._ids.setdefault(candidate.event_id, candidate.place)
        return rest

    def _accepted(self, candidates: list[Candidate], done: list[Result]) -> list[tuple[Candidate, Event]]:
        """Those that the judge accepts."""
        events: list[tuple[Candidate, Event]] = []
        for candidate in candidates:
            match candidate.verdict:
                case Event() as event:
                    events.append((candidate, event))
                case Refusal(reason):
                    why = explanation(reason, candidate.record)
                    done.append(Result(candidate.line, Outcome.REFUSED, candidate.place, reason, why))
        return events

    def _uncounted(self, events: list[tuple[Candidate, Event]], done: list[Result]) -> list[tuple[Candidate, Event]]:
        """Those that no event of their day stands for already under the same id, nor another line."""
        by_day: dict[Day, set[str]] = {}
        for _, event in events:
            if event.event_id is not None:
                by_day.setdefault(Day.of(event.event_time), set()).add(event.event_id)
        accepted = {day: self._rules.accepted_ids(day, ids) for day, ids in by_day.items()}
        rest: list[tuple[Candidate, Event]] = []
        for candidate, event in events:
            why = self._counted(candidate, event, accepted)
            if why:
                done.append(Result(candidate.line, Outcome.COUNTED, candidate.place, detail=why))
            else:
                rest.append((candidate, event))
        return rest

    def _counted(self, candidate: Candidate, event: Event, accepted: Mapping[Day, set[str]]) -> str:
        """Why an event would count a second time; nothing if it would not."""
        if event.event_id is None:
            return ""
        day = Day.of(event.event_time)
        name = f"`event_id` {cut(event.event_id)}"
        if event.event_id in accepted[day]:
            return f"an event of {day} with its {name} has been accepted already"
        other = self._ids.setdefault(event.event_id, candidate.place)
        return "" if other == candidate.place else f"its {name} is also that of {other}"

    def _send(self, events: list[tuple[Candidate, Event]], done: list[Result]) -> None:
        if not events:
            return
        count = self._log.partitions
        parcels = [Parcel(c.place, partition_of(key_of(event), count), key_of(event), c.record) for c, event in events]
        with self._store.read() as connection:
            progress = epochs.progress(connection)
        offsets = self._sending.send(parcels)
        for (candidate, event), parcel in zip(events, parcels, strict=True):
            place, offset = progress.get(parcel.partition), offsets.get(candidate.place)
            first = self._rules.spec.first_start(event.event_time)
            done.append(
                Result(
                    candidate.line,
                    Outcome.SENT,
                    candidate.place,
                    new_place=None if offset is None else Place(parcel.partition, offset),
                    event_time=event.event_time,
                    is_late=place is not None and self._rules.spec.has_ended(first, place.watermark),
                )
            )


def _repaired(candidate: Candidate, repair: Repair, search: Search) -> Result | None:
    """What is known of a repair that was begun before; None if its record is surely not on the log."""
    line, place = candidate.line, candidate.place
    other = "" if digest(candidate.record) == repair.sha256 else "by another record than this line's, which is not sent"
    if repair.new_place is not None:
        return Result(line, Outcome.REPAIRED, place, detail=other, new_place=repair.new_place)
    if place in search.found:
        new_place = Place(repair.new_partition, search.found[place])
        event_time = candidate.verdict.event_time if isinstance(candidate.verdict, Event) and not other else None
        return Result(line, Outcome.FOUND, place, detail=other, new_place=new_place, event_time=event_time)
    if place in search.lost:
        detail = "an interrupted run may have sent it, and the log is no longer kept as far back as that"
        return Result(line, Outcome.UNCERTAIN, place, detail=detail)
    return None


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines, so many at once that neither they nor the write lock take much."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.content or b"")
        if len(batch) >= BATCH_LINES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
