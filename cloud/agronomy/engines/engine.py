"""Which machinery computes the days of the balance: plain numpy, or the same arithmetic compiled, in threads.

Both give the same water (``kernel``: to 1e-12, relatively). Compiling takes about twenty seconds once, kept on disk
thereafter, so that ``auto`` compiles only for work that is worth it.
"""

import importlib.util
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from cloud.agronomy.assimilation.members import BELOW_ROOM_MM, BELOW_SIGMA_MM, ET_KEPT, SMALLEST_ET
from cloud.agronomy.capillary import DEEPEST_M, LARGEST_MM_D
from cloud.agronomy.crops.season import Stage
from cloud.agronomy.crops.stand import BARE_SOIL_KCB
from cloud.agronomy.drainage import BELOW_SLOWNESS, LARGEST_SURPLUS_FRACTION, daily_share
from cloud.agronomy.engines import kernel_arrays as at
from cloud.agronomy.engines.engine_name import EngineName
from cloud.agronomy.plots import Plots
from cloud.agronomy.step import SMALLEST_EXPOSED, WETTING_RAIN_MM, DayInputs, Fluxes, Water
from cloud.errors import ConfigurationError
from cloud.variables import Floats

WORTH_COMPILING: Final = 30_000_000
"""Member-days from which ``auto`` compiles: plain numpy does 3 to 4 million of them a second on one core."""

_WORTH_A_THREAD: Final = 100_000
"""Member-days that pay for a thread of their own."""

