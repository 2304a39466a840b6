"""What crops need from irrigation: never below nothing, less where it rains, unknown where the weather is."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.impact.data import ParcelSeason, TrialWeather
from cloud.impact.need import crop_et_mm, daily_needs, effective_rain_mm, irrigation_need_mm
from cloud.records import Parcel

FIRST = date(2025, 4, 15)


def parcel(crop: str = "maize") -> Parcel:
    return Parcel.model_validate(
        {"id": "p", "crop": crop, "planted_on": "2020-01-01", "latitude": 32.0, "longitude": -6.0}
    )


def season(first: date = FIRST, days: int = 120, *, crop: str = "maize", name: str = "c") -> ParcelSeason:
    last = first + timedelta(days=days - 1)
    return ParcelSeason(parcel_id="p", season=name, crop=crop, first=first, last=last, area_ha=1.0, yield_t_ha=None)


def weather(days: int = 200, rain_mm: float = 0.0) -> TrialWeather:
    like = np.ones((days, 1))
    return TrialWeather(
        days=np.datetime64("2025-04-01") + np.arange(days),
        et0_mm=6.0 * like,
        rain_mm=rain_mm * like,
        wind_m_s=2.0 * like,
        rh_min_percent=45.0 * like,
    )


def needs(one: ParcelSeason, sky: TrialWeather, land: Parcel | None = None) -> tuple[float | None, list[str]]:
    found, problems = daily_needs({(0, 0): one}, {"p": (0, land or parcel())}, sky)
    return (float(found[0, 0].sum()) if found else None), problems


@settings(max_examples=60)
@given(st.lists(st.floats(0.0, 600.0), min_size=2, max_size=8))
def test_more_rain_is_never_less_effective_and_never_more_than_itself(rains: list[float]) -> None:
    rain = np.sort(np.array(rains))
    effective = effective_rain_mm(rain)
    assert (np.diff(effective) >= -1e-9).all()
    assert (effective <= rain + 1e-9).all()


def test_the_two_pieces_of_effective_rain_meet() -> None:
    assert effective_rain_mm(np.array([250.0])) == pytest.approx([150.0])
    assert effective_rain_mm(np.array([250.001])) == pytest.approx([150.0], abs=1e-3)


@settings(max_examples=40)
@given(days=st.integers(1, 95), et_mm=st.floats(0.5, 9.0), rain_mm=st.floats(0.0, 15.0))
def test_need_lies_between_nothing_and_the_crops_use(days: int, et_mm: float, rain_mm: float) -> None:
    et = np.full(days, et_mm)
    need = irrigation_need_mm(et, np.full(days, rain_mm))
    if np.isnan(need).all():
        return
    assert (need >= 0.0).all()
    assert (need <= et + 1e-9).all()
    dry = irrigation_need_mm(et, np.zeros(days))
    assert need.sum() <= dry.sum() + 1e-9


def test_a_short_last_span_is_counted_by_its_days() -> None:
    # 10 days with 20 mm are as wet as a month with 60: 60 x 113 / 125 = 54.24, of which a third fell.
    need = irrigation_need_mm(np.full(10, 6.0), np.full(10, 2.0))
    assert need.sum() == pytest.approx(60.0 - 54.24 / 3.0)


def test_a_crop_uses_least_at_its_beginning_and_unknown_wind_is_the_tables() -> None:
    et0 = np.full((120, 1), 6.0)
    calm, unknown = np.full((120, 1), 2.0), np.full((120, 1), np.nan)
    land = [parcel().model_copy(update={"planted_on": FIRST})]
    known = crop_et_mm(land, FIRST, et0, calm, np.full((120, 1), 45.0))
    np.testing.assert_array_equal(known, crop_et_mm(land, FIRST, et0, unknown, unknown))
    assert known[0, 0] < 2.0 < known[60, 0] < known[90, 0]
    # Basal coefficient 1.15 (FAO-56 table 17) and 0.1 for the soil.
    assert known[90, 0] == pytest.approx(6.0 * 1.25, rel=1e-6)


def test_a_season_is_that_of_its_own_rows_whatever_the_parcels_file_says() -> None:
    maize, wheat = needs(season(), weather())[0], needs(season(crop="wheat"), weather())[0]
    assert maize is not None
    assert wheat is not None
    assert maize != pytest.approx(wheat)
    # An orchard keeps its own calendar.
    olive, problems = needs(season(crop="olive"), weather(), parcel("olive"))
    assert olive is not None
    assert olive > 0.0
    assert problems == []


@pytest.mark.parametrize(("first", "unknown"), [(date(2025, 3, 22), 10), (date(2025, 7, 1), 11)])
def test_days_outside_the_weather_are_counted_and_the_season_is_lost(first: date, unknown: int) -> None:
    found, (problem,) = needs(season(first), weather())
    assert found is None
    assert problem == (f"parcel p season c: expected weather on all 120 days, {unknown} are unknown; it counts as lost")


def test_one_unknown_day_loses_the_season_and_a_wet_one_has_nothing_to_save() -> None:
    sky = weather()
    sky.rain_mm[50] = np.nan
    assert "1 are unknown" in needs(season(), sky)[1][0]
    assert "there is no water to save" in needs(season(), weather(rain_mm=40.0))[1][0]


def test_seasons_of_other_lengths_are_cut_from_the_same_weather() -> None:
    rows = {(0, 0): season(), (0, 1): season(FIRST + timedelta(days=20), 60, name="d")}
    found, problems = daily_needs(rows, {"p": (0, parcel())}, weather())
    assert problems == []
    assert {place: need.size for place, need in found.items()} == {(0, 0): 120, (0, 1): 60}
