"""Cover may say that the canopy has gaps; not that it is more than closed, nor anything of water and roots."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cloud.agronomy.assimilation.cover import COVER_BOUNDS, within_cover
from cloud.agronomy.assimilation.members import draws, start
from cloud.agronomy.plots import plots_of
from cloud.agronomy.step import Water
from cloud.agronomy.water import simulate
from cloud.records import CropParameters, IrrigationEvent, Observation, Parcel, Soil
from tests.unit.cloud.agronomy.conftest import MakeForcing

SOWN = date(2024, 5, 1)
PARCEL = Parcel(
    id="p",
    crop="maize",
    planted_on=SOWN,
    latitude=32.0,
    longitude=-6.0,
    timezone="UTC",
    soil=Soil(field_capacity=0.31, wilting_point=0.15),
    crop_parameters=CropParameters(stage_lengths_days=(30, 40, 50, 30)),
    initial_depletion_mm=10.0,
)


def water() -> Water:
    plots = plots_of([PARCEL], SOWN, followed_m=1.0)
    return start(plots, draws(16, 0), np.array([[0.6]]), np.array([[40.0]]), np.array([[0.0]]))


def test_cover_moves_within_its_bounds_and_others_freely() -> None:
    before = replace(water(), kcb_scale=np.linspace(0.82, 0.98, 16)[None, :])
    after = replace(before, kcb_scale=before.kcb_scale * 1.5, depletion_mm=before.depletion_mm + 9.0)
    told = within_cover(before, after, "canopy_cover_fraction")
    assert told.kcb_scale.mean() == pytest.approx(COVER_BOUNDS[1])
    assert (told.depletion_mm == before.depletion_mm).all()
    assert within_cover(before, after, "soil_water_fraction") is after
    less = replace(before, kcb_scale=before.kcb_scale * 0.5)
    assert within_cover(before, less, "canopy_cover_fraction").kcb_scale.mean() == pytest.approx(COVER_BOUNDS[0])
    inside = replace(before, kcb_scale=before.kcb_scale * 1.02)
    assert within_cover(before, inside, "canopy_cover_fraction").kcb_scale == pytest.approx(inside.kcb_scale)


def test_members_differ_about_the_bound_as_they_did() -> None:
    before = replace(water(), kcb_scale=np.linspace(0.8, 1.2, 16)[None, :])
    higher = replace(before, kcb_scale=before.kcb_scale + 0.3)
    told = within_cover(before, higher, "canopy_cover_fraction").kcb_scale
    assert told.mean() == pytest.approx(1.0)
    assert told.min() < 0.95
    assert told.max() > 1.05
    # However often a canopy is seen to be closed, the parcel is not believed to use more than the table says.
    water_now = before
    for _ in range(20):
        water_now = within_cover(
            water_now, replace(water_now, kcb_scale=water_now.kcb_scale + 0.05), "canopy_cover_fraction"
        )
    assert water_now.kcb_scale.mean() == pytest.approx(1.0)


def test_what_others_taught_stays() -> None:
    before = replace(water(), kcb_scale=np.full((1, 16), 1.4))
    same = within_cover(before, before, "canopy_cover_fraction")
    assert same.kcb_scale == pytest.approx(1.4)
    higher = replace(before, kcb_scale=np.full((1, 16), 1.6))
    assert within_cover(before, higher, "canopy_cover_fraction").kcb_scale == pytest.approx(1.4)


def test_a_canopy_that_closes_early_does_not_double_the_water_use(make_forcing: MakeForcing) -> None:
    forcing = make_forcing(SOWN, [6.0] * 100)
    events = [
        IrrigationEvent(
            parcel_id="p",
            started_at=datetime.combine(SOWN + timedelta(days=day), datetime.min.time(), UTC),
            depth_mm=24.0,
            source="meter",
        )
        for day in range(2, 100, 4)
    ]
    seen = [
        Observation(
            parcel_id="p",
            observed_at=datetime.combine(SOWN + timedelta(days=day), datetime.min.time(), UTC),
            kind="canopy_cover_fraction",
            value=float(np.clip(0.96 / (1.0 + np.exp(-(day - 35) / 4.0)), 0.01, 0.96)),
            sigma=0.08,
            source="camera",
        )
        for day in range(20, 90, 2)
    ]
    history = simulate([PARCEL], forcing, events, seen)
    assert np.nanmax(history.columns["kcb"]) < 1.15 * COVER_BOUNDS[1] * 1.05
    assert np.nanmax(history.columns["kcb"]) > 1.0
