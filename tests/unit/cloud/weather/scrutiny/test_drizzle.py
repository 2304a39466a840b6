from pathlib import Path

import numpy as np
import pytest

from cloud.variables import Floats
from cloud.weather.read import read_weather
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


def written(path: Path, rain: Floats, header: str) -> Path:
    """A synthetic station of two years."""
    days = np.datetime64("2023-01-01") + np.arange(rain.size)
    warm = 8.0 + 6.0 * np.sin(2.0 * np.pi * (np.arange(rain.size) - 105) / 365.25)
    low = warm + np.random.default_rng(3).normal(0.0, 1.0, rain.size)
    rows = [
        f"{day},{cold:.1f},{cold + 14.0:.1f},{fell:.2f}" for day, cold, fell in zip(days, low, rain[:, 0], strict=True)
    ]
    content = "\n".join(["# latitude: 33.07", "# longitude: -111.97", "# elevation: 361", header, *rows])
    path.write_text(content, encoding="utf-8")
    return path


def test_a_file_of_inches_called_millimetres_is_told_in_a_note_and_used(tmp_path: Path) -> None:
    inches = np.round(gauge(decimals=2) / 25.4, 2)
    dataset = read_weather(written(tmp_path / "az.csv", inches, "date,tmin_c,tmax_c,rain_mm"))
    (note,) = (line for line in dataset.attrs["notes"].splitlines() if "rain_in" in line)
    assert note.startswith("az.csv: rain_mm: expected a wetter day than ")
    assert dataset.attrs["problems"] == ""
    assert float(dataset["rain_mm"].sum()) == pytest.approx(float(inches.sum()))
    honest = read_weather(written(tmp_path / "az.csv", inches, "date,tmin_c,tmax_c,rain_in"))
    assert "rain_in" not in honest.attrs["notes"]


def test_no_record_of_the_region_is_taken_for_inches(shared_data: Path) -> None:
    folder = shared_data / "weather"
    # The driest towns, where a false alarm would come first, and a wet one.
    towns = [folder / "morocco_towns" / f"export-{name}0.csv" for name in ("dakhla", "tarfaya", "chefchaouen")]
    power = folder / "nasa_power_beni_mellal" / "beni_mellal_daily.csv"
    for path in (*towns, power):
        dataset = read_weather(path, latitude=32.34, longitude=-6.35, elevation_m=550.0)
        assert "rain in inches looks like this" not in dataset.attrs["notes"], path.name
