"""A learned region as bytes: skops, never pickle, so that opening a file runs nothing of it.

Only numbers, texts and one kind of tree are taken from a file; anything else in it is refused and named.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from cloud.errors import InputError
from cloud.learned_file import DAMAGED, packed, unpacked
from cloud.variables import VARIABLES
from cloud.weather.blend.boosted import Boosted, Straight
from cloud.weather.blend.learned import LearnedRegion
from cloud.weather.blend.normal_year import NormalYear
from cloud.weather.blend.rain import RainMap
from cloud.weather.blend.regions import Region

FORMAT: Final = "seguia blend 1"
TRUSTED: Final = frozenset({"sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"})
"""The one type outside skops' own list: the nodes of a tree as an array."""


def dumps(learned: LearnedRegion) -> bytes:
    """The bytes of a model file."""
    content = {
        "format": FORMAT,
        "scikit_learn": _library(),
        "region": {name: getattr(learned.region, name) for name in Region.__slots__},
        "predictors": list(learned.predictors),
        "names": list(learned.names),
        "lowest": learned.lowest,
        "highest": learned.highest,
        "sites": [list(site) for site in learned.sites],
        "first_day": str(learned.first_day),
        "last_day": str(learned.last_day),
        "boosted": {name: _of_boosted(model) for name, model in learned.boosted.items()},
        "rain": None if learned.rain is None else {name: getattr(learned.rain, name) for name in RainMap.__slots__},
        "normal": {
            name: {"coefficients": one.coefficients, "yearly_sigma": one.yearly_sigma}
            for name, one in learned.normal.items()
        },
        "told": dict(learned.told),
    }
    return packed(content)


def loads(content: bytes, name: str) -> LearnedRegion:
    """The model in a file's bytes; InputError where it is none, is of another library, or holds what is not trusted."""
    try:
        return _read(content, name)
    except DAMAGED as error:
        raise InputError(
            f"{name}: expected a model made by: seguia cloud weather learn, got another file or a damaged one"
            f" ({type(error).__name__}); learn the region again"
        ) from error


def _read(content: bytes, name: str) -> LearnedRegion:
    found = unpacked(content, name, trusted=TRUSTED)
    if found.get("format") != FORMAT:
        raise InputError(f"{name}: expected a model of {FORMAT!r}, got {found.get('format')!r}; learn the region again")
    if found["scikit_learn"] != _library():
        raise InputError(
            f"{name}: expected trees of scikit-learn {_library()}, got {found['scikit_learn']}; learn the region again"
        )
    learned = LearnedRegion(
        region=Region(**found["region"]),
        predictors=tuple(found["predictors"]),
        names=tuple(found["names"]),
        lowest=found["lowest"],
        highest=found["highest"],
        sites=tuple((float(one[0]), float(one[1])) for one in found["sites"]),
        first_day=np.datetime64(found["first_day"], "D"),
        last_day=np.datetime64(found["last_day"], "D"),
        boosted={key: _boosted(one) for key, one in found["boosted"].items()},
        rain=None if found["rain"] is None else RainMap(**found["rain"]),
        normal={key: NormalYear(**one) for key, one in found["normal"].items()},
        told=dict(found["told"]),
    )
    _tell_one_day(learned)
    return learned


def _tell_one_day(learned: LearnedRegion) -> None:
    """Estimate a day in the middle of what was seen: what cannot do that is found here and not in the night."""
    region = learned.region
    if region.refusal(float(region.latitude[0]), float(region.longitude[0]), float(region.elevation_m[0])) is not None:
        raise ValueError("the region's own site lies outside it")
    if not 0.0 < region.around_km < np.inf:
        raise ValueError("no sites of a second product are near")
    if not np.asarray(learned.lowest).shape == np.asarray(learned.highest).shape == (len(learned.names),):
        raise ValueError("limits are not those of the features")
    day, row = np.array([learned.last_day]), (learned.lowest + learned.highest)[None, :] / 2.0
    if np.isnat(day).any() or not np.isfinite(row).all():
        raise ValueError("limits are no numbers")
    told = {name: model.quantiles(row) for name, model in learned.boosted.items()}
    if learned.rain is not None:
        told["rain_mm"] = learned.rain.quantiles(np.zeros(1), row)
    for name, quantiles in told.items():
        if name not in VARIABLES or not np.isfinite([quantiles.low, quantiles.middle, quantiles.high]).all():
            raise ValueError(f"{name} cannot be told")
        if name in learned.normal:
            learned.normal[name].drift(day, quantiles.middle)


def _of_boosted(model: Boosted) -> dict[str, Any]:
    return {
        "slopes": model.straight.slopes,
        "offset": model.straight.offset,
        **{name: getattr(model, name) for name in ("middle", "low", "high", "wider")},
    }


def _boosted(found: Mapping[str, Any]) -> Boosted:
    straight = Straight(slopes=found["slopes"], offset=found["offset"])
    return Boosted(straight=straight, **{name: found[name] for name in ("middle", "low", "high", "wider")})


def _library() -> str:
    """Trees are read by the release that made them, its corrections aside."""
    return ".".join(version("scikit-learn").split(".")[:2])
