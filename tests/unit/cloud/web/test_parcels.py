"""Parcels as the map hears of them."""

from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from cloud.adapters.personal import PersonalKeys
from cloud.adapters.store.store import Store
from cloud.records import Parcel
from cloud.web.api.parcels import PNG_START, picture
from cloud.web.app import WebSettings, create_app
from cloud.web.reading import Known, geometry_of, is_synthetic, local_day, photo_of, series_of, state_of
from edge.contract import Evidence, MessageId
from tests.web_farm import NOW, RATIOS, READILY_MM, STALE, TODAY, detection, now, parcel, water_days


def states(client: TestClient) -> dict[str, dict[str, object]]:
    features = client.get("/api/v1/parcels").json()["features"]
    return {feature["id"]: feature["properties"] for feature in features}


def test_every_parcel_is_told_with_its_latest_state(client: TestClient) -> None:
    answer = client.get("/api/v1/parcels")
    assert answer.headers["Content-Type"] == "application/geo+json"
    assert answer.json()["told_at"] == "2026-07-03T06:30:00Z"
    told = states(client)
    assert len(told) == 12
    for index, ratio in enumerate(RATIOS):
        state = told[f"P{index + 1:02d}"]
        assert state["depletion_ratio"] == (None if ratio is None else pytest.approx(ratio))
    assert told["P01"]["depletion_mm"] == pytest.approx(1.25 * READILY_MM)
    assert told["P01"]["action"] == "irrigate"
    assert told["P01"]["decision"] == "shrink"
    assert told["P01"]["depth_mm"] == 60
    assert told["P01"]["wilting_probability"] == 0.71
    assert told["P01"]["seen_age_h"] == 4.0
    assert told["P06"]["action"] == "hold"
    assert told["P06"]["depth_mm"] is None


def test_what_is_not_known_is_null_and_what_is_old_is_stale(client: TestClient) -> None:
    told = states(client)
    for name in ("water_day", "depletion_mm", "action", "seen_at", "wilting_score"):
        assert told["P11"][name] is None
    assert told["P11"]["stale"] is True
    assert told[STALE]["stale"] is True
    assert told[STALE]["water_age_days"] == 9
    assert told[STALE]["advice_expired"] is True
    assert told["P03"]["stale"] is False
    assert told["P03"]["advice_expired"] is False
    assert told["P02"]["opinion"] is False
    assert told["P02"]["wilting_probability"] is None


@given(days=st.integers(min_value=0, max_value=30))
def test_a_water_state_is_stale_from_its_third_day(days: int) -> None:
    row = water_days("P01", 0.5)[-1].model_copy(update={"day": TODAY - timedelta(days=days)})
    state = state_of(Known(parcel=parcel(0), water=row, verdict=None, detection=None), NOW)
    assert state.stale is (days > 2)
    assert state.water_age_days == days


def test_no_readily_available_water_gives_no_ratio_and_surplus_gives_zero() -> None:
    row = water_days("P01", 0.5)[-1]
    bare = Known(
        parcel=parcel(0), water=row.model_copy(update={"readily_available_mm": 0.0}), verdict=None, detection=None
    )
    wet = Known(parcel=parcel(0), water=row.model_copy(update={"depletion_mm": -4.0}), verdict=None, detection=None)
    assert state_of(bare, NOW).depletion_ratio is None
    assert state_of(wet, NOW).depletion_ratio == 0.0
    assert state_of(wet, NOW).depletion_mm == -4.0


def test_a_photo_without_a_time_has_no_age() -> None:
    seen = Known(parcel=parcel(0), water=None, verdict=None, detection=detection("P01", taken_at=None))
    assert state_of(seen, NOW).seen_age_h is None


def test_a_parcel_without_an_outline_is_a_point() -> None:
    assert geometry_of(parcel(10)) == {"type": "Point", "coordinates": [parcel(10).longitude, parcel(10).latitude]}
    assert geometry_of(parcel(0))["type"] == "Polygon"


def test_the_local_day_is_the_parcels() -> None:
    late = NOW.replace(hour=23, minute=30)
    assert local_day(late, "Africa/Casablanca") == TODAY + timedelta(days=1)
    assert local_day(late, "UTC") == TODAY
    assert local_day(late, "Nowhere/Atall") == TODAY


