"""SYNTHETIC trials on disk: parcels on canal groups, meters read every week, yields, weather, and a known saving."""

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

SEASONS = ("2023", "2024", "2025", "2026")
FIRST = {season: date(int(season), 4, 15) for season in SEASONS}
DAYS = 120
DESIGN = """
name = "Synthetic canal"
kind = "{kind}"
block = "{block}"
baseline_seasons = ["2023", "2024"]
trial_seasons = ["2025", "2026"]
seed = 7
resamples = 199
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is true of a trial."""

    groups: int = 8
    parcels_per_group: int = 4
    saving: float = 0.3
    yield_loss: float = 0.0
    scatter: float = 0.05
    seed: int = 3
    lost: Sequence[str] = field(default_factory=tuple)
    """Parcels that were never read."""


def parcel_ids(trial: Trial) -> list[str]:
    return [f"g{group}p{place}" for group in range(trial.groups) for place in range(trial.parcels_per_group)]


def write_parcels(folder: Path, trial: Trial) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    features = []
    for number, name in enumerate(parcel_ids(trial)):
        group = number // trial.parcels_per_group
        place = -6.5 + 0.01 * group, 32.3 + 0.001 * (number % trial.parcels_per_group)
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": list(place)},
                "properties": {
                    "id": name,
                    "crop": "maize" if number % 2 else "potato",
                    "planted_on": "2025-04-15",
                    "area_ha": 1.0 + 0.25 * (number % 3),
                    "timezone": "Africa/Casablanca",
                    "farm": f"farm {number // 2}",
                    "water": {"canal": "C1", "group": f"G{group}"},
                },
            }
        )
    path = folder / "parcels.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def write_design(folder: Path, kind: str = "stepped", block: str = "group", more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "design.toml"
    path.write_text(DESIGN.format(kind=kind, block=block) + more, encoding="utf-8")
    return path


def write_rows(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_weather(folder: Path) -> None:
    first, last = date(2023, 4, 1), date(2026, 8, 31)
    rows = []
    random = np.random.default_rng(11)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        warm = 24.0 + 8.0 * math.sin((day.timetuple().tm_yday - 110) / 58.0)
        warm += random.normal(0.0, 1.0)
        rain = 4.0 if number % 23 == 0 else 0.0
        rows.append((day.isoformat(), round(warm - 8.0, 1), round(warm + 8.0, 1), 50, 2.0, rain, 6.0))
    write_rows(
        folder / "weather.csv",
        ("date", "tmin_c", "tmax_c", "rh_mean_percent", "wind_m_s", "rain_mm", "et0_mm"),
        rows,
    )


def write_trial(folder: Path, trial: Trial, starts: dict[str, str | None]) -> None:
    """A whole trial in which parcels are advised from their starts on; 450 mm a season without advice, maize 600."""
    random = np.random.default_rng(trial.seed)
    write_parcels(folder, trial)
    write_weather(folder)
    seasons, yields, readings, advised = [], [], [], []
    for number, name in enumerate(parcel_ids(trial)):
        area = 1.0 + 0.25 * (number % 3)
        level = math.exp(random.normal(0.0, 0.2))
        counter = float(random.integers(100, 900))
        start = starts.get(name)
        for season in SEASONS:
            follows = start is not None and season >= start
            first = FIRST[season]
            seasons.append((name, season, "maize" if number % 2 else "potato", first, first + timedelta(days=DAYS - 1)))
            loss = trial.yield_loss if follows else 0.0
            yields.append((name, season, round(8.0 * level * (1.0 - loss) * math.exp(random.normal(0.0, 0.01)), 3)))
            depth = (600.0 if number % 2 else 450.0) * level * math.exp(random.normal(0.0, trial.scatter))
            depth *= 1.0 - trial.saving if follows else 1.0
            readings.append((name, "m1", f"{first}T00:00+00:00", round(counter, 2)))
            for week in range(1, DAYS // 8 + 1):
                counter += 10.0 * area * depth / (DAYS // 8)
                readings.append((name, "m1", f"{first + timedelta(days=8 * week)}T00:00+00:00", round(counter, 2)))
        if start is not None and start in FIRST:
            advised.append((name, FIRST[start].isoformat(), 0.8))
    kept = [row for row in readings if row[0] not in trial.lost]
    write_rows(folder / "seasons.csv", ("parcel_id", "season", "crop", "starts_on", "ends_on"), seasons)
    write_rows(folder / "yields.csv", ("parcel_id", "season", "yield_t_ha"), yields)
    write_rows(folder / "readings.csv", ("parcel_id", "meter_id", "read_at", "counter_m3"), kept)
    write_rows(folder / "advised.csv", ("parcel_id", "advised_from", "followed_fraction"), advised)
