"""A learned region as bytes: skops, never pickle, so that opening a file runs nothing of it.

Only numbers, texts and one kind of tree are taken from a file; anything else in it is refused and named.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from cloud.errors import InputError
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
    from skops import io  # noqa: PLC0415 -- slow to import; only model files need it

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
    return io.dumps(content, compression=zipfile.ZIP_DEFLATED, compresslevel=6)


def loads(content: bytes, name: str) -> LearnedRegion:
    """The model in a file's bytes; InputError where it is none, is of another library, or holds what is not trusted."""
    found = _opened(content, name)
    if found.get("format") != FORMAT:
        raise InputError(f"{name}: expected a model of {FORMAT!r}, got {found.get('format')!r}; learn the region again")
    if found["scikit_learn"] != _library():
        raise InputError(
            f"{name}: expected trees of scikit-learn {_library()}, got {found['scikit_learn']}; learn the region again"
        )
    return LearnedRegion(
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
        told=found["told"],
    )


def _opened(content: bytes, name: str) -> dict[str, Any]:
    from skops import io  # noqa: PLC0415 -- as above

    try:
        strange = set(io.get_untrusted_types(data=content)) - TRUSTED
        if strange:
            raise InputError(f"{name}: expected numbers and trees, got {', '.join(sorted(strange))}; do not use it")
        found = io.loads(content, trusted=sorted(TRUSTED))
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise InputError(f"{name}: expected a model made by: seguia cloud weather learn, got another file") from error
    if not isinstance(found, dict):
        raise InputError(f"{name}: expected a model made by: seguia cloud weather learn, got {type(found).__name__}")
    return found


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
