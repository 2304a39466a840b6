"""A farmer's telephone on a console: its thread, its menu, its calls; each line typed is one thing a farmer does.

Everything goes through the doors that the carrier uses. Nothing here knows where lines come from or where they go.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cloud.adapters.store.store import Store
from cloud.adapters.store.threads import SEEN, Said, thread_of
from cloud.answering import Dial, Entered, Line, Ring
from cloud.commands.console import shown
from cloud.messages import Farmer, Inbound
from cloud.telephone.call_xml import Action, GetDigits, Play, Reject, Say
from cloud.telephone.flow import CallPlace

HELP: Final = """\
  any text     send it as an SMS reply: 1 done, 2 not done, 3 call me, 4 half, 5 no water came, 6 rain here, STOP
  /thread      every text so far, as the telephone has it
  /dial        dial the menu; then each line is a key, /hang ends
  /call        a call in which the advice is read out; then each line is a key, /hang ends
  /ring        ring and hang up: a missed call
  /quit        leave"""
TRAIL: Final = "/hang"


@dataclass(slots=True, kw_only=True)
class Phone:
    """One farmer's telephone: what it has shown already, and the session it is in."""

    store: Store
    line: Line
    farmer: Farmer
    typed_as: Callable[[str], Entered]
    """How what is done on a path is marked."""
    text_carrier: str
    """Carrier that a typed text is marked with."""
    session: str
    """Random, so that two consoles never name two answers alike."""
    write: Callable[[str], None]
    after: Callable[[], None] = lambda: None
    """What is done after each line, before the telephone is looked at."""
    _seen: set[str] = field(default_factory=set)
    _counted: int = 0
    _keys: list[str] | None = None
    _call: CallPlace | None = None

    def run(self, lines: Iterable[str]) -> None:
        """Do what each line says until one says to leave."""
        self.new_texts()
        for typed in lines:
            text = typed.strip()
            if text == "/quit":
                return
            self._do(text)
            self.after()
            self.new_texts()

    def new_texts(self) -> None:
        """Show what has come to the telephone since the last time."""
        for said in thread_of(self.store, self.farmer.id):
            if said.key not in self._seen and (said.from_person or said.state in SEEN):
                self._seen.add(said.key)
                self._show(said)

    def _do(self, text: str) -> None:
        if text == TRAIL:
            self._keys = self._call = None
        elif self._keys is not None:
            self._keys.append(text)
            self._dial()
        elif self._call is not None:
            self._ring(digits=text)
        elif text.startswith("/"):
            self._command(text)
        elif text:
            self._send(text)

    def _command(self, text: str) -> None:
        if text == "/thread":
            for said in thread_of(self.store, self.farmer.id):
                self._show(said)
        elif text == "/dial":
            self._counted += 1
            self._keys = []
            self._dial()
        elif text == "/call":
            self._counted += 1
            self._ring(digits=None)
        elif text == "/ring":
            self._counted += 1
            self._missed()
        else:
            self.write(HELP)

    def _send(self, text: str) -> None:
        self._counted += 1
        self.store.add_inbound(
            Inbound(
                carrier=self.text_carrier,
                carrier_id=self._name("text"),
                phone_number=self.farmer.phone_number,
                text=text,
                received_at=self.line.clock(),
                entered_by=self.typed_as("text").by,
            )
        )

    def _dial(self) -> None:
        keys = "*".join(self._keys or ())
        dial = Dial(session_id=self._name("ussd"), phone_number=self.farmer.phone_number, text=keys)
        screen = self.line.dial(dial, self.typed_as("ussd"))
        for row in screen.text.split("\n"):
            self.write(f"  | {shown(row)}")
        if screen.ends:
            self._keys = None

    def _ring(self, *, digits: str | None) -> None:
        ring = self._ringing(digits=digits, outbound=True)
        asked: list[CallPlace] = []

        def remembered(place: CallPlace) -> str:
            asked.append(place)
            return "console"

        turn = self.line.ring(ring, self._call or CallPlace(), remembered, self.typed_as("voice"))
        if turn.note is not None:
            self.write(f"  ({shown(turn.note)})")
        for action in turn.actions:
            self.write(f"  ~ {shown(_heard(action))}")
            if isinstance(action, GetDigits):
                break
        self._call = asked[-1] if asked else None
        if self._call is None:
            self.write("  (the call is over)")

    def _missed(self) -> None:
        self.line.ring(self._ringing(digits=None, active=False), CallPlace(), str, self.typed_as("missed_call"))
        self.write("  (rang, and hung up before anybody answered)")

    def _ringing(self, *, digits: str | None, outbound: bool = False, active: bool = True) -> Ring:
        return Ring(
            session_id=self._name("call"),
            direction="outbound" if outbound else "inbound",
            active=active,
            caller_number=self.farmer.phone_number,
            destination_number="",
            digits=digits,
            duration_s=None if active else 0,
        )

    def _name(self, what: str) -> str:
        return hashlib.sha256(f"{self.session}/{what}/{self._counted}".encode()).hexdigest()[:32]

    def _show(self, said: Said) -> None:
        moment = _local(said.at, self.farmer.timezone)
        if said.from_person:
            by = f", typed by {said.entered_by}" if said.entered_by else ""
            self.write(f"{moment} > {shown(said.text)}  [{said.state}{by}]")
        else:
            perhaps = "" if said.state in SEEN else f"  [{said.state}]"
            self.write(f"{moment} < {shown(said.text)}{perhaps}")


def _heard(action: Action) -> str:
    if isinstance(action, GetDigits):
        return f"{_heard(action.asks)} (a key?)"
    if isinstance(action, Say):
        return action.text
    if isinstance(action, Play):
        return f"[{action.url.rpartition('/')[2]}]"
    assert isinstance(action, Reject)
    return "(the call is not taken)"


def _local(moment: datetime, timezone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"
