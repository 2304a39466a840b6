"""Decisions on water that several parcels share, and over HTTP, on a real installation with invented proposals."""

from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from fastapi.testclient import TestClient

from cloud.adapters.store.store import Store
from cloud.commands.cloud_serve import server
from cloud.commands.review_office import alone
from cloud.config import read_config
from cloud.errors import ConfigurationError
from cloud.records import Check, Quantiles, Recommendation, Verdict
from cloud.secrets import write_secret
from tests.held_farm import MORNING, ZONE, Clock, clock
from tests.office import DAY, change, cloud, feature, furnish, new_office, store_of, write_farm

__all__ = ["clock"]
SIGNED = ("--by", "Amina", "--why", "dry at 30 cm")
TOKEN = "a-secret-of-twenty-four-characters"


def proposal(parcel_id: str) -> Recommendation:
    """50 mm on 1.0451 ha at 30 m3/h: 523 m3, 17 h 25 min."""
    begin = datetime(2026, 6, 10, 18, tzinfo=ZONE)
    return Recommendation(
        parcel_id=parcel_id,
        parcel_name=parcel_id,
        timezone="Africa/Casablanca",
        pump_name="F1",
        day=DAY,
        action="irrigate",
        start_window=(begin, begin),
        depth_mm=Quantiles(p10=50.0, p50=50.0, p90=50.0),
        volume_m3=523.0,
        duration_h=17.0 + 25.0 / 60.0,
        depletion_mm=Quantiles(p10=30.0, p50=38.0, p90=44.0),
        reason_code="stress_expected",
        code_version="test",
    )


def held(parcel_id: str) -> Verdict:
    told = proposal(parcel_id)
    silent = {"action": "hold", "start_window": None, "depth_mm": None, "volume_m3": None, "duration_h": None}
    return Verdict(
        proposed=told,
        recommendation=told.model_copy(update=silent),
        decision="hold",
        checks=(Check(name="shared_water_suffices", passed=False, measured=34.83, limit="20 (hours of pump F1)"),),
        explanation="Held for a person: invented for a test.",
        valid_until=datetime(2026, 6, 11, tzinfo=ZONE),
    )


@pytest.fixture
def data(tmp_path: Path, clock: Clock) -> Path:
    """Two parcels on a pump that runs 20 hours a day, both told to wait for a person."""
    made = new_office(tmp_path)
    furnish(made)
    pumped = {"pump": "F1"}
    farm = write_farm(made / "farm.geojson", feature("one", -6.4, water=pumped), feature("two", -6.39, water=pumped))
    assert cloud("import", "--data", made, "--parcels", farm).exit_code == 0
    (made / "pumps.csv").write_text("pump,flow_m3_h,max_hours_per_day\nF1,30,20\n", encoding="utf-8")
    change(made, "# pumps_path = ", "pumps_path = ")
    change(made, "constraints/pumps.csv", "pumps.csv")
    with store_of(made) as store:
        store.save_day(DAY, (), [held("one"), held("two")])
    clock.now = MORNING
    return made


def card_of(data: Path) -> str:
    return cloud("review", "list", "--data", data).stdout.split()[0]


def test_what_does_not_suffice_for_all_is_given_in_turn_until_it_is_used_up(data: Path) -> None:
    done = cloud("review", "approve", card_of(data), *SIGNED, "--data", data)
    assert done.exit_code == 1
    assert done.stdout.startswith("one: decided: irrigate 50 mm")
    assert done.stdout.count("\n") == 1
    assert "parcel two: the parcels together ask for more shared water than there is" in done.stderr
    # What is left is not too little for a smaller dose: 2 h 35 min of the pump.
    large = cloud("review", "override", "two", "--depth", 8, *SIGNED, "--data", data)
    assert large.exit_code == 1
    small = cloud("review", "override", "two", "--depth", 7, *SIGNED, "--data", data)
    assert small.stdout.startswith("two: decided: irrigate 7 mm (73 m3, 2.42 h)"), small.stderr


def test_a_dose_needs_weather_to_be_judged_by_and_a_wait_does_not(data: Path) -> None:
    change(data, 'past_path = "past.csv"\n', "")
    result = cloud("review", "approve", card_of(data), *SIGNED, "--data", data)
    assert isinstance(result.exception, ConfigurationError)
    assert "weather.past_path: expected the file of past weather" in str(result.exception)
    wait = cloud("review", "override", "one", "--depth", 0, *SIGNED, "--data", data)
    assert wait.stdout.startswith("one: decided: wait")


def client_of(data: Path, store: Store) -> TestClient:
    web = server(store, read_config(data / "seguia-cloud.toml"), clock=lambda: MORNING + timedelta(minutes=1))
    return TestClient(web.config.app, base_url="http://127.0.0.1", raise_server_exceptions=False)  # type: ignore[arg-type]  # uvicorn says less than it holds


def test_a_decision_over_http_is_the_same_decision(data: Path) -> None:
    with store_of(data) as store:
        reading = client_of(data, store)
        (card,) = reading.get("/api/v1/review").json()
        path, said = (
            f"/api/v1/review/{card['card']}",
            {"act": "approve", "by": "Amina", "why": "dry", "parcels": ["one"]},
        )
        assert reading.post(path, json=said).status_code == 403
        write_secret(data / "keys" / "review", TOKEN)
        change(data, "[sms]", '[review]\ntoken_file = "keys/review"\n\n[sms]')
        writing = client_of(data, store)
        assert writing.post(path, json=said).status_code == 401
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        done = writing.post(path, json=said, headers=bearer)
        assert done.status_code == 200, done.text
        assert done.json()["decided"] == [
            {"parcel_id": "one", "state": "decided", "action": "irrigate", "depth_mm": 50.0, "queued": True}
        ]
        again = writing.post(path, json=said, headers=bearer)
        assert (again.status_code, again.json()["title"]) == (409, "Conflict")
        refused = writing.post(path, json={**said, "parcels": ["two"]}, headers=bearer)
        assert refused.status_code == 409
        assert "more shared water than there is" in refused.json()["detail"]
        verdict = store.verdict_on("one", DAY)
    assert verdict is not None
    assert verdict.reviewer == "agronomist"


def test_two_decisions_at_once_come_one_after_the_other(data: Path) -> None:
    """Else each would find the pump free, and together they would take more hours than it runs."""
    settings, done = read_config(data / "seguia-cloud.toml"), Event()

    def approve() -> None:
        cloud("review", "approve", card, "--parcel", "one", *SIGNED, "--data", data)
        done.set()

    card = card_of(data)
    other = Thread(target=approve, daemon=True)
    with alone(settings):
        other.start()
        assert not done.wait(1.0)
        with store_of(data) as store:
            assert not store.words(DAY)
    assert done.wait(60.0)
    with store_of(data) as store:
        assert [one.word.act for one in store.words(DAY)] == ["approve"]


def test_a_parcels_name_moves_no_cursor(data: Path) -> None:
    told = proposal("one").model_copy(update={"parcel_name": "Jnan\x1b[2J"})
    with store_of(data) as store:
        store.save_day(DAY, (), [held("one").model_copy(update={"proposed": told})])
    lines = cloud("review", "show", card_of(data), "--data", data).stdout
    assert "(Jnan\\u001b[2J)" in lines
    assert "\x1b" not in lines
