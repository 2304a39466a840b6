"""Every instrument asked once, for whoever stands in the field: what it says now, or why it does not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edge.errors import EdgeError, ModemBusyError
from edge.sensors.bus import Bus, Sample
from edge.sensors.places import check_places
from edge.sensors.plausibility import NO_PAST, expectation_of, judged
from edge.sensors.units import converted
from edge.settings.sensor import BusConfig, SensorConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of asking one instrument, or of opening its line."""

    well: bool
    text: str


def try_sensors(
    buses: Sequence[BusConfig], sensors: Sequence[SensorConfig], open_bus: Callable[[BusConfig], Bus]
) -> Iterator[Trial]:
    """Ask all sensors that answer when they are asked; nothing is kept or sent."""
    for bus in buses:
        here = tuple(sensor for sensor in sensors if sensor.bus == bus.name)
        if bus.kind == "chirpstack":
            # To listen here would take the gateway's session, and most devices speak once in an hour.
            text = f"{bus.name}: its {len(here)} sensors speak of their own accord; see their last word on the map"
            yield Trial(well=True, text=text)
        elif here:
            yield from _asked(bus, here, open_bus)


def _asked(bus: BusConfig, sensors: Sequence[SensorConfig], open_bus: Callable[[BusConfig], Bus]) -> Iterator[Trial]:
    try:
        check_places(bus, tuple(sensors))
        line = open_bus(bus)
        try:
            samples = line.read(sensors)
        finally:
            line.close()
    except EdgeError as error:
        busy = isinstance(error.__cause__, ModemBusyError)
        text = (
            f"{bus.name}: not examined, another program holds it, as the gateway at work does" if busy else str(error)
        )
        yield Trial(well=busy, text=text)
        return
    by_id = {sensor.id: sensor for sensor in sensors}
    for sample in samples:
        yield _told(by_id[sample.sensor_id], sample)


def _told(sensor: SensorConfig, sample: Sample) -> Trial:
    if sample.raw is None or sample.raw in sensor.no_value:
        why = sample.trouble or "says that it has no value"
        return Trial(well=False, text=f"sensor {sensor.id}: {why}; check its power, wires and place")
    value = converted(sample.raw * sensor.scale + sensor.offset, sensor.quantity, sensor.unit)
    said = f"sensor {sensor.id}: {sensor.quantity} {value:.4g}"
    if judged(value, None, sensor, NO_PAST)[0] == "good":
        return Trial(well=True, text=said)
    bounds = expectation_of(sensor)
    text = (
        f"{said}: expected {bounds.least:g} to {bounds.most:g}; check data_type, scale, unit and that it lies in soil"
    )
    return Trial(well=False, text=text)
