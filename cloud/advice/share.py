"""Shared water, parcel after parcel: a turn or a pump serves one parcel at a time, a quota serves until it is spent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final

from cloud.advice.access import HOUR, LATEST_START, LONGEST_SLACK, MORNING, ONE_DAY, Access, at, elapsed, span
from cloud.advice.dose import TOLERANCE, Dose, DoseLimits, dose_of
from cloud.advice.plan import Intent, urgency
from cloud.advice.quota import QuotaBook, QuotaShare

FIVE_MINUTES: Final = timedelta(minutes=5)
LAST_MINUTES: Final = time(23, 55)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The dose a parcel gets and when it starts; or why it gets none."""

    dose: Dose | None
    start_window: tuple[datetime, datetime] | None = None
    refusal: str | None = None


@dataclass(slots=True, kw_only=True)
class _Place:
    """A turn or a pump on one day: time used by those served so far."""

    hours: float
    used_h: float = 0.0
    rest_h: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    intent: Intent
    dose: Dose
    begins_after_h: float
    lasts_h: float


@dataclass(slots=True, kw_only=True)
class _Desk:
    """What is left while parcels are served in order of urgency."""

    quotas: QuotaBook
    places: dict[str, _Place] = field(default_factory=dict)
    quota_left_m3: dict[str, float] = field(default_factory=dict)

    def place(self, access: Access) -> _Place:
        return self.places.setdefault(access.place, _Place(hours=access.hours, rest_h=access.rest_h))

    def quota_m3(self, share: QuotaShare) -> float:
        if share.name not in self.quota_left_m3:
            self.quota_left_m3[share.name] = self.quotas.left_m3(share)
        return self.quota_left_m3[share.name]


def serve(intents: Sequence[Intent], quotas: QuotaBook) -> dict[str, Served]:
    """Dose and start of every parcel that wants water, by parcel id."""
    desk = _Desk(quotas=quotas)
    slots: list[_Slot] = []
    served: dict[str, Served] = {}
    for intent in sorted(intents, key=urgency):
        answer = _serve_one(intent, desk)
        if isinstance(answer, str):
            served[intent.parcel.id] = Served(dose=None, refusal=answer)
        else:
            slots.append(answer)
    for slot in slots:
        window = _start_window(slot, desk.places[slot.intent.access.place])
        served[slot.intent.parcel.id] = Served(dose=slot.dose, start_window=window)
    return served


def _serve_one(intent: Intent, desk: _Desk) -> _Slot | str:
    assert intent.wanted_mm is not None
    access, parcel = intent.access, intent.parcel
    place = desk.place(access)
    shares = list(desk.quotas.shares_of(parcel))
    quota_m3 = min((desk.quota_m3(share) for share in shares), default=float("inf"))
    begins_after_h = _begins_after_h(intent, place)
    hours = max(0.0, min(access.hours, place.hours - begins_after_h))
    system = {"min_mm": intent.limits.min_mm, "max_mm": intent.limits.max_mm}
    dose = dose_of(
        intent.wanted_mm,
        parcel.area_ha,
        access.flow_m3_h,
        DoseLimits(**system, volume_m3=quota_m3, hours=hours),
    )
    if dose is None:
        return next(_refusals(intent, quota_m3, place))
    lasts_h = dose.duration_h or 0.0
    if _begins_another_day(intent, begins_after_h):
        return _occupied(access)
    place.used_h = begins_after_h + lasts_h
    for share in shares:
        desk.quota_left_m3[share.name] -= dose.volume_m3
    return _Slot(intent=intent, dose=dose, begins_after_h=begins_after_h, lasts_h=lasts_h)


def _begins_after_h(intent: Intent, place: _Place) -> float:
    """Time from the opening to the first free start on five minutes, the pump's rest after the last user included."""
    opens_at = intent.access.opens_at
    assert opens_at is not None
    rest_h = place.rest_h if place.used_h > 0.0 else 0.0
    return span(opens_at, _up(elapsed(opens_at, (place.used_h + rest_h) * HOUR, intent.parcel))) / HOUR


def _refusals(intent: Intent, quota_m3: float, place: _Place) -> Iterator[str]:
    """Why no dose is possible, the binding rule first."""
    assert intent.wanted_mm is not None
    access, area = intent.access, intent.parcel.area_ha
    free = DoseLimits(min_mm=intent.limits.min_mm, max_mm=intent.limits.max_mm)
    if dose_of(intent.wanted_mm, area, access.flow_m3_h, free) is None:
        yield "dose_too_small"
    by_quota = DoseLimits(min_mm=free.min_mm, max_mm=free.max_mm, volume_m3=quota_m3)
    if dose_of(intent.wanted_mm, area, access.flow_m3_h, by_quota) is None:
        yield "quota_spent"
    if place.used_h > 0.0:
        yield _occupied(access)
    yield "turn_too_short" if access.by_turn else "pump_too_small"


def _occupied(access: Access) -> str:
    return "turn_taken" if access.by_turn else "pump_busy"


def _begins_another_day(intent: Intent, begins_after_h: float) -> bool:
    """Whether the wait for those served first passes midnight: that start is for tomorrow's advice to give."""
    access, parcel = intent.access, intent.parcel
    assert access.opens_at is not None
    return _up(elapsed(access.opens_at, timedelta(hours=begins_after_h), parcel)).date() > access.opens_at.date()


def _start_window(slot: _Slot, place: _Place) -> tuple[datetime, datetime]:
    """Earliest and latest start, on five minutes: whoever starts latest still ends inside, and before the next."""
    access, parcel = slot.intent.access, slot.intent.parcel
    assert access.opens_at is not None
    assert access.closes_at is not None
    begin = _up(elapsed(access.opens_at, timedelta(hours=slot.begins_after_h), parcel))
    free = span(elapsed(access.opens_at, timedelta(hours=place.used_h), parcel), access.closes_at)
    latest = min(elapsed(begin, min(free, LONGEST_SLACK), parcel), _latest_of_evening(slot, begin))
    return begin, max(begin, _down(latest))


def _latest_of_evening(slot: _Slot, begin: datetime) -> datetime:
    """Late enough only to count on the day of the advice; on demand, also early enough to end by the morning."""
    access, parcel = slot.intent.access, slot.intent.parcel
    assert access.closes_at is not None
    if not access.place.startswith("parcel "):
        return min(access.closes_at, at(begin.date(), LAST_MINUTES, parcel))
    morning = at(begin.date() + ONE_DAY, MORNING, parcel) - timedelta(hours=slot.lasts_h + TOLERANCE)
    return min(at(begin.date(), LATEST_START, parcel), morning)


def _down(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)


def _up(moment: datetime) -> datetime:
    floor = _down(moment)
    return floor if floor == moment else floor + FIVE_MINUTES
