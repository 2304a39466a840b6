from collections.abc import Sequence

from edge.errors import ModemBusyError
from edge.sensors.bus import BusUnavailableError, Sample
from edge.sensors.trial import Trial, try_sensors
from edge.settings.sensor import BusConfig, SensorConfig
from tests.sensor_site import ScriptedBus, meter, sensor


def trial(bus: ScriptedBus, *sensors: SensorConfig, kind: str = "modbus_tcp") -> list[Trial]:
    line = BusConfig.model_validate({"name": "line", "kind": kind})
    return list(try_sensors((line,), sensors, lambda _: bus))


def test_each_says_what_it_reads_now() -> None:
    bus = ScriptedBus(numbers={"soil-a/20": 21.3, "meter": None})
    probe, silent = trial(bus, sensor(unit="percent"), meter())
    assert probe == Trial(well=True, text="sensor soil-a/20: soil_water_fraction 0.213")
    assert silent == Trial(well=False, text="sensor meter: no answer; check its power, wires and place")
    assert bus.closed == 1


def test_nonsense_names_what_was_expected_and_where_to_look() -> None:
    (found,) = trial(ScriptedBus(numbers={"soil-a/20": 213.0}), sensor())
    assert not found.well
    assert "213: expected 0.02 to 0.7; check data_type, scale, unit" in found.text
    (none,) = trial(ScriptedBus(numbers={"soil-a/20": -9999.0}), sensor(no_value=(-9999.0,)))
    assert "says that it has no value" in none.text


def test_a_dead_line_is_told_once_for_all_its_sensors() -> None:
    (found,) = trial(ScriptedBus(dead=True), sensor(), meter())
    assert found == Trial(well=False, text="bus line: expected a line, got none")


def test_a_line_that_the_gateway_holds_is_no_fault() -> None:
    class Held(ScriptedBus):
        def read(self, sensors: Sequence[SensorConfig]) -> list[Sample]:
            self.asked.append(tuple(one.id for one in sensors))
            raise BusUnavailableError("held") from ModemBusyError("held")

    (found,) = trial(Held(), sensor())
    assert found.well
    assert "another program holds it" in found.text


def test_a_place_that_is_none_is_told_before_the_line_is_opened() -> None:
    bus = ScriptedBus()
    (found,) = trial(bus, sensor(place="coil:1"))
    assert "expected holding:ADDRESS" in found.text
    assert bus.asked == []


def test_who_speaks_of_his_own_accord_is_not_asked_and_a_bus_without_sensors_says_nothing() -> None:
    bus = ScriptedBus()
    (found,) = trial(bus, sensor(), kind="chirpstack")
    assert found.well
    assert "its 1 sensors speak of their own accord" in found.text
    assert trial(bus) == []
    assert bus.asked == []
