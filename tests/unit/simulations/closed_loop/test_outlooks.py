"""What is ahead of fields that run together on nominal days though each lives in a year of its own."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest

from cloud.variables import Floats
from simulations.closed_loop.climates import VARIABLES, Climate
from simulations.closed_loop.fields import Design, FieldSeason, fields_of
from simulations.closed_loop.forecasts import LEADS
from simulations.closed_loop.outlooks import CLIMATOLOGY_MEMBERS, ClimatologyAhead, EnsembleAhead, usual_of

FIELDS = fields_of(Design(crops=("maize",), climates=("here",), seasons=(1990, 1991), textures=("loam",)))


def climate(years: int = 12, gap: int | None = None) -> Climate:
    """Every day tells its own number in the record, so that it can be known again."""
    days = np.arange(np.datetime64("1985-01-01"), np.datetime64(f"{1985 + years}-01-01"))
    number = np.arange(days.size, dtype=np.float64)
    rain = number.copy()
    if gap is not None:
        rain[gap] = np.nan
    like = np.ones(days.size)
    return Climate(
        name="here",
        latitude=36.8,
        longitude=10.2,
        elevation_m=66.0,
        origin="made",
        days=days,
        tmin_c=12.0 * like,
        tmax_c=28.0 * like,
        rain_mm=rain,
        et0_mm=5.0 * like,
    )


class _Issued:
    """A forecast of the world that only notes for which real day it was asked."""

    def __init__(self) -> None:
        self.asked: list[date] = []

    def ahead(self, day: date) -> Mapping[str, Floats]:
        self.asked.append(day)
        return {name: np.full((LEADS, 3), float(day.year)) for name in VARIABLES}


def test_each_field_is_asked_for_its_own_year_and_the_fallow_for_none() -> None:
    issued = _Issued()
    source = EnsembleAhead({"here": issued})  # type: ignore[dict-item]  # only what is asked of it
    day = FIELDS[0].nominal_sown_on + timedelta(days=30)
    dataset = source.issued(day, FIELDS, np.array([True, False]))
    assert issued.asked == [day - FIELDS[0].shift]
    assert issued.asked[0].year == FIELDS[0].sown_on.year
    assert (dataset["rain_mm"].isel(site=0) == issued.asked[0].year).all()
    assert dataset["rain_mm"].isel(site=1).isnull().all()
    assert dataset.attrs["issued_at"] == f"{day - timedelta(days=1)}T18:00:00"
    assert "SYNTHETIC" in dataset.attrs["source"]


def test_where_nobody_grows_anything_there_is_one_member_of_gaps() -> None:
    dataset = ClimatologyAhead({"here": climate()}).issued(date(2025, 6, 1), FIELDS, np.array([False, False]))
    assert dict(dataset.sizes) == {"time": LEADS, "member": 1, "site": 2}
    assert all(dataset[name].isnull().all() for name in VARIABLES)


@pytest.mark.parametrize("field", FIELDS, ids=lambda one: str(one.season))
def test_climatology_knows_every_year_but_the_one_it_is_asked_about(field: FieldSeason) -> None:
    real = field.sown_on + timedelta(days=40)
    members = usual_of(climate(), real)
    assert members["rain_mm"].shape == (LEADS, CLIMATOLOGY_MEMBERS)
    years = {
        (np.datetime64("1985-01-01") + int(number)).astype("datetime64[Y]").astype(int) + 1970
        for number in members["rain_mm"][0].tolist()
    }
    assert real.year not in years
    assert len(years) == 11
    # Days follow one another, and lie at the same time of their years.
    assert (np.diff(members["rain_mm"], axis=0) == 1.0).all()
    of_year = members["rain_mm"][0] % 365.25 - (np.datetime64(real) - np.datetime64("1985-01-01")).astype(int) % 365.25
    assert (np.abs((of_year + 182.6) % 365.25 - 182.6) < 2.0).all()


def test_a_year_with_a_gap_is_no_member() -> None:
    day = date(1990, 7, 1)
    start = int((np.datetime64(day) - np.datetime64("1985-01-01")).astype(int))
    beside = start + 365
    assert beside in usual_of(climate(), day)["rain_mm"][0]
    assert beside not in usual_of(climate(gap=beside + 2), day)["rain_mm"][0]


def test_a_year_that_the_record_does_not_end_in_is_no_member() -> None:
    numbers = usual_of(climate(), date(1990, 12, 28))["rain_mm"]
    assert numbers.max() <= climate().days.size - 1
