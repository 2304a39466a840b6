"""The store: one database, whole."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from sqlalchemy import Engine

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.arrivals import Arrivals
from cloud.adapters.store.calls import Calls
from cloud.adapters.store.database import Clock, masked, open_engine, system_clock, told
from cloud.adapters.store.days import Days
from cloud.adapters.store.fetched import FetchedTexts
from cloud.adapters.store.followups import Followups
from cloud.adapters.store.inbox import Inbox
from cloud.adapters.store.mapreads import MapReads
from cloud.adapters.store.measured import Measured
from cloud.adapters.store.outgoing import Outgoing
from cloud.adapters.store.outreach import Outreach
from cloud.adapters.store.reviews import Reviews
from cloud.adapters.store.rotation import Rotation
from cloud.adapters.store.schema import migrate, schema_problem
from cloud.adapters.store.tellings import Tellings
from cloud.adapters.store.wordings import Wordings
from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.records import IrrigationEvent, Observation, Parcel, Record

_IMPORTS: Final[Mapping[type[Record], str]] = {
    Parcel: "seguia cloud import --parcels FILE",
    IrrigationEvent: "seguia cloud import --events FILE",
    Observation: "seguia cloud import --observations FILE",
}


class Store(
    Arrivals,
    MapReads,
    Rotation,
    Measured,
    Days,
    Outgoing,
    Inbox,
    Reviews,
    Tellings,
    Wordings,
    Outreach,
    Followups,
    FetchedTexts,
    Calls,
):
    """Everything Seguia remembers; each written record stands in the ledger."""

    @classmethod
    def open(cls, url: str, keys: PersonalKeys, *, create: bool = False, clock: Clock = system_clock) -> Self:
        """Open a database; with ``create`` its tables are made or brought up to date first."""
        engine = open_engine(url)
        try:
            if create:
                _make_room(engine)
                with told(engine.url):
                    migrate(engine)
            else:
                _must_be_usable(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, keys, clock)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Kept records that the last readings could not use, one line each with the way out."""
        return self._unusable.lines(_IMPORTS)

    def opted_out(self, farmer_id: str, *, by: str, at: datetime) -> None:
        """Keep as the farmer's own no that a carrier passes nothing on to that telephone any more."""
        self.set_consent(farmer_id, given=False, how="carrier", by=by, at=at)


def _make_room(engine: Engine) -> None:
    path = _file_of(engine)
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServiceUnavailableError(
            f"database {path}: its folder cannot be made ({error.strerror}); check the path and its permissions"
        ) from error


def _must_be_usable(engine: Engine) -> None:
    path = _file_of(engine)
    if path is not None and not path.is_file():
        raise ServiceUnavailableError(f"database {path}: no such file; create it with: seguia cloud init")
    with told(engine.url):
        problem = schema_problem(engine)
    if problem is not None:
        raise ConfigurationError(f"database {masked(engine.url)}: {problem}; run: seguia cloud migrate")


def _file_of(engine: Engine) -> Path | None:
    return Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
