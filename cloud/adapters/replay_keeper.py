"""Keeps what a night rests on: the store pinned to an entry of its ledger, weather in parts, states it needs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.replay_environment import environment
from cloud.adapters.replay_folder import ReplayFolder
from cloud.adapters.state_ladder import Rung
from cloud.adapters.store.pinned import PinnedStore, ledger_end
from cloud.adapters.store.store import Store
from cloud.adapters.store.witness import seen_by
from cloud.adapters.water_states import write_checkpoint
from cloud.advice.inputs import DayInputs
from cloud.agronomy.carrying.checkpoints import Checkpoint, Shelves
from cloud.night_reads import Look
from cloud.replay.again import reference_of
from cloud.replay.given import given_of
from cloud.replay.kept import KeptNight, KeptState, ModelSeen, Rested
from cloud.replay.packing import packed
from cloud.replay.states import WatchedShelf

_SEASONS: Final = "seasons"
_CHECKPOINTS: Final = "checkpoints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where an installation keeps its records, its ended seasons and the inputs of its nights."""

    store: Store
    database_url: str
    keys: PersonalKeys
    seasons: Rung
    folder: ReplayFolder
    code_version: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pin:
    store: PinnedStore
    position: int
    hash: str


@dataclass(slots=True)
class NightKeeper:
    """Keeps one night."""

    installation: Installation
    stack: ExitStack
    _pins: list[_Pin] = field(default_factory=list)
    _night: KeptNight | None = None
    _parts: list[bytes] = field(default_factory=list)
    _watched: WatchedShelf | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """Kept records that the pinned readings could not use, one line each."""
        return tuple(dict.fromkeys(line for pin in self._pins for line in pin.store.left_out))

    def pinned(self) -> PinnedStore:
        """The store as it stands at this entry of its ledger."""
        position, at = ledger_end(self.installation.store)
        store = PinnedStore.at(self.installation.database_url, self.installation.keys, position)
        self.stack.callback(store.close)
        self._pins.append(_Pin(store=store, position=position, hash=at))
        return store

    def remember(self, day: DayInputs, look: Look, learned: bytes | None = None) -> DayInputs:
        """The day with the digest of what it rests on among its inputs, and with shelves that are watched."""
        if not day.parcels:
            return day
        first, last = self._pins[0], self._pins[-1]
        weather, forecast = packed(day.weather), None if day.forecast is None else packed(day.forecast)
        given = given_of(day)
        records = {**seen_by(last.store, look), "parcel": seen_by(first.store, look)["parcel"]}
        rested = Rested(
            day=day.day,
            weather=tuple(_name(part) for part in weather),
            forecast=None if forecast is None else tuple(_name(part) for part in forecast),
            given=_name(given),
            learned=None if learned is None else _name(learned),
            records=records,
        )
        self._parts = [*weather, *(forecast or ()), given, *(() if learned is None else (learned,))]
        self._night = KeptNight(
            rested=rested,
            code_version=day.code_version,
            decided_at=self.installation.now,
            moment=look.moment,
            first=look.first,
            parcels_position=first.position,
            position=last.position,
            ledger_hash=last.hash,
            models=tuple(_models(day)),
            environment=environment(),
        )
        return replace(self._watched_day(day, look.first), inputs=(*day.inputs, reference_of(rested)))

    def keep(self) -> tuple[str, ...]:
        """Write the night and whatever of it is not kept yet, let old nights go; a line about what is kept."""
        if self._night is None:
            return ()
        folder = self.installation.folder
        with folder.writing():
            for part in self._parts:
                folder.put(part)
            states = (*self._needed_states(), *self._ended_seasons())
            folder.keep(self._night.model_copy(update={"states": states}).sealed())
            room = folder.tidy(self.installation.now.date())
        squeezed = f", {room.let_go} let go early for want of room" if room.let_go else ""
        return (f"replay inputs kept: {room.nights} nights, {room.size_mb:.1f} MB{squeezed}",)

    def _watched_day(self, day: DayInputs, first: date) -> DayInputs:
        if day.kept is None:
            return day
        parcels = {parcel.id: parcel for parcel in day.parcels}
        self._watched = WatchedShelf(shelf=day.kept.shelves.checkpoints, parcels=parcels, first=first)
        shelves = Shelves(checkpoints=self._watched, seasons=day.kept.shelves.seasons)
        return replace(day, kept=replace(day.kept, shelves=shelves))

    def _needed_states(self) -> Iterator[KeptState]:
        for checkpoint in () if self._watched is None else self._watched.needed:
            content = _as_file(checkpoint, self.installation.code_version)
            yield KeptState(
                shelf="checkpoints", day=checkpoint.carried.state.day, sha256=self.installation.folder.put(content)
            )

    def _ended_seasons(self) -> Iterator[KeptState]:
        seasons = self.installation.seasons
        for day in seasons.days():
            content = seasons.path(day).read_bytes()
            yield KeptState(shelf="seasons", day=day, sha256=self.installation.folder.put(content))


@contextmanager
def night_keeper(installation: Installation) -> Iterator[NightKeeper]:
    """A keeper of one night, whose pinned readings end with it."""
    with ExitStack() as stack:
        yield NightKeeper(installation, stack)


@contextmanager
def shelves_of(night: KeptNight, folder: ReplayFolder) -> Iterator[Shelves]:
    """The states that were kept of a night, on shelves of their own for as long as it is replayed."""
    with TemporaryDirectory(prefix="seguia-replay-") as name:
        shelves = {shelf: Rung(folder=Path(name) / shelf, code_version=None) for shelf in (_CHECKPOINTS, _SEASONS)}
        for rung in shelves.values():
            rung.folder.mkdir()
        for state in night.states:
            shelves[state.shelf].path(state.day).write_bytes(folder.get(state.sha256))
        yield Shelves(checkpoints=shelves[_CHECKPOINTS], seasons=shelves[_SEASONS])


def _models(day: DayInputs) -> Iterator[ModelSeen]:
    seen = {one.model for one in day.detections if one.model is not None}
    for model in sorted(seen, key=lambda one: (one.name, one.version, one.sha256 or "")):
        yield ModelSeen(name=model.name, version=model.version, sha256=model.sha256)


def _as_file(checkpoint: Checkpoint, code_version: str) -> bytes:
    with TemporaryDirectory(prefix="seguia-replay-") as folder:
        path = Path(folder) / "state.nc"
        write_checkpoint(path, checkpoint, code_version)
        return path.read_bytes()


def _name(part: bytes) -> str:
    return sha256(part).hexdigest()