def test_the_panel_says_what_is_advised_and_why(client: TestClient) -> None:
    panel = client.get("/api/v1/parcels/P01").json()
    advice = panel["advice"]
    assert advice["proposed_depth_mm"] == 83
    assert advice["depth_mm"] == {"p10": 50, "p50": 60, "p90": 66}
    assert advice["explanation"] == "The dose was cut to what the soil can hold."
    assert [check["passed"] for check in advice["checks"]] == [True, False]
    assert advice["inputs"][0]["name"] == "beni-mellal.csv"
    assert advice["expired"] is False
    assert panel["site"]["soil"] == "clay loam"
    assert panel["sighting"]["model"] == "wilting 1.0.0"
    assert panel["photo"] == {
        "version": "gw-1-b1-1",
        "taken_at": "2026-07-03T02:30:00Z",
        "camera_id": "synthetic-cam-p01",
        "synthetic": True,
        "has_mask": True,
        "dry_rows": [],
    }


def test_the_newest_pictures_dry_rows_are_told() -> None:
    evidence = Evidence(
        parcel_id="P01",
        taken_at=NOW,
        detection_boot="b1",
        detection_sequence=1,
        image_jpeg=b"x",
        mask_png=None,
        dry_rows=(7, 8, 9),
    )
    photo = photo_of(parcel(0), MessageId(gateway="gw-1", boot="b1", sequence=1), evidence)
    assert photo.model_dump(mode="json")["dry_rows"] == [7, 8, 9]


def test_a_panel_of_a_parcel_of_which_nothing_is_known_is_empty_not_wrong(client: TestClient) -> None:
    panel = client.get("/api/v1/parcels/P11").json()
    assert (panel["advice"], panel["sighting"], panel["photo"]) == (None, None, None)
    held = client.get("/api/v1/parcels/P06").json()["advice"]
    assert (held["depth_mm"], held["start_window"], held["proposed_depth_mm"]) == (None, None, 70)
    assert client.get("/api/v1/parcels/P03").json()["advice"]["proposed_depth_mm"] is None


def test_an_abstention_comes_with_its_reasons(client: TestClient) -> None:
    sighting = client.get("/api/v1/parcels/P02").json()["sighting"]
    assert sighting["opinion"] is False
    assert sighting["reasons"] == ["blurred", "dark"]
    assert sighting["model"] is None


def test_water_comes_as_columns(client: TestClient) -> None:
    series = client.get("/api/v1/parcels/P01/water").json()
    assert len(series["day"]) == 61
    assert series["day"][-1] == "2026-07-02"
    assert series["depletion_mm"][-1] == pytest.approx(75.0)
    assert {len(column) for name, column in series.items() if name != "parcel_id"} == {61}
    recent = client.get("/api/v1/parcels/P01/water", params={"since": "2026-06-30"}).json()
    assert recent["day"] == ["2026-06-30", "2026-07-01", "2026-07-02"]
    assert client.get("/api/v1/parcels/P11/water").json()["day"] == []


@given(kept=st.sets(st.integers(min_value=0, max_value=60), min_size=1))
def test_a_missing_day_is_null_never_zero(kept: set[int]) -> None:
    rows = water_days("P01", 0.5)
    series = series_of("P01", [rows[place] for place in kept])
    assert len(series.day) == max(kept) - min(kept) + 1
    for place, rain in zip(range(min(kept), max(kept) + 1), series.rain_mm, strict=True):
        assert rain == (rows[place].rain_mm if place in kept else None)


