import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.acceptance import examination
from edge.acceptance.examination import Means, examined
from edge.acceptance.measures import Speed
from edge.acceptance.page import Line, Page
from edge.clock import Clock
from edge.config import GatewayConfig
from edge.doctor import Finding
from edge.errors import ModelRefusedError
from edge.logbook import Logbook
from edge.outbox import Outbox
from edge.troubles import Troubles

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
SHORT = timedelta(minutes=5)
QUICK = Speed(models=("canopy",), pictures=5, elapsed_s=1.0, processor_s=0.8, joules=None)


@pytest.fixture
def config(tmp_path: Path) -> GatewayConfig:
    (tmp_path / "data").mkdir()
    return GatewayConfig.model_validate({"organisation": "demo", "gateway_id": "gw-01", "data_dir": tmp_path / "data"})


@pytest.fixture
def outbox(config: GatewayConfig) -> Iterator[Outbox]:
    opened = Outbox(config.data_dir / "outbox.sqlite", now=lambda: NOON - timedelta(hours=2))
    yield opened
    opened.close()


def means(**changes: Any) -> Means:  # noqa: ANN401 -- any means
    given: dict[str, Any] = {
        "clock": Clock(now=lambda: NOON),
        "findings": lambda: (Finding(part="broker", well=True, text="lets this gateway in"),),
        "speed": lambda _: QUICK,
        "heat_c": lambda: 50.0,
    }
    return Means(**(given | changes))


def line(page: Page, part: str) -> Line:
    (found,) = (each for each in page.lines if each.part == part)
    return found


def look(config: GatewayConfig, **changes: Any) -> Page:  # noqa: ANN401 -- any means
    return examined(config, means(**changes), lambda _: None)


def test_a_gateway_that_never_ran_fails_by_that_alone(config: GatewayConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "peak_memory_mb", lambda: 150.0)
    page = look(config)
    assert [each.part for each in page.failed] == ["queue"]
    assert page.at == NOON


SLOW = Speed(models=("a",), pictures=1, elapsed_s=11.0, processor_s=1.0, joules=None)
COUNTED = Speed(models=("a",), pictures=2, elapsed_s=1.0, processor_s=1.0, joules=3.0)
NO_CREDIT = Finding(part="modem", well=False, text="no credit")


@pytest.mark.parametrize(
    ("part", "changes", "state", "words"),
    [
        ("speed", {}, "pass", "5.0 pictures of 1600 x 1200 a second by canopy"),
        ("speed", {"speed": lambda _: SLOW}, "fail", "0.1 pictures"),
        ("energy", {"speed": lambda _: COUNTED}, "pass", "1.50 J a picture, measured"),
        ("energy", {"watts": 5.0}, "open", "0.80 J a picture, estimated: 5 W"),
        ("heat", {"heat_c": lambda: None}, "open", "measures no temperature"),
        ("heat", {"heat_c": lambda: 81.0}, "fail", "81 deg C (limit 80 deg C)"),
        ("link", {}, "pass", "lets this gateway in, after 0.0 s"),
        ("sim", {"findings": lambda: (NO_CREDIT,)}, "fail", "no credit"),
        ("sim", {}, "open", "no modem"),
    ],
)
def test_each_measure_has_its_limit(
    config: GatewayConfig, part: str, changes: dict[str, Any], state: str, words: str
) -> None:
    found = line(look(config, **changes), part)
    assert found.state == state
    assert words in found.text


def test_models_that_cannot_be_trusted_fail_the_page(config: GatewayConfig) -> None:
    def refused(_: Path | None) -> Speed:
        raise ModelRefusedError("canopy: another hash")

    page = look(config, speed=refused)
    assert line(page, "speed").text == "canopy: another hash"
    assert "energy" not in [each.part for each in page.lines]


@pytest.mark.parametrize(("memory_mb", "state"), [(199.0, "pass"), (201.0, "fail")])
def test_memory_is_held_to_the_bar(
    config: GatewayConfig, monkeypatch: pytest.MonkeyPatch, memory_mb: float, state: str
) -> None:
    monkeypatch.setattr(examination, "peak_memory_mb", lambda: memory_mb)
    assert line(look(config), "memory").state == state


@pytest.mark.parametrize(("taken_ms", "state"), [(4.0, "pass"), (900.0, "fail"), (None, "fail")])
def test_a_slow_card_is_told(
    config: GatewayConfig, monkeypatch: pytest.MonkeyPatch, taken_ms: float | None, state: str
) -> None:
    monkeypatch.setattr(examination, "commit_ms", lambda _: taken_ms)
    assert line(look(config), "disk").state == state


