"""Instruments as the map hears of them."""

from datetime import datetime

from cloud.adapters.store.sensed import SensorWord
from cloud.web.views import InstrumentView


def instrument_of(word: SensorWord, now: datetime) -> InstrumentView:
    """The last word of an instrument, its age and whether it may be in the balance."""
    reading = word.reading
    age_h = None if reading.at is None else round(max(0.0, (now - reading.at).total_seconds()) / 3600.0, 1)
    return InstrumentView(
        gateway=word.name.gateway,
        sensor_id=reading.sensor_id,
        quantity=reading.quantity,
        value=reading.value,
        sigma=reading.sigma,
        depth_from_m=reading.depth_from_m,
        depth_to_m=reading.depth_to_m,
        at=reading.at,
        age_h=age_h,
        quality=reading.quality,
        believed=reading.at is not None and reading.quality in {"good", "reset"},
        heard_at=word.received_at,
    )
