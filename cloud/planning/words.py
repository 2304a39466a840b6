"""The words of a plan: the catalogue's own sentences with slots, proven before they leave this room.

Whatever a gateway may fill in is tried here: every day's window, every dose's time, the smallest and the largest dose.
Each is read back by the reader of messages, and must say what it was filled with, within a message's budget.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from cloud.errors import IntegrityError
from cloud.messages import Farmer
from cloud.planning.figures import Made
from cloud.records import Quantiles, Recommendation
from cloud.speech import phrases
from cloud.speech.catalogue import Catalogue
from cloud.speech.readback import Heard, read_back
from cloud.speech.reply import WORDS
from cloud.speech.segments import fits_budget
from cloud.speech.voice import Voice
from edge.plan import Answer, DoseStep, Plan, PlanRecipient, Sayings
from edge.plan_words import Advice, fill

LONGEST_NAME, KNOWN_NAME = 20, 10
_UNDERSTOOD: Final[dict[str, Answer]] = {
    "done": "done",
    "not_done": "not_done",
    "half": "half",
    "no_water": "no_water",
    "rain": "rain",
    "stop": "stop",
    "start": "start",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A person whom a gateway may tell, with the words of their language."""

    farmer: Farmer
    words: Catalogue


def answers_known() -> dict[str, Answer]:
    """What farmers' whole answers mean, as far as a gateway acts on them."""
    return {word: _UNDERSTOOD[reply] for word, reply in WORDS.items() if reply in _UNDERSTOOD}


def recipient_of(plan: Plan, made: Made, farmer: Farmer, voice: Voice) -> PlanRecipient:
    """A person with the words that a gateway fills for them; IntegrityError where a filling would say another number.

    Parameters
    ----------
    voice : Voice
        By which drafts and an operator's own words are admitted: the same rule as for the cloud's texts.
    """
    told = Told(farmer=farmer, words=voice.words(farmer.language))
    sayings = _sayings(plan, made, told.words)
    prove(plan, made, sayings, told.words)
    return PlanRecipient(
        farmer_id=farmer.id,
        phone_number=farmer.phone_number,
        language=told.words.language,
        quiet_from_minute=_minutes(farmer.quiet_from),
        quiet_until_minute=_minutes(farmer.quiet_until),
        sayings=sayings,
    )


def prove(plan: Plan, made: Made, sayings: Sayings, words: Catalogue) -> None:
    """Refuse words of which any filling would say another day, hour or quantity, or would be too long."""
    wrong = [advice for advice in _ends(plan) if not _is_right(plan, made, sayings, words, advice)]
    first = next((place for place, day in enumerate(plan.days) if day.starts_from is not None), None)
    for in_doubt in (False, True):
        body = _body(sayings.irrigate_in_doubt if in_doubt else sayings.irrigate)
        waiting = _body(sayings.wait_in_doubt if in_doubt else sayings.wait)
        for place, day in enumerate(plan.days):
            known = _says_day(words, waiting, sayings.days[place], day.day)
            window = _window_of(made, plan, place, words)
            if window is not None:
                known &= _says_window(words, body, window, day.day)
            if not known:
                wrong.append(_advice(plan, place, None, in_doubt=in_doubt))
        for step, said in zip(plan.steps, sayings.durations, strict=True):
            if first is not None and step.duration_h is not None:
                window = _window_of(made, plan, first, words)
                assert window is not None, "a day with water has a window"
                if not _says_time(words, body, window.text, plan.days[first].day, said, round(60 * step.duration_h)):
                    wrong.append(_advice(plan, first, step, in_doubt=in_doubt))
    if wrong:
        text = fill(plan, sayings, wrong[0])
        raise IntegrityError(
            f"parcel {plan.parcel_id}: expected the words of its plan in {words.language} to say {wrong[0].kind} on"
            f" {wrong[0].day} within one message, got {text!r}; correct the catalogue"
        )


def _ends(plan: Plan) -> Iterator[Advice]:
    """The smallest and the largest dose on the first and the last day with water, and a wait."""
    places = [place for place, day in enumerate(plan.days) if day.starts_from is not None]
    for place in places[:1] + places[-1:]:
        for step in plan.steps[:1] + plan.steps[-1:]:
            yield _advice(plan, place, step, in_doubt=False)
            yield _advice(plan, place, step, in_doubt=True)
    yield _advice(plan, 0, None, in_doubt=True)


def _is_right(plan: Plan, made: Made, sayings: Sayings, words: Catalogue, advice: Advice) -> bool:
    text = fill(plan, sayings, advice)
    heard = read_back(text, words.language, told_on=advice.day)
    if advice.dose is None:
        return heard.day == advice.day and heard.begin is None and fits_budget(text)
    window = _window_of(made, plan, (advice.day - plan.days[0].day).days, words)
    assert window is not None, "an irrigation has a window"
    minutes = None if advice.dose.duration_h is None else round(60 * advice.dose.duration_h)
    said = heard.begin, heard.end, heard.duration_minutes, heard.volume_m3, heard.depth_mm
    meant = window.begin, window.end, minutes, advice.dose.volume_m3, float(advice.dose.depth_mm)
    return said == meant and fits_budget(text)


@lru_cache(maxsize=65_536)
def _says_window(words: Catalogue, body: str, window: "_Window", day: date) -> bool:
    heard = _heard(words, body, day, {"{when}": window.text, "{duration}": phrases.duration(words, 1.0)})
    return (heard.begin, heard.end) == (window.begin, window.end)


