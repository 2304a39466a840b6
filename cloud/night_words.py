"""What a night says: its verdicts to everybody whom they are for, and the notices that are worth a word beside them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

import numpy as np
import xarray as xr

from cloud.advice.quota import QuotaBook
from cloud.errors import InputError, IntegrityError
from cloud.irrigation_accounts import counted_once
from cloud.messages import Message
from cloud.noticing import (
    ANSWERED_WITHIN,
    SPELL,
    THIRSTY_INDEX,
    THIRSTY_SCORE,
    HotDays,
    NoticeRules,
    QuotaLeft,
    Scene,
    Sighting,
    Thirst,
    alive_for,
    lasts_until,
    notice_for,
)
from cloud.people.ties import Recipient
from cloud.records import IrrigationEvent, Parcel, Quota, Verdict
from cloud.speech.facts import Facts, Heat
from cloud.speech.notices import announce
from cloud.telling import Telling, Told, tell
from cloud.telling_store import SaidMessage, TellingStore
from cloud.variables import Days, Floats
from cloud.weather.nearness import nearest_of
from edge.contract import Detection

FRESH: Final = timedelta(days=2)
"""A photo older than this is no news."""
HEAT_AHEAD: Final = 3
"""Days of the forecast in which heat is announced: farther ahead it is often taken back."""
EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


class WordsStore(TellingStore, Protocol):
    """What the words of a night need of a store."""

    def last_said(self) -> Mapping[str, datetime]:
        """When each person was last written to."""
        ...

    def last_seen(self) -> Mapping[str, datetime]:
        """When each parcel's last photo was taken."""
        ...

    def sightings_since(self, moment: datetime) -> Sequence[Sighting]:
        """The last picture of each parcel that came with its evidence."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What a night decided, and the facts beside it."""

    verdicts: Sequence[Verdict]
    before: Mapping[str, Verdict]
    """The last verdict of each parcel of an earlier day."""
    parcels: Sequence[Parcel]
    detections: Sequence[Detection] = ()
    events: Sequence[IrrigationEvent] = ()
    quotas: Sequence[Quota] = ()
    forecast: xr.Dataset | None = None
    rules: NoticeRules = field(default_factory=NoticeRules)


def speak_of(store: WordsStore, night: Night, telling: Telling) -> Told:
    """Queue advice first, then notices to whoever they concern; a night of a day gone by gives no notices."""
    told = tell(store, night.verdicts, night.before, telling)
    if telling.day >= telling.now.date():
        _notices(store, night, telling, told)
    return told


def _notices(store: WordsStore, night: Night, telling: Telling, told: Told) -> None:
    people = store.recipients(telling.day)
    recent = _by_parcel(store.said_since(telling.now - ANSWERED_WITHIN))
    heated = {
        one.message.farmer_id
        for said in recent.values()
        for one in said
        if one.message.kind == "heat" and telling.now - one.queued_at < SPELL
    }
    scene = _scene(store, night, telling, recent)
    words = _Words(telling=telling, told=told)
    quiet: list[tuple[Parcel, Recipient]] = []
    for parcel in night.parcels:
        facts = notice_for(parcel, scene)
        for recipient in people.get(parcel.id, ()):
            if recipient.farmer_id in telling.silenced:
                continue
            if facts is None or (isinstance(facts, Heat) and recipient.farmer_id in heated):
                quiet.append((parcel, recipient))
                continue
            if isinstance(facts, Heat):
                heated.add(recipient.farmer_id)
            words.add(facts, recipient)
    _alive(store, quiet, scene, words)
    queued = store.queue_messages(words.texts, now=telling.now)
    told.messages.extend(
        text for (text, _), name in zip(words.texts, queued.message_ids, strict=True) if name is not None
    )
    told.problems.extend(queued.problems)


