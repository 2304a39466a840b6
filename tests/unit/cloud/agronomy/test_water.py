from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cloud.agronomy.water import WaterSettings, project, simulate
from cloud.errors import InputError, MissingDataError
from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.water_day import WaterDay
from cloud.weather.forcing import Forcing

MakeForcing = Callable[..., Forcing]
PLAIN = WaterSettings(fixed_parameters=True)


def event(day: date, depth: float, parcel: str = "maize", hour: int = 8) -> IrrigationEvent:
    at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return IrrigationEvent(parcel_id=parcel, started_at=at, depth_mm=depth, source="meter")


def seen(day: date, kind: str, value: float, sigma: float = 0.02, **more: float) -> Observation:
    return Observation.model_validate(
        {
            "parcel_id": "maize",
            "observed_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
            "kind": kind,
            "value": value,
            "sigma": sigma,
            "source": "probe",
            **more,
        }
    )


def test_rows_run_from_planting_to_the_last_day(maize: Parcel, make_forcing: MakeForcing) -> None:
    history = simulate([maize], make_forcing(date(2024, 3, 28), [5.0] * 10), [], [], settings=PLAIN)
    rows = history.rows(0)
    assert [row.day for row in (rows[0], rows[-1])] == [date(2024, 4, 1), date(2024, 4, 6)]
    assert isinstance(rows[0], WaterDay)
    assert rows[0].correction_mm == 0.0
    assert rows[0].depletion_p10_mm == rows[0].depletion_mm == rows[0].depletion_p90_mm
    assert rows[0].profile_water_mm is None


def test_a_season_to_come_has_no_rows(maize: Parcel, make_forcing: MakeForcing) -> None:
    history = simulate([maize], make_forcing(date(2024, 1, 1), [3.0] * 5), [], [], settings=PLAIN)
    assert not history.started[0]
    assert history.rows(0) == []


def test_events_of_one_day_are_summed_and_made_net(maize: Parcel, make_forcing: MakeForcing) -> None:
    day = date(2024, 4, 3)
    events = [event(day, 10.0), event(day, 15.0, hour=17), event(date(2025, 1, 1), 9.0), event(day, 4.0, "other")]
    history = simulate([maize], make_forcing(date(2024, 4, 1), [5.0] * 6), events, [], settings=PLAIN)
    assert history.rows(0)[2].irrigation_mm == pytest.approx(20.0)
    assert sum(row.irrigation_mm for row in history.rows(0)) == pytest.approx(20.0)
    assert any("other is not among" in note for note in history.notes)
    assert any("outside the weather's days" in note for note in history.notes)


def test_what_lies_outside_the_weather_is_one_line_for_each_kind(maize: Parcel, make_forcing: MakeForcing) -> None:
    events = [event(date(2023, 5, day), 9.0) for day in range(1, 13)] + [event(date(2025, 1, 1), 9.0)]
    readings = [seen(date(2025, 2, day), "depletion_mm", 20.0, 3.0) for day in (3, 4)]
    history = simulate([maize], make_forcing(date(2024, 4, 1), [5.0] * 6), events, readings)
    told = [note for note in history.notes if "outside the weather's days" in note]
    assert len(told) == 2
    assert told[0].startswith("irrigation: parcel maize: 13 between 2023-05-01 and 2025-01-01 are outside")
    assert told[1].startswith("observation: parcel maize: 2 between 2025-02-03 and 2025-02-04 are outside")


