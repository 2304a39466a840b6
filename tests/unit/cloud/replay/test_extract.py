"""The inputs of one advice as files for people: its own and nobody else's, every digit written out."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cloud.advice.inputs import DayInputs
from cloud.records import CanalTurn, IrrigationEvent, Observation, Pump, Quota, WaterSource
from cloud.replay.extract import inputs_of
from tests.synthetic_season import ahead, parcel, past

DAY = date(2026, 2, 2)
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)


def turn(canal: str = "c", group: str | None = None, parcel_id: str | None = None) -> CanalTurn:
    return CanalTurn(canal=canal, group=group, parcel_id=parcel_id, starts_at=NOON, ends_at=NOON, flow_m3_h=1.0)


def quota(canal: str | None = None, parcel_id: str | None = None) -> Quota:
    return Quota(canal=canal, parcel_id=parcel_id, valid_from=DAY, valid_to=DAY, volume_m3=1.0)


@pytest.fixture(scope="module")
def day() -> DayInputs:
    water = WaterSource(canal="c", group="g", pump="well")
    return DayInputs(
        day=DAY,
        parcels=(parcel("one", water=water), parcel("two")),
        weather=past(date(2026, 2, 1)),
        forecast=ahead(DAY, days=3, members=2),
        code_version="1",
        events=tuple(
            IrrigationEvent(parcel_id=name, started_at=NOON, depth_mm=10.0, source="meter") for name in ("one", "two")
        ),
        observations=(
            Observation(parcel_id="two", observed_at=NOON, kind="depletion_mm", value=3.0, sigma=1.0, source="x"),
        ),
        turns=(turn(), turn(group="g"), turn(group="h"), turn("d"), turn("d", parcel_id="one"), turn(parcel_id="two")),
        quotas=(quota("c"), quota("d"), quota(parcel_id="one"), quota(parcel_id="two")),
        pumps=(Pump(pump="well", flow_m3_h=1.0), Pump(pump="other", flow_m3_h=1.0)),
        seed=5,
    )


def read(files: dict[str, bytes], name: str) -> list[dict[str, object]]:
    content: list[dict[str, object]] = json.loads(files[f"inputs/{name}.json"])
    return content


def test_records_are_those_of_the_parcel_alone(day: DayInputs) -> None:
    files = inputs_of(day, "one")
    assert [one["parcel_id"] for one in read(files, "events")] == ["one"]
    assert read(files, "observations") == read(files, "detections") == read(files, "history") == []
    assert len(read(inputs_of(day, "two"), "observations")) == 1
    assert inputs_of(day, "nobody") == {}


def test_of_shared_water_the_rows_that_bind_the_parcel(day: DayInputs) -> None:
    given = json.loads(inputs_of(day, "one")["inputs/given.json"])
    assert [(one["canal"], one["group"], one["parcel_id"]) for one in given["turns"]] == [
        ("c", None, None),
        ("c", "g", None),
        ("d", None, "one"),
    ]
    assert [(one["canal"], one["parcel_id"]) for one in given["quotas"]] == [("c", None), (None, "one")]
    assert [one["pump"] for one in given["pumps"]] == ["well"]
    assert given["seed"] == 5


def test_weather_is_written_to_the_last_digit(day: DayInputs) -> None:
    dry = day.weather.copy(deep=True)
    dry["rain_mm"].values[1, 0] = np.nan
    files = inputs_of(replace(day, weather=dry), "one")
    lines = files["inputs/weather.csv"].decode().splitlines()
    assert lines[:5] == [
        "# latitude: 32.3",
        "# longitude: -6.4",
        "# elevation_m: 500",
        "# source: past.csv",
        "# synthetic: yes",
    ]
    assert lines[5] == "date,tmin_c,tmax_c,rh_mean_percent,wind_2m_m_s,radiation_mj_m2,rain_mm"
    assert len(lines) == 6 + 32
    first = lines[6].split(",")
    assert first[0] == "2026-01-01"
    assert [float(text) for text in first[1:]] == [float(dry[name].values[0, 0]) for name in dry.data_vars]
    assert lines[7].endswith(",")
    ahead_lines = files["inputs/forecast.csv"].decode().splitlines()
    assert ahead_lines[4] == "# issued_at: 2026-02-02T00:00:00"
    assert ahead_lines[5].startswith("member,date,tmin_c,")
    assert [line.split(",")[:2] for line in ahead_lines[6:]] == [
        [str(member), f"2026-02-0{number}"] for member in range(2) for number in (2, 3, 4)
    ]


def test_weather_is_that_of_the_nearest_site_and_a_forecast_may_be_missing(day: DayInputs) -> None:
    far = day.weather.isel(site=[0, 0]).copy(deep=True)
    far = far.assign_coords(latitude=("site", [40.0, 32.3]), longitude=("site", [-6.4, -6.4]))
    far["tmin_c"].values[:, 0] = -40.0
    files = inputs_of(replace(day, weather=far, forecast=None), "one")
    assert b"-40.0" not in files["inputs/weather.csv"]
    assert "inputs/forecast.csv" not in files