def _alive(store: WordsStore, quiet: Iterable[tuple[Parcel, Recipient]], scene: Scene, words: "_Words") -> None:
    """To whoever hears nothing tonight and heard nothing for a week: one message, about their first parcel."""
    last_said = store.last_said()
    spoken_to = {message.farmer_id for message in words.told.messages} | {text.farmer_id for text, _ in words.texts}
    for parcel, recipient in quiet:
        if recipient.farmer_id in spoken_to:
            continue
        facts = alive_for(parcel, scene, last_said.get(recipient.farmer_id))
        if facts is not None:
            words.add(facts, recipient)
            spoken_to.add(recipient.farmer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    telling: Telling
    told: Told
    texts: list[tuple[Message, str]] = field(default_factory=list)

    def add(self, facts: Facts, recipient: Recipient) -> None:
        """One notice for one person; one that cannot be made keeps nobody else waiting."""
        try:
            rendering = announce(
                facts,
                language=recipient.language,
                farmer_id=recipient.farmer_id,
                valid_until=lasts_until(facts, self.telling.now),
                voice=self.telling.voice,
            )
        except (InputError, IntegrityError) as error:
            self.told.problems.append(str(error))
            return
        self.texts.append((rendering.message, ""))
        self.told.notes.extend(rendering.notes)


def _scene(store: WordsStore, night: Night, telling: Telling, recent: Mapping[str, Sequence[SaidMessage]]) -> Scene:
    return Scene(
        day=telling.day,
        now=telling.now,
        rules=night.rules,
        verdicts={verdict.recommendation.parcel_id: verdict for verdict in night.verdicts},
        said=lambda parcel_id: store.said_since(EVER, parcel_id),
        recent=recent,
        sightings={one.parcel_id: one for one in store.sightings_since(telling.now - ANSWERED_WITHIN)},
        thirst={one.parcel_id: one for one in thirst_of(night.detections, telling.now)},
        last_seen=store.last_seen(),
        quotas=dict(quotas_of(night, telling.day)),
        heat=dict(heat_of(night, telling.day)),
    )


def _by_parcel(said: Iterable[SaidMessage]) -> Mapping[str, list[SaidMessage]]:
    of_parcel: dict[str, list[SaidMessage]] = defaultdict(list)
    for one in said:
        of_parcel[one.message.parcel_id].append(one)
    return of_parcel


def thirst_of(detections: Iterable[Detection], now: datetime) -> Iterator[Thirst]:
    """Parcels whose last fresh photo with an opinion on it shows thirst."""
    last: dict[str, Detection] = {}
    for one in detections:
        if not one.opinion or one.parcel_id is None or one.taken_at is None or now - one.taken_at > FRESH:
            continue
        if one.stress_index is None and one.wilting_low is None:
            continue
        known = last.get(one.parcel_id)
        if known is None or known.taken_at is None or known.taken_at < one.taken_at:
            last[one.parcel_id] = one
    for parcel_id, one in last.items():
        if one.taken_at is not None and _is_thirsty(one):
            yield Thirst(parcel_id=parcel_id, taken_at=one.taken_at)


def _is_thirsty(seen: Detection) -> bool:
    by_index = seen.stress_index is not None and seen.stress_index >= THIRSTY_INDEX
    return by_index or (seen.wilting_low is not None and seen.wilting_low >= THIRSTY_SCORE)


def quotas_of(night: Night, day: date) -> Iterator[tuple[str, QuotaLeft]]:
    """What is left of each parcel's own quota with dates; a canal's is shared, and a season's has no last day."""
    if not any(quota.parcel_id is not None for quota in night.quotas):
        return
    counted, _ = counted_once(night.events)
    book = QuotaBook.of(day, night.quotas, night.parcels, counted)
    for parcel in night.parcels:
        own = [
            QuotaLeft(
                since=share.quota.valid_from,
                until=share.quota.valid_to,
                volume_m3=share.quota.volume_m3,
                left_m3=book.left_m3(share),
            )
            for share in book.shares_of(parcel)
            if share.quota.parcel_id == parcel.id and not share.whole_season and share.quota.volume_m3 > 0.0
        ]
        if own:
            yield parcel.id, min(own, key=lambda one: one.left_m3 / one.volume_m3)


def heat_of(night: Night, day: date) -> Iterator[tuple[str, HotDays]]:
    """The next days of great heat of each parcel, by the middle of the forecast's members at its nearest site."""
    forecast = night.forecast
    if forecast is None or "tmax_c" not in forecast or not night.parcels:
        return
    hottest = forecast["tmax_c"].transpose("time", ..., "site")
    values = np.asarray(hottest.values, dtype=np.float64)
    middle = values if values.ndim == 2 else np.median(values, axis=1)  # noqa: PLR2004 -- without members
    days = forecast["time"].values.astype("datetime64[D]")
    ahead = (days >= np.datetime64(day, "D")) & (days < np.datetime64(day, "D") + HEAT_AHEAD)
    sites = nearest_of(night.parcels, forecast).site.tolist()
    spells = {site: _spell(days[ahead], middle[ahead, site], night.rules.heat_c) for site in set(sites)}
    for parcel, site in zip(night.parcels, sites, strict=True):
        spell = spells[site]
        if spell is not None:
            yield parcel.id, spell


def _spell(days: Days, hottest: Floats, heat_c: float) -> HotDays | None:
    hot = np.flatnonzero(hottest >= heat_c)
    if not hot.size:
        return None
    last = int(hot[0])
    while last + 1 < len(hottest) and hottest[last + 1] >= heat_c:
        last += 1
    within = slice(int(hot[0]), last + 1)
    return HotDays(
        first=days[within][0].item(), last=days[within][-1].item(), temperature_c=round(float(hottest[within].max()))
    )
