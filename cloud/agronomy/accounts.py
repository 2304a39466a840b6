"""The daily accounts of the balance: member means and the 80 % interval, row by row."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.assimilation.assimilate import water_above_mm
from cloud.agronomy.plots import Plots
from cloud.agronomy.step import DayInputs, Fluxes, Water
from cloud.variables import Floats

COLUMNS: Final = (
    "et0_mm",
    "kcb",
    "ke",
    "ks",
    "etc_adj_mm",
    "rain_mm",
    "irrigation_mm",
    "runoff_mm",
    "deep_percolation_mm",
    "capillary_rise_mm",
    "root_growth_mm",
    "correction_mm",
    "root_depth_m",
    "field_capacity_fraction",
    "wilting_point_fraction",
    "total_available_mm",
    "readily_available_mm",
    "depletion_mm",
    "depletion_p10_mm",
    "depletion_p90_mm",
    "root_zone_water_mm",
    "root_zone_water_p10_mm",
    "root_zone_water_p90_mm",
)
PROFILE_COLUMNS: Final = ("profile_water_mm", "profile_water_p10_mm", "profile_water_p90_mm")


@dataclass(slots=True, kw_only=True)
class Accounts:
    """Columns (D, P) being filled, NaN where a parcel has no row."""

    columns: dict[str, Floats]
    profile_depth_m: float | None
    last_readily_share: Floats
    """(P, 1) readily over total available water on the last day with a row."""

    @classmethod
    def empty(cls, days: int, parcels: int, profile_depth_m: float | None) -> Self:
        """Accounts without rows."""
        names = COLUMNS if profile_depth_m is None else (*COLUMNS, *PROFILE_COLUMNS)
        return cls(
            columns={name: np.full((days, parcels), np.nan) for name in names},
            profile_depth_m=profile_depth_m,
            last_readily_share=np.full((parcels, 1), np.nan),
        )

    def enter(
        self,
        place: int,
        active: NDArray[np.intp],
        parts: tuple[Plots, Water, Water, Water],
        fluxes: Fluxes,
        today: DayInputs,
    ) -> None:
        """Write one day: ``parts`` are the plots and the water before, after the day and after its observations."""
        plots, _, advanced, settled = parts
        capacity = settled.holds_mm(plots, settled.root_depth_m)
        wilting = settled.wilts_mm(plots, settled.root_depth_m)
        thickness = 1000.0 * settled.root_depth_m
        share = fluxes.readily_available_mm / np.maximum(fluxes.total_available_mm, 1e-9)
        self.last_readily_share[active] = share.mean(axis=1, keepdims=True)
        means = {
            "et0_mm": today.et0_mm,
            "kcb": fluxes.kcb,
            "ke": fluxes.ke,
            "ks": fluxes.ks,
            "etc_adj_mm": fluxes.etc_mm,
            "rain_mm": today.rain_mm,
            "irrigation_mm": today.irrigation_mm,
            "runoff_mm": fluxes.runoff_mm,
            "deep_percolation_mm": fluxes.percolation_mm,
            "capillary_rise_mm": fluxes.capillary_rise_mm,
            "root_growth_mm": fluxes.root_growth_mm,
            "correction_mm": settled.depletion_mm - advanced.depletion_mm,
            "root_depth_m": settled.root_depth_m,
            "field_capacity_fraction": (capacity + wilting) / thickness,
            "wilting_point_fraction": wilting / thickness,
            "total_available_mm": capacity,
            "readily_available_mm": share * capacity,
        }
        for name, values in means.items():
            self.columns[name][place, active] = values.mean(axis=1)
        self._spread("depletion", place, active, settled.depletion_mm)
        self._spread("root_zone_water", place, active, capacity + wilting - settled.depletion_mm)
        if self.profile_depth_m is not None:
            depth = np.full_like(settled.root_depth_m, self.profile_depth_m)
            self._spread("profile_water", place, active, water_above_mm(settled, plots, depth))

    def _spread(self, stem: str, place: int, active: NDArray[np.intp], values: Floats) -> None:
        self.columns[f"{stem}_mm"][place, active] = values.mean(axis=1)
        low, high = np.quantile(values, (0.1, 0.9), axis=1) if values.shape[1] > 1 else (values[:, 0], values[:, 0])
        self.columns[f"{stem}_p10_mm"][place, active] = low
        self.columns[f"{stem}_p90_mm"][place, active] = high
