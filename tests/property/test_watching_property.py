from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import IrrigationEvent, IrrigationSystem, Observation, Parcel, Soil
from cloud.weather.forcing import Forcing

FIRST, DAYS = date(2024, 5, 1), 36
SETTINGS = WaterSettings(members=16)
PARCEL = Parcel(
    id="a",
    crop="tomato",
    planted_on=date(2024, 4, 1),
    latitude=32.3,
    longitude=-6.4,
    timezone="UTC",
    soil=Soil(texture="clay_loam"),
    irrigation=IrrigationSystem(method="drip"),
)


def at(row: int, hour: int) -> datetime:
    day = FIRST + timedelta(days=row)
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def weather() -> Forcing:
    def wide(value: float) -> np.ndarray:
        return np.full((DAYS, 1), value)

    return Forcing(
        days=np.arange(np.datetime64(FIRST), np.datetime64(FIRST) + DAYS),
        et0_mm=wide(6.0),
        rain_mm=wide(0.0),
        wind_2m_m_s=wide(2.0),
        rh_min_percent=wide(40.0),
        tmin_c=wide(15.0),
        tmax_c=wide(31.0),
        radiation_mj_m2=wide(24.0),
    )


@st.composite
def readings(draw: st.DrawFn) -> Observation:
    kind = draw(st.sampled_from(["soil_water_fraction", "stress_index", "depletion_mm", "canopy_cover_fraction"]))
    value = draw(st.floats(0.0, 150.0) if kind == "depletion_mm" else st.floats(0.0, 0.7))
    layer = kind == "soil_water_fraction" and draw(st.booleans())
    return Observation.model_validate(
        {
            "parcel_id": "a",
            "observed_at": at(draw(st.integers(0, DAYS - 1)), draw(st.sampled_from([5, 9, 19]))),
            "kind": kind,
            "value": value,
            "sigma": 8.0 if kind == "depletion_mm" else draw(st.sampled_from([0.01, 0.05])),
            "source": draw(st.sampled_from(["north", "south"])),
            **({"depth_from_m": 0.1, "depth_to_m": 0.4} if layer else {}),
        }
    )


irrigations = st.builds(
    lambda row, depth, source: IrrigationEvent(parcel_id="a", started_at=at(row, 7), depth_mm=depth, source=source),
    st.integers(0, DAYS - 1),
    st.floats(0.01, 120.0),
    st.sampled_from(["meter", "reply", "agronomist", "inferred"]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(readings(), max_size=25), st.lists(irrigations, max_size=6), st.integers(1, DAYS - 1))
def test_whatever_is_read_the_water_closes_and_the_past_stands(
    seen: list[Observation], told: list[IrrigationEvent], today: int
) -> None:
    history = simulate([PARCEL], weather(), told, seen, settings=SETTINGS)
    rows = history.rows(0)
    assert len(rows) == DAYS
    for before, row in pairwise(rows):
        balance = before.depletion_mm - (row.rain_mm - row.runoff_mm) - row.irrigation_mm - row.capillary_rise_mm
        balance += row.etc_adj_mm + row.deep_percolation_mm + row.root_growth_mm + row.correction_mm
        assert row.depletion_mm == pytest.approx(balance, abs=1e-9)
        assert row.depletion_p10_mm <= row.depletion_p90_mm
    early = simulate(
        [PARCEL], weather(), told, [one for one in seen if one.observed_at < at(today, 0)], settings=SETTINGS
    )
    assert early.rows(0)[:today] == rows[:today]
    for one in history.inferred:
        assert 0.0 <= one.probability <= 1.0
        assert FIRST - timedelta(days=1) <= one.first_day <= one.last_day < FIRST + timedelta(days=DAYS)
        assert 0.0 < one.depth_p10_mm <= one.depth_p50_mm <= one.depth_p90_mm
    for doubt in history.doubted:
        assert 0.0 <= doubt.probability <= 1.0
        assert doubt.depth_mm > 0.0
    if not seen:
        assert (history.inferred, history.doubted, history.suspects) == ((), (), ())
