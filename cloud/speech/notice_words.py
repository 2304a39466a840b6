"""The words of each notice: its entry in the catalogue, its fields, and the numbers a reader must take from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from cloud.errors import IntegrityError
from cloud.speech import facts as told
from cloud.speech import phrases
from cloud.speech.catalogue import Catalogue
from cloud.speech.fitting import NAME_KNOWN, Draft, Sentence
from cloud.speech.readback import Numbers
from cloud.speech.segments import fits_budget

COOL_UNTIL: Final = timedelta(hours=8)
"""Hour of the clock before which water given on a hot day is least lost to the air."""
HOT_HOURS: Final = (timedelta(hours=12), timedelta(hours=17))
"""Hours of a hot day in which nobody should work in the field."""
CARRIER_APPENDS: Final = " " * 30
"""Room for the words by which a carrier tells how to opt out, which it appends to a sender's first message."""
MOST_ROWS: Final = 6
"""More rows are counted, not named: nobody walks twelve rows by heart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A notice before it is fitted, and the numbers that a reader must take from it."""

    draft: Draft
    numbers: Numbers


def _about_parcel(facts: told.Facts, words: Catalogue, head: str, fields: Mapping[str, str]) -> Draft:
    name = phrases.called(facts.parcel_name, facts.parcel_id)
    return Draft(
        subject=f"parcel {facts.parcel_id}",
        head=head,
        name=name,
        otherwise=phrases.spoken_name(facts.parcel_id),
        name_entries=phrases.name_entries(words, name),
        fields=dict(fields),
    )


def _by_service(facts: told.Facts, service: str, head: str, fields: Mapping[str, str]) -> Draft:
    name = phrases.called(service, told.SERVICE)
    return Draft(subject=f"parcel {facts.parcel_id}", head=head, name=name, name_field="service", fields=dict(fields))


def _with_phone(said: Said, words: Catalogue, phone: str | None) -> Said:
    if phone is None:
        return said
    spoken = phrases.phone(words, phone)
    sentence = Sentence(text=words.text("sentence.phone", phone=spoken), place=9, numbers=(("phone", spoken),))
    return replace(said, draft=replace(said.draft, sentences=(*said.draft.sentences, sentence)))


def _stress_seen(facts: told.StressSeen, words: Catalogue) -> Said:
    if facts.share_percent is None:
        return _dated(facts, words, "notice.stress_seen_somewhere", facts.seen_on)
    fields = {"share": str(facts.share_percent), "day": phrases.day(words, facts.seen_on)}
    numbers = Numbers(days=(facts.seen_on,), share_percent=facts.share_percent)
    return Said(draft=_about_parcel(facts, words, "notice.stress_seen", fields), numbers=numbers)


def _offline(facts: told.Offline, words: Catalogue) -> Said:
    said = _dated(facts, words, "notice.offline", facts.since)
    return _with_phone(said, words, facts.phone)


def _confirm(facts: told.Confirm, words: Catalogue) -> Said:
    return _dated(facts, words, "notice.confirm", facts.irrigated_on)


def _thanks(facts: told.Thanks, words: Catalogue) -> Said:
    said = _dated(facts, words, f"notice.thanks.{facts.meaning}", facts.about_day)
    if facts.depth_mm is None:
        return said
    depth = phrases.number(facts.depth_mm)
    counted = Sentence(
        text=words.text("thanks.depth", depth=depth), place=1, numbers=(("depth_mm", round(facts.depth_mm, 2)),)
    )
    return replace(said, draft=replace(said.draft, sentences=(counted,)))


def _dated(facts: told.Facts, words: Catalogue, head: str, named: date) -> Said:
    draft = _about_parcel(facts, words, head, {"day": phrases.day(words, named)})
    return Said(draft=draft, numbers=Numbers(days=(named,)))


def _stop(facts: told.Stop, words: Catalogue) -> Said:
    said = Said(draft=_by_service(facts, facts.service, "notice.stop", {}), numbers=Numbers())
    return _with_phone(said, words, facts.phone)


def _start(facts: told.Start, _: Catalogue) -> Said:
    return Said(draft=_by_service(facts, facts.service, "notice.start", {}), numbers=Numbers())


def _help(facts: told.Help, words: Catalogue) -> Said:
    said = Said(draft=_by_service(facts, facts.service, "notice.help", {}), numbers=Numbers())
    return _with_phone(said, words, facts.phone)


def _heat(facts: told.Heat, words: Catalogue) -> Said:
    noon, afternoon = HOT_HOURS
    fields = {
        "day": phrases.day(words, facts.first),
        "temperature": str(facts.temperature_c),
        "morning": phrases.hour(words, COOL_UNTIL),
    }
    head = "notice.heat_day"
    days: tuple[date, ...] = (facts.first,)
    if facts.last > facts.first:
        head, days = "notice.heat", (facts.first, facts.last)
        fields["end_day"] = phrases.day(words, facts.last)
    shade = words.text("sentence.heat_work", noon=phrases.hour(words, noon), afternoon=phrases.hour(words, afternoon))
    rest = Sentence(text=shade, place=1, spare=True, numbers=(("clocks", (COOL_UNTIL, noon, afternoon)),))
    draft = replace(_about_parcel(facts, words, head, fields), sentences=(rest,))
    numbers = Numbers(days=days, clocks=(COOL_UNTIL,), temperature_c=facts.temperature_c)
    return Said(draft=draft, numbers=numbers)


