"""Weather of towns told in the terms of NASA POWER, each year held out whole.

Data: NASA POWER at Beni Mellal (to 2010) and the towns of historique-meteo.net (from 2009), two independent products.
They share two years, so each is judged by what the other taught. Features, tree settings and the region's reach were
tried on these two years: nearly, not wholly, unseen. POWER stands at one place, so accuracy at other towns is not
measured; what their own product says of them is told by ``simulations.evaluation.water.towns``.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from cloud.variables import Floats
from cloud.weather.blend.figures import held_out, of_reference_et
from cloud.weather.blend.learned import LearnedRegion, estimate, learn
from cloud.weather.blend.pairs import Pairs, joined, pairs_of
from cloud.weather.product import read_product
from cloud.weather.read import read_weather
from edge.errors import ConfigurationError
from models.evaluation.bars import Bar
from models.job import Job
from simulations.evaluation.water.towns import between_towns

POWER: Final = Path("weather") / "nasa_power_beni_mellal" / "beni_mellal_daily.csv"
LATITUDE, LONGITUDE, ELEVATION_M = 32.34, -6.35, 550.0
TOWNS: Final = Path("weather") / "morocco_towns"
REGION: Final = ("beni-mellal", "kasba-tadla", "azilal", "demnate", "oued-zem", "khouribga")
"""Towns within 100 km of Beni Mellal; Azilal and Demnate are one series, which counts once."""
BAR: Final = Bar(what="reference ET from towns against NASA POWER, year held out, RMSE [mm/d]", most=0.50)
CHANGED_FROM: Final = np.datetime64("2000-01-01", "D")
LEARNED_UNTIL: Final = np.datetime64("1996-01-01", "D")
FIRST, PRODUCT_FROM = "1984-01-01", "1993-01-01"
"""First year of POWER with its radiation, and of the made-up product."""


def run(job: Job) -> Mapping[str, Any]:
    """Every figure of the blend: by variable and year, of one town and of the region, and where its limits are."""
    reference = read_weather(
        existing(job.data / POWER), latitude=LATITUDE, longitude=LONGITUDE, elevation_m=ELEVATION_M
    )
    towns = {name: read_product(existing(job.data / TOWNS / f"export-{name}0.csv")) for name in REGION}
    job.told("blend: the region's towns")
    region = pairs_of(reference, joined(list(towns.values())))
    rows = held_out(region, job.told)
    job.told("blend: one town")
    single = held_out(only(pairs_of(reference, towns["beni-mellal"]), "et0_mm"), job.told)
    job.told("blend: later years")
    learned = learn(only(region, "et0_mm"))
    return {
        "bars": {"rows": [*_bars("towns of the region", rows), *_bars("one town", single)]},
        "rows": rows,
        "one_town": single,
        "consistency_of_later_years": later_years(learned, region),
        "changed_product_SYNTHETIC": changed_product(reference),
        "between_towns": between_towns(towns, job.told),
    }


def existing(path: Path) -> Path:
    """The file, or an error that names what is missing."""
    if not path.is_file():
        raise ConfigurationError(
            f"{path}: expected a weather file, got none; set SEGUIA_DATA to the folder of the data"
        )
    return path


def only(pairs: Pairs, *names: str) -> Pairs:
    """The same days with some of the targets alone."""
    return replace(pairs, targets={name: pairs.targets[name] for name in names})


def later_years(learned: LearnedRegion, pairs: Pairs) -> list[dict[str, Any]]:
    """Mean of reference ET over each year less its normal year: no accuracy, but no year of POWER strays by .4 mm/d."""
    (product,) = pairs.products
    told = estimate(learned, product)
    drift = told.drift["et0_mm"]
    anomaly = told.quantiles["et0_mm"].middle - learned.normal["et0_mm"].at(product.days)
    year = product.days.astype("datetime64[Y]")
    natural = learned.normal["et0_mm"].yearly_sigma
    return [
        {
            "year": str(one),
            "anomaly_mm_d": float(np.nanmean(anomaly[year == one])),
            "anomaly_without_guard_mm_d": float(np.nanmean((anomaly + drift)[year == one])),
            "sigma_of_natural_years_mm_d": natural,
            "days_beyond_training": int(told.outside[year == one].sum()),
            "days_refused": int(told.refused[year == one].sum()),
        }
        for one in np.unique(year)
        if (year == one).sum() > 300  # noqa: PLR2004 -- a month is no year
    ]


def changed_product(reference: xr.Dataset) -> list[dict[str, Any]]:
    """SYNTHETIC: POWER with noise as a second product from 1993, whose version changes in 2000; learned before 1996."""
    whole = reference.sel(time=slice(FIRST, None))
    rows = []
    for name, shift in (("unchanged", 0.0), ("4 K warmer and 16 % drier from 2000", 1.0)):
        second = noisy(whole.sel(time=slice(PRODUCT_FROM, None)), shift, np.random.default_rng(7))
        pairs = only(pairs_of(whole, second), "et0_mm")
        learned = learn(pairs, pairs.days < LEARNED_UNTIL)
        for guard, model in (("with the guard", learned), ("without", replace(learned, normal={}))):
            (product,) = pairs.products
            told = estimate(model, product).quantiles["et0_mm"].middle
            late = pairs.days >= CHANGED_FROM
            error = told[np.searchsorted(product.days, pairs.days[late])] - pairs.targets["et0_mm"][late]
            rows.append({"product": name, "guard": guard, "days": int(late.sum()), **_spread(error)})
    return rows


def noisy(reference: xr.Dataset, shift: float, chance: np.random.Generator) -> xr.Dataset:
    """SYNTHETIC second product: whole degrees, noise, and a version change of a given strength."""
    late = (reference["time"].values >= CHANGED_FROM)[:, None] * shift
    shape = late.shape

    def near(name: str, sigma: float, change: float = 0.0) -> tuple[tuple[str, str], Floats]:
        values = np.asarray(reference[name].transpose("time", "site").values, dtype=np.float64)
        return ("time", "site"), values + sigma * chance.standard_normal(shape) + change * late

    warm = {name: near(name, 1.2, 4.0) for name in ("tmin_c", "tmax_c")}
    data = {name: (dims, np.round(values)) for name, (dims, values) in warm.items()}
    data["rh_mean_percent"] = near("rh_mean_percent", 6.0, -16.0)
    data["wind_2m_m_s"] = near("wind_2m_m_s", 0.4)
    data["radiation_mj_m2"] = near("radiation_mj_m2", 2.0)
    return xr.Dataset(
        {name: (dims, np.clip(values, -40.0, 100.0)) for name, (dims, values) in data.items()},
        coords={name: reference[name] for name in ("time", "latitude", "longitude", "elevation_m")},
    )


def _spread(error: Floats) -> dict[str, float]:
    known = error[np.isfinite(error)]
    return {"rmse_mm_d": float(np.sqrt(np.mean(known**2))), "bias_mm_d": float(known.mean())}


def _bars(what: str, rows: list[dict[str, Any]]) -> list[dict[str, object]]:
    found = []
    for row in of_reference_et(rows):
        plain = row["rmse_of_the_product_as_it_is"]
        label = "both years" if row["held_out"] == "all" else f"{row['held_out']} held out"
        found.append(BAR.row(row["rmse"], note=f"{what}, {label}; plain conversion {plain:.2f}"))
    return found
