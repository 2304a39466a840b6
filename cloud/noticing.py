"""What is worth a notice beside the day's advice, and what is not: pure, from facts that are looked up first.

One notice a parcel and night: thirst that a camera saw, rows that stand dry, a field that fell silent, a quota that
runs out, great heat; and after a week in which nothing was said, that somebody is still there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.records import Parcel, Verdict
from cloud.speech import facts as told
from cloud.speech.readback import listen
from cloud.telling import act_of
from cloud.telling_store import SaidMessage

ANSWERED_WITHIN: Final = timedelta(days=7)
"""A field is not said to be thirsty, or its rows dry, twice in a week: people have to look first."""
SPELL: Final = timedelta(days=5)
"""Heat that goes on is not announced again within so many days."""
LONGEST_SILENCE: Final = timedelta(days=30)
"""A camera silent for longer belongs to nobody's expectations any more."""
THIRSTY_INDEX: Final = 0.5
"""Stress index from which a crop transpires half of what it could."""
THIRSTY_SCORE: Final = 2
"""Least wilting score that is surely visible from afar."""
WARNED_AT: Final = (0.1, 0.25)
"""Shares of a quota left at which its holder is warned, once each."""
NOTICE_LASTS: Final = timedelta(hours=36)
NO_SEASON: Final = frozenset({"not_planted", "season_over"})
MIDDAY_GRID: Final = 128
"""Value of a stress grid's cell from which it counts as thirsty: half of full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRules:
    """What an operator decides about notices."""

    heat_c: float = 42.0
    """Highest temperature of a day that is great heat, by judgement: a weather station inland sees it a few days a
    summer. Coarse products smooth it away (NASA POWER at Beni Mellal, 2000 to 2010, never reached it): lower it there.
    """
    silent_days: int = 3
    """A field that sent nothing for longer is silent: its last photo no longer counts for the advice."""
    alive_after: timedelta = timedelta(days=7)
    phone: str | None = None
    """Whom a farmer may call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The last picture of a parcel that came with its evidence."""

    parcel_id: str
    taken_at: datetime
    dry_rows: tuple[int, ...] = ()
    thirsty_percent: int | None = None
    """Share of the cells seen that show thirst [%]; None without a grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thirst:
    """A camera's opinion that a parcel is thirsty."""

    parcel_id: str
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLeft:
    """What is left of a parcel's own quota."""

    since: date
    until: date
    volume_m3: float
    left_m3: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HotDays:
    """Days of great heat ahead."""

    first: date
    last: date
    temperature_c: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that notices of a night rest on, by parcel."""

    day: date
    now: datetime
    rules: NoticeRules
    verdicts: Mapping[str, Verdict]
    said: Callable[[str], Sequence[SaidMessage]]
    """All that was said about a parcel before; asked only where there may be something to say."""
    recent: Mapping[str, Sequence[SaidMessage]] = field(default_factory=dict)
    """What was said about each parcel in the last week."""
    sightings: Mapping[str, Sighting] = field(default_factory=dict)
    thirst: Mapping[str, Thirst] = field(default_factory=dict)
    last_seen: Mapping[str, datetime] = field(default_factory=dict)
    quotas: Mapping[str, QuotaLeft] = field(default_factory=dict)
    heat: Mapping[str, HotDays] = field(default_factory=dict)


def notice_for(parcel: Parcel, scene: Scene) -> told.Facts | None:
    """The one notice that a parcel is worth tonight; None mostly."""
    verdict = scene.verdicts.get(parcel.id)
    if verdict is None or verdict.recommendation.reason_code in NO_SEASON:
        return None
    return next(_worth_it(parcel, verdict, scene), None)


def alive_for(parcel: Parcel, scene: Scene, last_said: datetime | None) -> told.Alive | None:
    """That somebody is there, after a week without a word to a person who was written to before."""
    verdict = scene.verdicts.get(parcel.id)
    in_season = verdict is not None and verdict.recommendation.reason_code not in NO_SEASON
    if not in_season or last_said is None or scene.now - last_said < scene.rules.alive_after:
        return None
    return told.Alive(parcel_id=parcel.id, parcel_name=parcel.label, day=scene.day, timezone=parcel.timezone)


def lasts_until(facts: told.Facts, now: datetime) -> datetime:
    """How long a notice is worth reading."""
    if isinstance(facts, told.Heat):
        return datetime.combine(facts.last, time(23), ZoneInfo(facts.timezone)).astimezone(UTC)
    return now + NOTICE_LASTS


def _worth_it(parcel: Parcel, verdict: Verdict, scene: Scene) -> Iterator[told.Facts]:
    for rule in (_stress_seen, _blocked_emitters, _offline, _quota_warning, _heat):
        facts = rule(parcel, verdict, scene)
        if facts is not None:
            yield facts


def _stress_seen(parcel: Parcel, verdict: Verdict, scene: Scene) -> told.Facts | None:
    """Thirst on a day whose advice gives no water yet: else the advice itself is the answer."""
    seen = scene.thirst.get(parcel.id)
    if seen is None or act_of(verdict) == "irrigate" or _said_lately(parcel, scene, "stress_seen", ANSWERED_WITHIN):
        return None
    sighting = scene.sightings.get(parcel.id)
    own = sighting is not None and _day_of(sighting.taken_at, parcel) == _day_of(seen.taken_at, parcel)
    return told.StressSeen(
        parcel_id=parcel.id,
        parcel_name=parcel.label,
        day=scene.day,
        timezone=parcel.timezone,
        seen_on=_day_of(seen.taken_at, parcel),
        share_percent=(sighting.thirsty_percent or None) if own and sighting is not None else None,
    )


def _blocked_emitters(parcel: Parcel, _: Verdict, scene: Scene) -> told.Facts | None:
    seen = scene.sightings.get(parcel.id)
    if seen is None or not seen.dry_rows or parcel.irrigation.method != "drip":
        return None
    if (scene.day - _day_of(seen.taken_at, parcel)).days > scene.rules.silent_days:
        return None
    if _said_lately(parcel, scene, "blocked_emitters", ANSWERED_WITHIN):
        return None
    return told.BlockedEmitters(
        parcel_id=parcel.id,
        parcel_name=parcel.label,
        day=scene.day,
        timezone=parcel.timezone,
        rows=tuple(sorted(set(seen.dry_rows))),
        seen_on=_day_of(seen.taken_at, parcel),
    )


def _offline(parcel: Parcel, _: Verdict, scene: Scene) -> told.Facts | None:
    """A field that used to send and fell silent; said once for each silence."""
    last = scene.last_seen.get(parcel.id)
    if last is None or scene.now - last > LONGEST_SILENCE:
        return None
    if (scene.day - _day_of(last, parcel)).days <= scene.rules.silent_days:
        return None
    if any(one.message.kind == "offline" and one.queued_at > last for one in scene.said(parcel.id)):
        return None
    return told.Offline(
        parcel_id=parcel.id,
        parcel_name=parcel.label,
        day=scene.day,
        timezone=parcel.timezone,
        since=_day_of(last, parcel),
        phone=scene.rules.phone,
    )


def _quota_warning(parcel: Parcel, _: Verdict, scene: Scene) -> told.Facts | None:
    """A quota of which a tenth or a quarter is left; once for each."""
    quota = scene.quotas.get(parcel.id)
    if quota is None or quota.volume_m3 <= 0.0 or quota.until < scene.day:
        return None
    share = quota.left_m3 / quota.volume_m3
    crossed = next((level for level in WARNED_AT if share <= level), None)
    if crossed is None or any(warned <= crossed for warned in _warned(parcel, quota, scene)):
        return None
    return told.QuotaWarning(
        parcel_id=parcel.id,
        parcel_name=parcel.label,
        day=scene.day,
        timezone=parcel.timezone,
        left_m3=quota.left_m3,
        until=quota.until,
    )


def _warned(parcel: Parcel, quota: QuotaLeft, scene: Scene) -> Iterator[float]:
    """Levels at which the holder was warned of this quota, read from the warnings themselves."""
    for one in scene.said(parcel.id):
        message = one.message
        if message.kind != "quota_warning" or message.day is None or message.day < quota.since:
            continue
        heard = listen(message.text, message.language, kind=message.kind, told_on=message.day)
        if heard.volume_m3 is not None:
            yield next(
                (level for level in WARNED_AT if heard.volume_m3 <= level * quota.volume_m3 + 0.5), WARNED_AT[-1]
            )


def _heat(parcel: Parcel, _: Verdict, scene: Scene) -> told.Facts | None:
    hot = scene.heat.get(parcel.id)
    if hot is None:
        return None
    return told.Heat(
        parcel_id=parcel.id,
        parcel_name=parcel.label,
        day=scene.day,
        timezone=parcel.timezone,
        first=hot.first,
        last=hot.last,
        temperature_c=hot.temperature_c,
    )


def _said_lately(parcel: Parcel, scene: Scene, kind: str, within: timedelta) -> bool:
    recent = scene.recent.get(parcel.id, ())
    return any(one.message.kind == kind and scene.now - one.queued_at < within for one in recent)


def _day_of(moment: datetime, parcel: Parcel) -> date:
    return moment.astimezone(ZoneInfo(parcel.timezone)).date()
