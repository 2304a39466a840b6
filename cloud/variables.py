"""The one table of weather variables: name, unit, plausible bounds and the share that may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.errors import InputError, MissingDataError, UnitError

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
"""Array of double precision numbers; NaN means unknown, never zero."""

Indices = NDArray[np.intp]
"""Places in an array."""

Days = NDArray[np.datetime64]
"""Array of local days (datetime64[D])."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One daily weather variable as it stands inside the cloud."""

    name: str
    unit: str
    low: float
    """Lowest plausible value, included."""
    high: float
    """Highest plausible value, included."""
    allowed_missing_fraction: float
    """Share of days that may be unknown before an answer is refused."""
    description: str

    def nearly(self, values: Floats) -> NDArray[np.bool_]:
        """Where values lie outside the bounds by no more than rounding or a sensor's drift explains."""
        below, above = _MARGINS.get(self.name, (0.0, 0.0))
        return ((values < self.low) & (values >= self.low - below)) | (
            (values > self.high) & (values <= self.high + above)
        )


_MARGINS: Final = {
    **dict.fromkeys(("rh_mean_percent", "rh_min_percent", "rh_max_percent"), (0.5, 10.0)),
    "rain_mm": (0.05, 0.0),
    "radiation_mj_m2": (0.1, 0.0),
    "wind_2m_m_s": (0.01, 0.0),
}


def _table(*variables: Variable) -> Mapping[str, Variable]:
    return MappingProxyType({variable.name: variable for variable in variables})


def _variable(name: str, unit: str, bounds: tuple[float, float], missing: float, description: str) -> Variable:
    return Variable(
        name=name,
        unit=unit,
        low=bounds[0],
        high=bounds[1],
        allowed_missing_fraction=missing,
        description=description,
    )


VARIABLES: Final = _table(
    _variable("tmin_c", "degC", (-45.0, 45.0), 0.1, "lowest air temperature of the day at 2 m"),
    _variable("tmax_c", "degC", (-35.0, 60.0), 0.1, "highest air temperature of the day at 2 m"),
    _variable("rh_mean_percent", "%", (0.0, 100.0), 1.0, "mean relative humidity"),
    _variable("rh_min_percent", "%", (0.0, 100.0), 1.0, "lowest relative humidity"),
    _variable("rh_max_percent", "%", (0.0, 100.0), 1.0, "highest relative humidity"),
    _variable("dewpoint_c", "degC", (-50.0, 40.0), 1.0, "mean dew point"),
    _variable("wind_2m_m_s", "m s-1", (0.0, 40.0), 1.0, "mean wind speed, brought to 2 m above short grass"),
    _variable("radiation_mj_m2", "MJ m-2 d-1", (0.0, 45.0), 1.0, "global short-wave radiation"),
    _variable("sunshine_h", "h", (0.0, 24.0), 1.0, "hours of bright sunshine"),
    _variable("rain_mm", "mm", (0.0, 800.0), 0.1, "rain and melted snow"),
    _variable("et0_mm", "mm", (0.0, 25.0), 1.0, "reference evapotranspiration, given"),
)


_ENOUGH_DAYS: Final = 20
_HALF_A_YEAR: Final = 200
_WINDIEST_MEDIAN_M_S: Final = 8.0
"""The windiest stations have a yearly mean of about 10 m/s at 10 m, which is 7.5 at 2 m."""
_DARKEST_SUMMER_MJ_M2: Final = 11.0
"""No place between the polar circles has half a year without a brighter day."""
_HOTTEST_MEDIAN_C: Final = {"tmin_c": 35.0, "tmax_c": 48.0, "dewpoint_c": 30.0}


def require(dataset: xr.Dataset, *names: str, subject: str = "weather") -> None:
    """Refuse a dataset without the named variables, outside their bounds, or too full of gaps."""
    for name in names:
        variable = VARIABLES[name]
        if name not in dataset:
            present = ", ".join(str(key) for key in dataset.data_vars) or "nothing"
            raise InputError(f"{subject}: expected variable {name} [{variable.unit}], got {present}; add it")
        values = np.asarray(dataset[name].values, dtype=np.float64)
        check_bounds(name, values, subject)
        missing = float(np.isnan(values).mean()) if values.size else 1.0
        if missing > variable.allowed_missing_fraction:
            raise MissingDataError(
                f"{subject}: {name}: at most {variable.allowed_missing_fraction:.0%} of the days may be missing,"
                f" got {missing:.0%}; give a more complete file"
            )


def check_bounds(name: str, values: Floats, subject: str) -> None:
    """Refuse values outside the plausible bounds of a variable; a wrong unit is named where it can be recognised."""
    variable = VARIABLES[name]
    guess = guessed_unit(name, values)
    outside = (values < variable.low) | (values > variable.high)
    if guess is None and not outside.any():
        return
    worst = float(values[outside][0] if outside.any() else np.nanmedian(values))
    expected = f"{subject}: {name}: expected {variable.low:g} to {variable.high:g} {variable.unit}, got {worst:g}"
    if guess is not None:
        raise UnitError(f"{expected}, which looks like {guess[0]}; convert it, or name the column {guess[1]}")
    raise InputError(f"{expected} in {int(outside.sum())} of {values.size} values; correct or empty them")


def guessed_unit(name: str, values: Floats) -> tuple[str, str] | None:
    """Unit a column seems to be in and the header that would say so, or None when it seems right."""
    known = values[~np.isnan(values)]
    if known.size == 0:
        return None
    middle = float(np.median(known))
    if name in _HOTTEST_MEDIAN_C:
        return _guessed_temperature(name.rpartition("_")[0], middle, _HOTTEST_MEDIAN_C[name])
    if name == "radiation_mj_m2":
        return _guessed_radiation(known, middle)
    if name == "wind_2m_m_s" and known.size >= _ENOUGH_DAYS and middle > _WINDIEST_MEDIAN_M_S:
        return "km/h", "wind_km_h (wind_max_km_h where it is the day's highest)"
    return None


def _guessed_temperature(stem: str, middle: float, hottest: float) -> tuple[str, str] | None:
    if 200.0 < middle < 340.0:  # noqa: PLR2004 -- no place on Earth is 200 degC
        return "kelvin", f"{stem}_k"
    return ("degrees Fahrenheit", f"{stem}_f") if middle > hottest else None


def _guessed_radiation(known: Floats, middle: float) -> tuple[str, str] | None:
    if middle > 1e5:  # noqa: PLR2004 -- a clear day is 3e7 J m-2
        return "J m-2", "radiation_j_m2"
    if middle > VARIABLES["radiation_mj_m2"].high:
        return "W m-2", "radiation_w_m2"
    if known.size >= _HALF_A_YEAR and float(known.max()) < _DARKEST_SUMMER_MJ_M2:
        return "kWh m-2", "radiation_kwh_m2"
    return None
