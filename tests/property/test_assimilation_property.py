"""What the filter may never do, whatever it is told: learn from silence, lose water, move against a reading."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.agronomy.assimilation.assimilate import assimilate, expected
from cloud.agronomy.assimilation.members import draws, start
from cloud.agronomy.assimilation.readings import batches, merged
from cloud.agronomy.crops.season import Stage
from cloud.agronomy.plots import plots_of
from cloud.agronomy.step import DayInputs, advance
from cloud.agronomy.water import WaterSettings, simulate
from cloud.records import Observation, Parcel, Soil
from cloud.weather.forcing import Forcing

FIRST = date(2024, 4, 1)
SEEN_ON = 30
SILENCE_DAYS = 30


def weather(et0_mm: float) -> Forcing:
    days = SEEN_ON + SILENCE_DAYS + 1

    def column(value: float) -> np.ndarray:
        return np.full((days, 1), value)

    return Forcing(
        days=np.arange(np.datetime64(FIRST), np.datetime64(FIRST) + days),
        et0_mm=column(et0_mm),
        rain_mm=column(0.0),
        wind_2m_m_s=column(2.0),
        rh_min_percent=column(45.0),
        tmin_c=column(12.0),
        tmax_c=column(28.0),
        radiation_mj_m2=column(22.0),
    )


@st.composite
def parcels(draw: st.DrawFn) -> Parcel:
    capacity = draw(st.floats(0.18, 0.38))
    soil = Soil(field_capacity=capacity, wilting_point=capacity * draw(st.floats(0.3, 0.55)))
    return Parcel(id="p", crop="olive", planted_on=FIRST, latitude=32.0, longitude=-6.0, timezone="UTC", soil=soil)


def observation(kind: str, value: float, sigma: float, **layer: float) -> Observation:
    return Observation.model_validate(
        {
            "parcel_id": "p",
            "observed_at": datetime.combine(FIRST + timedelta(days=SEEN_ON), time(12), UTC),
            "kind": kind,
            "value": value,
            "sigma": sigma,
            "source": "test",
            **{f"depth_{name}_m": depth for name, depth in layer.items()},
        }
    )


@settings(max_examples=8, deadline=None)
@given(parcel=parcels(), et0_mm=st.floats(1.0, 4.0), seed=st.integers(0, 50))
def test_thirty_days_without_an_observation_only_widen_the_interval(parcel: Parcel, et0_mm: float, seed: int) -> None:
    told = observation("depletion_mm", 25.0, 1.0)
    history = simulate([parcel], weather(et0_mm), [], [told], settings=WaterSettings(members=32, seed=seed))
    silent = history.rows(0)[SEEN_ON:]
    assert silent[0].correction_mm != 0.0
    assert all(row.correction_mm == 0.0 for row in silent[1:])
    widths = np.array([row.depletion_p90_mm - row.depletion_p10_mm for row in silent])
    assert widths[-1] > widths[0]
    # Quantiles of 32 members waver from day to day; and in a soil drawn far down a dry member uses less water than a
    # wet one, so that members draw nearer: by a share of the width of that day, not of the first.
    assert (np.diff(widths[::10]) > -0.10 * widths[::10][:-1]).all()


@settings(max_examples=25, deadline=None)
@given(
    parcel=parcels(),
    kind=st.sampled_from(("soil_water_fraction", "profile", "depletion_mm", "stress_index", "cwsi")),
    share=st.floats(0.0, 1.0),
    sigma_share=st.floats(0.05, 0.5),
    seed=st.integers(0, 50),
)
def test_a_reading_draws_the_expectation_towards_it_and_the_soil_holds_what_is_left(
    parcel: Parcel, kind: str, share: float, sigma_share: float, seed: int
) -> None:
    plots = plots_of([parcel], FIRST, followed_m=1.5)
    one = np.ones((1, 1))
    water = start(plots, draws(64, seed), 1.2 * one, 60.0 * one, 0.0 * one)
    stage = Stage(kcb=0.6 * one, height_m=3.0 * one, root_depth_m=1.2 * one)
    calm = DayInputs(
        et0_mm=3.0 * one, rain_mm=0.0 * one, wind_2m_m_s=2.0 * one, rh_min_percent=45.0 * one, irrigation_mm=0.0 * one
    )
    water, fluxes = advance(water, plots, stage, calm)
    content, depletion = 0.1 + 0.2 * share, 120.0 * share
    if kind == "profile":
        seen = [
            observation("soil_water_fraction", content, 0.1 * sigma_share, **{"from": top, "to": top + 0.4})
            for top in (0.0, 0.4, 0.8)
        ]
    elif kind == "soil_water_fraction":
        seen = [observation(kind, content, 0.1 * sigma_share)]
    else:
        value = depletion if kind == "depletion_mm" else share
        seen = [observation(kind, value, sigma_share * (30.0 if kind == "depletion_mm" else 1.0))]
    (batch,) = batches([(0, reading) for reading in merged(seen)])
    before = expected(water, plots, fluxes, batch)
    after = assimilate(water, plots, fluxes, batch)
    then = expected(after, plots, fluxes, batch)
    apart = abs(before.mean() - batch.value[0, 0])
    assert abs(then.mean() - batch.value[0, 0]) <= apart + 0.5 * before.std()
    total = after.holds_mm(plots, after.root_depth_m)
    assert (after.depletion_mm <= total + 1e-9).all()
    assert (after.depletion_mm >= -0.8 * total - 1e-9).all()
    room = after.holds_mm(plots, plots.column_bottom_m(after.root_scale)) - total
    assert (after.below_mm <= np.maximum(room, 0.0) + 1e-9).all()
    assert (after.root_depth_m <= plots.soil_depth_m).all()
    for name in ("capacity_scale", "deep_scale", "wilting_scale", "deep_wilting_scale", "root_scale", "kcb_scale"):
        assert (getattr(after, name) > 0.0).all()


@settings(max_examples=15, deadline=None)
@given(parcel=parcels(), seed=st.integers(0, 50), low=st.floats(0.0, 0.5), more=st.floats(0.1, 0.5))
def test_more_stress_never_tells_of_wetter_soil(parcel: Parcel, seed: int, low: float, more: float) -> None:
    plots = plots_of([parcel], FIRST)
    one = np.ones((1, 1))
    water = start(plots, draws(64, seed), 1.2 * one, 80.0 * one, 0.0 * one)
    stage = Stage(kcb=0.6 * one, height_m=3.0 * one, root_depth_m=1.2 * one)
    calm = DayInputs(
        et0_mm=5.0 * one, rain_mm=0.0 * one, wind_2m_m_s=2.0 * one, rh_min_percent=45.0 * one, irrigation_mm=0.0 * one
    )
    water, fluxes = advance(water, plots, stage, calm)

    def missing(stress: float) -> float:
        (batch,) = batches([(0, observation("stress_index", stress, 0.1))])
        after = assimilate(water, plots, fluxes, batch)
        return float((after.depletion_mm / after.holds_mm(plots, after.root_depth_m)).mean())

    assert missing(low + more) >= missing(low) - 1e-9


def dry_weather(days: int) -> Forcing:
    def column(value: float) -> np.ndarray:
        return np.full((days, 1), value)

    return Forcing(
        days=np.arange(np.datetime64(FIRST), np.datetime64(FIRST) + days),
        et0_mm=column(5.0),
        rain_mm=column(0.0),
        wind_2m_m_s=column(2.0),
        rh_min_percent=column(45.0),
        tmin_c=column(12.0),
        tmax_c=column(28.0),
        radiation_mj_m2=column(22.0),
    )


@settings(max_examples=20, deadline=None)
@given(value=st.floats(0.06, 0.40), days=st.integers(20, 90), deep=st.sampled_from([None, 0.3, 0.8]))
def test_a_wetter_reading_never_means_a_drier_soil(value: float, days: int, deep: float | None) -> None:
    parcel = Parcel(
        id="m",
        crop="maize",
        planted_on=date(2024, 4, 1),
        latitude=32.3,
        longitude=-6.3,
        timezone="UTC",
        soil=Soil(texture="loam"),
        initial_depletion_mm=5.0,
    )
    forcing = dry_weather(days)
    reading = Observation(
        parcel_id="m",
        observed_at=datetime(2024, 4, 1, 12, tzinfo=UTC) + timedelta(days=days - 1),
        kind="soil_water_fraction",
        value=value,
        sigma=0.01,
        depth_from_m=None if deep is None else 0.0,
        depth_to_m=deep,
        source="probe",
    )
    blind = simulate([parcel], forcing, [], []).rows(0)[-1]
    history = simulate([parcel], forcing, [], [reading])
    (effect,) = history.effects
    drier = history.rows(0)[-1].depletion_mm - blind.depletion_mm
    if effect.seen > effect.expected:
        assert drier <= 0.5
    else:
        # A soil found drier may turn out to hold less, and so to miss less of it, but never to be fuller.
        before, after = blind, history.rows(0)[-1]
        assert after.depletion_mm / after.total_available_mm >= before.depletion_mm / before.total_available_mm - 0.02
