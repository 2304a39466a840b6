"""Forecasts err as they say, know nothing of the day before its evening, and climates refuse what they lack."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from cloud.errors import ConfigurationError, InputError, MissingDataError
from simulations.closed_loop.climates import VARIABLES, Climate, climate_of_file, shipped_climate
from simulations.closed_loop.fields import Design, fields_of
from simulations.closed_loop.forecasts import LEADS, PRODUCTS_AGREE, Forecasts, ahead_of_fields, past_of_fields

pytest.importorskip("aquacrop", reason="carries the record of Tunis")


@pytest.fixture(scope="module")
def tunis() -> Climate:
    return shipped_climate("tunis")


@pytest.fixture(scope="module")
def forecasts(tunis: Climate) -> Forecasts:
    return Forecasts(tunis, 1)


def test_the_shipped_record_is_read_as_it_stands(tunis: Climate) -> None:
    assert (tunis.days[0], tunis.days[-1].astype("datetime64[Y]")) == (
        np.datetime64("1979-01-01"),
        np.datetime64("2002"),
    )
    assert [float(tunis.column(name)[0]) for name in VARIABLES] == [15.0, 20.0, 0.0, 1.5]
    assert (np.diff(tunis.days) == np.timedelta64(1, "D")).all()
    assert tunis.whole(date(1979, 1, 1), 8000)
    assert not tunis.whole(date(1978, 12, 31), 10)


def test_days_outside_the_record_are_refused(tunis: Climate) -> None:
    with pytest.raises(InputError, match="choose other seasons"):
        tunis.rows(date(2002, 12, 20), 30)
    with pytest.raises(ConfigurationError, match="expected one of tunis"):
        shipped_climate("atlantis")


def test_a_file_is_read_by_the_advisors_own_reader(tmp_path: Path) -> None:
    file = tmp_path / "place.csv"
    lines = [f"2001-05-{day:02d},{10 + day / 10},{22 + day / 10},{day % 3}" for day in range(1, 31)]
    file.write_text("date,tmin_c,tmax_c,rain_mm\n" + "\n".join(lines) + "\n", encoding="utf-8")

    climate = climate_of_file("place", file, latitude=32.3, longitude=-6.4, elevation_m=500.0)

    assert climate.days.size == 30
    assert climate.rain_mm[:3].tolist() == [1.0, 2.0, 0.0]
    assert 3.0 < float(climate.et0_mm.mean()) < 7.0
    with pytest.raises(ConfigurationError, match="expected the weather of place, got no file"):
        climate_of_file("place", tmp_path / "none.csv", latitude=32.3, longitude=-6.4, elevation_m=500.0)


def test_skill_falls_from_what_two_products_agree_on(tunis: Climate, forecasts: Forecasts) -> None:
    season = np.array([date(1985, 1, 1) + timedelta(days=3 * place) for place in range(700)])
    mean = np.stack([forecasts.ahead(day)["tmax_c"].mean(axis=1) for day in season])
    rows = np.array([tunis.rows(day, LEADS).start for day in season])
    came = tunis.tmax_c[rows[:, None] + np.arange(LEADS)]
    day_of_year = np.array([day.timetuple().tm_yday for day in season])[:, None] + np.arange(LEADS)
    wave = [np.sin(2 * np.pi * k * day_of_year / 365.25) for k in (1, 2)]
    wave += [np.cos(2 * np.pi * k * day_of_year / 365.25) for k in (1, 2)]

    def anomaly(values: np.ndarray, lead: int) -> np.ndarray:
        basis = np.stack([np.ones(len(season)), *(one[:, lead] for one in wave)], axis=1)
        rest: np.ndarray = values[:, lead] - basis @ np.linalg.lstsq(basis, values[:, lead], rcond=None)[0]
        return rest

    skill = [float(np.corrcoef(anomaly(mean, lead), anomaly(came, lead))[0, 1]) for lead in range(LEADS)]
    # The mean of twenty members is surer than one of them, whose correlation is the one that is set.
    assert PRODUCTS_AGREE - 0.05 < skill[0] < 0.95
    assert skill[9] < skill[0] - 0.25
    assert skill[4] < skill[0]


def test_rain_is_foreseen_with_misses_and_false_alarms(tunis: Climate, forecasts: Forecasts) -> None:
    days = [date(1990, 10, 1) + timedelta(days=place) for place in range(150)]
    said = np.array([(forecasts.ahead(day)["rain_mm"][0] >= 1.0).mean() for day in days]) >= 0.5
    came = tunis.rain_mm[tunis.rows(days[0], 150)] >= 1.0

    assert 0.4 < said[came].mean() < 0.95
    assert 0.0 < said[~came].mean() < 0.4


def cut(climate: Climate) -> Climate:
    """Its first fourteen years, which are made in less time."""
    return replace(
        climate,
        days=climate.days[:5000],
        tmin_c=climate.tmin_c[:5000],
        tmax_c=climate.tmax_c[:5000],
        rain_mm=climate.rain_mm[:5000],
        et0_mm=climate.et0_mm[:5000],
    )


def test_forecasts_hold_nothing_impossible_and_are_the_same_for_the_same_seed(tunis: Climate) -> None:
    ahead = Forecasts(cut(tunis), 1).ahead(date(1992, 2, 1))
    again = Forecasts(cut(tunis), 1).ahead(date(1992, 2, 1))
    other = Forecasts(cut(tunis), 2).ahead(date(1992, 2, 1))

    assert all(values.shape == (LEADS, 20) for values in ahead.values())
    assert (ahead["tmin_c"] < ahead["tmax_c"]).all()
    assert (ahead["rain_mm"] >= 0.0).all()
    assert (ahead["et0_mm"] > 0.0).all()
    for name in VARIABLES:
        np.testing.assert_array_equal(ahead[name], again[name])
    assert not np.array_equal(ahead["et0_mm"], other["et0_mm"])


def test_a_station_errs_a_little_and_never_invents_rain(tunis: Climate, forecasts: Forecasts) -> None:
    told = forecasts.told

    assert "SYNTHETIC" in told.origin
    assert not told.rain_mm[tunis.rain_mm == 0.0].any()
    assert told.et0_mm.mean() == pytest.approx(tunis.et0_mm.mean(), rel=0.01)
    assert np.std(told.et0_mm / tunis.et0_mm) == pytest.approx(0.06, abs=0.015)
    assert (told.tmin_c < told.tmax_c).all()


def test_every_field_sees_its_own_year(tunis: Climate, forecasts: Forecasts) -> None:
    fields = fields_of(Design(crops=("maize",), climates=("tunis",), seasons=(1986, 1990), textures=("loam",)))
    by_name = {"tunis": forecasts}
    ahead = ahead_of_fields(fields, date(2025, 7, 1), by_name)
    past = past_of_fields(fields, date(2025, 6, 20), 5, by_name)

    assert ahead["rain_mm"].shape == (LEADS, 20, 2)
    assert past["et0_mm"].shape == (5, 2)
    for place, field in enumerate(fields):
        real = date(2025, 7, 1) - field.shift
        assert real.year == field.season
        np.testing.assert_array_equal(ahead["tmax_c"][:, :, place], forecasts.ahead(real)["tmax_c"])
        first = forecasts.told.rows(date(2025, 6, 20) - field.shift, 5)
        np.testing.assert_array_equal(past["et0_mm"][:, place], forecasts.told.et0_mm[first])


def test_a_record_with_gaps_or_a_day_outside_is_refused(tunis: Climate, forecasts: Forecasts) -> None:
    holed = tunis.rain_mm.copy()
    holed[400] = np.nan
    with pytest.raises(MissingDataError, match="1980-02-05 lacks a value"):
        Forecasts(replace(tunis, rain_mm=holed), 1)
    with pytest.raises(MissingDataError, match="choose other seasons"):
        forecasts.ahead(date(1979, 1, 1))
