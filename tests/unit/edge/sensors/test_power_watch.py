from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.outbox import Outbox
from edge.reading import Quality
from edge.sensors.power_watch import PowerWatch
from edge.settings.power import PowerConfig
from edge.sun import Place
from edge.voice import Voice
from tests.sensor_site import Time, sensor

BATTERY = sensor(id="battery", quantity="battery_fraction", parcel_id=None, depth_from_m=None, depth_to_m=None)
VOLTS = sensor(id="battery", quantity="battery_v", parcel_id=None, depth_from_m=None, depth_to_m=None)


class Box:
    def __init__(self, folder: Path) -> None:
        self.time, self.said = Time(), list[str]()
        clock = self.time.clock()
        self.outbox = Outbox(folder / "outbox.sqlite", clock=clock, now=clock.now)

    def watch(self, **power: object) -> PowerWatch:
        config = PowerConfig.model_validate({"battery_sensor": "battery", **power})
        return PowerWatch(config, self.outbox, self.time.clock(), Voice(self.said.append))

    def hears(self, watch: PowerWatch, value: float, quality: Quality = "good") -> None:
        watch.hear(BATTERY.reading(value=value, quality=quality))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.outbox.close()


def test_without_a_battery_it_is_always_normal_and_says_nothing(box: Box) -> None:
    watch = box.watch(battery_sensor=None)
    assert watch.mode == "normal"
    assert watch.state() is None


def test_the_mode_follows_the_battery_and_is_told_when_it_changes(box: Box) -> None:
    watch = box.watch()
    modes = []
    for value in (0.9, 0.45, 0.2, 0.1, 0.9):
        box.hears(watch, value)
        modes.append(watch.mode)
    assert modes == ["normal", "lean", "survive", "sleep", "normal"]
    assert box.said[-1] == "battery: charged; everything goes on as usual"
    assert any("sleep, no looks" in line for line in box.said)


def test_before_the_battery_is_read_it_goes_on_as_before_the_restart(box: Box) -> None:
    assert box.watch().mode == "lean"  # never known: neither full nor empty
    first = box.watch()
    box.hears(first, 0.1)
    assert first.mode == "sleep"
    assert box.watch().mode == "sleep"


def test_a_battery_that_falls_silent_is_not_believed_full(box: Box) -> None:
    watch = box.watch()
    box.hears(watch, 1.0)
    modes = [watch.mode]
    box.time.pass_s(7 * 3600.0)
    assert [*modes, watch.mode] == ["normal", "lean"]
    state = watch.state()
    assert state is not None
    assert (state.charge, state.age_s) == (1.0, 7 * 3600)


def test_a_battery_that_was_never_read_makes_it_lean_after_a_while(box: Box) -> None:
    first = box.watch()
    box.hears(first, 1.0)
    assert first.mode == "normal"
    again = box.watch()
    modes = [again.mode]
    box.time.pass_s(7 * 3600.0)
    assert [*modes, again.mode] == ["normal", "lean"]
    assert again.state() == again.state()
    state = again.state()
    assert state is not None
    assert state.charge is None


def test_doubtful_words_and_those_of_others_change_nothing(box: Box) -> None:
    watch = box.watch()
    box.hears(watch, 0.9)
    assert watch.mode == "normal"
    box.hears(watch, 0.0, "implausible")
    watch.hear(BATTERY.model_copy(update={"id": "another"}).reading(value=0.0))
    assert watch.mode == "normal"


def test_a_voltage_counts_between_its_ends_and_not_without_them(box: Box) -> None:
    watch = box.watch(empty_v=11.5, full_v=12.5)
    watch.hear(VOLTS.reading(value=11.7))
    assert watch.mode == "survive"
    blind = box.watch()
    blind.hear(VOLTS.reading(value=11.7))
    assert blind.state() is not None
    assert blind.mode == "survive"  # as it was
    state = blind.state()
    assert state is not None
    assert state.charge is None


def test_a_cameras_schedule_gets_place_and_mode(box: Box) -> None:
    watch = box.watch(latitude=32.3, longitude=-6.4)
    box.hears(watch, 0.9)
    seen = watch.watch(window_every_s=300.0)
    assert (seen.place, seen.mode, seen.window_every_s) == (Place(latitude=32.3, longitude=-6.4), "normal", 300.0)
    assert box.watch().place is None
    assert watch.duty.looks_at_all
