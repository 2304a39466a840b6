"""The review queue under ``/api/v1/review``: read by anybody here, decided only with a secret."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, HTTPException, Path, Request, Response
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from cloud.adapters.store.store import Store
from cloud.errors import InputError
from cloud.review.order import Order
from cloud.review.outcome import Decided, Outcome
from cloud.review.proof import Proofs, signed_as
from cloud.review.queue import QueuedCard
from cloud.review.telling import object_of
from cloud.review.waiting import card_named, waiting
from cloud.review.word import Act
from cloud.web.views import Problem, View

LARGEST_BODY: Final = 1_000_000
"""Bytes of a decision; what is said to be larger, or of unknown length, is not read."""
SWITCHED_OFF: Final = (
    "review: expected decisions to be switched on, got a service that only reads; set review.token_file or"
    " review.token_sha256 in seguia-cloud.toml, or decide with: seguia cloud review"
)
REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": Problem, "description": "The secret is missing or another."},
    403: {"model": Problem, "description": "The operator has not switched decisions on."},
    404: {"model": Problem, "description": "No such card waits."},
    411: {"model": Problem, "description": "The length of the decision is not told."},
    413: {"model": Problem, "description": "The decision is too long."},
    409: {"model": Problem, "description": "Nothing of the order could be carried out; the detail says why."},
}

Decide = Callable[[Order], Outcome]
"""Carries an order out on the installation that the service stands on."""


class _Bounded(APIRoute):
    """A route whose body is read, before anybody has shown a secret, only where it is short."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            told = request.headers.get("content-length", "")
            if request.method == "POST" and not told.isdecimal():
                raise HTTPException(411, "review: expected a decision whose length is told, got one without")
            if told.isdecimal() and int(told[:20]) > LARGEST_BODY:
                raise HTTPException(413, f"review: expected at most {LARGEST_BODY} bytes, got {told[:20]}")
            return await handle(request)

        return bounded


class Decision(BaseModel):
    """What a person decides about a card."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    act: Act
    by: Annotated[str, Field(max_length=80)] = ""
    """May be left out: the name that is kept is the one that the secret proves."""
    why: Annotated[str, Field(min_length=1, max_length=400)]
    parcels: Annotated[tuple[str, ...], Field(max_length=5000)] = ()
    """Of the card's parcels only these; empty for all."""
    depth_mm: Annotated[float, Field(ge=0.0)] | None = None
    starts_at: AwareDatetime | None = None


class DecidedView(View):
    """What became of one parcel."""

    parcel_id: str
    state: str
    action: str
    depth_mm: float | None
    queued: bool
    """Whether its farmer is told."""


class OutcomeView(View):
    """What became of an order."""

    decided: tuple[DecidedView, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]


def router(store: Store, clock: Callable[[], datetime], *, proofs: Proofs, decide: Decide | None = None) -> APIRouter:
    """Routes of the review; where no secret opens it they only read."""
    routes = APIRouter(prefix="/review", tags=["review"], route_class=_Bounded)

    @routes.get("")
    def queue() -> tuple[dict[str, Any], ...]:
        """Cards that wait for a person, the greatest loss first; no person's name is in them."""
        return tuple(object_of(card) for card in waiting(store, clock()))

    @routes.post("/{card}", responses=REFUSED)
    def decision(
        card: Annotated[str, Path(max_length=80)],
        given: Decision,
        authorization: Annotated[str, Header()] = "",
    ) -> OutcomeView:
        """Decide a card, or some parcels of it; the secret goes into the header ``Authorization: Bearer ...``."""
        if not proofs.decides or decide is None:
            raise HTTPException(403, SWITCHED_OFF)
        scheme, _, secret = authorization.partition(" ")
        proven = proofs.name_of(secret) if scheme == "Bearer" else None
        if proven is None:
            raise HTTPException(401, "review: expected the secret of a reviewer", {"WWW-Authenticate": "Bearer"})
        try:
            found = card_named(waiting(store, clock()), card)
        except InputError as error:
            raise HTTPException(404, str(error)) from error
        try:
            outcome = decide(order_of(found, given, proven))
        except InputError as error:
            raise HTTPException(409, str(error)) from error
        if not outcome.decided:
            raise HTTPException(409, "; ".join(outcome.problems))
        return view_of(outcome)

    return routes


def order_of(queued: QueuedCard, given: Decision, proven: str) -> Order:
    """The order that a proven person means; InputError where it names a parcel of another card, or another person."""
    strangers = [one for one in given.parcels if one not in queued.card.parcels]
    if strangers:
        raise InputError(f"card {queued.card.id}: expected parcels of this card, got {', '.join(strangers)}")
    return Order(
        act=given.act,
        parcel_ids=given.parcels or queued.card.parcels,
        by=signed_as(proven, given.by),
        why=given.why,
        day=queued.card.day,
        depth_mm=given.depth_mm,
        starts_at=given.starts_at,
    )


def view_of(outcome: Outcome) -> OutcomeView:
    """An outcome without the texts that were queued."""
    return OutcomeView(
        decided=tuple(_decided(one) for one in outcome.decided),
        notes=tuple(outcome.notes),
        problems=tuple(outcome.problems),
    )


def _decided(one: Decided) -> DecidedView:
    depth = one.recommendation.depth_mm
    return DecidedView(
        parcel_id=one.parcel_id,
        state=one.state,
        action=one.recommendation.action,
        depth_mm=None if depth is None else depth.p50,
        queued=one.message_id is not None,
    )
