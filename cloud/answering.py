"""The telephone answered: a menu dialled, a call that comes in, a key pressed, each for the person whose number it is.

Known by what it can do: the store. The number decides who somebody is; one that is not enrolled is told nothing.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

from cloud.messages import Farmer, Inbound
from cloud.records import Language, Parcel, Verdict
from cloud.telephone.call_xml import Action, Reject
from cloud.telephone.caller import CALL_ME_DIGIT, Answered, Caller, LanguageChosen, Path, Plot, Speaker
from cloud.telephone.flow import CallPlace, CallTurn, Studio, Switch, press, refusal_of, tell
from cloud.telephone.menu import Screen, keys_of, screen_of, stranger_screen

DISTRICT_TIME: Final = ZoneInfo("Africa/Casablanca")


class LineStore(Protocol):
    """What the telephone needs to know and to keep."""

    def present_farmers(self, number: str) -> tuple[Farmer, ...]:
        """People whose number it is at present."""
        ...

    def parcels_of(self, farmer_id: str, day: date) -> tuple[str, ...]:
        """Parcels about which a person is told on a day."""
        ...

    def parcel(self, parcel_id: str) -> Parcel | None:
        """One parcel."""
        ...

    def verdict_of(self, parcel_id: str) -> Verdict | None:
        """Latest verdict of one parcel."""
        ...

    def add_inbound(self, inbound: Inbound) -> bool:
        """Keep an answer; False when it was there already."""
        ...

    def choose_language(self, farmer_id: str, language: Language) -> None:
        """A person reads another language from now on."""
        ...

    def call_ended(self, session: str, now: datetime, *, taken: bool) -> None:
        """Keep whether a call that the service made was taken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """One request of a USSD session: every key pressed so far."""

    session_id: str
    phone_number: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """What the carrier says of a call."""

    session_id: str
    direction: Literal["inbound", "outbound"]
    active: bool
    caller_number: str
    destination_number: str
    digits: str | None = None
    duration_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRules:
    """How calls are taken."""

    studio: Studio = field(default_factory=Studio)
    own_number: str | None = None
    """The service's own number: it is nobody's."""
    takes_calls: bool = False
    """Speak to who calls in; without it a call is refused at no cost and counts as "call me"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """By which path something came in and, where a person typed it in the farmer's place, who."""

    path: Path
    by: str | None = None


BY_USSD: Final = Entered(path="ussd")
BY_VOICE: Final = Entered(path="voice")
BY_RINGING: Final = Entered(path="missed_call")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The telephone of an installation."""

    store: LineStore
    speaker: Speaker
    clock: Callable[[], datetime]
    rules: CallRules = field(default_factory=CallRules)
    strangers_language: Language = "fr"

    def dial(self, dial: Dial, entered: Entered = BY_USSD) -> Screen:
        """The next screen of a session; what its last key changes is kept before it is shown."""
        farmers = self.store.present_farmers(dial.phone_number)
        if not farmers:
            return stranger_screen(self.speaker.words(self.strangers_language))
        screen = screen_of(keys_of(dial.text), self._caller(farmers), self.speaker)
        if isinstance(screen.effect, Answered):
            self._keep(screen.effect, dial.phone_number, f"{dial.session_id}/{screen.led_by}", entered)
        elif isinstance(screen.effect, LanguageChosen):
            for farmer in farmers:
                self.store.choose_language(farmer.id, screen.effect.language)
        return screen

    def ring(
        self, ring: Ring, place: CallPlace, keys_url: Callable[[CallPlace], str], entered: Entered | None = None
    ) -> CallTurn:
        """What a call does next; a call that is refused or given up before it was taken counts as "call me"."""
        if ring.direction == "inbound" and self._is_missed(ring):
            rung = entered or BY_RINGING
            self._keep(Answered(digit=CALL_ME_DIGIT), ring.caller_number, f"{ring.session_id}/rung", rung)
            return CallTurn(actions=(Reject(),) if ring.active else ())
        if not ring.active:
            if ring.direction == "outbound":
                self.store.call_ended(ring.session_id, self.clock(), taken=bool(ring.duration_s))
            return CallTurn(actions=())
        number, farmers = self._other_end(ring)
        if not farmers:
            refused: tuple[Action, ...] = (Reject(),) if ring.direction == "inbound" else ()
            return CallTurn(actions=refused, note="call: its number belongs to nobody enrolled; nothing was said")
        caller = self._caller(farmers)
        switch = Switch(studio=self.rules.studio, speaker=self.speaker, keys_url=keys_url)
        turn = tell(caller, switch, place) if ring.digits is None else press(caller, switch, place, ring.digits)
        if turn.effect is not None:
            # The place tells the question that was answered, so that a key posted twice is one answer.
            name = f"{ring.session_id}/{place.plot}/{place.tries}/{turn.effect.digit}"
            self._keep(turn.effect, number, name, entered or BY_VOICE)
        if turn.note is not None and ring.direction == "inbound":
            self._keep(Answered(digit=CALL_ME_DIGIT), number, f"{ring.session_id}/rung", entered or BY_RINGING)
        return turn if ring.direction == "inbound" else replace(turn, actions=_without_refusal(turn.actions))

    def cannot_tell(self, farmer: Farmer) -> str | None:
        """Why a person could not be told their advice by a call; None when they can."""
        return refusal_of(self._caller((farmer,)), self.rules.studio, self.speaker)

    def _is_missed(self, ring: Ring) -> bool:
        if ring.active:
            return not self.rules.takes_calls and ring.digits is None
        return not self.rules.takes_calls or not ring.duration_s

    def _other_end(self, ring: Ring) -> tuple[str, tuple[Farmer, ...]]:
        """The person of a call; carriers differ in which end of a call they make themselves they name the caller."""
        ends = (ring.caller_number, ring.destination_number) if ring.direction == "outbound" else (ring.caller_number,)
        for number in ends:
            if number and number != self.rules.own_number and (farmers := self.store.present_farmers(number)):
                return number, farmers
        return "", ()

    def _caller(self, farmers: tuple[Farmer, ...]) -> Caller:
        now = self.clock()
        day = now.astimezone(DISTRICT_TIME).date()
        ids = dict.fromkeys(parcel for farmer in farmers for parcel in self.store.parcels_of(farmer.id, day))
        found = [parcel for parcel_id in ids if (parcel := self.store.parcel(parcel_id)) is not None]
        return Caller(
            farmer_ids=tuple(farmer.id for farmer in farmers),
            language=farmers[0].language,
            spoken=farmers[0].spoken,
            plots=tuple(
                Plot(parcel_id=one.id, name=one.label, verdict=self._valid(one.id, now))
                for one in sorted(found, key=lambda one: one.id)
            ),
        )

    def _valid(self, parcel_id: str, now: datetime) -> Verdict | None:
        """The advice of a parcel while it may be followed; a stale one is no advice."""
        verdict = self.store.verdict_of(parcel_id)
        return verdict if verdict is not None and verdict.valid_until > now else None

    def _keep(self, said: Answered, number: str, named: str, entered: Entered) -> None:
        inbound = Inbound(
            carrier=entered.path,
            carrier_id=hashlib.sha256(named.encode()).hexdigest()[:32],
            phone_number=number,
            text=said.digit,
            received_at=self.clock(),
            parcel_id=said.parcel_id,
            entered_by=entered.by,
        )
        self.store.add_inbound(inbound)


def _without_refusal(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """A call that the service makes itself cannot be refused: it hangs up."""
    return tuple(action for action in actions if not isinstance(action, Reject))
