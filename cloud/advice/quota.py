"""What is left of a quota: its volume less the water already given between its two dates."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaBook:
    """Quotas, the parcels of each canal and the water each parcel got: looked up once, asked per parcel."""

    day: date
    quotas: tuple[Quota, ...]
    of_canal: Mapping[str, tuple[Parcel, ...]]
    events: Mapping[str, tuple[IrrigationEvent, ...]]

    @classmethod
    def of(
        cls, day: date, quotas: Sequence[Quota], parcels: Sequence[Parcel], events: Sequence[IrrigationEvent]
    ) -> "QuotaBook":
        """The book of one day."""
        of_canal: dict[str, list[Parcel]] = defaultdict(list)
        for parcel in parcels:
            if parcel.water.canal is not None:
                of_canal[parcel.water.canal].append(parcel)
        of_parcel: dict[str, list[IrrigationEvent]] = defaultdict(list)
        for event in events:
            of_parcel[event.parcel_id].append(event)
        return cls(
            day=day,
            quotas=tuple(sorted(quotas, key=lambda one: (one.valid_from, one.valid_to, one.digest()))),
            of_canal={name: tuple(members) for name, members in of_canal.items()},
            events={name: tuple(given) for name, given in of_parcel.items()},
        )

    def shares_of(self, parcel: Parcel) -> Iterator[QuotaShare]:
        """Every quota that binds the parcel on the day: its own, its canal's, its season's."""
        for index, quota in enumerate(self.quotas):
            if not quota.valid_from <= self.day <= quota.valid_to:
                continue
            if quota.parcel_id == parcel.id:
                yield QuotaShare(name=f"quota of parcel {parcel.id} #{index}", quota=quota, users=(parcel,))
            elif quota.parcel_id is None and quota.canal is not None and quota.canal == parcel.water.canal:
                users = self.of_canal[quota.canal]
                yield QuotaShare(name=f"quota of canal {quota.canal} #{index}", quota=quota, users=users)
        season = None if parcel.water.quota_m3 is None else season_began(parcel, self.day)
        if parcel.water.quota_m3 is not None and season is not None:
            quota = Quota(parcel_id=parcel.id, valid_from=season, valid_to=self.day, volume_m3=parcel.water.quota_m3)
            yield QuotaShare(name=f"season quota of parcel {parcel.id}", quota=quota, users=(parcel,))

    def left_m3(self, share: QuotaShare) -> float:
        """Volume of the quota not yet used on the morning of the day [m3], never below zero."""
        used_m3 = sum(
            M3_PER_MM_HA * event.depth_mm * user.area_ha
            for user in share.users
            for event in self.events.get(user.id, ())
            if share.quota.valid_from <= local_day_of(event, user) <= self.day
        )
        return max(0.0, share.quota.volume_m3 - used_m3)


def local_day_of(event: IrrigationEvent, parcel: Parcel) -> date:
    """The local day of an event's start: the day it counts on."""
    return event.started_at.astimezone(ZoneInfo(parcel.timezone)).date()
