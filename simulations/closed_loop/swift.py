"""AquaCrop's own day, faster: the same code of the package, its innermost functions compiled.

Nothing is rewritten. Every function here is the package's own code object, given other names to look up: where it calls
a function that was compiled, it calls the compiled one. The package itself is left as it was, so that a test can hold
both against each other. A season takes 0.05 s instead of 0.2 s.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from cloud.variables import Floats

if TYPE_CHECKING:
    from aquacrop import AquaCropModel

_INNERMOST: Final = (
    "root_zone_water",
    "evap_layer_water_content",
    "water_stress",
    "drainage",
    "infiltration",
    "rainfall_partition",
)
_CALLERS: Final = ("irrigation", "canopy_cover", "soil_evaporation", "transpiration", "harvest_index")


class Layers(NamedTuple):
    """The soil's layers as compiled code can read them."""

    Comp: Floats
    dz: Floats
    Layer: Floats
    dzsum: Floats
    th_fc: Floats
    th_s: Floats
    th_wp: Floats
    Ksat: Floats
    Penetrability: Floats
    th_dry: Floats
    tau: Floats
    zBot: Floats  # noqa: N815 -- the names are the package's
    z_top: Floats
    zMid: Floats  # noqa: N815 -- the names are the package's
    th_fc_Adj: Floats  # noqa: N815 -- the names are the package's
    aCR: Floats  # noqa: N815 -- the names are the package's
    bCR: Floats  # noqa: N815 -- the names are the package's


def layers_of(profile: Any) -> Layers:  # noqa: ANN401 -- a class of an untyped package
    """The package's soil profile with the same arrays under the same names."""
    return Layers(*(np.ascontiguousarray(getattr(profile, name)) for name in Layers._fields))


@cache
def swift_day() -> Callable[..., Any]:
    """The package's function of one day, calling compiled functions where it can."""
    import numba  # noqa: PLC0415 -- heavy: compiles on first use; only a world that is lived through needs it

    compiled = {
        name: numba.njit(cache=True, error_model="numpy")(_function(f"solution.{name}", name)) for name in _INNERMOST
    }
    callers = {name: _bound(_function(f"solution.{name}", name), compiled) for name in _CALLERS}
    day: Callable[..., Any] = _bound(
        _function("timestep.run_single_timestep", "solution_single_time_step"), {**compiled, **callers}
    )
    return day


def live_day(model: AquaCropModel) -> None:
    """Live the model's next day, as its own ``run_model`` does step by step."""
    clock = model._clock_struct  # noqa: SLF001 -- the package steps its model from inside only
    weather = model._weather  # noqa: SLF001 -- as above
    state, parameters, _ = swift_day()(
        model._init_cond,  # noqa: SLF001 -- as above
        model._param_struct,  # noqa: SLF001 -- as above
        clock,
        weather[clock.time_step_counter],
        model._outputs,  # noqa: SLF001 -- as above
    )
    clock.model_is_finished = _function("timestep.check_if_model_is_finished", "check_model_is_finished")(
        clock.step_end_time,
        clock.simulation_end_date,
        clock.model_is_finished,
        clock.season_counter,
        clock.n_seasons,
        state.harvest_flag,
    )
    _function("timestep.update_time", "update_time")(clock, state, parameters, weather, model.crop)


@cache
def _function(module: str, name: str) -> FunctionType:
    found: FunctionType = getattr(importlib.import_module(f"aquacrop.{module}"), name)
    return found


def _bound(function: FunctionType, names: Mapping[str, Any]) -> FunctionType:
    return FunctionType(
        function.__code__,
        {**function.__globals__, **names},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