def test_a_parcel_set_aside_for_gaps_is_told_nothing_about_its_start(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(date(2024, 4, 1), [5.0] * 20)
    forcing.et0_mm[8:15] = np.nan
    history = simulate([maize], forcing, [event(date(2024, 4, 3), 20.0)], [], settings=PLAIN)
    assert "gaps of up to 5 days are bridged" in history.problems[0]
    assert "seguia cloud weather blend" in history.problems[0]
    assert not any("initial_depletion_mm" in note for note in history.notes)


def test_an_event_counts_on_the_local_day_of_its_start(maize: Parcel, make_forcing: MakeForcing) -> None:
    # 23:30 UTC on 3 April is already 4 April in Beni Mellal.
    late = IrrigationEvent(
        parcel_id="maize", started_at=datetime(2024, 4, 3, 23, 30, tzinfo=UTC), depth_mm=10.0, source="meter"
    )
    elsewhere = maize.model_copy(update={"timezone": "Africa/Cairo"})
    history = simulate([elsewhere], make_forcing(date(2024, 4, 1), [5.0] * 6), [late], [], settings=PLAIN)
    assert [row.irrigation_mm for row in history.rows(0)][:4] == pytest.approx([0.0, 0.0, 0.0, 8.0])


def test_a_gap_in_the_season_sets_one_parcel_aside_and_names_the_days(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(date(2024, 4, 1), [5.0] * 10, parcels=2)
    forcing.et0_mm[3:9, 0] = np.nan
    other = maize.model_copy(update={"id": "other"})
    history = simulate([maize, other], forcing, [], [], settings=PLAIN)
    assert list(history.started) == [False, True]
    assert "2024-04-04" in history.problems[0]
    assert "and 1 more" in history.problems[0]
    assert np.isnan(history.state.depletion_mm[0]).all()
    assert len(history.rows(1)) == 10


def test_no_weather_is_an_error(maize: Parcel, make_forcing: MakeForcing) -> None:
    with pytest.raises(MissingDataError, match="one day of weather"):
        simulate([maize], make_forcing(date(2024, 4, 1), []), [], [])
    with pytest.raises(MissingDataError, match="at least one parcel"):
        simulate([], make_forcing(date(2024, 4, 1), [5.0]), [], [])


def test_what_came_before_the_season_is_told(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(date(2024, 3, 20), [5.0] * 30)
    early = [event(date(2024, 3, 25), 30.0)], [seen(date(2024, 3, 26), "depletion_mm", 5.0)]
    history = simulate([maize], forcing, *early)
    assert "1 days of irrigation and 1 observations before its first row" in history.notes[-1]


def test_a_late_first_day_is_told_and_widens_the_interval(maize: Parcel, make_forcing: MakeForcing) -> None:
    on_time = simulate([maize], make_forcing(date(2024, 4, 1), [1.0] * 3), [], [])
    late = simulate([maize], make_forcing(date(2024, 5, 20), [1.0] * 3), [], [])
    assert any("49 days between planting" in note for note in late.notes)
    width = [h.rows(0)[0].depletion_p90_mm - h.rows(0)[0].depletion_p10_mm for h in (on_time, late)]
    assert width[1] > 2.0 * width[0]


def test_the_same_inputs_give_the_same_answer_whatever_the_neighbours(maize: Parcel, make_forcing: MakeForcing) -> None:
    days = date(2024, 4, 1), [4.0] * 40
    alone = simulate([maize], make_forcing(*days), [], [])
    other = maize.model_copy(update={"id": "other", "crop": "tomato"})
    together = simulate([other, maize], make_forcing(*days, parcels=2), [], [])
    assert alone.rows(0) == together.rows(1)
    seeded = simulate([maize], make_forcing(*days), [], [], settings=WaterSettings(seed=1))
    assert seeded.rows(0) != alone.rows(0)


def measured(row: WaterDay, kind: str, to_m: float | None) -> float:
    """What an instrument of a kind would read in the mean parcel; down to ``to_m`` if it stands for a layer."""
    if to_m is not None and row.profile_water_mm is not None:
        return row.profile_water_mm / (1000.0 * to_m)
    if kind == "depletion_mm":
        return row.depletion_mm
    if kind == "soil_water_fraction":
        return row.root_zone_water_mm / (1000.0 * row.root_depth_m)
    used, left = row.depletion_mm - row.readily_available_mm, row.total_available_mm - row.readily_available_mm
    return max(used / left, 0.0)


@pytest.mark.parametrize(
    ("kind", "value", "more"),
    [
        ("depletion_mm", 30.0, {"sigma": 2.0}),
        ("soil_water_fraction", 0.14, {"sigma": 0.01}),
        ("soil_water_fraction", 0.24, {"sigma": 0.01, "depth_from_m": 0.0, "depth_to_m": 0.4}),
        ("stress_index", 0.9, {"sigma": 0.05}),
        ("cwsi", 0.9, {"sigma": 0.05}),
    ],
)
def test_an_observation_draws_the_state_towards_it_and_only_from_its_day(
    maize: Parcel, make_forcing: MakeForcing, kind: str, value: float, more: dict[str, float]
) -> None:
    forcing = make_forcing(date(2024, 4, 1), [5.0] * 60)
    events = [event(date(2024, 5, day), 20.0) for day in (4, 10, 16, 22)]
    to_m = more.get("depth_to_m")
    settings = WaterSettings(profile_depth_m=to_m)
    look = seen(date(2024, 5, 20), kind, value, **more)
    blind = simulate([maize], forcing, events, [], settings=settings).rows(0)
    informed = simulate([maize], forcing, events, [look], settings=settings).rows(0)
    day = (date(2024, 5, 20) - date(2024, 4, 1)).days
    assert informed[:day] == blind[:day]
    before, after = measured(blind[day], kind, to_m), measured(informed[day], kind, to_m)
    assert abs(after - value) < 0.8 * abs(before - value)
    assert informed[day].correction_mm == pytest.approx(informed[day].depletion_mm - blind[day].depletion_mm, abs=1e-9)


def test_a_crop_seen_without_stress_stands_in_wetter_soil(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing, day = make_forcing(date(2024, 4, 1), [5.0] * 60), date(2024, 5, 20)
    events = [event(date(2024, 5, one), 20.0) for one in (4, 10, 16, 22)]
    blind = simulate([maize], forcing, events, [])
    calm = simulate([maize], forcing, events, [seen(day, "stress_index", 0.0, 0.05)])
    assert calm.rows(0)[49].depletion_mm < blind.rows(0)[49].depletion_mm - 1.0
    assert np.array_equal(calm.state.water.capacity_scale, blind.state.water.capacity_scale)


def test_a_seen_canopy_teaches_the_crop_coefficient(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(date(2024, 4, 1), [5.0] * 60)
    events = [event(date(2024, 5, day), 40.0) for day in (4, 10, 16, 22)]
    blind = simulate([maize], forcing, events, []).state.water.kcb_scale.mean()

    def told(cover: float) -> float:
        look = seen(date(2024, 5, 20), "canopy_cover_fraction", cover, 0.05)
        return float(simulate([maize], forcing, events, [look]).state.water.kcb_scale.mean())

    assert told(0.1) < blind - 0.02
    # A canopy that is closed early is no thirstier than the tables' closed canopy.
    assert told(0.7) == pytest.approx(max(blind, 1.0))


def test_fixed_parameters_learn_nothing(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(date(2024, 4, 1), [5.0] * 30)
    looked = [seen(date(2024, 4, 20), "depletion_mm", 3.0)]
    assert simulate([maize], forcing, [], looked, settings=PLAIN).rows(0) == simulate(
        [maize], forcing, [], [], settings=PLAIN
    ).rows(0)


def test_layers_of_one_visit_are_one_profile(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(date(2024, 4, 1), [5.0] * 60)
    settings = WaterSettings(profile_depth_m=0.6)
    day = date(2024, 5, 20)
    layers = [
        seen(day, "soil_water_fraction", value, 0.005, depth_from_m=top, depth_to_m=top + 0.2)
        for value, top in ((0.19, 0.0), (0.21, 0.2), (0.23, 0.4))
    ]
    before = simulate([maize], forcing, [], [], settings=settings).rows(0)[49]
    row = simulate([maize], forcing, [], layers, settings=settings).rows(0)[49]
    assert row.day == day
    assert before.profile_water_mm is not None
    assert row.profile_water_mm is not None
    assert row.profile_water_p10_mm is not None
    assert row.profile_water_p90_mm is not None
    assert abs(row.profile_water_mm - 126.0) < abs(before.profile_water_mm - 126.0)
    assert row.profile_water_p10_mm < row.profile_water_mm < row.profile_water_p90_mm


def test_a_projection_goes_on_where_the_history_stopped(maize: Parcel, make_forcing: MakeForcing) -> None:
    whole = simulate([maize], make_forcing(date(2024, 4, 1), [5.0] * 40), [], [], settings=PLAIN)
    part = simulate([maize], make_forcing(date(2024, 4, 1), [5.0] * 30), [], [], settings=PLAIN)
    ahead = project(part.state, [maize], make_forcing(date(2024, 5, 1), [5.0] * 10))
    assert ahead.depletion_mm.shape == (10, 1, 1)
    assert ahead.depletion_mm[:, 0, 0] == pytest.approx(whole.columns["depletion_mm"][30:, 0], abs=1e-9)
    watered = project(part.state, [maize], make_forcing(date(2024, 5, 1), [5.0] * 10), np.full((10, 1), 5.0))
    assert watered.depletion_mm[-1, 0, 0] < ahead.depletion_mm[-1, 0, 0]


def test_forecast_members_meet_state_members_in_turn(maize: Parcel, make_forcing: MakeForcing) -> None:
    history = simulate([maize], make_forcing(date(2024, 4, 1), [5.0] * 30), [], [], settings=WaterSettings(members=8))
    forecast = make_forcing(date(2024, 5, 1), [5.0] * 3, members=2)
    forecast.rain_mm[:, :, 1] = 15.0
    ahead = project(history.state, [maize], forecast)
    assert ahead.depletion_mm.shape == (3, 1, 8)
    assert (ahead.depletion_mm[-1, 0, 1::2] < ahead.depletion_mm[-1, 0, ::2].min()).all()


def test_a_gap_in_a_forecast_is_not_zero(maize: Parcel, make_forcing: MakeForcing) -> None:
    history = simulate([maize], make_forcing(date(2024, 4, 1), [5.0] * 30), [], [], settings=PLAIN)
    forecast = make_forcing(date(2024, 5, 1), [5.0] * 3)
    forecast.et0_mm[1] = np.nan
    ahead = project(history.state, [maize], forecast).depletion_mm[:, 0, 0]
    assert np.isfinite(ahead[0])
    assert np.isnan(ahead[1:]).all()
    assert project(history.state, [maize], make_forcing(date(2024, 5, 1), [])).depletion_mm.shape == (0, 1, 1)


def test_a_forecast_must_follow_the_state(maize: Parcel, make_forcing: MakeForcing) -> None:
    history = simulate([maize], make_forcing(date(2024, 4, 1), [5.0] * 30), [], [], settings=PLAIN)
    with pytest.raises(InputError, match="2024-05-01"):
        project(history.state, [maize], make_forcing(date(2024, 5, 3), [5.0] * 3))


def test_filled_days_widen_the_interval_after_a_reading(maize: Parcel, make_forcing: MakeForcing) -> None:
    forcing = make_forcing(date(2024, 4, 1), [5.0] * 90)
    flags = np.zeros((90, 1), dtype=bool)
    flags[60:70] = True
    events, looked = [event(date(2024, 5, 29), 150.0)], [seen(date(2024, 5, 30), "depletion_mm", 10.0, 1.0)]

    def width(weather: Forcing) -> float:
        rows = (
            simulate([maize], weather, events, looked, settings=WaterSettings(seed=seed)).rows(0)[66]
            for seed in range(6)
        )
        return float(np.mean([row.depletion_p90_mm - row.depletion_p10_mm for row in rows]))

    assert width(replace(forcing, filled=flags)) > width(forcing)


def test_an_olive_on_drip_and_a_cut_alfalfa_run_a_year(make_forcing: MakeForcing) -> None:
    olive = Parcel.model_validate(
        {"id": "olive", "crop": "olive", "latitude": 32.3, "longitude": -6.3, "irrigation": {"method": "drip"}}
    )
    alfalfa = Parcel.model_validate(
        {
            "id": "alfalfa",
            "crop": "alfalfa",
            "latitude": 32.3,
            "longitude": -6.3,
            "cuttings": [f"2024-{month:02d}-10" for month in range(4, 11)],
        }
    )
    forcing = make_forcing(date(2024, 1, 1), [4.0] * 366, [1.5] * 366, parcels=2)
    history = simulate([olive, alfalfa], forcing, [], [])
    assert [len(history.rows(place)) for place in (0, 1)] == [366, 366]
    coefficients = [row.kcb for row in history.rows(1)]
    assert min(coefficients) < 0.35
    assert max(coefficients) > 1.0
    assert history.rows(0)[0].root_depth_m == pytest.approx(1.2, abs=0.05)


def test_what_each_observation_changed_adds_up_to_the_correction(maize: Parcel, make_forcing: MakeForcing) -> None:
    observations = [
        seen(date(2024, 5, 20), "depletion_mm", 30.0, sigma=5.0),
        seen(date(2024, 5, 20), "stress_index", 0.5, sigma=0.1),
    ]
    history = simulate([maize], make_forcing(date(2024, 4, 1), [5.0] * 60), [], observations)
    assert [one.kind for one in history.effects] == ["depletion_mm", "stress_index"]
    first = history.effects[0]
    assert (first.parcel_id, first.seen, first.sigma, first.suspect) == ("maize", 30.0, 5.0, False)
    assert first.expected > first.seen
    assert first.expected_sigma > 0.0
    row = history.rows(0)[(date(2024, 5, 20) - date(2024, 4, 1)).days]
    assert sum(one.correction_mm for one in history.effects) == pytest.approx(row.correction_mm, abs=1e-9)
