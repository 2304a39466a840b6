"""A forecast while it is worked on: reference ET derived member by member, and what is told of it."""

import numpy as np
import pytest
import xarray as xr

from cloud.errors import InputError
from cloud.weather.forcing import site_reference
from cloud.weather.outlook.working import before, begin, days_of, member_reference, name_of

ORDER = ("time", "member", "site")
SHAPE = (3, 4, 2)


def forecast() -> xr.Dataset:
    generator = np.random.default_rng(6)
    tmin = generator.normal(12.0, 2.0, SHAPE)
    return xr.Dataset(
        {
            "tmin_c": (ORDER, tmin),
            "tmax_c": (ORDER, tmin + 13.0),
            "rain_mm": (ORDER, np.zeros(SHAPE)),
            "strange": (ORDER, np.ones(SHAPE)),
        },
        coords={
            "time": np.arange("2026-05-11", "2026-05-14", dtype="datetime64[D]").astype("datetime64[ns]"),
            "member": np.arange(4),
            "latitude": ("site", [32.3, 35.0]),
            "longitude": ("site", [-6.4, -2.0]),
            "elevation_m": ("site", [500.0, np.nan]),
        },
        attrs={"issued_at": "2026-05-10T18:00:00", "source": "ahead.nc"},
    )


def test_each_member_has_the_reference_et_of_its_own_weather() -> None:
    found = member_reference(forecast())
    assert found.shape == SHAPE
    for member in range(4):
        alone = site_reference(forecast().isel(member=member, drop=True)).et0_mm
        np.testing.assert_allclose(found[:, member], alone)
    assert found.min() > 1.0


def test_given_reference_et_is_taken_as_it_is() -> None:
    given = forecast().assign(et0_mm=(ORDER, np.full(SHAPE, 5.25)))
    assert (member_reference(given) == 5.25).all()


def test_without_a_latitude_there_is_no_reference_et_to_derive() -> None:
    nowhere = forecast().assign_coords(latitude=("site", [np.nan, 35.0]))
    with pytest.raises(InputError, match="latitude"):
        member_reference(nowhere)


def test_what_is_worked_on_is_known_weather_and_a_copy() -> None:
    dataset = forecast()
    work = begin(dataset)
    assert set(work.values) == {"tmin_c", "tmax_c", "rain_mm", "et0_mm"}
    assert work.name == "ahead.nc"
    assert work.issued_on == np.datetime64("2026-05-10")
    assert work.days.tolist() == days_of(dataset).tolist()
    done = work.finished({**work.values, "tmin_c": work.values["tmin_c"] + 1.0}, "warmer")
    assert (done.forecast["tmin_c"] > dataset["tmin_c"]).all()
    assert "history" not in dataset.attrs
    assert done.forecast.attrs["history"] == "warmer"
    assert "strange" in done.forecast


def test_a_second_step_adds_its_line_to_the_history() -> None:
    first = begin(forecast()).finished(begin(forecast()).values, "first").forecast
    work = begin(first)
    assert work.finished(work.values, "second").forecast.attrs["history"] == "first\nsecond"


def test_the_lowest_temperature_never_stands_above_the_highest() -> None:
    work = begin(forecast())
    values = {**work.values, "tmin_c": work.values["tmin_c"] + 20.0}
    done = work.finished(values, "crossed").forecast
    np.testing.assert_allclose(done["tmin_c"].values, work.values["tmax_c"])
    np.testing.assert_allclose(done["tmax_c"].values, values["tmin_c"])
    only = work.finished({"rain_mm": work.values["rain_mm"]}, "rain").forecast
    assert only["tmin_c"].equals(forecast()["tmin_c"])


def test_a_variable_of_which_nothing_is_known_is_not_written() -> None:
    work = begin(forecast())
    done = work.finished({**work.values, "et0_mm": np.full(SHAPE, np.nan)}, "unknown").forecast
    assert "et0_mm" not in done


def test_only_days_that_were_over_are_past() -> None:
    past = forecast().isel(member=0, drop=True)
    kept = before(past, np.datetime64("2026-05-12"))
    assert days_of(kept).astype(str).tolist() == ["2026-05-11"]
    assert before(past, np.datetime64("2026-05-01")).sizes["time"] == 0


def test_a_forecast_without_a_name_is_called_one() -> None:
    nameless = forecast()
    del nameless.attrs["source"]
    assert name_of(nameless) == "forecast"
