"""Who is told what of a day's verdicts: once to each person, corrected when it changes, silent when nothing does.

A text that still waits to be sent is withdrawn when another takes its place; one that may have been read is never
contradicted in silence: the new text quotes what it replaces. What a farmer was told is read from the text itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from cloud.errors import InputError, IntegrityError
from cloud.messages import ADVICE_KINDS, TAKEN_BACK, Message
from cloud.people.ties import Recipient
from cloud.records import Verdict
from cloud.speech import phrases
from cloud.speech.catalogue import PACKAGED, Wording
from cloud.speech.readback import Heard, read_back
from cloud.speech.render import CORRECTION, Earlier, compose
from cloud.speech.voice import USUAL, Voice
from cloud.telling_store import SaidMessage, TellingStore

RAIN_REASON: Final = "rain_expected"
REACHED: Final = frozenset({"sending", "wired", "sent", "delivered", "unknown"})
"""States in which a text has been read, or may have been."""
TOLD_WITHIN: Final = timedelta(days=4)
"""Advice of a day is told at most this long before its night is run again."""
SAME_DOSE: Final = 0.1
"""A dose that differs by less, as a share, is no other advice: no farmer measures water out more finely."""
SAME_HOUR: Final = timedelta(minutes=30)
WITHDRAWN: Final = f"{TAKEN_BACK}another text about the same day took its place"
Act = Literal["irrigate", "none", "hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """When something is told, how, and to whom not."""

    day: date
    now: datetime
    voice: Voice = USUAL
    silenced: frozenset[str] = frozenset()
    """Farmers who asked for silence."""


@dataclass(slots=True)
class Told:
    """What was queued, and what somebody should know of it."""

    messages: list[Message] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What to do for one person about one verdict."""

    speak: bool
    withdraw: tuple[str, ...] = ()
    replaces: Message | None = None
    """A text that was read, or may have been, and says something else."""


def tell(store: TellingStore, verdicts: Sequence[Verdict], before: Mapping[str, Verdict], telling: Telling) -> Told:
    """Queue what each recipient should hear of these verdicts; ``before`` holds the last one of each parcel."""
    told = Told()
    asked = _asked(store, verdicts, telling)
    parcel_id = verdicts[0].recommendation.parcel_id if len(verdicts) == 1 else None
    intents = _intents(store, asked, before, telling, parcel_id)
    waiting = [one for intent in intents for one in intent.withdraw]
    if waiting and set(waiting) - store.withdraw(waiting, now=telling.now, reason=WITHDRAWN):
        # Some left in between: what they say has to be taken back in words.
        intents = _intents(store, asked, before, telling, parcel_id)
    texts: list[tuple[Message, str]] = []
    for (verdict, recipient), intent in zip(asked, intents, strict=True):
        if intent.speak:
            _compose(verdict, recipient, intent, telling, (texts, told))
    queued = store.queue_messages(texts, now=telling.now)
    told.messages.extend(text for (text, _), name in zip(texts, queued.message_ids, strict=True) if name is not None)
    told.problems.extend(queued.problems)
    return told


def _asked(store: TellingStore, verdicts: Sequence[Verdict], telling: Telling) -> list[tuple[Verdict, Recipient]]:
    people = store.recipients(telling.day)
    return [
        (verdict, recipient)
        for verdict in verdicts
        for recipient in people.get(verdict.recommendation.parcel_id, ())
        if recipient.farmer_id not in telling.silenced
    ]


def _intents(
    store: TellingStore,
    asked: Sequence[tuple[Verdict, Recipient]],
    before: Mapping[str, Verdict],
    telling: Telling,
    parcel_id: str | None,
) -> list[Intent]:
    own = _by_person(store.said_since(telling.now - TOLD_WITHIN, parcel_id), telling.day)
    return [
        intent_of(
            verdict,
            before.get(verdict.recommendation.parcel_id),
            own.get((verdict.recommendation.parcel_id, recipient.farmer_id), ()),
            telling.voice.wording,
            now=telling.now,
        )
        for verdict, recipient in asked
    ]


def of_day(said: Iterable[SaidMessage], day: date) -> list[SaidMessage]:
    """Advice about one day."""
    return [one for one in said if one.message.kind in ADVICE_KINDS and one.message.day == day]


def _by_person(said: Iterable[SaidMessage], day: date) -> Mapping[tuple[str, str], list[SaidMessage]]:
    own: dict[tuple[str, str], list[SaidMessage]] = defaultdict(list)
    for one in of_day(said, day):
        own[one.message.parcel_id, one.message.farmer_id or ""].append(one)
    return own


