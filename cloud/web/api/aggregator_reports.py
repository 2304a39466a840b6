"""Delivery reports of an aggregator, under the same secret path as the other carrier's callbacks."""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from cloud.adapters.personal import without_numbers
from cloud.dispatch.answer_paths import folded, value_at
from cloud.messages import Delivery
from cloud.sending_config import AggregatorReports
from cloud.web.api.callbacks import CallbackStore, UnreadableCallbackError, bounded_body, form_of, secret_of

CARRIER: Final = "aggregator"
WITHHELD: Final = re.compile(rb"[0-9A-Za-z]")
LONGEST_NAME: Final = 128


def router(
    store: CallbackStore, reports: AggregatorReports, *, secret: str, clock: Callable[[], datetime]
) -> APIRouter:
    """Route ``/callbacks/<secret>/aggregator``."""
    secret_of(secret)
    routes = APIRouter(prefix="/callbacks", include_in_schema=False)

    @routes.post("/{given}/aggregator")
    async def report(given: str, request: Request) -> Response:
        if not hmac.compare_digest(given.encode(), secret.encode()):
            raise HTTPException(status_code=404)
        body = await bounded_body(request)
        try:
            content = _content(body)
            delivery = _delivery(content, reports, clock())
        except UnreadableCallbackError as error:
            kept = WITHHELD.sub(b"#", body)
            await run_in_threadpool(store.park, CARRIER, "callback", "report", kept, str(error), clock())
            raise HTTPException(status_code=400, detail=str(error)) from None
        number = None if reports.number_path is None else value_at(content, reports.number_path)
        await run_in_threadpool(lambda: store.record_delivery(delivery, phone_number=number or None))
        return Response(status_code=200)

    return routes


def _content(body: bytes) -> Mapping[str, Any] | list[Any]:
    if body.lstrip()[:1] in {b"{", b"["}:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnreadableCallbackError("delivery report: expected JSON or a form, got neither") from error
        found: Mapping[str, Any] | list[Any] = content
        return found
    return form_of(body)


def _delivery(content: Mapping[str, Any] | list[Any], reports: AggregatorReports, now: datetime) -> Delivery:
    """A report names its message by our own id, else by the aggregator's; a word nobody described claims nothing."""
    name = _name(content, reports.reference_path)
    carrier_id = _name(content, reports.id_path)
    if name is None and carrier_id is None:
        raise UnreadableCallbackError("delivery report: expected the id of a message, got none")
    word = (value_at(content, reports.status_path) or "").strip()
    if not word:
        raise UnreadableCallbackError(f"delivery report: expected a word at {reports.status_path}, got none")
    state = _state(word, reports)
    reason = f"status {without_numbers(word)[:40]!r}" if state in {None, "failed"} else None
    return Delivery.model_validate(
        {
            "message_id": name or "",
            "state": state or "wired",
            "carrier": CARRIER,
            "carrier_id": carrier_id,
            "reason": reason,
            "at": now,
        }
    )


def _state(word: str, reports: AggregatorReports) -> str | None:
    said = word.casefold()
    for state, words in (("delivered", reports.delivered), ("failed", reports.failed), ("sent", reports.sent)):
        if said in folded(words):
            return state
    return None


def _name(content: Mapping[str, Any] | list[Any], path: str | None) -> str | None:
    found = None if path is None else value_at(content, path)
    plain = None if found is None else found.strip()
    if not plain:
        return None
    if len(plain) > LONGEST_NAME or not plain.isprintable():
        raise UnreadableCallbackError(f"delivery report: expected an id of up to {LONGEST_NAME} plain characters")
    return plain
