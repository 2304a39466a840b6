"""An olive on drip and a cut alfalfa over two years of synthetic Mediterranean weather."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final

import numpy as np
import pytest

from cloud.agronomy.state import WaterHistory
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import IrrigationEvent, Parcel
from cloud.variables import Floats
from cloud.weather.forcing import Forcing
from tests.unit.cloud.agronomy.conftest import MakeForcing

FIRST: Final = date(2023, 1, 1)
DAYS: Final = 731
CUTTINGS: Final = tuple(date(year, month, 10) for year in (2023, 2024) for month in range(4, 11))
OLIVE: Final = {
    "id": "olive",
    "crop": "olive",
    "latitude": 31.6,
    "longitude": -8.0,
    "planted_year": 2005,
    "row_spacing_m": 7.0,
    "tree_spacing_m": 5.0,
    "irrigation": {"method": "drip", "emitters_per_ha": 1143.0, "emitter_flow_l_h": 4.0},
}
ALFALFA: Final = {
    "id": "alfalfa",
    "crop": "alfalfa",
    "latitude": 32.3,
    "longitude": -6.3,
    "cuttings": CUTTINGS,
    "irrigation": {"method": "basin"},
}


def at(day: date) -> int:
    return (day - FIRST).days


@cache
def two_years(members: int = 1) -> tuple[WaterHistory, list[Parcel]]:
    days = np.arange(DAYS)
    et0 = 3.8 - 2.6 * np.cos(2.0 * np.pi * (days - 10) / 365.25)
    rain = np.where((days % 365 < 120) & (days % 9 == 0), 14.0, 0.0)
    olive, alfalfa = Parcel.model_validate(OLIVE), Parcel.model_validate(ALFALFA)
    young = Parcel.model_validate({**OLIVE, "id": "young", "planted_year": 2021})
    dates = [FIRST + timedelta(days=day) for day in range(DAYS)]
    events = [event(one, day, 4.5) for one in ("olive", "young") for day in dates if 5 <= day.month <= 10]
    events += [event("alfalfa", day, 70.0) for day in dates if 4 <= day.month <= 10 and day.day in {2, 12, 22}]
    shape = np.ones((DAYS, 3))
    forcing = Forcing(
        days=np.datetime64(FIRST) + days,
        et0_mm=et0[:, None] * shape,
        rain_mm=rain[:, None] * shape,
        wind_2m_m_s=2.0 * shape,
        rh_min_percent=45.0 * shape,
        tmin_c=12.0 * shape,
        tmax_c=28.0 * shape,
        radiation_mj_m2=22.0 * shape,
    )
    places = [olive, alfalfa, young]
    history = simulate(
        places, forcing, events, [], settings=WaterSettings(members=members, fixed_parameters=members == 1)
    )
    return history, places


def event(parcel_id: str, day: date, depth_mm: float) -> IrrigationEvent:
    started = datetime.combine(day, time(6), UTC)
    return IrrigationEvent(parcel_id=parcel_id, started_at=started, depth_mm=depth_mm, source="meter")


def imbalance_mm(columns: dict[str, Floats]) -> float:
    gained = columns["depletion_mm"][:-1] - (columns["rain_mm"] - columns["runoff_mm"])[1:]
    for name, sign in (
        ("irrigation_mm", -1.0),
        ("capillary_rise_mm", -1.0),
        ("etc_adj_mm", 1.0),
        ("deep_percolation_mm", 1.0),
        ("root_growth_mm", 1.0),
        ("correction_mm", 1.0),
    ):
        gained = gained + sign * columns[name][1:]
    return float(np.abs(gained - columns["depletion_mm"][1:]).max())


def test_two_years_close_to_rounding() -> None:
    history, places = two_years(members=4)
    assert imbalance_mm(two_years()[0].columns) < 1e-9
    assert [len(history.rows(place)) for place in range(len(places))] == [DAYS] * 3
    assert imbalance_mm(history.columns) < 1e-9
    assert not history.problems


def test_the_olive_keeps_its_cycle_and_its_roots() -> None:
    history, _ = two_years()
    kcb, roots = history.columns["kcb"][:, 0], history.columns["root_depth_m"][:, 0]
    # In the Haouz its year begins five days before the first of March, on the same day every year.
    first, second = kcb[at(date(2023, 2, 24)) : at(date(2024, 2, 24))], kcb[at(date(2024, 2, 24)) :]
    assert at(date(2023, 2, 24)) > 0
    assert second == pytest.approx(first[: second.size], abs=0.01)
    assert kcb[at(date(2023, 7, 15))] == pytest.approx(0.65, abs=0.02)
    assert np.ptp(roots) == pytest.approx(0.0, abs=1e-9)
    # FAO-56 table 12: Kc of olives 0.65 to 0.70 through the year.
    share = history.columns["etc_adj_mm"][366:, 0].sum() / history.columns["et0_mm"][366:, 0].sum()
    assert 0.58 < share < 0.72


def test_a_young_orchard_takes_a_fraction() -> None:
    history, _ = two_years()
    transpired = history.columns["kcb"] * history.columns["ks"] * history.columns["et0_mm"]
    first_year, later = slice(0, at(date(2024, 1, 1))), slice(at(date(2024, 1, 1)), None)
    assert transpired[first_year, 2].sum() < 0.4 * transpired[first_year, 0].sum()
    # It grows: a year later it takes more of what grown trees take.
    shares = [transpired[years, 2].sum() / transpired[years, 0].sum() for years in (first_year, later)]
    assert shares[1] > 1.2 * shares[0]
    assert history.columns["deep_percolation_mm"][:, 2].sum() > history.columns["deep_percolation_mm"][:, 0].sum()


def test_each_cutting_lowers_the_alfalfa_and_it_grows_again() -> None:
    history, _ = two_years()
    kcb = history.columns["kcb"][:, 1]
    for cutting in CUTTINGS:
        row = at(cutting)
        assert kcb[row] == pytest.approx(0.30, abs=0.02)
        assert kcb[row - 1] > 1.0
        assert kcb[row + 16 : row + 27].min() > 1.0
    # Between the last cutting and the new year it stands; the first growth takes two months, not one.
    assert kcb[at(date(2023, 12, 20))] > 1.0
    assert kcb[at(date(2024, 1, 25))] == pytest.approx(0.30, abs=0.02)
    assert 0.4 < kcb[at(date(2024, 2, 4))] < 1.05


def test_the_cut_field_uses_less_than_the_mean_coefficient_says(make_forcing: MakeForcing) -> None:
    uncut = Parcel.model_validate({**ALFALFA, "id": "uncut", "cuttings": []})
    cut = Parcel.model_validate(ALFALFA)
    forcing = make_forcing(date(2024, 4, 10), [5.0] * 120, [5.0] * 120, parcels=2)
    kcb = simulate([cut, uncut], forcing, [], [], settings=WaterSettings(fixed_parameters=True)).columns["kcb"]
    assert np.ptp(kcb[:, 1]) < 0.05
    assert np.ptp(kcb[:, 0]) > 0.7
    # FAO-56 table 12: the mean over cuttings is 0.95, of which 0.05 is evaporation.
    assert kcb[:, 0].mean() == pytest.approx(kcb[:, 1].mean(), abs=0.1)


def test_berseem_roots_go_on_growing_through_its_cuttings(make_forcing: MakeForcing) -> None:
    berseem = Parcel.model_validate(
        {
            **ALFALFA,
            "id": "berseem",
            "crop": "berseem",
            "planted_on": "2023-09-20",
            "cuttings": ["2023-11-20", "2024-01-05"],
        }
    )
    forcing = make_forcing(date(2023, 9, 20), [2.5] * 150, [2.5] * 150)
    columns = simulate([berseem], forcing, [], [], settings=WaterSettings(fixed_parameters=True)).columns
    assert columns["root_depth_m"][30, 0] == pytest.approx(0.15 + 0.5 * 0.45, abs=0.02)
    assert columns["root_depth_m"][70:, 0].min() == pytest.approx(0.6)
    assert columns["kcb"][61, 0] < columns["kcb"][60, 0] - 0.5


def test_pulses_of_a_day_count_as_one_irrigation() -> None:
    olive = Parcel.model_validate(OLIVE)
    once = two_years()[0]
    assert once.columns["irrigation_mm"][at(date(2023, 7, 1)), 0] == pytest.approx(4.5 * 0.9)
    days = [date(2023, 6, 1) + timedelta(days=day) for day in range(0, 60, 3)]
    pulsed = [
        IrrigationEvent(
            parcel_id="olive",
            started_at=datetime.combine(day, time(hour), UTC),
            depth_mm=depth,
            source="meter",
        )
        for day in days
        for hour, depth in ((5, 3.0), (11, 4.0), (17, 5.0))
    ]
    whole = [event("olive", day, 12.0) for day in days]
    weather = summer()
    rows = [
        simulate([olive], weather, events, [], settings=WaterSettings(members=4)).rows(0) for events in (pulsed, whole)
    ]
    assert rows[0] == rows[1]
    assert sum(row.irrigation_mm for row in rows[0]) == pytest.approx(20 * 12.0 * 0.9)


def summer() -> Forcing:
    ones = np.ones((70, 1))
    return Forcing(
        days=np.datetime64("2023-05-28") + np.arange(70),
        et0_mm=6.5 * ones,
        rain_mm=0.0 * ones,
        wind_2m_m_s=2.5 * ones,
        rh_min_percent=25.0 * ones,
        tmin_c=18.0 * ones,
        tmax_c=36.0 * ones,
        radiation_mj_m2=26.0 * ones,
    )