@lru_cache(maxsize=65_536)
def _says_time(words: Catalogue, body: str, window: str, day: date, said: str, minutes: int) -> bool:
    return _heard(words, body, day, {"{when}": window, "{duration}": said}).duration_minutes == minutes


@lru_cache(maxsize=65_536)
def _says_day(words: Catalogue, body: str, said: str, day: date) -> bool:
    heard = _heard(words, body, day, {"{day}": said})
    return heard.day == day and heard.begin is None


def _heard(words: Catalogue, body: str, day: date, slots: Mapping[str, str]) -> Heard:
    for slot, said in {**slots, "{volume}": "70", "{depth}": "7"}.items():
        body = body.replace(slot, said)
    return read_back(f"x: {body}", words.language, told_on=day)


def _body(text: str) -> str:
    """What follows the parcel's name."""
    return text.partition(": ")[2]


def _advice(plan: Plan, place: int, step: DoseStep | None, *, in_doubt: bool) -> Advice:
    return Advice(
        parcel_id=plan.parcel_id,
        day=plan.days[place].day,
        kind="wait" if step is None else "irrigate",
        dose=step,
        missing_mm=0.0,
        spread_mm=0.0,
        reason="tried",
        in_doubt=in_doubt,
    )


def _sayings(plan: Plan, made: Made, words: Catalogue) -> Sayings:
    timed = all(step.duration_h is not None for step in plan.steps)
    days = tuple(phrases.day(words, day.day) for day in plan.days)
    windows = (_window_of(made, plan, place, words) for place in range(len(plan.days)))
    when = tuple("" if window is None else window.text for window in windows)
    durations = tuple("" if one.duration_h is None else phrases.duration(words, one.duration_h) for one in plan.steps)
    largest = plan.steps[-1] if plan.steps else DoseStep(depth_mm=1, volume_m3=1.0)
    slots = {"when": "{when}", "volume": "{volume}", "depth": "{depth}"}
    longest = {
        "{when}": max(when, key=len, default=""),
        "{duration}": max(durations, key=len, default=""),
        "{volume}": phrases.number(largest.volume_m3),
        "{depth}": phrases.number(largest.depth_mm),
        "{day}": max(days, key=len),
    }
    head = "message.irrigate" if timed else "message.irrigate_volume"
    fields = {**slots, "duration": "{duration}"} if timed else slots
    fitting = _Fitting(words=words, made=made, longest=longest)
    reply = words.text("sentence.reply_done")
    check, look = words.text("confidence.check_first"), words.text("confidence.check_soil")
    return Sayings(
        reviewed=words.reviewed,
        irrigate=fitting.text(head, fields, (reply,)),
        irrigate_in_doubt=fitting.text(head, fields, (check, reply)),
        wait=fitting.text("message.wait", {"day": "{day}"}, ()),
        wait_in_doubt=fitting.text("message.wait", {"day": "{day}"}, (look,)),
        when=when,
        days=days,
        durations=durations,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitting:
    """Sentences with slots, short enough for the longest of what may be filled in."""

    words: Catalogue
    made: Made
    longest: dict[str, str]

    def text(self, head: str, fields: dict[str, str], sentences: Sequence[str]) -> str:
        """The fullest text: a long name is cut first, then sentences go, the last first."""
        name = phrases.called(self.made.parcel.label, self.made.parcel.id).translate({123: "(", 125: ")"})
        for kept, shortest in (
            (len(sentences), KNOWN_NAME),
            *((fewer, KNOWN_NAME) for fewer in range(len(sentences) - 1, -1, -1)),
            (0, 1),
        ):
            for length in range(min(len(name), LONGEST_NAME), min(shortest, len(name)) - 1, -1):
                found = self._written(head, fields, name[:length].rstrip(), sentences[:kept])
                if fits_budget(self._filled(found)):
                    return found
        raise IntegrityError(
            f"parcel {self.made.parcel.id}: expected {head} of catalogue {self.words.language} within one message,"
            " got a longer one even with the name cut; shorten the entry"
        )

    def _written(self, head: str, fields: dict[str, str], name: str, sentences: Sequence[str]) -> str:
        for entry in reversed(phrases.name_entries(self.words, name)):
            name = self.words.text(entry, parcel=name)
        return " ".join([self.words.text(head, parcel=name, **fields), *sentences])

    def _filled(self, text: str) -> str:
        for slot, said in self.longest.items():
            text = text.replace(slot, said)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """A start window in words, and what a reader must take from it."""

    text: str
    begin: datetime
    end: datetime


def _window_of(made: Made, plan: Plan, place: int, words: Catalogue) -> _Window | None:
    day = plan.days[place]
    if day.starts_from is None or day.starts_to is None:
        return None
    return _window(words, day.starts_from, day.starts_to, made.parcel.timezone)


@lru_cache(maxsize=65_536)
def _window(words: Catalogue, starts_from: datetime, starts_to: datetime, timezone: str) -> _Window:
    zone = ZoneInfo(timezone)
    begin, end = starts_from.astimezone(zone), starts_to.astimezone(zone)
    spoken = Recommendation(
        parcel_id="plan",
        parcel_name="plan",
        timezone=timezone,
        day=begin.date(),
        action="irrigate",
        start_window=(begin, end),
        depth_mm=Quantiles(p10=1.0, p50=1.0, p90=1.0),
        volume_m3=1.0,
        reason_code="stress_expected",
        code_version="plan",
    )
    told = phrases.told_window(spoken)
    return _Window(text=phrases.window(words, spoken), begin=told[0], end=told[1])


def _minutes(clock: time) -> int:
    return 60 * clock.hour + clock.minute
