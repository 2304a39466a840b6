"""What a gateway advises, and the plan's words that say it. Part of the field's contract.

The cloud proves a plan's words by this very filling before it signs them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from edge.plan import DoseStep, Kind, Plan, Sayings


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a gateway advises for one parcel and day, with all that led to it."""

    parcel_id: str
    day: date
    kind: Kind
    dose: DoseStep | None
    missing_mm: float
    spread_mm: float
    reason: str
    """``dose``, ``water_left``, ``no_water_today``, ``given_today``, ``below_smallest`` or ``quota``."""
    limited_by: str | None = None
    """The limit that made the dose smaller: ``day``, ``largest``, ``room`` or ``quota``."""
    in_doubt: bool = False


def fill(plan: Plan, sayings: Sayings, advice: Advice) -> str:
    """The text of an advice: the plan's own words with what was looked up in their slots."""
    place = advice.day.toordinal() - plan.days[0].day.toordinal()
    if advice.kind == "wait" or advice.dose is None:
        words = sayings.wait_in_doubt if advice.in_doubt else sayings.wait
        return _filled(words, {"{day}": sayings.days[place]})
    words = sayings.irrigate_in_doubt if advice.in_doubt else sayings.irrigate
    slots = {
        "{when}": sayings.when[place],
        "{duration}": sayings.durations[plan.steps.index(advice.dose)],
        "{volume}": number(advice.dose.volume_m3),
        "{depth}": number(advice.dose.depth_mm),
    }
    return _filled(words, slots)


def number(value: float) -> str:
    """A quantity with up to two decimals, a point, and no thousands separator, as the cloud writes it."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _filled(words: str, slots: Mapping[str, str]) -> str:
    for slot, said in slots.items():
        words = words.replace(slot, said)
    return words
