"""What the advisor is told of a field, and a short season under the real advisor, from sowing to harvest."""

from datetime import date, timedelta

import numpy as np
import pytest

from simulations.closed_loop.advised import LONGEST_DAYS, measured
from simulations.closed_loop.advisor import Sources
from simulations.closed_loop.baselines import Calendar
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.declared import (
    LEAST_FLOW_M3_H_HA,
    SOWING_ERROR_DAYS,
    answers_factor,
    flow_of,
    groups_of,
    parcel_of,
    stages_of,
)
from simulations.closed_loop.farmers import Done
from simulations.closed_loop.fields import Design, FieldSeason, fields_of
from simulations.closed_loop.outlooks import CLIMATOLOGY_MEMBERS, dataset_of, usual_of
from simulations.closed_loop.runs import ADVISED, BASELINES, Part, fields_in, habits_of
from simulations.closed_loop.telling import Telling
from tests.unit.simulations.closed_loop.made import pilot


def climate(years: int = 12) -> Climate:
    days = np.arange(np.datetime64("1985-01-01"), np.datetime64(f"{1985 + years}-01-01"))
    same = np.ones(days.size)
    return Climate(
        name="tunis",
        latitude=36.8,
        longitude=10.2,
        elevation_m=66.0,
        origin="made up",
        days=days,
        tmin_c=12.0 * same,
        tmax_c=28.0 * same,
        rain_mm=np.where(np.arange(days.size) % 30 == 0, 12.0, 0.0),
        et0_mm=5.0 * same,
    )


def some(count: int = 40) -> tuple[FieldSeason, ...]:
    return fields_of(
        Design(crops=("tomato",), climates=("tunis",), seasons=(1990,), textures=("loam",), per_cell=count)
    )


def test_parcels_hide_the_ground_and_blur_the_day_of_sowing() -> None:
    fields = some()
    parcels = [parcel_of(one, climate(), place) for place, one in enumerate(fields)]
    off = [
        (parcel.planted_on - one.nominal_sown_on).days
        for parcel, one in zip(parcels, fields, strict=True)
        if parcel.planted_on
    ]
    assert max(map(abs, off)) <= SOWING_ERROR_DAYS
    assert len(set(off)) > 3
    assert {one.soil.field_capacity for one in parcels} == {0.31}
    assert len({one.longitude for one in parcels}) == len(parcels)
    assert all(one.irrigation.efficiency in {0.9, 0.75, 0.6} for one in parcels)
    assert parcels[3] == parcel_of(fields[3], climate(), 3)


def test_stages_are_stretched_to_the_told_season() -> None:
    assert sum(stages_of("tomato", 110.0)) == 110
    assert stages_of("tomato", 145.0) == (30, 40, 45, 30)


def test_large_fields_have_the_flow_to_water_them() -> None:
    for one in some():
        assert flow_of(one) >= max(one.flow_m3_h, LEAST_FLOW_M3_H_HA * one.area_ha)


def test_people_are_drawn_by_the_field_and_answer_by_their_telephone() -> None:
    fields = some(400)
    groups = [groups_of(one) for one in fields]
    assert groups == [groups_of(one) for one in fields]
    assert {one["phone"] for one in groups} == {"smartphone", "feature_phone", "voice_only"}
    voice = [answers_factor(one) for one, own in zip(fields, groups, strict=True) if own["phone"] == "voice_only"]
    smart = [answers_factor(one) for one, own in zip(fields, groups, strict=True) if own["phone"] == "smartphone"]
    assert max(voice) < min(smart)
    assert {one["size"] for one in groups} == {"small", "middle", "large"}


def done(metered: float, answered: int, day: date = date(2025, 5, 1)) -> Done:
    return Done(
        day=day,
        gross_mm=np.array([22.0]),
        metered_mm=np.array([metered]),
        answered=np.array([answered], dtype=np.int8),
        answered_mm=np.array([20.0 if answered > 0 else np.nan]),
    )


def heard(*days: tuple[Done, float], replies: bool = True) -> list[tuple[float, str]]:
    """Accounts of the last of several days."""
    telling = Telling([parcel_of(one, climate(), 0) for one in some(1)])
    events = [telling.events(what, np.array([told]), replies=replies) for what, told in days]
    assert all(one.started_at.date() == days[-1][0].day for one in events[-1])
    return [(one.depth_mm, one.source) for one in events[-1]]


