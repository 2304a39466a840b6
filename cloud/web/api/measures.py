"""How well farmers are reached, under ``/api/v1/measures``: counts and shares, no person among them."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from cloud.adapters.store.store import Store
from cloud.errors import InputError
from cloud.outreach.period import measures_between
from cloud.outreach.telling import object_of
from cloud.web.views import View


class ShareView(View):
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float
    count: int
    people: int


class GroupView(View):
    """What is known of one group of messages; null where there are no data."""

    name: str
    messages: int
    taken: int
    delay_p50_s: float | None
    delay_p90_s: float | None
    denied: int | None
    repeated: int
    delivered: ShareView | None
    answered: ShareView | None
    followed: ShareView | None
    late: ShareView | None
    expired: ShareView | None
    unknown: ShareView | None


class CostView(View):
    """What the messages of one season cost at one carrier; null without a price."""

    season: str
    carrier: str
    segments: int
    farmers: int
    cost: float | None
    per_farmer: float | None


class ComprehensionView(View):
    """What was understood of a language's words when they were signed last; null where nobody asked."""

    language: str
    state: str
    understood: dict[str, Any] | None


class MeasuresView(View):
    """Every measure of a period, the worst group first."""

    first_day: date
    last_day: date
    total: GroupView
    languages: tuple[GroupView, ...]
    carriers: tuple[GroupView, ...]
    channels: tuple[GroupView, ...]
    phone_types: None
    costs: tuple[CostView, ...]
    comprehension: tuple[ComprehensionView, ...]


def router(store: Store, clock: Callable[[], datetime], *, price: float | None) -> APIRouter:
    """The route that measures."""
    routes = APIRouter(prefix="/measures", tags=["measures"])

    @routes.get("")
    def measures(
        first: Annotated[date | None, Query(alias="from", description="First local day; default a year back.")] = None,
        last: Annotated[date | None, Query(alias="to", description="Last local day; default today.")] = None,
    ) -> MeasuresView:
        """Delivery, answers, irrigations given, costs and comprehension of a period; null where there are no data."""
        try:
            found = measures_between(store, (first, last), clock=clock, price=price)
        except InputError as error:
            raise HTTPException(422, str(error)) from error
        return MeasuresView.model_validate(object_of(found))

    return routes