def _blocked_emitters(facts: told.BlockedEmitters, words: Catalogue) -> Said:
    named, more = facts.rows[:MOST_ROWS], len(facts.rows) - MOST_ROWS
    rows = phrases.listed(words, [str(row) for row in named])
    if more > 0:
        rows = words.text("rows.more", rows=rows, count=str(more))
    fields = {"rows": rows, "day": phrases.day(words, facts.seen_on)}
    numbers = Numbers(days=(facts.seen_on,), rows=named, more_rows=more if more > 0 else None)
    return Said(draft=_about_parcel(facts, words, "notice.blocked_emitters", fields), numbers=numbers)


def _quota_warning(facts: told.QuotaWarning, words: Catalogue) -> Said:
    volume = phrases.number(round(facts.left_m3))
    fields = {
        "volume": volume,
        "days": words.count("days", facts.days_left),
        "day": phrases.day(words, facts.until),
    }
    numbers = Numbers(days=(facts.until,), volume_m3=round(facts.left_m3), counted_days=facts.days_left)
    return Said(draft=_about_parcel(facts, words, "notice.quota_warning", fields), numbers=numbers)


def _alive(facts: told.Alive, words: Catalogue) -> Said:
    fields = {"service": phrases.called(facts.service, told.SERVICE), "day": phrases.day(words, facts.day)}
    return Said(draft=_about_parcel(facts, words, "notice.alive", fields), numbers=Numbers(days=(facts.day,)))


def _welcome(facts: told.Welcome, words: Catalogue) -> Said:
    fields = {"service": phrases.called(facts.service, told.SERVICE)}
    draft = replace(_about_parcel(facts, words, "notice.welcome", fields), reserved=CARRIER_APPENDS)
    return _with_phone(Said(draft=draft, numbers=Numbers()), words, facts.phone)


def _which_parcel(facts: told.WhichParcel, words: Catalogue) -> Said:
    """The names as long as there is room for, and never so short that two are the same."""
    names = [phrases.called(one.name, one.digits).replace("=", "-") for one in facts.choices]
    service = phrases.called(facts.service, told.SERVICE)
    for length in range(max(map(len, names)), 0, -1):
        cut = [name[:length].rstrip(" .,،") or name[:1] for name in names]
        if len(set(cut)) < len(cut):
            break
        pairs = [(one.digits, name) for one, name in zip(facts.choices, cut, strict=True)]
        choices = phrases.listed(words, [f"{digits} = {name}" for digits, name in pairs])
        if fits_budget(words.text("notice.which_parcel", service=service, choices=choices)):
            draft = _by_service(facts, facts.service, "notice.which_parcel", {"choices": choices})
            return Said(draft=draft, numbers=Numbers(choices=tuple(pairs)))
    raise IntegrityError(
        f"parcel {facts.parcel_id}: expected names of {len(names)} parcels that can be told apart in one message, got"
        " longer or equal ones; name the parcels shorter, or call the farmer"
    )


def _turn_swap(facts: told.TurnSwap, words: Catalogue) -> Said:
    zone = ZoneInfo(facts.timezone)
    begin, end = (_naive(moment, zone) for moment in (facts.starts_at, facts.ends_at))
    fields = {
        "other": phrases.called(facts.other_name, "?")[:NAME_KNOWN].rstrip(),
        "turn": phrases.span(words, begin, end),
    }
    days = (begin.date(),) if phrases.one_night(begin, end) else (begin.date(), end.date())
    numbers = Numbers(days=days, clocks=(_since_midnight(begin), _since_midnight(end)))
    draft = _about_parcel(facts, words, f"notice.turn_swap.{facts.state}", fields)
    if facts.state == "asked":
        draft = replace(draft, sentences=(Sentence(text=words.text("sentence.reply_yes"), place=1),))
    return Said(draft=draft, numbers=numbers)


def _naive(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)


def _since_midnight(moment: datetime) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute)


def _call_soon(facts: told.CallSoon, words: Catalogue) -> Said:
    draft = _about_parcel(facts, words, "notice.call_soon", {})
    return _with_phone(Said(draft=draft, numbers=Numbers()), words, facts.phone)


WAYS: Final[Mapping[type[told.Facts], Callable[[Any, Catalogue], Said]]] = {
    told.StressSeen: _stress_seen,
    told.Offline: _offline,
    told.Confirm: _confirm,
    told.Thanks: _thanks,
    told.Stop: _stop,
    told.Start: _start,
    told.Help: _help,
    told.Heat: _heat,
    told.BlockedEmitters: _blocked_emitters,
    told.QuotaWarning: _quota_warning,
    told.Alive: _alive,
    told.Welcome: _welcome,
    told.WhichParcel: _which_parcel,
    told.TurnSwap: _turn_swap,
    told.CallSoon: _call_soon,
}
"""How each set of facts is said."""
