"""A reference and a second product of one made-up place: the second is warmer, in whole degrees, and noisy."""

from collections.abc import Iterator

import numpy as np
import pytest
import xarray as xr

from cloud.variables import Days, Floats
from cloud.weather.blend import boosted
from cloud.weather.blend.learned import LearnedRegion, learn
from cloud.weather.blend.pairs import Pairs, pairs_of

LATITUDE, LONGITUDE, ELEVATION_M = 32.3, -6.4, 500.0


def days_from(first: str, count: int) -> Days:
    return np.datetime64(first, "D") + np.arange(count)


def season(days: Days) -> Floats:
    """From -1 in mid-January to +1 in mid-July."""
    ordinal = (days - days.astype("datetime64[Y]")).astype(np.float64)
    wave: Floats = -np.cos(2.0 * np.pi * (ordinal - 14.0) / 365.25)
    return wave


def dataset(
    days: Days, data: dict[str, Floats], place: tuple[float, float, float] = (LATITUDE, LONGITUDE, ELEVATION_M)
) -> xr.Dataset:
    latitude, longitude, elevation_m = place
    return xr.Dataset(
        {name: (("time", "site"), values[:, None]) for name, values in data.items()},
        coords={
            "time": days.astype("datetime64[ns]"),
            "latitude": ("site", [latitude]),
            "longitude": ("site", [longitude]),
            "elevation_m": ("site", [elevation_m]),
        },
        attrs={"source": "made up", "sha256": "00", "notes": "", "problems": "", "synthetic": "made up"},
    )


def truth(days: Days) -> dict[str, Floats]:
    chance = np.random.default_rng(3)
    wave = season(days)
    tmax = 24.0 + 9.0 * wave + 3.0 * chance.standard_normal(days.size)
    tmin = tmax - 11.0 - 2.0 * wave
    et0 = np.maximum(3.8 + 2.4 * wave + 0.12 * (tmax - 24.0 - 9.0 * wave), 0.3)
    rain = np.where(chance.random(days.size) < 0.15, chance.gamma(0.8, 9.0, days.size), 0.0)
    return {"tmin_c": tmin, "tmax_c": tmax, "rain_mm": rain, "et0_mm": et0}


def product(true: dict[str, Floats], seed: int = 5) -> dict[str, Floats]:
    chance = np.random.default_rng(seed)
    size = true["tmax_c"].size
    return {
        "tmin_c": np.round(true["tmin_c"] + 4.0 + chance.standard_normal(size)),
        "tmax_c": np.round(true["tmax_c"] + 3.0 + chance.standard_normal(size)),
        "rh_mean_percent": np.clip(55.0 - 15.0 * season(days_from("2001-01-01", size)), 5.0, 100.0),
        "wind_2m_m_s": np.full(size, 1.6),
        "rain_mm": true["rain_mm"] * 2.0,
    }


@pytest.fixture(scope="session", autouse=True)
def few_trees() -> Iterator[None]:
    """What is tested here does not need the trees that real weather needs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosted, "ROUNDS", 40)
        patch.setattr(boosted, "ROUNDS_OF_ENDS", 20)
        yield


@pytest.fixture(scope="session")
def days() -> Days:
    return days_from("2001-01-01", 1095)


@pytest.fixture(scope="session")
def reference(days: Days) -> xr.Dataset:
    return dataset(days, truth(days))


@pytest.fixture(scope="session")
def second(days: Days) -> xr.Dataset:
    return dataset(days, product(truth(days)), (LATITUDE + 0.1, LONGITUDE, 520.0))


@pytest.fixture(scope="session")
def pairs(reference: xr.Dataset, second: xr.Dataset) -> Pairs:
    return pairs_of(reference, second)


@pytest.fixture(scope="session")
def learned(pairs: Pairs) -> LearnedRegion:
    """Learned on the first two years; the third stays unseen."""
    return learn(pairs, pairs.days < np.datetime64("2003-01-01"), told={"figures": []})
