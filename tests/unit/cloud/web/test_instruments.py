"""Instruments as the map hears of them: the last word of each, with what it is worth."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.web.app import WebSettings, create_app
from tests.instruments import batch, counter_reading, parcel, probe_reading
from tests.web_farm import NOW, now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'map.db'}", PersonalKeys.generate(), create=True) as opened:
        opened.save_parcels([parcel(), parcel(id="p2")])
        yield opened


@pytest.fixture
def client(store: Store) -> TestClient:
    return TestClient(create_app(store, WebSettings(), clock=now), base_url="http://127.0.0.1")


def test_each_instrument_is_told_with_its_age_and_worth(store: Store, client: TestClient) -> None:
    readings = [
        probe_reading(0.21, NOW - timedelta(hours=3)),
        counter_reading(120.5, NOW - timedelta(hours=1), quality="jump"),
        probe_reading(0.3, None, sensor_id="soil-b", instrument=None, uptime_s=9),
    ]
    store.receive([batch(readings, NOW)])
    told = {one["sensor_id"]: one for one in client.get("/api/v1/parcels/p1/instruments").json()}
    assert set(told) == {"soil-a/20", "meter", "soil-b"}
    probe = told["soil-a/20"]
    assert (probe["value"], probe["age_h"], probe["believed"], probe["gateway"]) == (0.21, 3.0, True, "gw-01")
    assert (told["meter"]["quality"], told["meter"]["believed"]) == ("jump", False)
    assert (told["soil-b"]["at"], told["soil-b"]["age_h"], told["soil-b"]["believed"]) == (None, None, False)


def test_the_last_word_counts(store: Store, client: TestClient) -> None:
    store.receive([batch([probe_reading(0.21, NOW - timedelta(hours=3))], NOW - timedelta(hours=3))])
    store.receive([batch([probe_reading(0.25, NOW - timedelta(hours=1))], NOW, sequence=2)])
    (only,) = client.get("/api/v1/parcels/p1/instruments").json()
    assert only["value"] == 0.25


def test_a_parcel_without_instruments_has_none_and_an_unknown_one_is_told(client: TestClient) -> None:
    assert client.get("/api/v1/parcels/p2/instruments").json() == []
    assert client.get("/api/v1/parcels/nobody/instruments").status_code == 404
