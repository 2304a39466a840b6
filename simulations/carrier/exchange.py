"""The stand-in's own mind: what it answers to a request, by the documented contract and by the plan of a test.

Nothing here reaches a telephone. A number that ends in ``9999<code>`` is answered with that code.
"""

import hashlib
import re
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cloud.speech.segments import segments

PRICE_PER_PART: Final = 0.8
CURRENCY: Final = "KES"
STATUSES: Final = {
    100: "Processed",
    101: "Success",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}
SENT: Final = 101
QUEUED: Final = 102
INSUFFICIENT_BALANCE: Final = 405
USER_IN_BLACKLIST: Final = 406
LAST_ACCEPTED: Final = 102
CODE_IN_NUMBER: Final = re.compile(r"9999(\d{3})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How one request to the messaging address goes wrong; an empty step is answered as usual."""

    http: int | None = None
    """Answer with this status and ``body`` instead of accepting."""
    body: str = ""
    retry_after: str | None = None
    location: str | None = None
    delay_s: float = 0.0
    """Answer late, after accepting."""
    drop: Literal["before", "after"] | None = None
    """Close the connection before or after accepting."""
    content_type: str | None = None
    cut_to: int | None = None
    """Send only so many characters of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMessage:
    """One message the stand-in took for one number."""

    message_id: str
    phone_number: str
    text: str
    sender: str | None
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A status, a body and what accompanies them."""

    status: int
    body: Any
    content_type: str = "application/json"
    step: Step = Step()
    accepted: tuple[AcceptedMessage, ...] = ()


@dataclass(slots=True, kw_only=True)
class Exchange:
    """Accounts, plan and everything accepted so far; safe to use from several threads."""

    username: str
    api_key: str
    senders: tuple[str, ...] = ()
    """Sender names that are registered; empty = none is asked for."""
    balance: float | None = None
    plan: deque[Step] = field(default_factory=deque)
    outbox: list[AcceptedMessage] = field(default_factory=list)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)
    _numbered: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def messaging(self, form: Mapping[str, str], api_key: str) -> Reply:
        """Answer a request to send."""
        with self._lock:
            step = self.plan.popleft() if self.plan else Step()
            if step.http is not None:
                return Reply(status=step.http, body=step.body, content_type="text/plain", step=step)
            if step.drop == "before":
                return Reply(status=0, body="", step=step)
            refusal = self._refusal(form.get("username"), api_key) or _incomplete(form)
            return refusal or self._take(form, step)

    def received(self, username: str | None, api_key: str, last_received_id: int) -> Reply:
        """Texts of farmers after an id."""
        with self._lock:
            later = [dict(text) for text in self.inbox if text["id"] > last_received_id]
            body = {"SMSMessageData": {"Messages": later}}
            return self._refusal(username, api_key) or Reply(status=200, body=body)

    def user(self, username: str | None, api_key: str) -> Reply:
        """What is left on the account."""
        with self._lock:
            left = 0.0 if self.balance is None else self.balance
            body = {"UserData": {"balance": f"{CURRENCY} {left:.4f}"}}
            return self._refusal(username, api_key) or Reply(status=200, body=body)

    def receive(self, phone_number: str, text: str, date: str) -> dict[str, Any]:
        """Keep a farmer's text and give back its row."""
        with self._lock:
            row = {
                "id": len(self.inbox) + 1,
                "from": phone_number,
                "to": self.senders[0] if self.senders else "SEGUIA",
                "text": text,
                "date": date,
                "linkId": None,
            }
            self.inbox.append(row)
            return row

    def opt_out(self, phone_number: str) -> None:
        """From now on the number is blacklisted."""
        with self._lock:
            self.opted_out.add(phone_number)

    def reset(self) -> None:
        """Forget plan, messages and opt-outs."""
        with self._lock:
            for kept in (self.plan, self.outbox, self.inbox, self.opted_out):
                kept.clear()

    def _refusal(self, username: str | None, api_key: str) -> Reply | None:
        if (username, api_key) == (self.username, self.api_key):
            return None
        return Reply(status=401, body="The supplied authentication is invalid", content_type="text/plain")

    def _take(self, form: Mapping[str, str], step: Step) -> Reply:
        sender = form.get("from")
        if sender is not None and self.senders and sender not in self.senders:
            body: dict[str, Any] = {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}
            return Reply(status=201, body=body, step=step)
        numbers = [number.strip() for number in form["to"].split(",")]
        parts = segments(form["message"]).segments
        before = len(self.outbox)
        code = QUEUED if form.get("enqueue") == "1" else SENT
        rows = [self._row(number, form, parts, code) for number in numbers]
        accepted = tuple(self.outbox[before:])
        total = len(accepted) * parts * PRICE_PER_PART
        summary = f"Sent to {len(accepted)}/{len(rows)} Total Cost: {CURRENCY} {total:.4f}"
        body = {"SMSMessageData": {"Message": summary, "Recipients": rows}}
        return Reply(status=201, body=body, step=step, accepted=accepted)

    def _row(self, number: str, form: Mapping[str, str], parts: int, usual: int) -> dict[str, Any]:
        code = self._code(number, parts * PRICE_PER_PART, usual)
        row: dict[str, Any] = {"statusCode": code, "number": number, "status": STATUSES.get(code, "Unknown")}
        if code > LAST_ACCEPTED:
            return {**row, "cost": "0", "messageId": "None"}
        self._numbered += 1
        message_id = "ATXid_" + hashlib.sha256(f"{self.username}/{self._numbered}".encode()).hexdigest()[:32]
        if self.balance is not None:
            self.balance -= parts * PRICE_PER_PART
        self.outbox.append(
            AcceptedMessage(
                message_id=message_id,
                phone_number=number,
                text=form["message"],
                sender=form.get("from"),
                parts=parts,
            )
        )
        cost = f"{CURRENCY} {parts * PRICE_PER_PART:.4f}"
        return {**row, "cost": cost, "messageId": message_id, "messageParts": parts}

    def _code(self, number: str, price: float, usual: int) -> int:
        if number in self.opted_out:
            return USER_IN_BLACKLIST
        wanted = CODE_IN_NUMBER.search(number)
        if wanted is not None:
            return int(wanted.group(1))
        if self.balance is not None and self.balance < price:
            return INSUFFICIENT_BALANCE
        return usual


def steps_from(content: Any) -> Sequence[Step]:  # noqa: ANN401 -- whatever JSON holds
    """Steps of a plan as the control address takes them: one object or a list of them."""
    listed = content if isinstance(content, list) else [content]
    return [Step(**step) for step in listed]


def _incomplete(form: Mapping[str, str]) -> Reply | None:
    missing = [name for name in ("to", "message") if not form.get(name)]
    if not missing:
        return None
    return Reply(status=400, body=f"Request is missing required form field '{missing[0]}'", content_type="text/plain")
