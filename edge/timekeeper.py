"""A gateway's sense of time, kept in the queue's file so that it outlives a power cut."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from edge.belief import NEAR, Anchor, Believed, Floors, Sight, believe
from edge.clock import SOFTWARE_BORN_AT, Clock
from edge.database import Database
from edge.errors import StoreUnavailableError

FRESH_S: Final = 30.0
"""An answer of the cloud that took longer tells only that its moment is past."""
_SLACK_S: Final = 60.0
"""Nobody looked at the clocks more finely."""
_FLOOR: Final = "last_time"
_BY_NETWORK: Final = "time_by_network"
_BY_CLOUD: Final = "time_by_cloud"
_ANCHOR: Final = "time_anchor"
_ANCHOR_MOVES: Final = timedelta(seconds=1)


class Timekeeper:
    """Tells the time and who stands behind it; any number of them share one file."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = database.lock
        self._last: dict[str, str] = {}
        """What was read or meant to be written last, for a store that cannot be used now."""
        self._wrong_until: tuple[str, float] | None = None
        """Start of the machine and uptime at which the wall clock was last seen to be wrong."""

    def believed_now(self) -> Believed:
        """The time as far as it is known. A quality of ``floor`` says: the wall clock is wrong, it is later than this.

        It never waits and never fails: with a store that cannot be written it goes by what could be read.
        """
        with self._lock:
            memory = self._memory()
            before = _anchor_of(memory)
            sight = self._sight()
            believed, anchor = believe(sight, _floors_of(memory), before)
            if believed.quality == "floor" or abs(believed.at - sight.wall) > NEAR:
                self._wrong_until = (sight.boot, sight.uptime_s)
            if _moved(before, anchor):
                with suppress(StoreUnavailableError):
                    self._write({_ANCHOR: _anchor_text(anchor)})
            return believed

    def note(self) -> Believed:
        """Write the time down as a floor for later; StoreUnavailableError where that cannot be done."""
        believed = self.believed_now()
        with self._lock:
            self._keep(_floors_of(self._memory()).told(believed))
        return believed

    def floor(self) -> datetime:
        """A time that is surely past."""
        return _floors_of(self._memory()).kept

    def told_by_cloud(self, at: datetime, asked_uptime_s: float) -> timedelta | None:
        """Take the cloud's word for the time, which it gave to a question of this start of the machine.

        How far the wall clock was from it, where the answer came soon enough to tell.
        """
        with self._lock:
            sight = self._sight()
            took_s = sight.uptime_s - asked_uptime_s
            floors = _floors_of(self._memory())
            if not 0.0 <= took_s <= FRESH_S:
                self._keep(floors.at_least(at))
                return None
            zero = at - timedelta(seconds=(asked_uptime_s + sight.uptime_s) / 2.0)
            off = sight.zero - zero
            # A wall clock that agrees is finer than an answer over a slow line.
            anchor = Anchor(boot=sight.boot, zero=sight.zero if abs(off) <= NEAR else zero, by="cloud")
            self._keep(floors.told(Believed(anchor.at(sight.uptime_s), "cloud")), anchor)
            return off

    def forgive(self) -> Believed:
        """An operator's word that the wall clock is right: what spoke against it is forgotten."""
        with self._lock:
            sight = self._sight()
            anchor = Anchor(boot=sight.boot, zero=sight.zero, by="kept")
            self._keep(Floors(kept=max(Floors().kept, sight.wall)), anchor)
        return self.believed_now()

    def moment_of(self, boot: str, uptime_s: float) -> datetime | None:
        """The moment of an uptime of this start of the machine, where somebody vouches for it."""
        with self._lock:
            anchor = _anchor_of(self._memory())
        if anchor is None or not boot or anchor.boot != boot or anchor.by not in ("cloud", "network"):
            return None
        return anchor.at(uptime_s)

    def moment_of_uptime(self, uptime_s: float) -> datetime | None:
        """The moment of an uptime of the present start of the machine, where somebody vouches for it."""
        return self.moment_of(self._clock.boot(), uptime_s)

    def was_wrong_at(self, uptime_s: float) -> bool:
        """Whether the wall clock was, or may have been, wrong at an uptime of the present start of the machine."""
        until = self._wrong_until
        return until is not None and until[0] == self._clock.boot() and uptime_s <= until[1] + _SLACK_S

    def _sight(self) -> Sight:
        clock = self._clock
        return Sight(
            wall=clock.now().astimezone(UTC),
            uptime_s=clock.uptime_s(),
            boot=clock.boot(),
            synchronised=clock.is_synchronised(),
        )

    def _memory(self) -> dict[str, str]:
        try:
            rows = self._database.rows(
                "SELECT name, value FROM remembered WHERE name IN (?, ?, ?, ?)",
                _FLOOR,
                _BY_NETWORK,
                _BY_CLOUD,
                _ANCHOR,
            )
        except StoreUnavailableError:
            return self._last
        self._last = dict(rows)
        return self._last

    def _keep(self, floors: Floors, anchor: Anchor | None = None) -> None:
        kept = {_FLOOR: _text(floors.kept), _BY_NETWORK: _text(floors.network), _BY_CLOUD: _text(floors.cloud)}
        self._write(kept if anchor is None else {**kept, _ANCHOR: _anchor_text(anchor)})

    def _write(self, values: dict[str, str]) -> None:
        self._last = {**self._last, **values}
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO remembered VALUES (?, ?)", list(values.items()))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _floors_of(memory: dict[str, str]) -> Floors:
    least = Floors()
    kept, network, cloud = (max(least.kept, _moment(memory.get(name))) for name in (_FLOOR, _BY_NETWORK, _BY_CLOUD))
    return Floors(kept=max(kept, network, cloud), network=max(network, cloud), cloud=cloud)


def _moment(text: str | None) -> datetime:
    try:
        return SOFTWARE_BORN_AT if text is None else datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # a damaged store's
        return SOFTWARE_BORN_AT


def _anchor_text(anchor: Anchor) -> str:
    content: dict[str, Any] = {"boot": anchor.boot, "zero": anchor.zero.timestamp(), "by": anchor.by}
    if anchor.rival is not None:
        content |= {"rival": anchor.rival.timestamp(), "rival_since_s": anchor.rival_since_s}
    return json.dumps(content)


def _anchor_of(memory: dict[str, str]) -> Anchor | None:
    if _ANCHOR not in memory:
        return None
    try:
        content = json.loads(memory[_ANCHOR])
        rival = content.get("rival")
        return Anchor(
            boot=content["boot"],
            zero=datetime.fromtimestamp(content["zero"], UTC),
            by=content["by"],
            rival=None if rival is None else datetime.fromtimestamp(rival, UTC),
            rival_since_s=float(content.get("rival_since_s", 0.0)),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):  # a damaged store's
        return None


def _moved(before: Anchor | None, after: Anchor) -> bool:
    """Whether an anchor is worth a write: a wall clock that is slewed moves it by less than a second at a time."""
    if before is None or (before.boot, before.by, before.rival) != (after.boot, after.by, after.rival):
        return True
    return abs(before.zero - after.zero) > _ANCHOR_MOVES
