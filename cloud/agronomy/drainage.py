"""Water above field capacity: it leaves the root zone and the soil below over days, not at once.

Reference: D. Raes et al. (2009), AquaCrop: II. Main algorithms, doi:10.2134/agronj2008.0140s: the daily share that
drains, 0.0866 Ksat^0.35 (at most 1, Ksat in mm/d), here at the saturated conductivity of each texture class and laid
over its field capacity. Below the roots readings at Maricopa stood above the surveyed upper limit from May to
September under weekly irrigation: what surplus stays there drains a hundred times slower.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from cloud.agronomy.plots import Plots
from cloud.agronomy.step import Fluxes, Water
from cloud.variables import Floats

LARGEST_SURPLUS_FRACTION: Final = 0.2
"""Water above field capacity that stays for longer than a day, as a share of available water. With 0.8, up to
saturation, the filter told surplus from what a soil holds by nothing and kept believing in it: in seasons whose truth
is known (synthetic, weekly profiles) depletion was then off by 20 mm, with 0.2 by 16, with 0.05 by 8."""

_FIELD_CAPACITY: Final = (0.23, 0.25, 0.29, 0.32, 0.36)
_DAILY_SHARE: Final = (1.0, 0.76, 0.69, 0.47, 0.30)
BELOW_SLOWNESS: Final = 0.01


def daily_share(plots: Plots) -> Floats:
    """Share of the water above field capacity that leaves the topsoil in a day [-] (P, 1), 0.3 to 1."""
    share: Floats = np.interp(plots.layer_field_capacity[..., 0], _FIELD_CAPACITY, _DAILY_SHARE)
    return share


def room_below_mm(water: Water, plots: Plots) -> Floats:
    """Available water that the soil below the roots can hold [mm] (P, M)."""
    whole = water.holds_mm(plots, plots.column_bottom_m(water.root_scale))
    room: Floats = np.maximum(whole - water.holds_mm(plots, water.root_depth_m), 0.0)
    return room


def drained(before: Water, after: Water, plots: Plots, fluxes: Fluxes) -> tuple[Water, Fluxes]:
    """Water and fluxes of a day whose percolation takes its time.

    Parameters
    ----------
    before, after : Water
        P parcels and M members before and after a day of the plain balance, in which all surplus leaves at once.
    plots : Plots
        Those parcels' own.
    fluxes : Fluxes
        What that day did.

    Returns
    -------
    (Water, Fluxes)
        Percolation is less by what the root zone keeps above field capacity; depletion is lower by the same.
    """
    share = daily_share(plots)
    kept = np.minimum(fluxes.percolation_mm * (1.0 - share), LARGEST_SURPLUS_FRACTION * fluxes.total_available_mm)
    percolation = fluxes.percolation_mm - kept
    below = before.below_mm - fluxes.root_growth_mm - percolation
    surplus = np.maximum(-below, 0.0) * (1.0 - BELOW_SLOWNESS * share)
    surplus = np.minimum(surplus, LARGEST_SURPLUS_FRACTION * room_below_mm(after, plots))
    return (
        replace(after, depletion_mm=after.depletion_mm - kept, below_mm=np.maximum(below, 0.0) - surplus),
        replace(fluxes, percolation_mm=percolation),
    )
