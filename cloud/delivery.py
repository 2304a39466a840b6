"""What a parcel's own equipment lets through: one rule for advice, for the judge and for the reader of events."""

from typing import Final

from cloud.records import Parcel

LITRES_PER_M3: Final = 1000.0


def own_flow_m3_h(parcel: Parcel) -> float | None:
    """Flow at the parcel's inlet [m3/h]: the one that is given, else that of its emitters together, else None.

    Emitters: ``emitters_per_ha * emitter_flow_l_h * area_ha / 1000``. A pump or a turn may still give less.
    """
    system = parcel.irrigation
    if system.flow_m3_h is not None:
        return system.flow_m3_h
    if system.emitters_per_ha is None or system.emitter_flow_l_h is None:
        return None
    return system.emitters_per_ha * system.emitter_flow_l_h * parcel.area_ha / LITRES_PER_M3
