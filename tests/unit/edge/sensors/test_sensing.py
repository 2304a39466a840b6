"""The worker that reads instruments, with lines that say what they are told and clocks that are turned by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ConfigurationError, StoreUnavailableError
from edge.reading import Reading, decode_readings
from edge.sensors.bus import Sample
from edge.sensors.sensing import Sensing
from edge.settings.power import PowerConfig
from tests.sensor_site import NOW, ScriptedBus, Site, meter, sensor

PROBE = "soil-a/20"


@pytest.fixture
def made() -> Iterator[list[Site]]:
    sites: list[Site] = []
    yield sites
    for site in sites:
        site.close()


@pytest.fixture
def site(tmp_path: Path, made: list[Site]) -> Site:
    made.append(Site(folder=tmp_path, sensors=(sensor(scale=0.001), meter(scale=0.01, unit="m3"))))
    made[0].bus.numbers = {PROBE: 213.0, "meter": 5000.0}
    return made[0]


def sent(site: Site) -> list[Reading]:
    """What the gateway would send now."""
    messages = [one for one in site.outbox.pending(1000) if one.kind == "reading"]
    return [reading for one in messages for reading in decode_readings("gw", one.payload)[1].readings]


def step(site: Site, sensing: Sensing, seconds: float = 900.0) -> None:
    site.time.pass_s(seconds)
    sensing.step()


def test_numbers_are_scaled_kept_and_queued_in_one_batch(site: Site) -> None:
    sensing = site.start()
    sensing.step()
    assert sensing.book.waiting()[0] == 2
    assert sent(site) == []
    step(site, sensing)
    assert sensing.book.waiting()[0] == 0
    assert len(site.outbox.pending(10)) == 1
    first, counter, *_ = sent(site)
    assert (first.sensor_id, first.value, first.parcel_id, first.sigma, first.at) == (PROBE, 0.213, "p1", 0.03, NOW)
    assert (counter.value, counter.quality) == (50.0, "good")


def test_each_is_read_when_it_is_due_and_not_before(tmp_path: Path, made: list[Site]) -> None:
    site = Site(folder=tmp_path, sensors=(sensor(every_s=600.0), meter(every_s=60.0)))
    made.append(site)
    site.bus.numbers = {PROBE: 0.2, "meter": 1.0}
    sensing = site.start()
    for _ in range(11):
        sensing.step()
        site.time.pass_s(60.0)
    assert sum(PROBE in asked for asked in site.bus.asked) == 2
    assert sum("meter" in asked for asked in site.bus.asked) == 11


def test_what_was_kept_before_a_power_cut_is_sent_once_after_it(site: Site) -> None:
    first = site.start()
    first.step()
    # Nobody closed anything: the power went.
    again = site.start()
    again.queue_all()
    assert [one.sensor_id for one in sent(site)] == [PROBE, "meter"]
    again.queue_all()
    assert len(sent(site)) == 2


def test_nonsense_is_told_and_kept_with_its_quality(site: Site) -> None:
    site.bus.numbers[PROBE] = 65535.0
    sensing = site.start()
    sensing.step()
    sensing.queue_all()
    probe, _ = sent(site)
    assert (probe.value, probe.quality) == (65.535, "implausible")
    assert any("65.535 lies outside what can be; kept, not believed" in line for line in site.said)
    assert sensing.state().wrong == 1
    assert "soil-a/20: 65.535 lies outside" in (sensing.state().trouble or "")
    assert sensing.book.recent("p1", "soil_water_fraction", NOW - timedelta(days=1)) == ()
    site.bus.numbers[PROBE] = 220.0
    step(site, sensing)
    assert sensing.state().wrong == 0
    assert site.said[-1] == f"sensor {PROBE}: can be believed again"


def test_a_stuck_probe_is_told_and_no_longer_believed(tmp_path: Path, made: list[Site]) -> None:
    site = Site(folder=tmp_path, sensors=(sensor(stuck_after_h=2.0),))
    made.append(site)
    site.bus.numbers = {PROBE: 0.2}
    sensing = site.start()
    sensing.step()
    for _ in range(10):
        step(site, sensing)
    assert any("has not moved at all for too long" in line for line in site.said)
    sensing.queue_all()
    assert [one.quality for one in sent(site)].count("stuck") == 3


def test_a_number_that_means_none_is_silence_and_never_zero(tmp_path: Path, made: list[Site]) -> None:
    site = Site(folder=tmp_path, sensors=(sensor(no_value=(-9999.0,)),))
    made.append(site)
    site.bus.numbers = {PROBE: -9999.0}
    sensing = site.start()
    sensing.step()
    assert sensing.book.waiting()[0] == 0
    assert any("says that it has no value (-9999.0)" in line for line in site.said)


def test_a_silent_sensor_gives_no_reading_and_is_told(site: Site) -> None:
    site.bus.numbers[PROBE] = None
    sensing = site.start()
    step(site, sensing)
    sensing.queue_all()
    assert [one.sensor_id for one in sent(site)] == ["meter"]
    assert any(f"sensor {PROBE}: no answer" in line for line in site.said)


def test_a_dead_line_is_told_once_and_tried_again_ever_more_seldom(site: Site) -> None:
    site.bus.dead = True
    sensing = site.start()
    for _ in range(120):
        step(site, sensing, 5.0)
    # After 10, 30, 60 and then every 300 seconds.
    assert len(site.bus.asked) == 5
    assert site.said.count("bus line: expected a line, got none") == 1
    site.bus.dead = False
    step(site, sensing, 301.0)
    assert "bus line: speaks again" in site.said
    assert len(sent(site)) == 2


def test_who_gives_nothing_for_long_is_told_by_name(tmp_path: Path, made: list[Site]) -> None:
    site = Site(folder=tmp_path, sensors=(sensor(every_s=600.0),), bus=ScriptedBus(listens=True))
    made.append(site)
    sensing = site.start()
    step(site, sensing, 1700.0)
    assert site.said == []
    step(site, sensing, 200.0)
    assert site.said == [f"sensor {PROBE}: gave no number for 0.5 h; check its power and wires"]


def uplink(name: str, raw: float, taken_at: datetime | None) -> Sample:
    return Sample(sensor_id=PROBE, raw=raw, taken_at=taken_at, name=name)


@pytest.fixture
def listening(tmp_path: Path, made: list[Site]) -> Site:
    made.append(Site(folder=tmp_path, sensors=(sensor(),), bus=ScriptedBus(listens=True)))
    return made[0]


def test_an_uplink_heard_twice_counts_once_also_after_a_restart(listening: Site) -> None:
    listening.bus.given = [uplink("a", 0.2, NOW), uplink("b", 0.21, NOW)]
    sensing = listening.start()
    sensing.step()
    assert listening.bus.kept == 1
    listening.bus.given = [uplink("a", 0.2, NOW)]
    step(listening, sensing)
    again = listening.start()
    listening.bus.given = [uplink("b", 0.21, NOW)]
    again.step()
    again.queue_all()
    assert [one.value for one in sent(listening)] == [0.2, 0.21]


@pytest.mark.parametrize(
    ("taken_at", "expected"),
    [
        (NOW - timedelta(hours=3), NOW - timedelta(hours=3)),
        (None, NOW),
        (NOW + timedelta(hours=1), NOW),
        (datetime(1970, 1, 1, tzinfo=UTC), NOW),
    ],
)
def test_a_networks_time_is_believed_where_it_can_be(listening: Site, taken_at: Any, expected: datetime) -> None:  # noqa: ANN401 -- a moment or none
    listening.bus.given = [uplink("a", 0.2, taken_at)]
    sensing = listening.start()
    sensing.step()
    sensing.queue_all()
    assert sent(listening)[0].at == expected


def test_a_clock_that_cannot_be_believed_gives_readings_without_a_time(site: Site) -> None:
    site.time.at = datetime(2020, 1, 1, tzinfo=UTC)
    site.time.synchronised = False
    sensing = site.start()
    sensing.step()
    sensing.queue_all()
    assert sent(site) == []  # they wait for a clock
    assert sensing.book.recent("p1", "soil_water_fraction", datetime(2000, 1, 1, tzinfo=UTC)) == ()
    site.time.pass_s(90_000.0)
    sensing.queue_all()
    probe, _ = sent(site)
    assert (probe.at, probe.uptime_s) == (None, 1000)


def test_what_was_measured_before_the_clock_was_right_is_dated_when_it_is(site: Site) -> None:
    site.time.at = datetime(2020, 1, 1, tzinfo=UTC)
    site.time.synchronised = False
    sensing = site.start()
    sensing.step()
    site.time.pass_s(600.0)
    site.time.at, site.time.synchronised = NOW, True
    sensing._timekeeper.note()
    sensing.queue_all()
    probe, _ = sent(site)
    assert probe.at == NOW - timedelta(seconds=600)
    assert probe.uptime_s is None


def test_a_low_battery_makes_readings_rarer(tmp_path: Path, made: list[Site]) -> None:
    battery = sensor(
        id="battery", quantity="battery_fraction", parcel_id=None, depth_from_m=None, depth_to_m=None, unit="percent"
    )
    site = Site(folder=tmp_path, sensors=(battery,), power=PowerConfig(battery_sensor="battery"))
    made.append(site)
    site.bus.numbers = {"battery": 10.0}
    sensing = site.start()
    for _ in range(24):
        step(site, sensing)
    # Sleep: every three hours instead of every quarter of an hour.
    assert len(site.bus.asked) == 2
    state = site.watch.state()
    assert state is not None
    assert (state.mode, state.charge) == ("sleep", 0.1)


def test_a_place_that_is_none_is_refused_before_anything_is_read(tmp_path: Path, made: list[Site]) -> None:
    site = Site(folder=tmp_path, sensors=(sensor(place="coil:1"),))
    made.append(site)
    with pytest.raises(ConfigurationError, match="expected holding:ADDRESS"):
        site.start()


def test_lines_are_let_go_and_may_be_used_again(site: Site) -> None:
    sensing = site.start()
    sensing.close()
    assert site.bus.closed == 1
    sensing.step()
    assert sensing.book.waiting()[0] == 2


def test_a_month_of_readings_stays_small_and_old_ones_go(site: Site) -> None:
    sensing = site.start()
    for day in range(45):
        site.time.pass_s(86_400.0)
        site.bus.numbers = {PROBE: 200.0 + day, "meter": 5000.0 + day}
        sensing.step()
        sensing.queue_all()
    kept = sensing.book.recent("p1", "soil_water_fraction", NOW)
    assert 39 <= len(kept) <= 41
    assert kept[-1].value == 0.244


def test_a_backlog_leaves_in_batches_within_their_bytes(tmp_path: Path, made: list[Site]) -> None:
    layers = tuple(sensor(id=f"s{place}", place=f"input:{place}") for place in range(20))
    site = Site(folder=tmp_path, sensors=layers, report_every_s=1e9)
    made.append(site)
    sensing = site.start()
    for turn in range(30):
        site.bus.numbers = {f"s{place}": 0.2 + turn / 1000 + place / 10000 for place in range(20)}
        step(site, sensing)
    sensing.queue_all()
    payloads = [one.payload for one in site.outbox.pending(1000)]
    assert sum(len(decode_readings("g", one)[1].readings) for one in payloads) == 600
    assert all(len(one) <= 2000 for one in payloads)
    assert sum(map(len, payloads)) / 600 < 40


def test_what_a_full_disk_did_not_take_is_left_with_the_broker(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    sensing = site.start()

    def full(*_: object) -> None:
        raise StoreUnavailableError("the disk is full")

    monkeypatch.setattr(sensing.book, "keep", full)
    with pytest.raises(StoreUnavailableError):
        sensing.step()
    assert (site.bus.kept, site.bus.closed) == (0, 1)
    monkeypatch.undo()
    sensing.step()
    assert site.bus.kept == 1
    assert sensing.book.waiting()[0] == 2
