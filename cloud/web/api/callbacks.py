"""What the SMS carrier posts back: delivery reports and farmers' answers, under a secret path.

The carrier documents no signature, so the path itself is the secret: a wrong one is answered like any unknown path.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from cloud.adapters.personal import without_numbers
from cloud.adapters.sms.moments import moment_of
from cloud.errors import ConfigurationError
from cloud.messages import Delivery, Inbound

CARRIER: Final = "africastalking"
LARGEST_BODY: Final = 32 * 1024
MOST_FIELDS: Final = 50
IMPERSONAL: Final = frozenset({"id", "status", "networkCode", "failureReason", "retryCount", "date", "linkId"})
PERSONAL: Final = frozenset({"from", "to", "text", "phoneNumber", "senderId"})
SHORTEST_SECRET: Final = 16
IDENTIFIER: Final = re.compile(r"[\x21-\x7e]{1,128}")
STATES: Final = {
    "sent": "sent",
    "submitted": "sent",
    "buffered": "sent",
    "success": "delivered",
    "rejected": "failed",
    "failed": "failed",
    "expired": "failed",
}


class CallbackStore(Protocol):
    """Where callbacks are kept; each of these does nothing the second time."""

    def record_delivery(self, delivery: Delivery, *, phone_number: str | None = None) -> None:
        """Apply a report, or keep it until its carrier id is known; the number may tell whose lost answer it is."""
        ...

    def add_inbound(self, inbound: Inbound) -> bool:
        """Keep a farmer's text; False when it was there already."""
        ...

    def park(
        self, organisation: str, gateway: str, kind: str, payload: bytes, reason: str, received_at: datetime
    ) -> None:
        """Keep what could not be read, with the reason."""
        ...


class UnreadableCallbackError(ValueError):
    """A callback lacks what makes it one."""


def router(store: CallbackStore, *, secret: str, clock: Callable[[], datetime]) -> APIRouter:
    """Routes ``/callbacks/<secret>/{delivery,inbound,optout}``."""
    secret_of(secret)
    routes = APIRouter(prefix="/callbacks", include_in_schema=False)
    kept_by: dict[str, Callable[[Mapping[str, str]], object]] = {
        "delivery": lambda form: store.record_delivery(
            _delivery(form, clock()), phone_number=number_of(form.get("phoneNumber", "")) or None
        ),
        "inbound": lambda form: store.add_inbound(_inbound(form, clock())),
        "optout": lambda form: store.add_inbound(_opt_out(form, clock(), secret)),
    }

    @routes.post("/{given}/{kind}")
    async def callback(given: str, kind: str, request: Request) -> Response:
        keep = kept_by.get(kind)
        if keep is None or not hmac.compare_digest(given.encode(), secret.encode()):
            raise HTTPException(status_code=404)
        body = await bounded_body(request)
        try:
            await run_in_threadpool(lambda: keep(form_of(body)))
        except UnreadableCallbackError as error:
            await run_in_threadpool(store.park, CARRIER, "callback", kind, _without_person(body), str(error), clock())
            raise HTTPException(status_code=400, detail=str(error)) from None
        return Response(status_code=200)

    return routes


def secret_of(text: str) -> str:
    """A secret that is long enough to stand in a path; ConfigurationError otherwise."""
    if len(text) < SHORTEST_SECRET:
        raise ConfigurationError(
            f"sms.callback_secret_file: expected at least {SHORTEST_SECRET} characters, got {len(text)};"
            " write a longer secret"
        )
    return text


async def bounded_body(request: Request) -> bytes:
    """The body of a callback; 413 when it is larger than any."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise HTTPException(status_code=413, detail=f"a callback has at most {LARGEST_BODY} bytes")
    return bytes(body)


def form_of(body: bytes) -> dict[str, str]:
    """Fields of a callback; UnreadableCallbackError when it is no form."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise UnreadableCallbackError(f"callback: expected a form in UTF-8, got {type(error).__name__}") from error
    return dict(pairs)


def _without_person(body: bytes) -> bytes:
    """What may be kept in the clear of a callback that cannot be read: who wrote and what is withheld."""
    try:
        form = form_of(body)
    except UnreadableCallbackError:
        return re.sub(rb"[0-9A-Za-z]", b"#", body)
    kept = {name: without_numbers(value) for name, value in form.items() if name in IMPERSONAL}
    known = {name: kept.get(name, "(withheld)") for name in form if name in IMPERSONAL | PERSONAL}
    return urlencode(known).encode()


def _identifier(form: Mapping[str, str]) -> str:
    found = form.get("id", "").strip()
    if not IDENTIFIER.fullmatch(found):
        raise UnreadableCallbackError("callback: expected a field id of up to 128 plain characters, got none such")
    return found


def _delivery(form: Mapping[str, str], now: datetime) -> Delivery:
    """A report names its message by the carrier's id alone; a status not documented changes nothing but is kept."""
    status = form.get("status", "").strip()
    if not status:
        raise UnreadableCallbackError("delivery report: expected a field status, got none")
    state = STATES.get(status.casefold())
    reason = form.get("failureReason", "").strip()
    if state is None:
        reason = f"status {status[:40]!r} is not documented"
    reason = without_numbers(reason)
    content = {
        "message_id": "",
        "state": state or "wired",
        "carrier": CARRIER,
        "carrier_id": _identifier(form),
        "reason": reason[:200] or None,
        "at": now,
    }
    return Delivery.model_validate(content)


def _inbound(form: Mapping[str, str], now: datetime) -> Inbound:
    sender = number_of(form.get("from", ""))
    if not sender:
        raise UnreadableCallbackError("inbound message: expected a field from, got none")
    return Inbound(
        carrier=CARRIER,
        carrier_id=_identifier(form),
        phone_number=sender,
        text=form.get("text", ""),
        received_at=moment_of(form.get("date", ""), now),
    )


def _opt_out(form: Mapping[str, str], now: datetime, secret: str) -> Inbound:
    """An opt-out at the carrier counts as the farmer's own STOP; told twice in an hour, it is one.

    A day would be too long: whoever said START in between would not be heard.
    """
    number = number_of(form.get("phoneNumber", ""))
    if not number:
        raise UnreadableCallbackError("opt-out: expected a field phoneNumber, got none")
    told = hmac.new(secret.encode(), f"{number}/{now:%Y-%m-%dT%H}".encode(), "sha256").hexdigest()
    return Inbound(carrier=CARRIER, carrier_id=f"optout-{told[:32]}", phone_number=number, text="STOP", received_at=now)


def number_of(text: str) -> str:
    """A telephone number; a plus sign that was not encoded arrives as a space."""
    plain = text.strip()
    return f"+{plain}" if text.startswith(" ") and plain.isdecimal() else plain
