"""A forecast while it is worked on: its values as plain arrays with reference ET among them, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.variables import VARIABLES, Days, Floats
from cloud.weather.forcing import site_reference

if TYPE_CHECKING:
    import xarray as xr

_ORDER: Final = ("time", "member", "site")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The forecast to use, what was done with it, and a digest of what it was corrected with."""

    forecast: xr.Dataset
    notes: tuple[str, ...]
    learned_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """Values (K, M, S) by variable, and the dataset they came from."""

    dataset: xr.Dataset
    values: Mapping[str, Floats]

    @property
    def name(self) -> str:
        """The forecast, for people."""
        return name_of(self.dataset)

    @property
    def days(self) -> Days:
        """(K,) local days."""
        return days_of(self.dataset)

    @property
    def issued_on(self) -> np.datetime64:
        """Day of the issue."""
        return np.datetime64(str(self.dataset.attrs["issued_at"])[:10], "D")

    def finished(self, values: Mapping[str, Floats], note: str, learned_sha256: str | None = None) -> Prepared:
        """The dataset with new values, and the note in its ``history``."""
        changed = {
            name: (_ORDER, series, {"units": VARIABLES[name].unit})
            for name, series in _uncrossed(values).items()
            if np.isfinite(series).any()
        }
        result: xr.Dataset = self.dataset.assign(changed)
        result.attrs["history"] = "\n".join(filter(None, (str(self.dataset.attrs.get("history", "")), note)))
        return Prepared(forecast=result, notes=(note,), learned_sha256=learned_sha256)


def begin(forecast: xr.Dataset) -> Working:
    """Working copy of a forecast (time, member, site) that says when it was issued; reference ET is derived."""
    values = {
        str(name): forecast[name].transpose(*_ORDER).values.astype(np.float64)
        for name in forecast.data_vars
        if str(name) in VARIABLES
    }
    values["et0_mm"] = member_reference(forecast)
    return Working(dataset=forecast, values=values)


def member_reference(forecast: xr.Dataset) -> Floats:
    """Reference ET of every day, member and site (K, M, S), given or derived; each member is a site of its own."""
    apart = forecast.stack(each=("member", "site"), create_index=False).drop_vars(["member", "site"], errors="ignore")
    reference = site_reference(apart.rename(each="site")).et0_mm
    return reference.reshape(reference.shape[0], forecast.sizes["member"], forecast.sizes["site"])


def name_of(dataset: xr.Dataset) -> str:
    """The file a forecast came from, for people."""
    return str(dataset.attrs.get("source", "forecast"))


def days_of(dataset: xr.Dataset) -> Days:
    """Local days of a dataset."""
    return np.asarray(dataset["time"].values.astype("datetime64[D]"))


def before(past: xr.Dataset, day: np.datetime64) -> xr.Dataset:
    """The days of the past that were over on a day."""
    kept: xr.Dataset = past.isel(time=np.flatnonzero(days_of(past) < day))
    return kept


def _uncrossed(values: Mapping[str, Floats]) -> dict[str, Floats]:
    """The lowest temperature of a member never above its highest."""
    if not {"tmin_c", "tmax_c"} <= values.keys():
        return dict(values)
    low, high = values["tmin_c"], values["tmax_c"]
    return {**values, "tmin_c": np.minimum(low, high), "tmax_c": np.maximum(low, high)}