def test_what_the_gateway_delivered_and_how_long_it_waited_for_an_answer(config: GatewayConfig, outbox: Outbox) -> None:
    fresh = look(config)
    assert (line(fresh, "delivery").state, line(fresh, "answer").state) == ("open", "open")
    Logbook(outbox.database).count(messages_stored=4, acks=4, ack_wait_s=2.0)
    served = look(config)
    assert line(served, "delivery").state == "pass"
    assert line(served, "answer").text == "the ingest's word comes 0.50 s after sending, on average of 4 messages"
    outbox.put("detection", lambda *_: b"x")
    with outbox.database.transaction() as connection:
        connection.execute("UPDATE outbox SET made_at = ?", (int(NOON.timestamp()) - 7200,))
    late = line(look(config), "delivery")
    assert late.state == "fail"
    assert "1 wait, the oldest for 7200 s" in late.text


def test_every_trouble_of_the_gateway_at_work_is_told(config: GatewayConfig, outbox: Outbox) -> None:
    assert line(look(config), "troubles").state == "pass"
    Troubles(outbox.database, lambda: NOON).open("sim", "no credit")
    assert line(look(config), "trouble").text == "sim: no credit (since 2026-07-01 12:00 UTC)"


def test_a_damaged_queue_is_told_and_the_rest_goes_on(config: GatewayConfig) -> None:
    (config.data_dir / "outbox.sqlite").write_bytes(b"rubbish" * 1000)
    page = look(config)
    assert "damaged" in line(page, "queue").text
    assert line(page, "speed").state == "pass"


@pytest.mark.parametrize(
    ("now", "vouched", "state", "words"),
    [
        (NOON, False, "open", "vouched for by nobody yet"),
        (NOON, True, "pass", "by network time"),
        (datetime(1990, 1, 1, tzinfo=UTC), False, "fail", "the clock is wrong"),
    ],
)
def test_time_is_as_good_as_its_witness(
    config: GatewayConfig, outbox: Outbox, *, now: datetime, vouched: bool, state: str, words: str
) -> None:
    clock = Clock(now=lambda: now, synchronised=lambda: vouched)
    found = line(look(config, clock=clock), "time")
    assert found.state == state
    assert words in found.text


@pytest.fixture
def battery(config: GatewayConfig) -> GatewayConfig:
    values = config.model_dump() | {
        "power": {"battery_sensor": "battery", "empty_v": 11.5, "full_v": 12.8},
        "bus": [{"name": "b", "kind": "modbus_tcp"}],
        "sensor": [{"id": "battery", "bus": "b", "quantity": "battery_v", "address": "1", "place": "holding:0"}],
    }
    return GatewayConfig.model_validate(values)


@pytest.mark.parametrize(
    ("quality", "age", "state"),
    [
        ("good", timedelta(minutes=5), "pass"),
        ("stuck", timedelta(minutes=5), "fail"),
        ("good", timedelta(days=9), "fail"),
    ],
)
def test_a_battery_is_read_lately_and_well(
    battery: GatewayConfig, outbox: Outbox, quality: str, age: timedelta, state: str
) -> None:
    assert line(look(battery), "battery").state == "fail", "never read"
    with outbox.database.transaction() as connection:
        connection.execute(
            "CREATE TABLE reading (id INTEGER PRIMARY KEY, sensor_id, quantity, value, quality, kept_at)"
        )
        connection.execute(
            "INSERT INTO reading VALUES (1, 'battery', 'battery_v', 12.4, ?, ?)", (quality, (NOON - age).timestamp())
        )
    found = line(look(battery), "battery")
    assert found.state == state
    assert "battery_v 12.4" in found.text


@pytest.mark.parametrize(("days", "state"), [(0, "pass"), (4, "fail"), (None, "fail")])
def test_each_camera_has_a_fresh_picture(
    config: GatewayConfig, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, days: int | None, state: str
) -> None:
    picture = tmp_path / "latest.jpg"
    picture.write_bytes(b"")
    if days is not None:
        os.utime(picture, ((NOON - timedelta(days=days)).timestamp(),) * 2)
    newest: Callable[..., Path | None] = lambda *_: None if days is None else picture  # noqa: E731 -- a stand-in
    monkeypatch.setattr(examination, "newest_picture", newest)
    camera = {"camera_id": "mast", "kind": "csi", "parcel_id": "P1"}
    config = GatewayConfig.model_validate(config.model_dump() | {"camera": [camera]})
    assert line(look(config), "camera").state == state
