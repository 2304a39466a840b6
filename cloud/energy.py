"""What an hour of a pump costs, and when the sun drives one: one rule for advice and judge.

Work at the shaft from a unit of fuel: Nebraska Pumping Plant Performance Criteria (P.E. Schleusener, J.J. Sulek 1959;
T.W. Dorn, Irrigation Home Study Course chapter 13, University of Nebraska-Lincoln): diesel 16.66 and propane 9.20
horsepower hours a US gallon. Butane has the work of propane by mass (their heating values differ by about 1 %).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloud.records import Pump

KW_PER_HORSEPOWER: Final = 0.7457
LITRES_PER_GALLON: Final = 3.785
PROPANE_KG_PER_LITRE: Final = 0.508
BOTTLE_KG: Final = 12.0
"""The large bottle of gas sold in Morocco."""
DIESEL_KWH_PER_LITRE: Final = 16.66 * KW_PER_HORSEPOWER / LITRES_PER_GALLON
BUTANE_KWH_PER_BOTTLE: Final = 9.20 * KW_PER_HORSEPOWER / LITRES_PER_GALLON / PROPANE_KG_PER_LITRE * BOTTLE_KG
KWH_PER_UNIT: Final[Mapping[str, float]] = MappingProxyType(
    {"diesel": DIESEL_KWH_PER_LITRE, "butane": BUTANE_KWH_PER_BOTTLE}
)
"""Work at the shaft from a litre of diesel and from a bottle of butane [kWh]."""
ENERGIES: Final = ("electricity", "pv", "diesel", "butane")
SUN_HOURS: Final = (9.0, 16.0)
"""Hours in which panels drive a pump, where the table does not say."""


def money_per_hour(pump: Pump) -> float:
    """Energy that an hour of the pump costs [money/h]; 0 where power or price are not known.

    ``price_per_kwh`` is of the energy that ``power_kw`` counts; ``price_per_unit`` of a litre or a bottle of fuel.
    """
    price, work_kwh = pump.price_per_kwh, KWH_PER_UNIT.get(pump.energy or "")
    if price is None and pump.price_per_unit is not None and work_kwh is not None:
        price = pump.price_per_unit / work_kwh
    return 0.0 if price is None or pump.power_kw is None else price * pump.power_kw


def usual_hours(pump: Pump) -> tuple[float, float] | None:
    """Hours of the day from and to which a pump may run: stated, else those of the sun for panels, else any."""
    if pump.from_hour is not None and pump.to_hour is not None:
        return pump.from_hour, pump.to_hour
    return SUN_HOURS if pump.energy == "pv" else None
