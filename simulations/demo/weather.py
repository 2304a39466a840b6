"""The demo's weather files: a real daily record replayed on the demo's dates, or a synthetic season that says so."""

import csv
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

REAL_YEAR: Final = 2001
"""Year of the Tunis record that is replayed: dry until the end of August, then one storm."""
FORECAST_DAYS: Final = 10
FORECAST_MEMBERS: Final = 9
BENI_MELLAL: Final = (32.34, -6.35, 500.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherDay:
    """One day of weather; et0_mm is the record's own reference evapotranspiration."""

    tmin_c: float
    tmax_c: float
    rain_mm: float
    et0_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWeather:
    """Weather of the demo's season by date, its site (latitude, longitude, elevation_m) and where it comes from."""

    days: Mapping[date, WeatherDay]
    site: tuple[float, float, float]
    origin: str
    synthetic: bool


def demo_weather(demo_day: date) -> DemoWeather:
    """Real Tunis record when the package that carries it is installed, else a synthetic season."""
    record = _tunis_record()
    if record is None:
        return DemoWeather(
            days=_synthetic_season(demo_day.year),
            site=BENI_MELLAL,
            origin="SYNTHETIC weather drawn by this project (the package aquacrop, which carries a real record, is not"
            " installed)",
            synthetic=True,
        )
    return DemoWeather(
        days={
            date(demo_day.year, day.month, day.day): _read_day(row)
            for day, row in _rows(record)
            if day.year == REAL_YEAR and (day.month, day.day) != (2, 29)
        },
        # A parcel refuses weather of another region: the record is told as if it had been measured beside the farm.
        site=BENI_MELLAL,
        origin=f"real daily record of Tunis, {REAL_YEAR} (carried by the package aquacrop, MIT), replayed as"
        f" {demo_day.year} beside the invented farm",
        synthetic=False,
    )


def write_weather(weather: DemoWeather, path: Path, *, last_day: date) -> None:
    """Write the season up to and including last_day in the contract's weather CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_header(weather))
        writer = csv.writer(file)
        writer.writerow(["date", "tmin_c", "tmax_c", "rain_mm", "et0_mm"])
        for day in sorted(day for day in weather.days if day <= last_day):
            writer.writerow([day.isoformat(), *_values(weather.days[day])])


def write_forecast(weather: DemoWeather, path: Path, *, issued_at: datetime, generator: np.random.Generator) -> None:
    """Write an ensemble forecast: what then happened, blurred by a synthetic error that grows with lead time."""
    first = issued_at.date() + timedelta(days=1)
    days = [first + timedelta(days=lead) for lead in range(FORECAST_DAYS)]
    with path.open("w", encoding="utf-8", newline="") as file:
        # Nobody issued it, whatever weather it blurs.
        invented = f"SYNTHETIC forecast: what came, with errors drawn by this project; what came is {weather.origin}"
        file.write(_header(replace(weather, origin=invented, synthetic=True)))
        writer = csv.writer(file)
        writer.writerow(["issued_at", "member", "date", "tmin_c", "tmax_c", "rain_mm", "et0_mm"])
        for member in range(FORECAST_MEMBERS):
            for lead, day in enumerate(days):
                writer.writerow(
                    [
                        issued_at.isoformat(),
                        member,
                        day.isoformat(),
                        *_values(_blurred(weather.days[day], lead, generator)),
                    ]
                )


def _blurred(truth: WeatherDay, lead: int, generator: np.random.Generator) -> WeatherDay:
    growth = 1.0 + lead / 3.0
    warmer_c = float(generator.normal(0.0, 0.6 * growth))
    missed = generator.random() < 0.04 * growth
    rain_mm = 0.0 if missed else truth.rain_mm * float(generator.lognormal(0.0, 0.15 * growth))
    return WeatherDay(
        tmin_c=truth.tmin_c + warmer_c,
        tmax_c=truth.tmax_c + warmer_c,
        rain_mm=rain_mm,
        et0_mm=max(0.3, truth.et0_mm * (1.0 + 0.03 * warmer_c)),
    )


def _header(weather: DemoWeather) -> str:
    latitude, longitude, elevation_m = weather.site
    return (
        f"# {weather.origin}\n# latitude: {latitude}\n# longitude: {longitude}\n# elevation: {elevation_m}\n"
        f"# synthetic: {str(weather.synthetic).lower()}\n"
    )


def _values(day: WeatherDay) -> list[str]:
    return [f"{value:.1f}" for value in (day.tmin_c, day.tmax_c, day.rain_mm, day.et0_mm)]


def _tunis_record() -> Path | None:
    specification = importlib.util.find_spec("aquacrop")
    if specification is None or specification.origin is None:
        return None
    path = Path(specification.origin).parent / "data" / "tunis_climate.txt"
    return path if path.is_file() else None


def _rows(path: Path) -> Iterable[tuple[date, list[str]]]:
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        cells = line.split()
        if cells:
            yield date(int(cells[2]), int(cells[1]), int(cells[0])), cells[3:]


def _read_day(cells: list[str]) -> WeatherDay:
    tmin_c, tmax_c, rain_mm, et0_mm = (float(cell) for cell in cells)
    return WeatherDay(tmin_c=tmin_c, tmax_c=tmax_c, rain_mm=rain_mm, et0_mm=et0_mm)


def _synthetic_season(year: int) -> dict[date, WeatherDay]:
    """Smooth semi-arid year with drawn weather: wet winter, dry summer, one storm at the end of August."""
    generator = np.random.default_rng(year)
    season = {}
    for number in range(365):
        day = date(year, 1, 1) + timedelta(days=number)
        warmth = -np.cos(2.0 * np.pi * (number - 25) / 365.0)  # coldest at the end of January
        mean_c = 19.0 + 9.5 * warmth + generator.normal(0.0, 1.8)
        wet = generator.random() < 0.16 * (1.0 - warmth) / 2.0
        rain_mm = float(generator.gamma(0.8, 9.0)) if wet else 0.0
        season[day] = WeatherDay(
            tmin_c=float(mean_c - 8.0),
            tmax_c=float(mean_c + 8.0),
            rain_mm=rain_mm,
            et0_mm=max(0.5, float(3.9 + 2.6 * warmth + generator.normal(0.0, 0.4) - (1.0 if wet else 0.0))),
        )
    storm = date(year, 9, 1)
    season[storm] = WeatherDay(tmin_c=19.0, tmax_c=27.0, rain_mm=18.0, et0_mm=3.5)
    return season