def intent_of(
    verdict: Verdict,
    before: Verdict | None,
    own: Sequence[SaidMessage],
    wording: Wording = PACKAGED,
    *,
    now: datetime | None = None,
) -> Intent:
    """What to do about a verdict for somebody who was told, or was to be told, ``own`` of its day, oldest first.

    ``now`` tells which starts are past: what nobody can act on any more is not corrected.
    """
    waiting = [one for one in own if one.state == "queued"]
    reached = [one for one in own if may_be_read(one)]
    if waiting and is_same(waiting[-1].message, verdict, wording):
        return Intent(speak=False, withdraw=tuple(one.message_id for one in waiting[:-1]))
    withdraw = tuple(one.message_id for one in waiting)
    if not reached:
        return Intent(speak=worth_saying(verdict, before), withdraw=withdraw)
    last = reached[-1].message
    if is_same(last, verdict, wording):
        return Intent(speak=False, withdraw=withdraw)
    if now is not None and _act_told(last, wording) == "irrigate" and last.valid_until <= now:
        return Intent(speak=_starts_after(verdict, now), withdraw=withdraw)
    # Who was told to await an agronomist is answered, not corrected.
    return Intent(speak=True, withdraw=withdraw, replaces=None if _act_told(last, wording) == "hold" else last)


def _starts_after(verdict: Verdict, now: datetime) -> bool:
    """Whether a verdict asks for water whose start may still be kept."""
    window = verdict.recommendation.start_window
    return window is not None and window[1] > now


def may_be_read(said: SaidMessage) -> bool:
    """Whether a text was read, or may have been; it may be one that waits, only to be asked about again."""
    return said.state in REACHED or said.maybe_left


def worth_saying(verdict: Verdict, before: Verdict | None) -> bool:
    """Whether a farmer should get a message: something to do, something held, rain coming, or a change of mind.

    Silence when nothing changes keeps the messages read.
    """
    spoken = verdict.recommendation
    if spoken.action in {"irrigate", "hold", "skip_turn"} or verdict.decision in {"hold", "block"}:
        return True
    changed = before is not None and before.recommendation.action != spoken.action
    return spoken.reason_code == RAIN_REASON or changed


def act_of(verdict: Verdict) -> Act:
    """What a verdict asks for: water, none, or to await an agronomist."""
    if verdict.decision in {"hold", "block"} or verdict.recommendation.action == "hold":
        return "hold"
    return "irrigate" if verdict.recommendation.action == "irrigate" else "none"


def is_same(message: Message, verdict: Verdict, wording: Wording = PACKAGED) -> bool:
    """Whether a text already says what a verdict asks for, as finely as a farmer can act on it."""
    act, spoken = act_of(verdict), verdict.recommendation
    if _act_told(message, wording) != act:
        return False
    if act != "irrigate":
        return True
    assert spoken.start_window is not None, "the record refuses an irrigation without a window"
    assert spoken.depth_mm is not None, "the record refuses an irrigation without a depth"
    heard = _heard(message)
    if heard.begin is None or heard.end is None or heard.depth_mm is None:
        return False
    zone = ZoneInfo(spoken.timezone)
    begin, end = (moment.astimezone(zone).replace(tzinfo=None) for moment in spoken.start_window)
    moved = max(abs(heard.begin - begin), abs(heard.end - end))
    return moved <= SAME_HOUR and abs(heard.depth_mm - spoken.depth_mm.p50) <= SAME_DOSE * spoken.depth_mm.p50


def earlier_of(message: Message) -> Earlier:
    """What a text told, as a correction quotes it."""
    heard = _heard(message)
    day = message.day or heard.day
    if day is None:
        raise InputError(f"message about parcel {message.parcel_id}: expected one that names its day, got none such")
    return Earlier(day=day, begin=heard.begin, volume_m3=heard.volume_m3)


def _heard(message: Message) -> Heard:
    told_on = message.day or message.valid_until.date()
    return read_back(message.text, message.language, told_on=told_on)


def _act_told(message: Message, wording: Wording) -> Act:
    if _heard(message).begin is not None:
        return "irrigate"
    if message.kind != CORRECTION or message.day is None:
        return "hold" if message.kind == "wait_agronomist" else "none"
    # A correction keeps no trace of the kind that it would have been, but its act in words.
    words = wording.catalogue(message.language)
    held = words.text("message.wait_agronomist", parcel="", day=phrases.day(words, message.day))
    return "hold" if held.partition(": ")[2] in message.text else "none"


def _compose(
    verdict: Verdict,
    recipient: Recipient,
    intent: Intent,
    telling: Telling,
    into: tuple[list[tuple[Message, str]], Told],
) -> None:
    """One message; one that cannot be made keeps nobody else waiting."""
    texts, told = into
    try:
        rendering = compose(
            verdict,
            language=recipient.language,
            farmer_id=recipient.farmer_id,
            voice=telling.voice,
            replaces=None if intent.replaces is None else earlier_of(intent.replaces),
        )
    except (InputError, IntegrityError) as error:
        told.problems.append(str(error))
        return
    texts.append((rendering.message, verdict.digest()))
    told.notes.extend(rendering.notes)