def test_a_meter_counts_and_its_silence_later_means_no_water() -> None:
    metered = done(21.5, 0)
    assert heard((metered, 20.0)) == [(21.5, "meter")]
    silent = done(np.nan, 0, day=date(2025, 5, 6))
    assert heard((metered, 20.0), (silent, 20.0)) == []


def test_answers_count_and_a_no_is_no_water() -> None:
    assert heard((done(np.nan, 1), 20.0)) == [(20.0, "reply")]
    assert heard((done(np.nan, -1), 20.0)) == [(0.0, "reply")]


def test_what_nobody_speaks_of_is_presumed_by_the_products_own_rule() -> None:
    silent = done(np.nan, 0)
    assert heard((silent, 20.0)) == [(18.0, "inferred")]
    assert heard((silent, 0.0)) == []
    assert heard((done(np.nan, 1), 20.0), replies=False) == [(18.0, "inferred")]


def test_weather_is_laid_onto_the_nominal_days() -> None:
    fields = some(1)
    first = fields[0].nominal_sown_on - timedelta(days=5)
    station = climate()
    told = measured(fields, {"tunis": station}, first)
    assert told["rain_mm"].shape == (LONGEST_DAYS, 1)
    real = first - fields[0].shift
    row = int((np.datetime64(real) - station.days[0]).astype(int))
    assert told["rain_mm"][:60, 0] == pytest.approx(station.rain_mm[row : row + 60])
    short = measured(fields, {"tunis": climate(5)}, first)
    assert np.isfinite(short["et0_mm"]).sum() == 0


def test_climatology_is_made_of_other_years() -> None:
    station = climate()
    days = np.arange(station.days.size)
    marked = np.where(days // 365.25 == 5, 99.0, 1.0)
    members = usual_of(
        Climate(**{name: getattr(station, name) for name in Climate.__slots__} | {"rain_mm": marked}), date(1990, 6, 1)
    )
    assert members["rain_mm"].shape == (10, CLIMATOLOGY_MEMBERS)
    assert members["rain_mm"].max() == 1.0


def test_forecasts_of_fields_without_a_crop_are_gaps() -> None:
    members = usual_of(climate(), date(1990, 6, 1))
    dataset = dataset_of([members, None], date(2025, 6, 1), "test")
    assert dataset["et0_mm"].dims == ("time", "member", "site")
    assert np.isnan(dataset["et0_mm"].values[..., 1]).all()
    assert np.isfinite(dataset["et0_mm"].values[..., 0]).all()
    assert dataset.attrs["issued_at"].startswith("2025-05-31")


def test_each_ablation_takes_one_source_away() -> None:
    assert Sources.of("advisor") == Sources()
    assert not Sources.of("no_vision").vision
    assert Sources.of("no_forecast") == Sources(forecast=False)
    assert not Sources.of("no_assimilation").assimilation
    assert not Sources.of("no_replies").replies


def test_farmers_who_wait_after_rain_stand_beside_the_mixture() -> None:
    fields = some(3)
    plain, after = (BASELINES[name](fields, {"tunis": climate()}) for name in ("mixture", "mixture_after_rain"))
    assert isinstance(plain, Calendar)
    assert isinstance(after, Calendar)
    assert (plain._skips_rain, after._skips_rain) == (False, True)
    blind = BASELINES["mixture_rain_blind"](fields, {"tunis": climate()})
    assert isinstance(blind, Calendar)
    assert blind._gross_mm.sum() > plain._gross_mm.sum()


def test_strategies_have_a_runner_each() -> None:
    assert set(BASELINES) | ADVISED >= {"advisor", "mixture", "calendar_110", "turns"}
    assert habits_of("mixture", pilot()).compliance == 1.0
    assert habits_of("advisor", pilot(farmers={"compliance": 0.7})).compliance == 0.7
    fields = fields_in(Part(strategy="mixture", climate="tunis", crop="maize"), pilot(fields={"copies": 2}))
    assert len(fields) == 4
    assert {one.season for one in fields} == {1990, 1991}
