"""What the demo feeds to the real parts: farm, people, irrigation history, weather, photos."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from cloud.records import FarmerReference, Parcel
from simulations.demo import farm, photos, weather

PARCELS = (
    Parcel(
        id="P01",
        crop="soybean",
        planted_on=date(2026, 6, 5),
        latitude=32.35,
        longitude=-6.39,
        farmer=FarmerReference(id="F01", language="fr"),
    ),
    Parcel(id="P12", crop="sugar beet", planted_on=date(2026, 10, 10), latitude=32.35, longitude=-6.39),
)


def rows(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_the_sample_farm_has_about_a_dozen_parcels_near_beni_mellal() -> None:
    features = json.loads(farm.farm_file().read_text(encoding="utf-8"))["features"]
    assert len(features) == 12
    for feature in features:
        for longitude, latitude in feature["geometry"]["coordinates"][0]:
            assert 32.33 < latitude < 32.38
            assert -6.42 < longitude < -6.36


def test_the_photographed_parcel_is_honestly_soybean() -> None:
    features = json.loads(farm.farm_file().read_text(encoding="utf-8"))["features"]
    crops = {feature["properties"]["id"]: feature["properties"]["crop"] for feature in features}
    assert crops[farm.PHOTOGRAPHED_PARCEL] == "soybean"


def test_the_camera_of_rendered_scenes_calls_itself_synthetic() -> None:
    assert "synthetic" in farm.camera_of(synthetic=True)
    assert "synthetic" not in farm.camera_of(synthetic=False)
    assert farm.camera_of(synthetic=False) == "", "photos of a folder are not of one camera"


def test_only_parcels_with_a_farmer_get_one(tmp_path: Path) -> None:
    people = farm.farmers(PARCELS)
    assert [(person.id, person.language) for person in people] == [("F01", "fr")]
    farm.write_farmers(people, tmp_path / "farmers.csv")
    (row,) = rows(tmp_path / "farmers.csv")
    assert row["consent_by"] == "the demo (invented)"
    assert (row["id"], row["name"], row["phone_number"], row["language"]) == (
        "F01",
        "Demo farmer 1",
        "+212600000001",
        "fr",
    )


def test_the_irrigation_history_ends_before_the_demo_and_starts_after_planting(tmp_path: Path) -> None:
    farm.write_events(PARCELS, tmp_path / "events.csv", demo_day=farm.DEMO_DAY)
    events = rows(tmp_path / "events.csv")
    days = [datetime.fromisoformat(event["started_at"]).date() for event in events]
    assert {event["parcel_id"] for event in events} == {"P01"}
    assert max(days) == farm.DEMO_DAY - timedelta(days=4)
    assert min(days) >= date(2026, 6, 5)


def test_turns_and_pumps_can_be_read_back(tmp_path: Path) -> None:
    farm.write_turns(tmp_path / "turns.csv", demo_day=farm.DEMO_DAY)
    farm.write_pumps(tmp_path / "pumps.csv")
    turns = rows(tmp_path / "turns.csv")
    assert all(turn["starts_at"] < turn["ends_at"] for turn in turns)
    assert [pump["pump"] for pump in rows(tmp_path / "pumps.csv")] == ["F1", "F2", "F3", "F4"]


def test_real_weather_is_named_and_replayed(tmp_path: Path) -> None:
    pytest.importorskip("aquacrop", reason="needs the package that carries the Tunis record", exc_type=ImportError)
    season = weather.demo_weather(farm.DEMO_DAY)
    assert not season.synthetic
    assert "Tunis" in season.origin
    # 2001-09-01 in the record: the storm after the dry August.
    assert season.days[date(2026, 9, 1)].rain_mm == pytest.approx(22.3)
    weather.write_weather(season, tmp_path / "weather.csv", last_day=farm.DEMO_DAY)
    written = rows(tmp_path / "weather.csv")
    assert written[0]["date"] == "2026-01-01"
    assert written[-1]["date"] == "2026-08-30"


def test_without_the_record_the_season_is_synthetic_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weather, "_tunis_record", lambda: None)
    season = weather.demo_weather(farm.DEMO_DAY)
    assert season.synthetic
    weather.write_weather(season, tmp_path / "weather.csv", last_day=farm.DEMO_DAY)
    assert "SYNTHETIC" in (tmp_path / "weather.csv").read_text(encoding="utf-8").splitlines()[0]
    assert all(day.tmin_c < day.tmax_c and day.et0_mm > 0 and day.rain_mm >= 0 for day in season.days.values())


def test_the_forecast_spreads_with_lead_time(tmp_path: Path) -> None:
    season = weather.demo_weather(farm.DEMO_DAY)
    issued_at = datetime(2026, 8, 30, 17, tzinfo=UTC)
    weather.write_forecast(season, tmp_path / "forecast.csv", issued_at=issued_at, generator=np.random.default_rng(1))
    members = rows(tmp_path / "forecast.csv")
    assert len(members) == weather.FORECAST_DAYS * weather.FORECAST_MEMBERS
    spread = {
        day: float(np.std([float(m["tmax_c"]) for m in members if m["date"] == day]))
        for day in ("2026-08-31", "2026-09-09")
    }
    assert spread["2026-09-09"] > spread["2026-08-31"] > 0


def test_the_forecast_says_that_nobody_issued_it_though_the_weather_is_a_record(tmp_path: Path) -> None:
    season = weather.demo_weather(farm.DEMO_DAY)
    path = tmp_path / "forecast.csv"
    issued_at = datetime(2026, 8, 30, 19, tzinfo=UTC)
    weather.write_forecast(season, path, issued_at=issued_at, generator=np.random.default_rng(0))
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert "# synthetic: true" in head
    assert head[0].startswith("# SYNTHETIC forecast")
    assert season.origin in head[0]


def test_given_photos_are_spread_over_the_folder(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number:03d}.jpg").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("not a photo")
    chosen = photos.choose_photos(tmp_path, tmp_path / "scratch", np.random.default_rng(1))
    assert not chosen.synthetic
    assert [path.name for path in chosen.files][:1] == ["000.jpg"]
    assert [path.name for path in chosen.files][-1:] == ["039.jpg"]
    assert len(chosen.files) == photos.MOST_PHOTOS
    assert "12 of the 40" in chosen.announcement


@pytest.mark.parametrize("make", [False, True])
def test_a_folder_without_photos_is_told(tmp_path: Path, make: bool) -> None:  # noqa: FBT001 -- a test parameter
    folder = tmp_path / "empty"
    if make:
        folder.mkdir()
    with pytest.raises(photos.NoPhotosError, match=r"expected .* photos, got no"):
        photos.choose_photos(folder, tmp_path / "scratch", np.random.default_rng(1))


def test_rendered_scenes_are_called_synthetic_and_delivered_with_dates(tmp_path: Path) -> None:
    chosen = photos.choose_photos(None, tmp_path / "scratch", np.random.default_rng(1))
    assert chosen.synthetic
    assert "SYNTHETIC" in chosen.announcement
    last_at = datetime(2026, 8, 30, 14, tzinfo=UTC)
    photos.deliver(chosen, tmp_path / "watched", camera_id="cam", last_at=last_at)
    told = rows(tmp_path / "watched" / "metadata.csv")
    assert [row["path"] for row in told] == [path.name for path in chosen.files]
    assert told[-1]["taken_at"] == last_at.isoformat()
    assert all((tmp_path / "watched" / row["path"]).is_file() for row in told)
