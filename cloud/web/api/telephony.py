"""What the carrier posts of menus and calls, under the same secret as its other callbacks.

A carrier gives up a session at any answer but 200, so what cannot be read is parked and answered with a last screen, or
with a call that ends; only a path nobody was told is answered like any unknown one.
"""

import hmac
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from cloud.answering import Dial, Line, Ring
from cloud.errors import CloudError
from cloud.telephone.call_xml import MEDIA_TYPE, response
from cloud.telephone.flow import CallPlace
from cloud.telephone.menu import Screen, trouble_screen
from cloud.web.api.callbacks import (
    CARRIER,
    IDENTIFIER,
    UnreadableCallbackError,
    bounded_body,
    form_of,
    number_of,
    secret_of,
)

LOG: Final = logging.getLogger(__name__)
LONGEST_SESSION: Final = 400
"""Letters of the keys of one session: more is no person pressing keys."""
PLACE: Final = re.compile(r"[0-9]{1,2}")
SCREEN_TYPE: Final = "text/plain; charset=utf-8"
TRUE: Final = frozenset({"1", "true"})


class ParkingStore(Protocol):
    """Where what could not be read is kept."""

    def park(
        self, organisation: str, gateway: str, kind: str, payload: bytes, reason: str, received_at: datetime
    ) -> None:
        """Keep it with the reason."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TelephoneDoor:
    """The line behind the door, the secret of its path, and the address under which a carrier reaches it."""

    line: Line
    secret: str
    public_url: str | None = None
    """Without it the address of the request itself: right where no proxy stands between."""


def router(store: ParkingStore, door: TelephoneDoor) -> APIRouter:
    """Routes ``/telephone/<secret>/ussd``, ``/telephone/<secret>/voice`` and the voice's places."""
    secret_of(door.secret)
    routes = APIRouter(prefix="/telephone", include_in_schema=False)
    desk = _Desk(store=store, door=door)

    @routes.post("/{given}/ussd")
    async def ussd(given: str, request: Request) -> Response:
        desk.must_know(given)
        body = await desk.read(request, "ussd")
        answer = desk.last_screen() if body is None else await run_in_threadpool(desk.ussd, body)
        return Response(answer, media_type=SCREEN_TYPE)

    @routes.post("/{given}/voice")
    async def voice(given: str, request: Request) -> Response:
        return await called(given, request, CallPlace())

    @routes.post("/{given}/voice/{plot}/{tries}")
    async def key_pressed(given: str, request: Request, plot: str, tries: str) -> Response:
        return await called(given, request, _place(plot, tries))

    async def called(given: str, request: Request, place: CallPlace | None) -> Response:
        desk.must_know(given)
        if place is None:
            raise HTTPException(status_code=404)
        base = door.public_url or str(request.base_url)
        body = await desk.read(request, "voice")
        answer = response(()) if body is None else await run_in_threadpool(desk.voice, body, place, base)
        return Response(answer, media_type=MEDIA_TYPE)

    return routes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    store: ParkingStore
    door: TelephoneDoor

    def must_know(self, given: str) -> None:
        if not hmac.compare_digest(given.encode(), self.door.secret.encode()):
            raise HTTPException(status_code=404)

    async def read(self, request: Request, kind: str) -> bytes | None:
        try:
            return await bounded_body(request)
        except HTTPException as error:
            await run_in_threadpool(self.park, kind, b"", str(error.detail))
            return None

    def ussd(self, body: bytes) -> str:
        try:
            return self.door.line.dial(dial_of(form_of(body))).answer
        except UnreadableCallbackError as error:
            self.park("ussd", outline(body), str(error))
        except CloudError as error:
            LOG.warning("ussd: %s", error)
        return self.last_screen()

    def voice(self, body: bytes, place: CallPlace, base: str) -> str:
        try:
            turn = self.door.line.ring(ring_of(form_of(body)), place, self.keys_url(base))
        except UnreadableCallbackError as error:
            self.park("voice", outline(body), str(error))
            return response(())
        except CloudError as error:
            LOG.warning("voice: %s", error)
            return response(())
        if turn.note is not None:
            LOG.warning("%s", turn.note)
        return response(turn.actions)

    def keys_url(self, base: str) -> Callable[[CallPlace], str]:
        root = f"{base.rstrip('/')}/telephone/{self.door.secret}/voice"
        return lambda place: f"{root}/{place.plot}/{place.tries}"

    def park(self, kind: str, payload: bytes, reason: str) -> None:
        self.store.park(CARRIER, "callback", kind, payload, reason, self.door.line.clock())

    def last_screen(self) -> str:
        line = self.door.line
        screen: Screen = trouble_screen(line.speaker.words(line.strangers_language))
        return screen.answer


def dial_of(form: Mapping[str, str]) -> Dial:
    """A request of a USSD session from the carrier's form."""
    text = form.get("text", "").strip()
    if len(text) > LONGEST_SESSION:
        raise UnreadableCallbackError(f"ussd: expected at most {LONGEST_SESSION} letters of keys, got {len(text)}")
    return Dial(session_id=_session(form), phone_number=_who(form, "phoneNumber"), text=text)


def ring_of(form: Mapping[str, str]) -> Ring:
    """What the carrier says of a call; a call without a direction came in."""
    direction: Literal["inbound", "outbound"] = (
        "outbound" if form.get("direction", "").strip().casefold() == "outbound" else "inbound"
    )
    duration = form.get("durationInSeconds", "").strip()
    return Ring(
        session_id=_session(form),
        direction=direction,
        active=form.get("isActive", "").strip().casefold() in TRUE,
        caller_number=_who(form, "callerNumber"),
        destination_number=number_of(form.get("destinationNumber", "")),
        digits=form.get("dtmfDigits"),
        duration_s=int(duration) if duration.isdecimal() and len(duration) < 9 else None,  # noqa: PLR2004 -- 31 years
    )


def outline(body: bytes) -> bytes:
    """What may be kept in the clear of what could not be read: its length alone, no number and no key."""
    return f"{len(body)} bytes, withheld".encode()


def _place(plot: str, tries: str) -> CallPlace | None:
    """The place of a call from its address, which this service wrote itself; None for any other."""
    known = PLACE.fullmatch(plot) and PLACE.fullmatch(tries)
    return CallPlace(plot=int(plot), tries=int(tries)) if known else None


def _session(form: Mapping[str, str]) -> str:
    found = form.get("sessionId", "").strip()
    if not IDENTIFIER.fullmatch(found):
        raise UnreadableCallbackError("telephone: expected a field sessionId of up to 128 plain characters, got none")
    return found


def _who(form: Mapping[str, str], name: str) -> str:
    found = number_of(form.get(name, ""))
    if not found:
        raise UnreadableCallbackError(f"telephone: expected a field {name}, got none")
    return found