_INPUTS: Final = ("et0_mm", "rain_mm", "wind_2m_m_s", "rh_min_percent", "irrigation_mm")
_STORES: Final = (
    "depletion_mm", "below_mm", "surface_mm", "wetted_fraction", "root_depth_m", "et0_scale",
    "capacity_scale", "deep_scale", "root_scale", "kcb_scale",
)  # fmt: skip
_CHANGING: Final = 6
_ROWS: Final[Mapping[str, int]] = {
    "depletion_mm": at.DEPLETION,
    "kcb": at.KCB,
    "ke": at.KE,
    "ks": at.KS,
    "et0_mm": at.ET0_OWN,
    "etc_mm": at.ETC,
    "runoff_mm": at.RUNOFF,
    "percolation_mm": at.PERCOLATION,
    "capillary_rise_mm": at.RISE,
    "root_growth_mm": at.GROWTH,
    "total_available_mm": at.TOTAL,
    "readily_available_mm": at.READILY,
    "canopy_fraction": at.COVER,
}
_FLUXES: Final = tuple(name for name in _ROWS if name != "depletion_mm")
_PHYSICS: Final = at.Physics(
    et_kept=ET_KEPT,
    et_least=SMALLEST_ET,
    below_sigma=BELOW_SIGMA_MM,
    below_room=BELOW_ROOM_MM,
    surplus=LARGEST_SURPLUS_FRACTION,
    slowness=BELOW_SLOWNESS,
    exposed_least=SMALLEST_EXPOSED,
    wetting_rain=WETTING_RAIN_MM,
    rise_largest=LARGEST_MM_D,
    rise_deepest=DEEPEST_M,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is wanted of K days of M members."""

    names: tuple[str, ...]
    """``depletion_mm`` and names of ``Fluxes``."""
    drifts: Floats | None = None
    """(2, K, M) ``drifts_of`` days that are known; None for days to come: the error of evapotranspiration fades."""
    threads: int = 1


def kernel_threads(engine: EngineName, members: int, member_days: int) -> int:
    """Threads in which work of a size is done by the compiled kernel; 0 where it is done by plain numpy.

    A single member, the plain balance, is never compiled; tasks of Dask have one thread each.
    """
    if engine == "numpy" or members == 1 or (engine == "auto" and member_days < WORTH_COMPILING):
        return 0
    there = importlib.util.find_spec("numba") is not None
    if not there and engine != "auto":
        raise ConfigurationError(
            f"engine {engine}: expected numba, got none; try: pip install '.[cloud]' in a checkout, or use numpy"
        )
    return 0 if not there else 1 if engine == "dask" else cores()


def settled(engine: EngineName, members: int, member_days: int) -> EngineName:
    """The engine that ``auto`` stands for, for work of a size that may be taken in parts."""
    if engine != "auto":
        return engine
    return "numba" if kernel_threads(engine, members, member_days) else "numpy"


def compiled_past_day(
    parts: tuple[Water, Plots, Stage, DayInputs], drifts: tuple[Floats, Floats], threads: int
) -> tuple[Water, Fluxes]:
    """What ``wandered``, ``advance`` and ``drained`` make of a day that is known; ``drifts`` are its ``drifts_of``."""
    water, plots, stage, today = parts
    inputs = {name: getattr(today, name)[None] for name in _INPUTS}
    asked = Asked(names=_FLUXES, drifts=np.stack(drifts)[:, None], threads=threads)
    after, done = compiled_days(water, plots, [stage], inputs, asked)
    return after, Fluxes(**{name: values[0] for name, values in done.items()})


def compiled_days(
    water: Water,
    plots: Plots,
    stages: Sequence[Stage],
    inputs: Mapping[str, Floats],
    asked: Asked,
) -> tuple[Water, dict[str, Floats]]:
    """Water after K days, and what was asked of each day.

    Parameters
    ----------
    water : Water
        P parcels, M members.
    plots : Plots
        Those parcels' own.
    stages : sequence of K Stage
        The crop on each day.
    inputs : mapping
        ``et0_mm, rain_mm, wind_2m_m_s, rh_min_percent, irrigation_mm`` of each day, arrays (K, P, W) each with its own
        number W of members: member j of the water meets member j modulo W.
    asked : Asked
        What of each day is wanted, and in how many threads.

    Returns
    -------
    (Water, dict of arrays (K, P, M))
    """
    shape = water.depletion_mm.shape
    written = [_own(getattr(water, name), shape)[None] for name in _STORES[:_CHANGING]]
    stores = at.Stores(*written, *(_whole(getattr(water, name), shape)[None] for name in _STORES[_CHANGING:]))
    et0, rain, wind, humidity, irrigation = (_plain(inputs[name]) for name in _INPUTS)
    days = at.Days(
        et0=et0,
        rain=rain,
        wind=wind,
        humidity=humidity,
        irrigation=irrigation,
        crop=_crop_of(stages, shape[0]),
        drifts=np.empty((2, 0, 1)) if asked.drifts is None else _plain(asked.drifts),
    )
    outcome = at.Outcome(
        rows=np.array([_ROWS[name] for name in asked.names], dtype=np.intp),
        values=np.empty((len(asked.names), len(stages), *shape)),
    )
    _in_threads((stores, _land_of(plots), days, _PHYSICS, outcome), asked.threads)
    after = replace(water, **{name: values[0] for name, values in zip(_STORES[:_CHANGING], stores, strict=False)})
    return after, dict(zip(asked.names, outcome.values, strict=True))


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_threads(work: tuple[at.Stores, at.Land, at.Days, at.Physics, at.Outcome], threads: int) -> None:
    from cloud.agronomy.engines.kernel import advance_days  # noqa: PLC0415 -- numba is heavy, and not everywhere

    stores, land, days, *_ = work
    parcels, member_days = land.plots.shape[0], stores.depletion.size * days.crop.shape[0]
    count = max(1, min(threads, member_days // _WORTH_A_THREAD, parcels))
    edges = np.linspace(0, parcels, count + 1).astype(np.intp)
    parts = [np.array(part, dtype=np.intp) for part in pairwise(edges)]
    if count == 1:
        advance_days(*work, parts[0])
        return
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda part: advance_days(*work, part), parts))


def _own(values: Floats, shape: tuple[int, ...]) -> Floats:
    return np.array(np.broadcast_to(values, shape), dtype=np.float64, order="C")


def _whole(values: Floats, shape: tuple[int, ...]) -> Floats:
    return _plain(values) if values.shape == shape else _own(values, shape)


def _plain(values: Floats) -> Floats:
    # One layout only: another one would be compiled for anew.
    return np.require(values, dtype=np.float64, requirements=["C", "W"])


def _crop_of(stages: Sequence[Stage], parcels: int) -> Floats:
    crop = np.empty((len(stages), parcels, 4))
    for day, stage in enumerate(stages):
        crop[day, :, at.STAGE_KCB] = stage.kcb[:, 0]
        crop[day, :, at.STAGE_HEIGHT_TERM] = (stage.height_m[:, 0] / 3.0) ** 0.3
        crop[day, :, at.STAGE_EXPONENT] = 1.0 + 0.5 * stage.height_m[:, 0]
        crop[day, :, at.STAGE_ROOTS] = stage.root_depth_m[:, 0]
    return crop


def _land_of(plots: Plots) -> at.Land:
    columns = {
        at.BASAL_FROM: np.minimum(plots.kcb_ini, BARE_SOIL_KCB),
        at.COVER_GIVEN: plots.canopy_fraction,
        at.EVAPORABLE: plots.evaporable_mm,
        at.READILY_EVAPORABLE: plots.readily_evaporable_mm,
        at.WETS: plots.wetted_fraction,
        at.DRIP: plots.drip,
        at.CURVE: plots.curve_number,
        at.FRACTION: plots.depletion_fraction,
        at.SALT: plots.salt_factor,
        at.SOIL_DEPTH: plots.soil_depth_m,
        at.ROOT_MAX: plots.root_max_m,
        at.FOLLOWED: plots.followed_m,
        at.TOPSOIL: plots.topsoil_mm,
        at.DRAINS: daily_share(plots),
        at.TABLE: plots.groundwater_depth_m,
        at.RISE_SLOPE: plots.rise_slope,
        at.RISE_INTERCEPT: plots.rise_intercept,
    }
    values = np.empty((plots.root_max_m.shape[0], at.PLOT_COLUMNS))
    for place, column in columns.items():
        values[:, place] = column[:, 0]
    return at.Land(
        plots=values,
        share=_plain((plots.layer_field_capacity - plots.layer_wilting_point)[:, 0]),
        top=_plain(plots.layer_top_m[:, 0]),
        thickness=_plain(plots.layer_thickness_m[:, 0]),
    )
