"""What is left of a quota: its volume and what was carried over, less the water given between its two dates."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from cloud.advice.dose import M3_PER_MM_HA
from cloud.agronomy.crops.crop import season_began
from cloud.records import IrrigationEvent, Parcel, Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaShare:
    """One quota that binds a parcel, by name, and the parcels that draw on it."""

    name: str
    quota: Quota
    users: tuple[Parcel, ...]
    whole_season: bool = False
    """Whether it runs until the harvest, whatever its dates say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaBook:
    """Quotas, the parcels of each canal and the water each parcel got: looked up once, asked per parcel."""

    day: date
    of_canal: Mapping[str, tuple[Parcel, ...]]
    events: Mapping[str, tuple[IrrigationEvent, ...]]
    of_holder: Mapping[tuple[str, str], tuple[Quota, ...]] = field(default_factory=dict)
    """Quotas of every parcel or canal, by their dates."""

    @classmethod
    def of(
        cls, day: date, quotas: Sequence[Quota], parcels: Sequence[Parcel], events: Sequence[IrrigationEvent]
    ) -> "QuotaBook":
        """The book of one day."""
        of_canal: dict[str, list[Parcel]] = defaultdict(list)
        for parcel in parcels:
            if parcel.water.canal is not None:
                of_canal[parcel.water.canal].append(parcel)
        of_holder: dict[tuple[str, str], list[Quota]] = defaultdict(list)
        for quota in quotas:
            if quota.parcel_id is not None:
                of_holder["parcel", quota.parcel_id].append(quota)
            elif quota.canal is not None:
                of_holder["canal", quota.canal].append(quota)
        return cls(
            day=day,
            of_canal={name: tuple(members) for name, members in of_canal.items()},
            events={name: tuple(given) for name, given in _by_parcel(events).items()},
            of_holder={holder: tuple(sorted(own, key=_dates)) for holder, own in of_holder.items()},
        )

    def shares_of(self, parcel: Parcel) -> Iterator[QuotaShare]:
        """Every quota that binds the parcel on the day: its own, its canal's, its season's."""
        canal = parcel.water.canal or ""
        for kind, holder in (("parcel", parcel.id), ("canal", canal)):
            users = (parcel,) if kind == "parcel" else self.of_canal.get(canal, ())
            for index, quota in enumerate(self.of_holder.get((kind, holder), ())):
                if quota.valid_from <= self.day <= quota.valid_to:
                    yield QuotaShare(name=f"quota of {kind} {holder} #{index}", quota=quota, users=users)
        season = None if parcel.water.quota_m3 is None else season_began(parcel, self.day)
        if parcel.water.quota_m3 is not None and season is not None:
            quota = Quota(parcel_id=parcel.id, valid_from=season, valid_to=self.day, volume_m3=parcel.water.quota_m3)
            name = f"season quota of parcel {parcel.id}"
            yield QuotaShare(name=name, quota=quota, users=(parcel,), whole_season=True)

    def left_m3(self, share: QuotaShare) -> float:
        """Volume of the quota not yet used on the morning of the day [m3], never below zero."""
        volume = share.quota.volume_m3 + (0.0 if share.whole_season else self._carried_m3(share.quota, share.users))
        return max(0.0, volume - self._used_m3(share.quota, share.users))

    def _carried_m3(self, quota: Quota, users: Sequence[Parcel]) -> float:
        """What the holder's last period that ended before this one leaves to it [m3]."""
        kind = ("parcel", quota.parcel_id) if quota.parcel_id is not None else ("canal", quota.canal or "")
        before = [one for one in self.of_holder.get(kind, ()) if one.valid_to < quota.valid_from]
        if not before:
            return 0.0
        last = max(before, key=lambda one: (one.valid_to, one.valid_from, one.volume_m3))
        volume = last.volume_m3 + self._carried_m3(last, users)
        return last.carry_over * max(0.0, volume - self._used_m3(last, users))

    def _used_m3(self, quota: Quota, users: Sequence[Parcel]) -> float:
        last = min(quota.valid_to, self.day)
        return sum(
            M3_PER_MM_HA * event.depth_mm * user.area_ha
            for user in users
            for event in self.events.get(user.id, ())
            if quota.valid_from <= local_day_of(event, user) <= last
        )


def _dates(quota: Quota) -> tuple[date, date, str]:
    return quota.valid_from, quota.valid_to, quota.digest()


def _by_parcel(events: Iterable[IrrigationEvent]) -> dict[str, list[IrrigationEvent]]:
    of_parcel: dict[str, list[IrrigationEvent]] = defaultdict(list)
    for event in events:
        of_parcel[event.parcel_id].append(event)
    return of_parcel


def local_day_of(event: IrrigationEvent, parcel: Parcel) -> date:
    """The local day of an event's start: the day it counts on."""
    return event.started_at.astimezone(ZoneInfo(parcel.timezone)).date()
