"""The rule of another program: pyfao56 waters automatically, on the declared soil and the weather as it comes.

pyfao56 (Thorp 2022, doi:10.1016/j.softx.2022.101208) and its automatic irrigation (Thorp et al. 2025,
doi:10.1016/j.agwat.2025.110013): whenever the root zone has lost the share p of its water (FAO-56 table 22), it is
refilled. The rule sees no field: it believes in its own balance, and what is given is what it ordered.
"""

import importlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from cloud.agronomy.crops.crop_table import CROPS as TABLE
from cloud.errors import ConfigurationError
from cloud.variables import Floats
from simulations.closed_loop.baselines import Calendar
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.demand import season_days
from simulations.closed_loop.fields import CROPS, EFFICIENCY, INITIAL_PERCENT, FieldSeason

_FIRST_ROOTS_M: Final = 0.3
_SMALLEST_MM: Final = 5.0


def automatic(fields: Sequence[FieldSeason], climates: Mapping[str, Climate]) -> Calendar:
    """What pyfao56 orders for every field through its whole season [mm gross]."""
    return Calendar(fields, [ordered(one, climates[one.climate]) for one in fields])


def ordered(field: FieldSeason, climate: Climate) -> Floats:
    """Gross depths (D,) from sowing on [mm]; each day knows the weather up to that day and no more."""
    try:
        fao, pd = importlib.import_module("pyfao56"), importlib.import_module("pandas")
    except ImportError as error:
        raise ConfigurationError(
            f"strategy pyfao56_auto: expected the packages pyfao56 and pandas, got none ({error.name}); install pyfao56"
        ) from error
    days = season_days(field)
    keys = [
        f"{day.year}-{day.timetuple().tm_yday:03d}"
        for day in (np.datetime64(field.sown_on, "D") + np.arange(days)).tolist()
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rule = fao.AutoIrrigate()
        rule.addset(
            keys[0],
            keys[-15],
            alre=False,
            mad=TABLE[field.crop].depletion_fraction,
            ieff=100.0 * EFFICIENCY[field.method],
            imin=_SMALLEST_MM,
        )
        weather = _weather(fao, pd, field, climate, keys)
        model = fao.Model(keys[0], keys[-1], _parameters(fao, field), weather, autoirr=rule)
        model.run()
    depths: Floats = np.asarray(model.odata["Irrig"], dtype=np.float64)
    return depths


def _weather(fao: Any, pd: Any, field: FieldSeason, climate: Climate, keys: list[str]) -> Any:  # noqa: ANN401 -- untyped packages
    rows = climate.rows(field.sown_on, len(keys))
    weather = fao.Weather()
    weather.rfcrp, weather.z, weather.lat, weather.wndht = "S", climate.elevation_m, climate.latitude, 2.0
    columns = {
        "Srad": np.nan,
        "Tmax": climate.tmax_c[rows],
        "Tmin": climate.tmin_c[rows],
        "Vapr": np.nan,
        "Tdew": np.nan,
        "RHmax": np.nan,
        # The air for which the tables of crop coefficients hold (FAO-56 table 17).
        "RHmin": 45.0,
        "Wndsp": 2.0,
        "Rain": climate.rain_mm[rows],
        "ETref": climate.et0_mm[rows],
        "MorP": "M",
    }
    weather.wdata = pd.DataFrame(columns, index=keys)
    return weather


def _parameters(fao: Any, field: FieldSeason) -> Any:  # noqa: ANN401 -- untyped packages
    crop, soil = TABLE[field.crop], field.declared
    lengths = np.array(crop.stage_lengths_days, dtype=np.float64)
    start, development, middle, late = np.round(lengths * CROPS[field.crop].rough_days / lengths.sum()).astype(int)
    share = np.mean(INITIAL_PERCENT) / 100.0
    return fao.Parameters(
        Kcbini=crop.kcb[0],
        Kcbmid=crop.kcb[1],
        Kcbend=crop.kcb[2],
        Lini=int(start),
        Ldev=int(development),
        Lmid=int(middle),
        Lend=int(late),
        hini=0.05,
        hmax=crop.height_m,
        thetaFC=soil.field_capacity,
        thetaWP=soil.wilting_point,
        theta0=soil.wilting_point + share * (soil.field_capacity - soil.wilting_point),
        Zrini=min(_FIRST_ROOTS_M, crop.root_depth_m[1]),
        Zrmax=crop.root_depth_m[1],
        pbase=crop.depletion_fraction,
    )
