import numpy as np
import pytest

from cloud.errors import InputError
from cloud.weather.scrutiny.finding import Series
from cloud.weather.scrutiny.seasons import check_seasons


def year(latitude: float, *, half_range: float = 9.0, hottest: float = 205.0, days: int = 365) -> Series:
    number = np.arange(days)
    mean = 18.0 + half_range * np.cos(2.0 * np.pi * (number + 1 - hottest) / 365.25)
    return Series(
        days=np.datetime64("2023-01-01", "D") + number,
        values={"tmin_c": (mean - 6.0)[:, None], "tmax_c": (mean + 6.0)[:, None]},
        latitude_deg=np.array([latitude]),
        elevation_m=np.array([500.0]),
    )


def check(series: Series, longitude: float = -6.35) -> None:
    check_seasons(series, np.array([longitude]), "past.csv")


def fault_of(series: Series) -> str:
    """What is held against a series, or nothing."""
    try:
        check(series)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "series",
    [
        year(32.3),
        year(-32.3, hottest=22.0),
        year(-6.35, half_range=3.0),
        year(np.nan, hottest=22.0),
        year(-32.3, days=200),
        year(-32.3, half_range=3.0),
        year(69.0, hottest=240.0),
    ],
)
def test_seasons_that_fit_or_say_nothing_pass(series: Series) -> None:
    assert fault_of(series) == ""


def test_exchanged_coordinates_are_named() -> None:
    with pytest.raises(InputError, match=r"latitude 32\.3 and longitude -6\.35 seem exchanged"):
        check(year(-6.35), longitude=32.3)


def test_a_lost_sign_is_named() -> None:
    with pytest.raises(InputError, match=r"latitude -32.3: expected a year that is warmest about day 22.*sign"):
        check(year(-32.3))
    with pytest.raises(InputError, match="correct the latitude"):
        check(year(5.0), longitude=2.0)


def test_other_variables_say_nothing() -> None:
    series = year(-32.3)
    assert "latitude -32.3" in fault_of(series)
    del series.values["tmin_c"]
    assert fault_of(series) == ""
