"""What no field can be is refused for that field alone, by name."""

import json
from datetime import date
from pathlib import Path

import pytest

from cloud.adapters.files.parcels import read_parcels
from cloud.adapters.files.tables import read_events, read_observations
from cloud.records import Parcel

PLOT = Parcel(id="two", crop="maize", planted_on=date(2026, 4, 1), latitude=32.0, longitude=-6.0)


def collection(path: Path, **changes: object) -> Path:
    good: dict[str, object] = {
        "id": "one", "crop": "maize", "planted_on": "2026-04-01", "timezone": "Africa/Casablanca", "area_ha": 1.0,
        "latitude": 32.0, "longitude": -6.0,
    }  # fmt: skip
    features = [{"type": "Feature", "properties": one} for one in (good, {**good, "id": "two", **changes})]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("planted_on", "9999-12-31"),
        ("planted_on", "0001-01-01"),
        ("season_starts_on", "9999-12-31"),
        ("planted_year", -99999999999999999999),
        ("row_spacing_m", 1e-300),
        ("tree_spacing_m", 1e9),
        ("area_ha", 1e-300),
        ("canopy_fraction", 1e-300),
        ("initial_depletion_mm", 1e9),
        ("cuttings", [f"{year}-01-01" for year in range(1950, 2000)]),
        ("crop_parameters", {"stage_lengths_days": [2000000000] * 4}),
        ("crop_parameters", {"root_depth_max_m": 1e9}),
        ("crop_parameters", {"height_m": 1e9}),
        ("crop_parameters", {"kcb_mid": 1e9}),
        ("soil", {"depth_m": 1e-9}),
        ("soil", {"layers": [{"depth_m": 1e-9, "field_capacity": 0.3, "wilting_point": 0.1}]}),
        ("irrigation", {"efficiency": 1e-300}),
        ("irrigation", {"wetted_fraction": 1e-300}),
        ("irrigation", {"flow_m3_h": 1e-300}),
        ("water", {"salinity_ds_m": 1e9}),
    ],
)
def test_a_parcel_that_no_field_can_be_is_set_aside_alone(tmp_path: Path, name: str, value: object) -> None:
    read = read_parcels(collection(tmp_path / "parcels.geojson", **{name: value}))
    assert [parcel.id for parcel in read.records] == ["one"]
    (problem,) = read.problems
    assert "parcel two" in problem
    assert name in problem


@pytest.mark.parametrize(
    "moment",
    ["9999-12-31T23:30:00+00:00", "0001-01-01T00:10:00Z", "9999-12-31T23:59:00-12:00", "0001-01-01", "1899-12-31"],
)
def test_a_moment_of_no_century_of_ours_parks_its_row(tmp_path: Path, moment: str) -> None:
    events = tmp_path / "events.csv"
    events.write_text(f"parcel_id,started_at,depth_mm,source\ntwo,{moment},18,meter\ntwo,2026-05-01,18,meter\n")
    water = read_events(events, [PLOT])
    assert [str(event.started_at.date()) for event in water.records] == ["2026-05-01"]
    assert "events.csv line 2: started_at: expected a year from 1900 to 2200, got" in water.problems[0]
    probes = tmp_path / "probes.csv"
    probes.write_text(f"observed_at,kind,value,source\n{moment},depletion_mm,20,p\n2026-05-01,depletion_mm,20,p\n")
    seen = read_observations(probes, [PLOT])
    assert len(seen.records) == 1
    assert "observed_at: expected a year from 1900 to 2200" in seen.problems[0]
