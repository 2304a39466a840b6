"""LoRaWAN by a real mosquitto and a publisher with the shape of ChirpStack's integration."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.reading import Reading, decode_readings
from edge.sensors.bus import BusUnavailableError, Sample
from edge.sensors.chirpstack import ChirpstackBus, samples_of
from edge.sensors.sensing import Sensing
from edge.settings.sensor import BusConfig, SensorConfig
from tests.integration.conftest import Mosquitto, free_port, wait_until
from tests.sensor_simulators import EUI, ChirpstackPublisher, uplink
from tests.sensor_site import Site, sensor

pytestmark = pytest.mark.system("mosquitto")
TOPIC = f"application/seguia/device/{EUI}/event/up"
SHALLOW = sensor(id="soil-a/20", address=EUI, place="soil.vwc_20", unit="percent")
DEEP = sensor(id="soil-a/60", address=EUI.upper(), place="soil.vwc_60", unit="percent")


def samples(content: object, *sensors: SensorConfig) -> list[Sample]:
    return samples_of(TOPIC, json.dumps(content).encode(), sensors or (SHALLOW, DEEP))


def test_a_decoded_object_is_read_by_path() -> None:
    content = uplink({"soil": {"vwc_20": 21.3, "vwc_60": 30}, "battery": 3.6})
    first, second = samples(content)
    assert (first.sensor_id, first.raw) == ("soil-a/20", 21.3)
    assert (second.sensor_id, second.raw) == ("soil-a/60", 30.0)
    assert first.taken_at == datetime(2026, 7, 1, 11, 59, 58, 775023, tzinfo=UTC)
    assert first.name != second.name
    assert first.name is not None
    assert first.name.startswith("3ac7e3c4-4401-4b8d-9386-000000000001")


def test_a_list_is_read_by_place() -> None:
    listed = sensor(address=EUI, place="channels.1.value")
    (one,) = samples(uplink({"channels": [{"value": 1.0}, {"value": 0.25}]}), listed)
    assert one.raw == 0.25
    assert samples(uplink({"channels": [{"value": 1.0}]}), listed) == []


def test_a_message_that_does_not_speak_of_a_sensor_is_no_trouble_of_it() -> None:
    assert [one.sensor_id for one in samples(uplink({"soil": {"vwc_20": 21.3}}))] == ["soil-a/20"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (uplink(None), "not decoded; set a codec"),
        (uplink({"soil": {"vwc_20": "wet"}}), "expected a number, got 'wet'"),
        (uplink({"soil": {"vwc_20": True}}), "expected a number, got 'True'"),
        ([1, 2], "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_number_is_told_and_never_guessed(content: object, words: str) -> None:
    (found,) = samples(content, SHALLOW)
    assert found.raw is None
    assert words in (found.trouble or "")


def test_infinite_numbers_and_broken_bytes_are_no_numbers() -> None:
    payload = json.dumps(uplink({"soil": {"vwc_20": float("inf")}})).encode()
    assert samples_of(TOPIC, payload, [SHALLOW])[0].raw is None
    assert samples_of(TOPIC, b"\xff{", [SHALLOW])[0].raw is None
    assert samples_of(TOPIC, b"{" * 70_000, [SHALLOW])[0].raw is None


def test_a_whole_number_of_hundreds_of_digits_is_no_number() -> None:
    payload = b'{"object": {"soil": {"vwc_20": ' + b"9" * 400 + b"}}}"
    assert samples_of(TOPIC, payload, [SHALLOW])[0].raw is None


@pytest.mark.parametrize("key", ["deduplicationId", "time"])
def test_half_a_letter_in_an_uplinks_name_can_be_kept(key: str) -> None:
    (one,) = samples_of(TOPIC, json.dumps({**uplink({"soil": {"vwc_20": 21.3}}), key: "\ud800"}).encode(), [SHALLOW])
    assert one.name is not None
    assert one.name.encode().decode() == one.name


def test_other_devices_and_topics_are_none_of_its_business() -> None:
    payload = json.dumps(uplink({"soil": {"vwc_20": 1.0}})).encode()
    assert samples_of(TOPIC.replace(EUI, "f" * 16), payload, [SHALLOW]) == []
    assert samples_of("application/seguia", payload, [SHALLOW]) == []


def test_a_node_without_names_of_its_own_is_named_by_its_counter() -> None:
    plain = {"deviceInfo": {"devEui": EUI}, "fCnt": 7, "object": {"soil": {"vwc_20": 21.0}}}
    (one,) = samples(plain, SHALLOW)
    assert one.taken_at is None
    assert one.name == f"{EUI} 7 None soil-a/20"
    (bad_time,) = samples({**plain, "time": "yesterday"}, SHALLOW)
    assert bad_time.taken_at is None
    (no_zone,) = samples({**plain, "time": "2026-07-01T12:00:00"}, SHALLOW)
    assert no_zone.taken_at is None


@pytest.fixture
def broker(start_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    return start_mosquitto("allow_anonymous true")


@pytest.fixture
def publisher(broker: Mosquitto) -> Iterator[ChirpstackPublisher]:
    made = ChirpstackPublisher(broker.port)
    yield made
    made.close()


@pytest.fixture
def site(tmp_path: Path, broker: Mosquitto) -> Iterator[Site]:
    line = BusConfig(name="line", kind="chirpstack", port=broker.port, application_id="seguia")
    made = Site(
        folder=tmp_path, sensors=(SHALLOW, DEEP), kind="chirpstack", bus=ChirpstackBus(line, "seguia-demo-gw-01-line")
    )
    yield made
    made.bus.close()
    made.close()


def sent(site: Site) -> list[Reading]:
    messages = [one for one in site.outbox.pending(1000) if one.kind == "reading"]
    return [reading for one in messages for reading in decode_readings("gw", one.payload)[1].readings]


def hears(site: Site, sensing: Sensing, count: int, seconds: float = 10.0) -> bool:
    """Whether so many readings were kept after a while of listening."""

    def turn() -> bool:
        site.time.pass_s(3.0)
        sensing.step()
        return len(sensing.book.recent("p1", "soil_water_fraction", datetime(2026, 1, 1, tzinfo=UTC))) >= count

    return wait_until(turn, seconds)


def test_uplinks_become_readings_with_the_networks_time(site: Site, publisher: ChirpstackPublisher) -> None:
    sensing = site.start()
    assert not hears(site, sensing, 1, 0.5)
    publisher.up({"soil": {"vwc_20": 21.3, "vwc_60": 30.0}})
    assert hears(site, sensing, 2)
    sensing.queue_all()
    shallow, deep = sent(site)
    assert (shallow.value, deep.value) == (0.213, 0.3)
    assert shallow.at == datetime(2026, 7, 1, 11, 59, 58, tzinfo=UTC)


def test_the_same_uplink_delivered_twice_counts_once(site: Site, publisher: ChirpstackPublisher) -> None:
    sensing = site.start()
    hears(site, sensing, 1, 0.5)
    same = json.dumps(uplink({"soil": {"vwc_20": 21.3}}, count=77)).encode()
    publisher.raw(same)
    publisher.raw(same)
    publisher.up({"soil": {"vwc_20": 22.0}}, time="2026-07-01T12:00:10Z")
    assert hears(site, sensing, 2)
    assert not hears(site, sensing, 3, 1.0)


def test_what_came_while_the_gateway_was_off_is_kept_by_the_broker(site: Site, publisher: ChirpstackPublisher) -> None:
    sensing = site.start()
    hears(site, sensing, 1, 0.5)
    sensing.close()
    publisher.up({"soil": {"vwc_20": 21.3}})
    publisher.up({"soil": {"vwc_20": 21.4}}, time="2026-07-01T12:00:01Z")
    assert hears(site, sensing, 2)


def test_an_uplink_that_was_not_kept_comes_again(site: Site, publisher: ChirpstackPublisher) -> None:
    bus = site.bus
    bus.read([SHALLOW])
    assert wait_until(lambda: bus.read([SHALLOW]) == [])
    publisher.up({"soil": {"vwc_20": 21.3}})
    assert wait_until(lambda: len(bus.read([SHALLOW])) == 1)
    # The power goes before anything is kept: nobody told the broker.
    bus.close()
    assert wait_until(lambda: len(bus.read([SHALLOW])) == 1)
    bus.keep()
    bus.read([SHALLOW])
    bus.close()
    assert not wait_until(lambda: len(bus.read([SHALLOW])) == 1, 1.0)


def test_an_uplink_that_cannot_be_read_stops_nobody(site: Site, publisher: ChirpstackPublisher) -> None:
    sensing = site.start()
    hears(site, sensing, 1, 0.5)
    publisher.raw(b"\x00 not json")
    publisher.up({"soil": {"vwc_20": 21.3}})
    assert hears(site, sensing, 1)
    assert any("an uplink cannot be read" in line for line in site.said)


def test_a_broker_that_dies_is_told_and_heard_again(site: Site, broker: Mosquitto) -> None:
    sensing = site.start()
    hears(site, sensing, 1, 0.5)
    broker.kill()

    def told() -> bool:
        site.time.pass_s(3.0)
        sensing.step()
        return any("expected ChirpStack's broker" in line for line in site.said)

    assert wait_until(told)
    broker.start()
    again = ChirpstackPublisher(broker.port)

    def back() -> bool:
        site.time.pass_s(301.0)
        sensing.step()
        return "bus line: speaks again" in site.said

    assert wait_until(back)
    hears(site, sensing, 1, 0.5)
    again.up({"soil": {"vwc_20": 21.3}})
    assert hears(site, sensing, 1)
    again.close()


def test_nobody_at_the_address_is_told() -> None:
    bus = ChirpstackBus(BusConfig(name="line", kind="chirpstack", port=free_port()), "seguia-x")
    with pytest.raises(BusUnavailableError, match=r"expected ChirpStack's broker at 127\.0\.0\.1"):
        bus.read([SHALLOW])


def test_an_account_that_is_refused_is_told(start_mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    secret = tmp_path / "password"
    strict = start_mosquitto("allow_anonymous false")
    line = {"name": "line", "kind": "chirpstack", "port": strict.port, "username": "nobody", "password_file": secret}
    bus = ChirpstackBus(BusConfig.model_validate(line), "seguia-x")
    with pytest.raises(BusUnavailableError, match="cannot be read"):
        bus.read([SHALLOW])
    secret.write_text("wrong\n", encoding="utf-8")

    def refused() -> bool:
        try:
            bus.read([SHALLOW])
        except BusUnavailableError as error:
            return "refused: Not authorized" in str(error)
        return False

    assert wait_until(refused)
