import numpy as np
import pytest

from cloud.variables import Floats
from cloud.weather.scrutiny.drizzle import rain_in_inches
from cloud.weather.scrutiny.finding import Series


def series(rain: Floats) -> Series:
    return Series(
        days=np.datetime64("2023-01-01", "D") + np.arange(rain.shape[0]),
        values={"rain_mm": rain},
        latitude_deg=np.array([32.3]),
        elevation_m=np.array([500.0]),
    )


def gauge(days: int = 730, *, mean_mm: float = 6.0, decimals: int = 1) -> Floats:
    """A drawn record: rain on one day of eight, at least the gauge's own step."""
    generator = np.random.default_rng(4)
    wet = generator.random(days) < 0.125
    return np.where(wet, np.round(generator.gamma(1.0, mean_mm, days) + 10.0**-decimals, decimals), 0.0)[:, None]


def test_a_record_in_inches_is_questioned_with_a_way_out() -> None:
    inches = np.round(gauge(decimals=2) / 25.4, 2)
    line = rain_in_inches(series(inches), "past.csv")
    assert line.startswith("past.csv: rain_mm: expected a wetter day than ")
    assert "rain_in" in line


@pytest.mark.parametrize(
    "rain",
    [
        gauge(),
        gauge(decimals=2),
        gauge(mean_mm=0.2),  # a desert town told in tenths
        np.round(gauge(decimals=2) / 25.4, 2)[:300],  # too short to tell
        np.zeros((730, 1)),
        np.full((730, 1), np.nan),
    ],
)
def test_rain_in_millimetres_is_not(rain: Floats) -> None:
    assert rain_in_inches(series(rain), "past.csv") == ""


def test_weather_without_rain_and_forecasts_say_nothing() -> None:
    inches = np.round(gauge(decimals=2) / 25.4, 2)
    whole = series(inches)
    assert rain_in_inches(whole, "past.csv") != ""
    del whole.values["rain_mm"]
    assert rain_in_inches(whole, "past.csv") == ""
    assert rain_in_inches(series(inches[:, None, :]), "ahead.csv") == ""
