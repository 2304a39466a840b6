"""Messages of a parcel under ``/api/v1/parcels/{id}/messages``: the texts and how far they came."""

from fastapi import APIRouter

from cloud.adapters.store.store import Store
from cloud.adapters.store.views import MessageLog
from cloud.web.api.parcels import NOT_FOUND, ParcelId, required
from cloud.web.views import MessageView


def view_of(entry: MessageLog) -> MessageView:
    """A message without its receiver."""
    message = entry.message
    same = {name: getattr(message, name) for name in MessageView.model_fields if name in type(message).model_fields}
    return MessageView(**same, message_id=entry.message_id, state=entry.state, updated_at=entry.updated_at)


def router(store: Store) -> APIRouter:
    """Routes that read messages."""
    routes = APIRouter(prefix="/parcels", tags=["messages"])

    @routes.get("/{parcel_id:path}/messages", responses=NOT_FOUND)
    def messages(parcel_id: ParcelId) -> tuple[MessageView, ...]:
        """Messages about one parcel, the newest first."""
        required(store, parcel_id)
        views = (view_of(entry) for entry in store.message_log(parcel_id))
        return tuple(sorted(views, key=lambda view: view.updated_at, reverse=True))

    return routes
