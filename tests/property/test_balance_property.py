"""Water is conserved and answers move the right way, whatever the weather and the irrigation."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.agronomy.water import WaterSettings, project, simulate
from cloud.records import IrrigationEvent, IrrigationSystem, Observation, Parcel, Soil, WaterSource
from cloud.water_day import WaterDay
from cloud.weather.forcing import Forcing

FIRST = date(2024, 3, 20)
DAYS = 45
CROPS = ("wheat", "maize", "tomato", "olive", "alfalfa", "citrus")


def weather(seed: int, days: int = DAYS, first: date = FIRST) -> Forcing:
    generator = np.random.default_rng(seed)
    wet = generator.random(days) < 0.2

    def column(values: np.ndarray) -> np.ndarray:
        return values[:, None].astype(np.float64)

    return Forcing(
        days=np.arange(np.datetime64(first), np.datetime64(first) + days),
        et0_mm=column(generator.uniform(0.0, 10.0, days)),
        rain_mm=column(np.where(wet, generator.gamma(1.0, 15.0, days), 0.0)),
        wind_2m_m_s=column(generator.uniform(0.0, 8.0, days)),
        rh_min_percent=column(generator.uniform(3.0, 95.0, days)),
        tmin_c=column(np.full(days, 10.0)),
        tmax_c=column(np.full(days, 25.0)),
        radiation_mj_m2=column(np.full(days, 20.0)),
    )


@st.composite
def parcels(draw: st.DrawFn) -> Parcel:
    capacity = draw(st.floats(0.10, 0.42))
    return Parcel(
        id="p",
        crop=draw(st.sampled_from(CROPS)),
        planted_on=FIRST + timedelta(days=draw(st.integers(-60, 20))),
        latitude=32.0,
        longitude=-6.0,
        timezone="UTC",
        soil=Soil(
            field_capacity=capacity,
            wilting_point=capacity * draw(st.floats(0.2, 0.8)),
            depth_m=draw(st.one_of(st.none(), st.floats(0.2, 1.0))),
            groundwater_depth_m=draw(st.one_of(st.none(), st.floats(0.3, 5.0))),
        ),
        water=WaterSource(salinity_ds_m=draw(st.one_of(st.none(), st.floats(0.0, 12.0)))),
        irrigation=IrrigationSystem(method=draw(st.sampled_from(("drip", "sprinkler", "basin", "furrow")))),
        initial_depletion_mm=draw(st.one_of(st.none(), st.floats(0.0, 60.0))),
    )


@st.composite
def events(draw: st.DrawFn) -> list[IrrigationEvent]:
    days = draw(st.lists(st.integers(0, DAYS - 1), max_size=8))
    return [
        IrrigationEvent(
            parcel_id="p",
            started_at=datetime.combine(FIRST + timedelta(days=day), time(6), UTC),
            depth_mm=draw(st.floats(0.0, 120.0)),
            source=draw(st.sampled_from(("meter", "reply", "agronomist", "inferred"))),
        )
        for day in days
    ]


@st.composite
def observations(draw: st.DrawFn) -> list[Observation]:
    kinds = {
        "depletion_mm": (-10.0, 120.0),
        "soil_water_fraction": (0.02, 0.5),
        "stress_index": (0.0, 1.0),
        "cwsi": (-0.2, 1.3),
        "canopy_cover_fraction": (0.0, 1.0),
    }
    chosen = draw(st.lists(st.tuples(st.sampled_from(sorted(kinds)), st.integers(0, DAYS - 1)), max_size=8))
    return [
        Observation.model_validate(
            {
                "parcel_id": "p",
                "observed_at": datetime.combine(FIRST + timedelta(days=day), time(12), UTC),
                "kind": kind,
                "value": draw(st.floats(*kinds[kind])),
                "sigma": draw(st.floats(0.005, 0.5)),
                "source": "test",
            }
        )
        for kind, day in chosen
    ]


def imbalance_mm(rows: list[WaterDay]) -> float:
    """Largest break of the contract's identity between two rows."""
    worst = 0.0
    for before, row in pairwise(rows):
        expected = (
            before.depletion_mm
            - (row.rain_mm - row.runoff_mm)
            - row.irrigation_mm
            - row.capillary_rise_mm
            + row.etc_adj_mm
            + row.deep_percolation_mm
            + row.root_growth_mm
            + row.correction_mm
        )
        worst = max(worst, abs(expected - row.depletion_mm))
    return worst


@settings(max_examples=40, deadline=None)
@given(
    parcel=parcels(),
    given_events=events(),
    seen=observations(),
    seed=st.integers(0, 1000),
    fixed=st.booleans(),
)
def test_the_mass_balance_closes(
    parcel: Parcel, given_events: list[IrrigationEvent], seen: list[Observation], seed: int, *, fixed: bool
) -> None:
    chosen = WaterSettings(members=16, fixed_parameters=fixed, profile_depth_m=1.2)
    history = simulate([parcel], weather(seed), given_events, seen, settings=chosen)
    rows = history.rows(0)
    assert len(rows) > 20
    assert imbalance_mm(rows) < 1e-9
    for row in rows:
        assert row.depletion_mm <= row.total_available_mm + 1e-6
        assert 0.0 <= row.ks <= 1.0
        assert row.capillary_rise_mm >= 0.0
        assert row.capillary_rise_mm == 0.0 or parcel.soil.groundwater_depth_m is not None
        assert row.depletion_p10_mm <= row.depletion_p90_mm
        assert row.readily_available_mm <= row.total_available_mm
        assert row.profile_water_mm is not None
        assert row.profile_water_mm > -1e-9
        if fixed:
            assert row.correction_mm == 0.0
            assert abs(row.etc_adj_mm - (row.ks * row.kcb + row.ke) * row.et0_mm) < 1e-9


@settings(max_examples=25, deadline=None)
@given(parcel=parcels(), seed=st.integers(0, 1000), extra=st.floats(1.0, 60.0))
def test_more_water_never_leaves_a_parcel_drier(parcel: Parcel, seed: int, extra: float) -> None:
    history = simulate([parcel], weather(seed), [], [], settings=WaterSettings(members=8))
    ahead = weather(seed + 1, 10, history.state.day + timedelta(days=1))
    planned = np.zeros((10, 1))
    dry = project(history.state, [parcel], ahead, planned)
    planned[0] = extra
    wet = project(history.state, [parcel], ahead, planned)
    assert (wet.depletion_mm[0] <= dry.depletion_mm[0] + 1e-9).all()
    # Over a water table that reaches the roots the soil is full either way.
    full = parcel.soil.groundwater_depth_m is not None and dry.depletion_mm[0].max() < extra
    assert (wet.depletion_mm[0].mean() < dry.depletion_mm[0].mean()) or wet.deep_percolation_mm[0].any() or full


@settings(max_examples=15, deadline=None)
@given(parcel=parcels(), seed=st.integers(0, 1000), seen=observations())
def test_a_row_never_uses_what_was_seen_later(parcel: Parcel, seed: int, seen: list[Observation]) -> None:
    middle = DAYS // 2
    cut = datetime.combine(FIRST + timedelta(days=middle), time(0), UTC)
    forcing, chosen = weather(seed), WaterSettings(members=8)
    everything = simulate([parcel], forcing, [], seen, settings=chosen).rows(0)
    early = simulate([parcel], forcing, [], [one for one in seen if one.observed_at < cut], settings=chosen).rows(0)
    known = [row for row in everything if row.day < cut.date()]
    assert known == early[: len(known)]
