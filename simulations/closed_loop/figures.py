"""Everything that a simulation's report says, as one table that JSON holds."""

from collections.abc import Sequence
from typing import Any, Final

from simulations.closed_loop import fairness
from simulations.closed_loop.fairness import battery
from simulations.closed_loop.outcome import Outcome
from simulations.closed_loop.pilot import Pilot
from simulations.closed_loop.runs import ADVISED
from simulations.closed_loop.savings import compared, summary_of, yield_gained
from simulations.closed_loop.verdict import DISTRICT, PLOTS, Roles, bars_of, turns_bar, word_of

MIXTURE: Final = "mixture"
CALENDAR: Final = "calendar_110"
PERFECT: Final = "perfect"
ON_DEMAND: Final = "calendar_110_on_demand"
ADVISOR: Final = "advisor"
LABEL: Final = "SYNTHETIC: a simulated world. Real: the weather, the advisor's code, its judge."
LIMITS: Final = (
    "AquaCrop is a model too: it has no pests, no hail, no salt here, and its crops are calibrated elsewhere.",
    "What farmers do is assumed, but for what baselines.py cites; how many answer is assumed.",
    "Forecasts are made around the weather that came; their skill is bounded by two products, not by an archive.",
    "Camera errors are those of the models' cards, measured on other crops and places than most of these.",
    "The length of the season and the sowing day are told to the advisor with a small error; real records are worse.",
    "Unanswered advice is presumed done by the product's own rule; an agronomist sees four of five held advices.",
    "The policy may have been chosen on even years; odd years are the unseen ones.",
)


READINGS: Final = ("mixture_after_rain", "mixture_rain_blind")
"""The same sources read otherwise: farmers who also wait after rain; multiples of the whole evapotranspiration."""


def _bars(outcomes: Sequence[Outcome], roles: Roles, ran: set[str], *, district: bool) -> list[dict[str, object]]:
    if not {ADVISOR, MIXTURE, CALENDAR} <= ran:
        return []
    found = bars_of(outcomes, roles, DISTRICT if district else PLOTS)
    return [*found, turns_bar(outcomes, ADVISOR, ON_DEMAND)] if ON_DEMAND in ran else found


def figures_of(pilot: Pilot, outcomes: Sequence[Outcome], problems: Sequence[str]) -> dict[str, Any]:
    """Bars, verdict, comparisons and means of a run; what could not be run is told beside them."""
    ran = {one.strategy for one in outcomes}
    roles = Roles(advisor=ADVISOR, mixture=MIXTURE, calendar=CALENDAR, perfect=PERFECT if PERFECT in ran else None)
    bars = _bars(outcomes, roles, ran, district=pilot.district is not None)
    return {
        "label": LABEL,
        "pilot": pilot.model_dump(mode="json"),
        "pilot_sha256": pilot.digest(),
        "verdict": word_of(bars),
        "bars": bars,
        "strategies": summary_of(outcomes),
        "other_readings_of_practice": [
            compared(outcomes, name, reading, CALENDAR)
            for reading in READINGS
            for name in (ADVISOR, PERFECT)
            if {name, reading, CALENDAR} <= ran
        ],
        "comparisons": [
            compared(outcomes, name, MIXTURE, CALENDAR)
            for name in pilot.strategies
            if name != MIXTURE and {name, MIXTURE, CALENDAR} <= ran
        ],
        "ablations": [
            compared(outcomes, ADVISOR, name, CALENDAR) | {"yield_gained": yield_gained(outcomes, ADVISOR, name)}
            for name in pilot.strategies
            if name in ADVISED and name != ADVISOR and {name, ADVISOR, CALENDAR} <= ran
        ],
        "fairness": battery(outcomes, fairness.Roles(strategy=ADVISOR, baseline=MIXTURE, reference=CALENDAR))
        if {ADVISOR, MIXTURE, CALENDAR} <= ran
        else [],
        "limits": list(LIMITS),
        "not_run": list(problems),
    }
