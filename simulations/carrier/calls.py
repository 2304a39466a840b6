"""Calls by the carrier's documented voice contract: it fetches what to do, speaks it, collects a key, sends the bill.

``Caller`` is a telephone that rings or is rung; what it heard is kept as words and addresses of recordings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from xml.etree import ElementTree as ET

from simulations.carrier.handset import LineFaults, post_form

SECONDS_A_SENTENCE: Final = 6
PRICE_PER_S: Final = 0.02
CURRENCY: Final = "KES"
MOST_TURNS: Final = 40
OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFaults(LineFaults):
    """How a call goes wrong, beside how its line does."""

    given_up: bool = False
    """Rung off before it was taken: only the bill is posted, with no second on it."""
    bill: Literal["once", "twice", "never"] = "once"


@dataclass(slots=True, kw_only=True)
class Call:
    """What somebody heard in a call, in order: words, or addresses of recordings."""

    heard: list[str] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)
    rejected: bool = False
    failed: bool = False
    """The carrier could not make sense of an answer."""
    duration_s: int = 0


class Caller:
    """A telephone with fingers: ``keys`` are pressed one a question; without any left a question passes."""

    def __init__(self, phone_number: str, address: str, *, service_number: str = "+212500000000") -> None:
        self.phone_number = phone_number
        self._address = f"{address.rstrip('/')}/voice"
        self._service = service_number
        self._calls = 0

    def ring(self, *keys: str, faults: CallFaults | None = None) -> Call:
        """Call the service."""
        return self._call("Inbound", keys, faults or CallFaults())

    def be_rung(self, *keys: str, faults: CallFaults | None = None) -> Call:
        """Take a call of the service, or let it ring."""
        return self._call("Outbound", keys, faults or CallFaults())

    def session(self, call: int) -> str:
        """The carrier's name of this telephone's first, second ... call."""
        return f"ATVId_{self.phone_number.removeprefix('+')}_{call}"

    def _call(self, direction: str, keys: Sequence[str], faults: CallFaults) -> Call:
        self._calls += 1
        call = Call()
        # Of a call that the service makes, the carrier names the service as the caller.
        ends = (self.phone_number, self._service) if direction == "Inbound" else (self._service, self.phone_number)
        form = {
            "sessionId": self.session(self._calls),
            "direction": direction,
            "callerNumber": ends[0],
            "destinationNumber": ends[1],
        }
        if not faults.given_up:
            self._talk(call, form, list(keys), faults)
        bill = {
            **form,
            "isActive": "0",
            "durationInSeconds": str(call.duration_s),
            "currencyCode": CURRENCY,
            "amount": f"{call.duration_s * PRICE_PER_S:.2f}",
        }
        for _ in range({"once": 1, "twice": 2, "never": 0}[faults.bill]):
            post_form(self._address, bill, faults)
        return call

    def _talk(self, call: Call, form: dict[str, str], keys: list[str], faults: CallFaults) -> None:
        address, pressed = self._address, dict[str, str]()
        for _ in range(MOST_TURNS):
            status, answer = post_form(address, {**form, "isActive": "1", **pressed}, faults)
            asked = self._hear(call, status, answer, keys)
            if asked is None:
                return
            address, pressed = asked, {"dtmfDigits": keys.pop(0)}
            call.pressed.append(pressed["dtmfDigits"])

    def _hear(self, call: Call, status: int, answer: str, keys: Sequence[str]) -> str | None:
        """Where the next key goes; None when the call is over."""
        try:
            root = ET.fromstring(answer)  # noqa: S314 -- the document of the service under test
        except ET.ParseError:
            root = ET.Element("broken")
        if status != OK or root.tag != "Response":
            call.failed = True
            return None
        for action in root:
            if action.tag == "Reject":
                call.rejected = True
                return None
            for spoken in (action, *action):
                if spoken.tag in {"Say", "Play"}:
                    call.heard.append(spoken.text or spoken.get("url", ""))
                    call.duration_s += SECONDS_A_SENTENCE
            if action.tag == "GetDigits" and keys:
                return action.attrib["callbackUrl"]
        return None
