"""A farmer, three parcels and what was told of them: made by hand for the tests of conversations."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cloud.conversation.context import Context
from cloud.conversation.hearing import hear
from cloud.conversation.reading import Heard, HeardText, KeptReading
from cloud.messages import Inbound
from cloud.records import Parcel
from cloud.replies import ToldIrrigation

BEGIN = datetime(2026, 7, 15, 5, tzinfo=UTC)
TOLD_AT = BEGIN - timedelta(hours=11)


def parcel(number: int, **changes: Any) -> Parcel:  # noqa: ANN401 -- fields by name
    """Two parcels of one canal beside each other, and a third one far away with a pump."""
    content: dict[str, Any] = {
        "id": f"P{number}",
        "name": f"Dra {number}",
        "crop": "maize",
        "latitude": 32.3 + (1.0 if number == 3 else 0.001 * number),
        "longitude": -6.3,
        "water": {"pump": "W1"} if number == 3 else {"canal": "K1"},
    }
    return Parcel.model_validate(content | changes)


PARCELS = {one.id: one for one in (parcel(1), parcel(2), parcel(3))}


def told(parcel_id: str = "P1", *, farmer_id: str = "F1", begin: datetime = BEGIN, **changes: Any) -> ToldIrrigation:  # noqa: ANN401 -- fields by name
    content: dict[str, Any] = {
        "parcel_id": parcel_id,
        "farmer_id": farmer_id,
        "queued_at": TOLD_AT,
        "begin": begin,
        "depth_mm": 20.0,
        "message_id": f"m-{parcel_id}-{farmer_id}",
    }
    return ToldIrrigation(**(content | changes))


def text(
    words: str,
    after_h: float = 6.0,
    *,
    who: Sequence[str] = ("F1",),
    position: int = 10,
    **more: Any,  # noqa: ANN401 -- fields by name
) -> HeardText:
    """A text so many hours after the irrigation began."""
    at = BEGIN + timedelta(hours=after_h)
    content = {"carrier": "test", "carrier_id": f"i{position}", "phone_number": "+212600000001", "text": words}
    inbound = Inbound.model_validate({**content, "received_at": at, **more})
    return HeardText(position=position, received_at=at, carrier="test", farmer_ids=tuple(who), inbound=inbound)


def context(*irrigations: ToldIrrigation, earlier: Sequence[KeptReading] = (), **more: Any) -> Context:  # noqa: ANN401 -- fields by name
    content: dict[str, Any] = {"parcels": PARCELS, "told": irrigations, "earlier": earlier, "neighbours": PARCELS}
    return Context(**(content | more))


def kept(heard: Sequence[Heard], position: int = 100) -> list[KeptReading]:
    """What was heard, as it is remembered."""
    return [KeptReading(position=position + place, reading=one.reading) for place, one in enumerate(heard)]


def only(words: str, *irrigations: ToldIrrigation, after_h: float = 6.0, **more: Any) -> Heard:  # noqa: ANN401 -- fields by name
    """The one thing that a text means."""
    (heard,) = hear(text(words, after_h), context(*irrigations, **more))
    return heard
