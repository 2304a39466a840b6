"""A forecast with a hole in it: what lies behind the hole is not used, and somebody is told."""

from datetime import date, timedelta

import numpy as np
import pytest
import xarray as xr

from cloud.advice.gaps import gap_lines
from tests.synthetic_season import ahead, parcel

DAY = date(2026, 6, 10)
EVE = DAY - timedelta(days=1)


def _without(days: set[int], name: str = "rain_mm") -> xr.Dataset:
    """The forecast of ten days from DAY on, some of them (0 is DAY) without a variable."""
    forecast = ahead(DAY).copy(deep=True)
    for day in days:
        forecast[name].values[day] = np.nan
    return forecast


def test_a_gap_inside_is_named_with_its_day_and_parcels() -> None:
    (line,) = gap_lines(_without({3}), (parcel("a"), parcel("b")), EVE, DAY)
    assert line == (
        "forecast of 2026-06-10: expected complete days (temperature and rain), got a gap on 2026-06-13;"
        " only the days before it are used for: a, b"
    )


def test_one_member_without_a_day_is_a_gap_too() -> None:
    forecast = ahead(DAY).copy(deep=True)
    forecast["tmax_c"].values[4, 2] = np.nan
    assert "got a gap on 2026-06-14" in gap_lines(forecast, (parcel(),), EVE, DAY)[0]


@pytest.mark.parametrize("missing", [set(), {7, 8, 9}, {9}])
def test_a_forecast_that_merely_ends_has_no_gap(missing: set[int]) -> None:
    assert gap_lines(_without(missing), (parcel(),), EVE, DAY) == ()


def test_a_forecast_that_does_not_reach_the_next_day_holds_its_parcels_and_is_told_elsewhere() -> None:
    assert gap_lines(_without({0}), (parcel(),), EVE, DAY) == ()
    assert gap_lines(_without({1}), (parcel(),), EVE, DAY) == ()


def test_of_many_parcels_five_are_named() -> None:
    (line,) = gap_lines(_without({5}), tuple(parcel(f"p{place}") for place in range(8)), EVE, DAY)
    assert line.endswith("used for: p0, p1, p2, p3, p4 and 3 more")


def test_sites_break_off_on_their_own_days() -> None:
    one = _without({3})
    other = _without({6}).assign_coords(latitude=("site", [33.0]), longitude=("site", [-6.0]))
    both = xr.concat([one, other], dim="site", coords="different", compat="equals", join="exact")
    lines = gap_lines(both, (parcel("near"), parcel("far", latitude=33.0, longitude=-6.0)), EVE, DAY)
    assert ["2026-06-13" in line and line.endswith("near") for line in lines] == [True, False]
    assert "2026-06-16" in lines[1]
    assert lines[1].endswith("far")


def test_nothing_is_said_of_nothing() -> None:
    assert gap_lines(None, (parcel(),), EVE, DAY) == ()
    assert gap_lines(_without({3}), (), EVE, DAY) == ()
