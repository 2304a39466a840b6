"""Gateways and the service's own health under ``/api/v1``."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

from fastapi import APIRouter

from cloud.adapters.store.store import Store
from cloud.adapters.store.views import GatewayStatus
from cloud.web.views import GatewayView, Health

SILENT_AFTER_S: Final = 900.0


def view_of(status: GatewayStatus, now: datetime) -> GatewayView:
    """A gateway's last word; one that said nothing for a quarter of an hour is silent, whatever it said last."""
    heartbeat = status.heartbeat
    age_s = max(0.0, (now - status.received_at).total_seconds())
    state: Literal["online", "offline", "silent"] = "offline"
    if heartbeat.online:
        state = "silent" if age_s > SILENT_AFTER_S else "online"
    same = {name: getattr(heartbeat, name) for name in GatewayView.model_fields if name in type(heartbeat).model_fields}
    return GatewayView(
        **same,
        organisation=status.organisation,
        gateway=status.gateway,
        state=state,
        seen_at=status.received_at,
        age_s=round(age_s, 1),
    )


def router(store: Store, clock: Callable[[], datetime]) -> APIRouter:
    """Routes that tell how the system itself is."""
    routes = APIRouter(tags=["service"])

    @routes.get("/gateways")
    def gateways() -> tuple[GatewayView, ...]:
        """Every gateway, its queue, its models and when it was last heard."""
        now = clock()
        return tuple(view_of(status, now) for status in store.gateways())

    @routes.get("/health")
    def health() -> Health:
        """Whether the store answers, and how fresh its newest day is."""
        return Health(
            told_at=clock(),
            parcels=len(store.parcels()),
            newest_water_day=max((row.day for row in store.latest_water()), default=None),
            gateways=len(store.gateways()),
        )

    return routes
