"""Gaps of a town filled from its neighbours, years and towns held out whole, beside what anyone can do.

The towns' product is judge of itself here: this shows how far neighbours tell a town, not how true the product is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cloud.variables import Floats
from cloud.weather.blend.learned import learn
from cloud.weather.blend.pairs import Pairs, joined, pairs_of
from cloud.weather.blend.regions import distance_km
from cloud.weather.forcing import site_reference

FIRST, UNSEEN_FROM, LAST = "2012-01-01", np.datetime64("2014-01-01", "D"), "2014-12-31"
VARIABLES: Final = ("tmax_c", "et0_mm")
TARGETS: Final = ("beni-mellal", "khouribga")
"""Towns whose gaps are filled: one at the foot of the mountains, one on the plateau."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """Rows of one town with its neighbours, and the rows that are scored."""

    town: str
    pairs: Pairs
    scored: NDArray[np.bool_]
    nearest: Mapping[str, Floats]


def between_towns(towns: Mapping[str, xr.Dataset], told: Callable[[str], None]) -> list[dict[str, Any]]:
    """One row for each town, variable and way of filling a year that was not seen."""
    cut = {name: _cut(town) for name, town in towns.items()}
    rows = []
    for name in TARGETS:
        told(f"blend: {name} from its neighbours")
        case = _case(name, cut)
        for how, values in _ways(case, _cases_without(name, cut)).items():
            rows += [_row(case, how, variable, values[variable]) for variable in VARIABLES if variable in values]
    return rows


def _cut(town: xr.Dataset) -> xr.Dataset:
    some = town.sel(time=slice(FIRST, LAST))
    reference = site_reference(some).et0_mm
    return some.assign(et0_mm=(("time", "site"), reference, {"units": "mm"}))


def _cases_without(held_out: str, towns: Mapping[str, xr.Dataset]) -> list[_Case]:
    """Every other series once; the town that is held out, and its twins, are not among their neighbours either."""
    mine = towns[held_out]["tmax_c"].values
    left = {name: one for name, one in towns.items() if not np.array_equal(one["tmax_c"].values, mine)}
    return [_case(name, left) for name in left if not _is_twin(name, left)]


def _is_twin(name: str, towns: Mapping[str, xr.Dataset]) -> bool:
    """Whether an earlier town has the very same series."""
    before = list(towns)[: list(towns).index(name)]
    return any(np.array_equal(towns[name]["tmax_c"].values, towns[one]["tmax_c"].values) for one in before)


def _case(name: str, towns: Mapping[str, xr.Dataset]) -> _Case:
    town = towns[name]
    mine = town["tmax_c"].values
    others = [one for key, one in towns.items() if key != name and not np.array_equal(one["tmax_c"].values, mine)]
    neighbours = joined([one.drop_vars("et0_mm") for one in others])
    kept = [*VARIABLES, *(key for key in ("tmin_c",) if key not in VARIABLES)]
    pairs = pairs_of(town[kept], neighbours)
    away = [
        float(
            distance_km(
                float(town["latitude"][0]), float(town["longitude"][0]), one["latitude"].values, one["longitude"].values
            )[0]
        )
        for one in others
    ]
    near = others[int(np.argmin(away))]
    rows = np.searchsorted(near["time"].values.astype("datetime64[D]"), pairs.days)
    return _Case(
        town=name,
        pairs=replace(pairs, targets={key: pairs.targets[key] for key in VARIABLES}),
        scored=pairs.days >= UNSEEN_FROM,
        nearest={key: near[key].values[rows, 0] for key in VARIABLES},
    )


def _ways(case: _Case, others: list[_Case]) -> dict[str, dict[str, Floats]]:
    pairs, seen = case.pairs, ~case.scored
    own = learn(pairs, seen)
    rows = pairs.features[case.scored]
    foreign = learn(_stacked([one.pairs for one in others]), np.concatenate([~one.scored for one in others]))
    return {
        "nearest town as it is": {key: case.nearest[key][case.scored] for key in VARIABLES},
        "mean of the neighbours as it is": {key: pairs.plain[key][case.scored] for key in VARIABLES},
        "normal year of the town": {
            key: _day_of_year_mean(pairs.days[seen], pairs.targets[key][seen], pairs.days[case.scored])
            for key in VARIABLES
        },
        "straight lines, learned on other years": {key: own.boosted[key].straight.predict(rows) for key in VARIABLES},
        "blend, learned on other years": {key: own.boosted[key].quantiles(rows).middle for key in VARIABLES},
        "blend, learned on other years and other towns": {
            key: foreign.boosted[key].quantiles(rows).middle for key in VARIABLES
        },
    }


def _stacked(several: list[Pairs]) -> Pairs:
    first = several[0]
    return replace(
        first,
        features=np.concatenate([one.features for one in several]),
        days=np.concatenate([one.days for one in several]),
        site=np.concatenate([np.full(one.days.size, place, dtype=np.intp) for place, one in enumerate(several)]),
        targets={key: np.concatenate([one.targets[key] for one in several]) for key in first.targets},
        records={key: first.records[key] for key in first.targets},
    )


def _day_of_year_mean(days: NDArray[np.datetime64], values: Floats, wanted: NDArray[np.datetime64]) -> Floats:
    """Mean of the days within a fortnight of the same day of the year."""
    theirs, ours = (
        (one - one.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) for one in (days, wanted)
    )
    apart = np.abs(theirs[None, :] - ours[:, None])
    near = (np.minimum(apart, 365 - apart) <= 15) & np.isfinite(values)[None, :]  # noqa: PLR2004 -- the fortnight
    weights = near.astype(np.float64)
    mean: Floats = (weights @ np.nan_to_num(values)) / np.maximum(weights.sum(axis=1), 1.0)
    return mean


def _row(case: _Case, how: str, variable: str, values: Floats) -> dict[str, Any]:
    error = values - case.pairs.targets[variable][case.scored]
    known = error[np.isfinite(error)]
    return {
        "town": case.town,
        "variable": variable,
        "way": how,
        "days": int(known.size),
        "rmse": float(np.sqrt(np.mean(known**2))),
        "bias": float(known.mean()),
    }
