"""Made-up outcomes and pilots for the tests of the report."""

from typing import Any

from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.pilot import Pilot

PILOT: dict[str, Any] = {
    "name": "small",
    "crops": ["maize", "tomato"],
    "climates": [{"name": "tunis", "seasons": [1990, 1991]}],
    "strategies": ["advisor", "mixture", "calendar_110"],
}


def pilot(**changes: object) -> Pilot:
    return Pilot.model_validate(PILOT | changes)


def outcome(strategy: str, **changes: object) -> Outcome:
    values: dict[str, Any] = {
        "strategy": strategy,
        "field": "f1",
        "crop": "maize",
        "climate": "tunis",
        "season": 1990,
        "soil": "loam",
        "method": "drip",
        "efficiency": 0.8,
        "area_ha": 2.0,
        "applied_gross_mm": 500.0,
        "applied_net_mm": 400.0,
        "yield_t_ha": 10.0,
        "potential_t_ha": 10.5,
        "storage_change_mm": 0.0,
        "rain_mm": 100.0,
        "percolation_mm": 20.0,
        "runoff_mm": 0.0,
        "transpiration_mm": 380.0,
        "events": 20,
        "stress_days": 1,
        "seed": 1,
        "groups": {"size": "small", "canal": "none", "language": "ary", "phone": "smartphone"},
    }
    return Outcome(**(values | changes))


def many(*, saved: float = 0.4, kept: float = 1.0, extra: tuple[str, ...] = ()) -> list[Outcome]:
    """Two crops, ten seasons, two fields each: every strategy beside a mixture that uses 600 to 690 mm."""
    found = []
    for crop, tonnes in (("maize", 12.0), ("tomato", 8.0)):
        for season in range(1984, 1994):
            for copy in range(2):
                used = 600.0 + 10.0 * (season - 1984)
                share = saved + 0.01 * ((season + copy) % 3 - 1)
                own: dict[str, Any] = {"crop": crop, "season": season, "field": f"{crop}-{season}-{copy}"}
                own |= {"soil": "loam" if copy else "sandy_loam", "method": "drip" if copy else "furrow"}
                phone = "smartphone" if copy else "voice_only"
                own["groups"] = {"size": "small", "canal": "none", "language": "ary", "phone": phone}
                advised = {"held_days": 3, "advised_days": 100, "advice_error_mm": 20.0, "advice_bias_mm": -2.0}
                water = (1.0 - share) * used
                found += [
                    outcome(name, **own, **advised, applied_gross_mm=water, yield_t_ha=kept * tonnes)
                    for name in ("advisor", *extra)
                ]
                found.append(outcome("mixture", **own, applied_gross_mm=used, yield_t_ha=0.97 * tonnes))
                found.append(outcome("calendar_110", **own, applied_gross_mm=1.1 * used, yield_t_ha=tonnes))
    return found
