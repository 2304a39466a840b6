"""Gathered weather as datasets in the contract's form: CF names and units, and the source and age of every value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.variables import VARIABLES, Floats
from cloud.weather.services.ecmwf import ATTRIBUTION as ECMWF_ATTRIBUTION
from cloud.weather.services.gather_ahead import Ahead
from cloud.weather.services.gather_past import PastDays
from cloud.weather.services.nasa_power import ATTRIBUTION as POWER_ATTRIBUTION
from cloud.weather.services.open_meteo import ATTRIBUTION as OPEN_METEO_ATTRIBUTION
from cloud.weather.services.request import Place

if TYPE_CHECKING:
    import xarray as xr

_CF: Final[Mapping[str, Mapping[str, str]]] = {
    "tmin_c": {"standard_name": "air_temperature", "cell_methods": "time: minimum"},
    "tmax_c": {"standard_name": "air_temperature", "cell_methods": "time: maximum"},
    "dewpoint_c": {"standard_name": "dew_point_temperature", "cell_methods": "time: mean"},
    "rh_mean_percent": {"standard_name": "relative_humidity", "cell_methods": "time: mean"},
    "rh_min_percent": {"standard_name": "relative_humidity", "cell_methods": "time: minimum"},
    "rh_max_percent": {"standard_name": "relative_humidity", "cell_methods": "time: maximum"},
    "wind_2m_m_s": {"standard_name": "wind_speed", "cell_methods": "time: mean", "height_m": "2"},
    "radiation_mj_m2": {
        "standard_name": "integral_wrt_time_of_surface_downwelling_shortwave_flux_in_air",
        "cell_methods": "time: sum",
    },
    "rain_mm": {"standard_name": "lwe_thickness_of_precipitation_amount", "cell_methods": "time: sum"},
    "sunshine_h": {"standard_name": "duration_of_sunshine", "cell_methods": "time: sum"},
    "et0_mm": {"cell_methods": "time: sum"},
}


def past_cube(past: PastDays, places: Sequence[Place], sources: Sequence[str]) -> xr.Dataset:
    """Past weather, dims (time, site), with coordinates ``source`` and ``fetched_at`` of the same shape."""
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    flags = {"flag_values": np.arange(-1, len(sources), dtype=np.int8), "flag_meanings": " ".join(("none", *sources))}
    return xr.Dataset(
        {name: (("time", "site"), values, attributes_of(name)) for name, values in past.values.items()},
        coords={
            "time": past.days.astype("datetime64[ns]"),
            **_sites(places, past.elevation_m),
            "source": (("time", "site"), past.source, {"long_name": "who gave the day", **flags}),
            "fetched_at": (("time", "site"), past.fetched_at.astype("datetime64[ns]"), {"long_name": "when, UTC"}),
        },
        attrs=_file(sources, f"Daily weather of the past at {len(places)} places"),
    )


def forecast_cube(ahead: Ahead, places: Sequence[Place], source: str) -> xr.Dataset:
    """A forecast, dims (issued_at, lead, member, site); the lead counts local days from the issue's UTC day."""
    import xarray as xr  # noqa: PLC0415 -- as above

    issued_at = np.datetime64(ahead.issued_at.astimezone(UTC).replace(tzinfo=None), "s")
    members = next(iter(ahead.values.values())).shape[1]
    return xr.Dataset(
        {
            name: (("issued_at", "lead", "member", "site"), values[None], attributes_of(name))
            for name, values in ahead.values.items()
        },
        coords={
            "issued_at": [issued_at.astype("datetime64[ns]")],
            "lead": ("lead", (ahead.days - issued_at.astype("datetime64[D]")).astype(np.int64), {"long_name": "days"}),
            "member": np.arange(members),
            **_sites(places, ahead.elevation_m),
            "fetched_at": ("site", ahead.fetched_at.astype("datetime64[ns]"), {"long_name": "when, UTC"}),
        },
        attrs=_file([source], f"Weather forecast at {len(places)} places"),
    )


def issued_cube(forecast: xr.Dataset) -> xr.Dataset:
    """A forecast (time, member, site) in the form of a file: dims (issued_at, lead, member, site)."""
    import xarray as xr  # noqa: PLC0415 -- as above

    issued_at = np.datetime64(str(forecast.attrs["issued_at"])[:19], "s")
    leads = (forecast["time"].values.astype("datetime64[D]") - issued_at.astype("datetime64[D]")).astype(np.int64)
    order = ("issued_at", "lead", "member", "site")
    names = [str(name) for name in forecast.data_vars if str(name) in VARIABLES]
    kept = ("source", "history", "synthetic")
    return xr.Dataset(
        {
            name: (order, forecast[name].transpose("time", "member", "site").values[None], attributes_of(name))
            for name in names
        },
        coords={
            "issued_at": [issued_at.astype("datetime64[ns]")],
            "lead": ("lead", leads, {"long_name": "days"}),
            "member": np.arange(forecast.sizes["member"]),
            **{name: ("site", forecast[name].values) for name in ("latitude", "longitude", "elevation_m")},
        },
        attrs={
            "Conventions": "CF-1.11",
            "title": "Weather forecast, as it is used",
            **{name: str(forecast.attrs[name]) for name in kept if forecast.attrs.get(name)},
        },
    )


def _sites(places: Sequence[Place], elevation_m: Floats) -> dict[str, tuple[str, object]]:
    return {
        "latitude": ("site", [place.latitude for place in places]),
        "longitude": ("site", [place.longitude for place in places]),
        "elevation_m": ("site", elevation_m),
    }


def attributes_of(name: str) -> dict[str, str]:
    """Unit, CF standard name and cell method of a variable."""
    return {"units": VARIABLES[name].unit, "long_name": VARIABLES[name].description, **_CF[name]}


def _file(sources: Sequence[str], title: str) -> dict[str, str]:
    own = {"nasa-power": POWER_ATTRIBUTION, "ecmwf-open-data": ECMWF_ATTRIBUTION}
    credits_of = {name: own.get(name, OPEN_METEO_ATTRIBUTION) for name in sources}
    return {
        "Conventions": "CF-1.11",
        "title": title,
        "source": ", ".join(sources),
        "attribution": "; ".join(dict.fromkeys(credits_of.values())),
    }