def test_the_photo_and_its_mask_have_one_size_and_stay_out_of_caches(client: TestClient) -> None:
    photo, mask = client.get("/api/v1/parcels/P01/photo"), client.get("/api/v1/parcels/P01/mask")
    assert photo.headers["Content-Type"] == "image/jpeg"
    assert mask.headers["Content-Type"] == "image/png"
    assert photo.headers["Cache-Control"] == mask.headers["Cache-Control"] == "no-store"
    image = cv2.imdecode(np.frombuffer(photo.content, np.uint8), cv2.IMREAD_COLOR)
    canopy = cv2.imdecode(np.frombuffer(mask.content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    assert canopy is not None
    assert image.shape[:2] == canopy.shape == (320, 480)


@pytest.mark.parametrize("part", ["photo", "mask"])
def test_a_parcel_without_a_picture_says_so(client: TestClient, part: str) -> None:
    answer = client.get(f"/api/v1/parcels/P03/{part}")
    assert answer.status_code == 404
    assert "is stored for this parcel yet" in answer.json()["detail"]


def test_a_picture_that_is_none_is_not_served_as_one() -> None:
    with pytest.raises(HTTPException) as refused:
        picture(b"<script>alert(1)</script>", PNG_START, "image/png")
    assert refused.value.status_code == 404


@pytest.mark.parametrize("part", ["", "/water", "/photo", "/mask", "/messages"])
def test_an_unknown_parcel_is_not_found_anywhere(client: TestClient, part: str) -> None:
    assert client.get(f"/api/v1/parcels/none{part}").status_code == 404


def test_an_identifier_may_hold_a_slash(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.db'}"
    with Store.open(url, PersonalKeys.generate(), create=True) as store:
        store.save_parcels([Parcel(id="K1/7", crop="wheat", latitude=32.4, longitude=-6.4)])
        client = TestClient(create_app(store, WebSettings(), now), base_url="http://localhost")
        assert client.get("/api/v1/parcels/K1%2F7").json()["state"]["id"] == "K1/7"
        assert client.get("/api/v1/parcels/K1%2F7/water").json()["parcel_id"] == "K1/7"


@pytest.mark.parametrize(
    ("camera_id", "farm_name", "synthetic"),
    [("synthetic-cam", None, True), ("cam", "Ferme (Synthetic)", True), ("cam-1", "Coop", False), (None, None, False)],
)
def test_a_drawn_scene_is_told_from_a_photo(camera_id: str | None, farm_name: str | None, synthetic: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    evidence = Evidence(
        parcel_id="P01",
        camera_id=camera_id,
        taken_at=None,
        detection_boot="b",
        detection_sequence=1,
        image_jpeg=b"",
        mask_png=None,
    )
    assert is_synthetic(parcel(0).model_copy(update={"farm": farm_name}), evidence) is synthetic


def test_the_explanation_is_the_words_of_the_command(client: TestClient) -> None:
    told = client.get("/api/v1/parcels/P01/explanation").json()
    assert (told["parcel_id"], told["day"]) == ("P01", TODAY.isoformat())
    account = told["account"]
    moved = sum(round(10 * one["depth_mm"]) for one in account["movements"])
    assert round(10 * account["opening_mm"]) + moved == round(10 * account["closing_mm"])
    assert "How the advice follows" in "\n".join(told["lines"])
    assert "beni-mellal.csv" in "\n".join(told["lines"])
    assert "/home/someone" not in client.get("/api/v1/parcels/P01/explanation").text
    same = client.get("/api/v1/parcels/P01/explanation", params={"day": TODAY.isoformat()})
    assert same.json() == told


def test_an_earlier_day_is_explained_by_its_water_alone(client: TestClient) -> None:
    day = TODAY - timedelta(days=5)
    told = client.get("/api/v1/parcels/P01/explanation", params={"day": day.isoformat()}).json()
    assert told["account"]["closed_on"] == day.isoformat()
    assert "How the advice follows" not in "\n".join(told["lines"])


def test_what_was_not_kept_is_not_explained(client: TestClient) -> None:
    for day in (None, "1999-01-01"):
        answer = client.get("/api/v1/parcels/P11/explanation", params={"day": day} if day else {})
        known = answer.status_code == 200
        assert known == (day is None and client.get("/api/v1/parcels/P11").json()["advice"] is not None)
    missing = client.get("/api/v1/parcels/P01/explanation", params={"day": "1999-01-01"})
    assert missing.status_code == 404
    assert "nothing is kept of that day" in missing.json()["detail"]
    assert client.get("/api/v1/parcels/nobody/explanation").status_code == 404


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_end_of_the_calendar_has_no_explanation(client: TestClient, day: str) -> None:
    answer = client.get("/api/v1/parcels/P01/explanation", params={"day": day})
    assert answer.status_code == 404
