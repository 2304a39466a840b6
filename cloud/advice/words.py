"""An advice in plain words: every number with its source and its age."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cloud.records import Evidence, Quantiles, Recommendation, Verdict

NAMED: Final = 5
"""Names in a line before it grows too long to read."""
REASONS: Final[Mapping[str, str]] = {
    "stress_expected": "the crop would probably run short before water can next be had",
    "soil_has_water": "the soil still holds enough water",
    "deficit_tolerated": "a mild lack of water now costs less than the water would",
    "harvest_near": "the crop would not use more water before its harvest",
    "rain_expected": "rain is expected and the soil can wait for it",
    "rain_did_not_come": "the rain that was waited for did not come, and the crop would run short",
    "turn_not_now": "water is due but the canal's turn is on another day",
    "no_turn_known": "water is due but no turn of the canal is known",
    "irrigated_today": "water was already given that day",
    "not_planted": "nothing is planted yet",
    "just_planted": "the crop was planted after the last day of weather; its water is not known yet",
    "season_over": "the season is over",
    "weather_stale": "the weather is more than 3 days old",
    "weather_incomplete": "the weather has gaps too long to bridge",
    "no_data": "the soil water is not known",
    "no_forecast": "there is no forecast",
    "forecast_stale": "the forecast is more than 3 days old",
    "forecast_too_short": "the forecast does not reach the next day",
    "forecast_incomplete": "the forecast has gaps",
    "quota_spent": "the quota does not hold a smallest event any more",
    "quota_kept": "the quota's water is worth more later in the season, or on other parcels of it",
    "energy_too_dear": "the hours that are left cost more energy than the water is worth today",
    "turn_lent": "the turn is lent to a drier neighbour, whose own turn comes sooner than the next here",
    "turn_borrowed": "water is due before the parcel's own turn, and a neighbour lends this one",
    "turn_taken": "the turn is used up by parcels for which its water is worth more",
    "turn_too_short": "the turn is too short for the smallest event",
    "pump_busy": "the pump's hours are used up by parcels for which its water is worth more",
    "pump_too_small": "the pump cannot give the smallest event in its hours",
    "dose_too_small": "the dose would round to nothing",
}
KINDS: Final[Mapping[str, str]] = {
    "depletion_mm": "water missing from the root zone [mm]",
    "readily_available_mm": "water the crop can take without stress [mm]",
    "forecast_rain_mm": "rain expected [mm]",
    "rain_waited_for_mm": "rain that was waited for [mm]",
    "rain_since_mm": "rain that came since [mm]",
    "last_irrigation_mm": "last irrigation known, gross [mm]",
    "quota_left_m3": "left of the quota [m3]",
    "quota_need_m3": "what its parcels will still want of it [m3]",
    "quota_shadow_price": "what one more cubic metre of it would be worth [money/m3]",
    "energy_cost": "energy for this irrigation [money]",
    "least_bad_mm": "the dose that breaks a rule least, gross [mm]",
    "turn_with": "turn exchanged with a neighbour",
    "canopy_cover_fraction": "share of ground covered by leaves",
    "wilting_score": "visible wilting, 0 none to 4 severe",
    "wilting_probability": "probability of visible wilting",
    "stress_index": "stress, 1 - T/Tpot",
    "canopy_temperature_c": "canopy temperature [deg C]",
    "cwsi": "crop water stress index",
    "camera_abstains": "the camera gives no opinion",
}


def some_of(names: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def advice_lines(verdict: Verdict) -> Iterator[str]:
    """What was proposed, what the reviewer made of it, and the numbers of it."""
    proposed = verdict.proposed
    yield f"Proposed: {proposed.action}, because {REASONS.get(proposed.reason_code, proposed.reason_code)}."
    yield f"Decision of the {verdict.reviewer}: {verdict.decision}. {verdict.explanation}"
    yield f"May be spoken: {_spoken(verdict.recommendation)}"
    yield f"Valid until {_local(verdict.valid_until, proposed)}."
    yield from _numbers(proposed)


def basis_lines(verdict: Verdict) -> Iterator[str]:
    """What the advice rests on: facts, checks that failed, inputs with their age."""
    proposed = verdict.proposed
    yield "Facts:"
    yield from (f"  {_fact(fact, proposed)}" for fact in proposed.evidence)
    failed = [check for check in verdict.checks if not check.passed]
    yield f"Checks: {len(verdict.checks) - len(failed)} of {len(verdict.checks)} passed."
    yield from (f"  failed {check.name}: measured {check.measured}, limit {check.limit}" for check in failed)
    yield f"Inputs (code {proposed.code_version}):"
    for reference in proposed.inputs:
        age = "" if reference.age_days is None else f", {_count(reference.age_days)} old"
        yield f"  {reference.name}{age}, sha256 {reference.sha256[:12]}"


def _spoken(spoken: Recommendation) -> str:
    if spoken.action != "irrigate" or spoken.depth_mm is None or spoken.start_window is None:
        check = f"; next check {spoken.next_check_day}" if spoken.next_check_day else ""
        return f"{spoken.action}, no water{check}."
    begin, latest = (_local(moment, spoken) for moment in spoken.start_window)
    hours = "for a time that no known flow tells" if spoken.duration_h is None else f"for {_hours(spoken.duration_h)}"
    return (
        f"start between {begin} and {latest}, {hours}: {spoken.volume_m3:.0f} m3, {spoken.depth_mm.p50:.0f} mm gross"
        f" at the inlet; next check {spoken.next_check_day}."
    )


def _numbers(proposed: Recommendation) -> Iterator[str]:
    if proposed.depth_mm is not None:
        yield f"Dose in mm, gross: {_spread(proposed.depth_mm)}."
    if proposed.depletion_mm is not None:
        yield f"Water missing on the evening of the day in mm: {_spread(proposed.depletion_mm)}."
    followed, ignored = proposed.stress_probability_if_followed, proposed.stress_probability_if_ignored
    if followed is not None and ignored is not None:
        yield f"Probability of stress before the next chance: {followed:.0%} if followed, {ignored:.0%} without water."


def _fact(fact: Evidence, proposed: Recommendation) -> str:
    value = "" if fact.value is None else f": {fact.value:g}"
    sigma = "" if fact.sigma is None else f" +- {fact.sigma:g}"
    when = "" if fact.observed_at is None else f", {_local(fact.observed_at, proposed)}"
    return f"{KINDS.get(fact.kind, fact.kind)}{value}{sigma} ({fact.source}{when})"


def _spread(values: Quantiles) -> str:
    return f"{values.p50:g} (from {values.p10:g} to {values.p90:g}, 8 chances in 10)"


def _local(moment: datetime, proposed: Recommendation) -> str:
    return moment.astimezone(ZoneInfo(proposed.timezone)).strftime("%Y-%m-%d %H:%M")


def _hours(duration_h: float) -> str:
    minutes = round(60.0 * duration_h)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _count(days: float) -> str:
    return f"{days:g} day" if days == 1.0 else f"{days:g} days"
