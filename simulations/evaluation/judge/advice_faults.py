"""Families of faults between the advisor and the judge: code, units, identities, clocks."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import numpy as np

from cloud.records import Quantiles, Recommendation
from simulations.evaluation.judge.faults import Family

Change = Callable[[Recommendation], Recommendation]


def of_advice(name: str, summary: str, change: Change) -> Family:
    """A fault between the advisor and the judge, in the records of some parcels."""

    def spoil(
        proposed: Sequence[Recommendation], names: frozenset[str], _: np.random.Generator
    ) -> list[Recommendation]:
        return [change(one) if one.parcel_id in names else one for one in proposed]

    return Family(name=name, kind="advice", summary=summary, everyone=False, advice=spoil)


def of_dose(factor: float, *, all_fields: bool = True) -> Change:
    """A dose in the wrong unit; ``all_fields``: volume and duration follow, as they would from one wrong number."""

    def change(one: Recommendation) -> Recommendation:
        if one.depth_mm is None or one.volume_m3 is None:
            return one
        depth = Quantiles(**{name: value * factor for name, value in one.depth_mm.model_dump().items()})
        fields: dict[str, object] = {"depth_mm": depth}
        if all_fields:
            fields["volume_m3"] = one.volume_m3 * factor
            fields["duration_h"] = None if one.duration_h is None else one.duration_h * factor
        return one.model_copy(update=fields)

    return change


def _field(name: str, factor: float) -> Change:
    def change(one: Recommendation) -> Recommendation:
        value = getattr(one, name)
        return one if value is None else one.model_copy(update={name: value * factor})

    return change


def _negative(one: Recommendation) -> Recommendation:
    if one.depth_mm is None:
        return one
    low, middle, high = (-value for value in (one.depth_mm.p90, one.depth_mm.p50, one.depth_mm.p10))
    return one.model_copy(update={"depth_mm": Quantiles(p10=low, p50=middle, p90=high)})


def _window(hours: float) -> Change:
    def change(one: Recommendation) -> Recommendation:
        if one.start_window is None:
            return one
        begin, end = one.start_window
        shift = timedelta(hours=hours)
        return one.model_copy(update={"start_window": (begin + shift, end + shift)})

    return change


def _no_water(one: Recommendation, *, days: int) -> Recommendation:
    """A dose that became a wait: the costly error."""
    if one.action != "irrigate":
        return one
    return one.model_copy(
        update={
            "action": "wait",
            "depth_mm": None,
            "volume_m3": None,
            "duration_h": None,
            "start_window": None,
            "reason_code": "soil_has_water",
            "next_check_day": one.day + timedelta(days=days),
        }
    )


def _patient(one: Recommendation) -> Recommendation:
    if one.action != "wait" or one.next_check_day is None:
        return one
    return one.model_copy(update={"next_check_day": one.day + timedelta(days=21)})


def _claims_wet(one: Recommendation) -> Recommendation:
    """The advisor's soil is thought full: a wait with the depletion of a wet soil."""
    wet = Quantiles(p10=0.0, p50=2.0, p90=5.0)
    return _no_water(one, days=4).model_copy(update={"depletion_mm": wet, "stress_probability_if_ignored": 0.0})


def _dated(days: int) -> Change:
    return lambda one: one.model_copy(update={"day": one.day + timedelta(days=days)})


def _exchanged(
    proposed: Sequence[Recommendation], names: frozenset[str], _: np.random.Generator
) -> list[Recommendation]:
    """Doses that reach another parcel: everything but the identity goes round among the struck."""
    ordered = sorted(names)
    partner = dict(zip(ordered, [*ordered[1:], ordered[0]], strict=True))
    by_id = {one.parcel_id: one for one in proposed}
    return [
        by_id[partner[one.parcel_id]].model_copy(
            update={"parcel_id": one.parcel_id, "parcel_name": one.parcel_name, "pump_name": one.pump_name}
        )
        if one.parcel_id in partner
        else one
        for one in proposed
    ]


def _repeated(
    proposed: Sequence[Recommendation], names: frozenset[str], _: np.random.Generator
) -> list[Recommendation]:
    return [copy for one in proposed for copy in ([one, one] if one.parcel_id in names else [one])]


ADVICE_FAMILIES: Final = (
    of_advice("dose tenfold", "a point lost", of_dose(10.0)),
    of_advice("dose a tenth", "a point too early", of_dose(0.1)),
    of_advice("dose in inches", "mm read as inches", of_dose(25.4)),
    of_advice("dose to inches", "inches told as mm", of_dose(1.0 / 25.4)),
    of_advice("dose doubled", "gross made gross again", of_dose(2.0)),
    of_advice("dose halved", "net told as gross", of_dose(0.5)),
    of_advice("depth alone tenfold", "depth and volume disagree", of_dose(10.0, all_fields=False)),
    of_advice("volume tenfold", "volume and depth disagree", _field("volume_m3", 10.0)),
    of_advice("duration in minutes", "minutes told as hours", _field("duration_h", 60.0)),
    of_advice("duration a tenth", "a point too early in the hours", _field("duration_h", 0.1)),
    of_advice("negative dose", "a sign lost", _negative),
    of_advice("window twelve hours late", "a time zone lost", _window(12.0)),
    of_advice("window a week late", "the window of next week", _window(168.0)),
    of_advice("dose told as wait", "water withheld, next look in four days", lambda one: _no_water(one, days=4)),
    of_advice("dose told as a long wait", "water withheld for a fortnight", lambda one: _no_water(one, days=14)),
    of_advice("wait that claims wet soil", "water withheld, and the soil said to be full", _claims_wet),
    of_advice("wait of three weeks", "the next look three weeks away", _patient),
    of_advice("advice of yesterday", "yesterday's record sent again", _dated(-1)),
    of_advice("advice of next year", "a clock a year off", _dated(365)),
    Family(
        name="parcels exchanged", kind="advice", summary="doses of other parcels", everyone=False, advice=_exchanged
    ),
    Family(name="advice twice", kind="advice", summary="each record twice", everyone=False, advice=_repeated),
)
