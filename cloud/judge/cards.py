"""Review cards: what the judge withheld, one card for each cause, so that a person looks once and not forty times.

A fault of the weather file withholds every parcel of a district, each with several failed checks. The card names the
check nearest to the root (what was put in before what follows from it) and how far that cause reaches: weather and
forecast over a neighbourhood, a pump or a canal over its parcels, a photo model over all cameras, soil water over
the parcels of one crop under one method, a record over its parcel alone.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from cloud.records import Parcel, Verdict

__all__ = ["Card", "Cause", "Scope", "cards_of", "cause_of"]

Scope = Literal["record", "weather", "forecast", "parcel", "meters", "photos", "source", "group", "soil", "advisor"]
WITHHELD: Final = frozenset({"hold", "block"})
CELLS_PER_DEGREE: Final = 4
"""Weather reaches about as far as a quarter of a degree."""
ORDER: Final[tuple[Scope, ...]] = (
    "record",
    "weather",
    "forecast",
    "parcel",
    "meters",
    "photos",
    "source",
    "group",
    "soil",
    "advisor",
)
"""From the root to what follows from it: of several failed checks the first in this order is the cause."""
CHECKS: Final[Mapping[Scope, str]] = {
    "record": "parcel_is_known day_is_possible one_advice_a_day parcel_name parcel_timezone parcel_pump inputs_named"
    " no_water_without_irrigation depth_positive volume_is_depth_times_area duration_is_volume_over_flow"
    " dose_is_rounded window_is_on_the_day window_in_local_time not_told_before day_is_current",
    "weather": "weather_is_fresh weather_as_before weather_moves weather_is_new two_references_agree"
    " given_reference_in_bracket rain_like_neighbours rain_came_as_forecast",
    "forecast": "forecast_is_fresh forecast_as_before forecast_warmth_as_before forecast_joins_the_past"
    " forecast_was_true forecast_widens forecast_members_differ",
    "parcel": "parcel_as_before within_season nothing_is_planted",
    "meters": "irrigations_as_before irrigation_as_advised not_already_irrigated farmers_last_word",
    "photos": "photos_know_their_limits photos_as_before photos_agree_with_soil photos_differ no_visible_wilting",
    "source": "inside_turn inside_pump_hours hours_as_before pump_hours_per_day within_quota shared_water_suffices",
    "group": "like_neighbours like_released",
}
"""Checks by how far their cause reaches; all others ask about the soil water of a parcel."""
SCOPE_OF: Final[Mapping[str, Scope]] = {name: scope for scope, names in CHECKS.items() for name in names.split()}
LOOK_AT: Final[Mapping[Scope, str]] = {
    "record": "the advice itself: program, clock or transmission",
    "weather": "the weather station or file: compare with a neighbouring one",
    "forecast": "the forecast: compare with another service and with yesterday's",
    "parcel": "the description of the parcel: crop, sowing, soil, area, place",
    "meters": "the meter and what the farmer reported: ask the farmer",
    "photos": "the newest photos and the camera",
    "source": "the turns, the pump and the quota that these parcels share",
    "group": "what sets these parcels apart from those like them",
    "soil": "the soil with a spade or probe: is it as wet or dry as the advice says",
    "advisor": "what is missing for an advice",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why something was withheld: the check nearest to the root, and how far it reaches."""

    check: str
    """Name of the failed check; where the advisor itself gave none, its reason code."""
    scope: Scope
    where: str
    """What the parcels of one card share, e.g. a pump; empty where nothing bounds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thing for a person to look at, and the verdicts that wait for it."""

    id: str
    """Twelve hexadecimal digits of day, check and reach: the same however often the cards are made."""
    day: date
    cause: Cause
    verdicts: tuple[Verdict, ...]
    """In the order given."""
    parcels: tuple[str, ...]
    look_at: str

    @property
    def blocked(self) -> bool:
        """Whether any of it broke a rule that no person may wave through."""
        return any(verdict.decision == "block" for verdict in self.verdicts)


def cards_of(verdicts: Iterable[Verdict], parcels: Sequence[Parcel] = ()) -> tuple[Card, ...]:
    """Cards of what the judge withheld, those of most parcels first; what was released or shrunk needs none.

    Without ``parcels`` a cause reaches over all parcels of the day, for nothing tells them apart.
    """
    by_id = {parcel.id: parcel for parcel in parcels}
    found: dict[tuple[date, Cause], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.decision in WITHHELD and verdict.reviewer == "judge":
            cause = cause_of(verdict, by_id.get(verdict.proposed.parcel_id))
            found.setdefault((verdict.proposed.day, cause), []).append(verdict)
    cards = [_card(day, cause, held) for (day, cause), held in found.items()]
    return tuple(sorted(cards, key=lambda card: (card.day, -len(card.parcels), card.id)))


def cause_of(verdict: Verdict, parcel: Parcel | None = None) -> Cause:
    """Cause of one withheld verdict."""
    failed = [check.name for check in verdict.checks if not check.passed]
    if not failed:
        return Cause(check=verdict.proposed.reason_code, scope="advisor", where="")
    scopes = {name: SCOPE_OF.get(name, "soil") for name in failed}
    first = min(failed, key=lambda name: (ORDER.index(scopes[name]), failed.index(name)))
    return Cause(check=first, scope=scopes[first], where=_reach(scopes[first], verdict, parcel))


def _card(day: date, cause: Cause, held: Sequence[Verdict]) -> Card:
    name = f"{day} {cause.check} {cause.scope} {cause.where}"
    return Card(
        id=hashlib.sha256(name.encode()).hexdigest()[:12],
        day=day,
        cause=cause,
        verdicts=tuple(held),
        parcels=tuple(dict.fromkeys(verdict.proposed.parcel_id for verdict in held)),
        look_at=LOOK_AT[cause.scope],
    )


def _reach(scope: Scope, verdict: Verdict, parcel: Parcel | None) -> str:
    if scope in {"parcel", "meters"}:
        return verdict.proposed.parcel_id
    if parcel is None:
        return ""
    if scope in {"weather", "forecast"}:
        north, east = (round(degrees * CELLS_PER_DEGREE) for degrees in (parcel.latitude, parcel.longitude))
        return f"around {north / CELLS_PER_DEGREE:g}, {east / CELLS_PER_DEGREE:g}"
    if scope == "source":
        water = parcel.water
        shared = (("canal", water.canal), ("pump", water.pump), ("parcel", parcel.id))
        return next(f"{kind} {name}" for kind, name in shared if name)
    if scope in {"soil", "group"}:
        return f"{parcel.crop}, {parcel.irrigation.method}"
    return ""
