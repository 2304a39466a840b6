"""The judge's reasons in one line of words."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from cloud.judge.case import Finding
from cloud.records import Decision, Recommendation

WORDS: Final[Mapping[str, str]] = {
    "parcel_is_known": "the parcel is not among the parcels of the day",
    "day_is_possible": "the advice is for a day that no season has",
    "one_advice_a_day": "the parcel already has an advice for this day",
    "parcel_name": "the advice carries another parcel's name",
    "parcel_timezone": "the advice is in another time zone than the parcel",
    "parcel_pump": "the advice names another pump than the parcel's",
    "inputs_named": "the advice does not name its inputs",
    "no_water_without_irrigation": "an advice without irrigation carries water",
    "depth_positive": "the dose is not a positive amount",
    "volume_is_depth_times_area": "volume and depth disagree for the parcel's area",
    "duration_is_volume_over_flow": "duration and volume disagree for the known flow",
    "dose_is_rounded": "the dose is not rounded as it will be spoken",
    "window_is_on_the_day": "the start is not on the day of the advice",
    "window_in_local_time": "the start is not in the parcel's own time",
    "inside_turn": "the irrigation does not fit into the parcel's canal turn",
    "inside_pump_hours": "the irrigation does not fit into the pump's hours",
    "pump_hours_per_day": "the pump may not run that long in a day",
    "within_quota": "the quota does not hold that much water any more",
    "shared_water_suffices": "the parcels together ask for more shared water than there is",
    "nothing_is_planted": "the advice says that nothing is planted, and something is",
    "within_season": "the day lies outside the crop's season",
    "not_above_largest_event": "the dose is above the system's largest event",
    "not_below_smallest_event": "the dose is below the system's smallest event",
    "room_in_soil": "the soil cannot hold the dose even if it is as dry as can be",
    "not_far_below_need": "the dose is far below what the soil has lost",
    "dose_follows_depletion": "the dose does not follow from the depletion that is stated",
    "dry_chance_follows_depletion": "the dose for the dry chances does not follow from what is missing then",
    "depletion_in_bracket": "the stated depletion is outside what two other formulas allow",
    "needed": "the soil still has water even in the driest case",
    "no_likely_rain": "likely rain brings as much before the crop suffers",
    "not_already_irrigated": "water was given that day or the day before",
    "farmers_last_word": "the farmer reported an irrigation since yesterday",
    "like_earlier_doses": "the dose jumps away from earlier ones",
    "next_check_is_near": "the next check is missing or too far away",
    "parcel_as_before": "the parcel is described otherwise than before: confirm it",
    "weather_as_before": "weather of days already seen has changed: check the weather file",
    "irrigations_as_before": "irrigations of days already seen have changed: check meters and replies",
    "depletion_goes_on": "the stated depletion does not follow from the one before",
    "not_told_before": "an advice for this day or a later one was judged before",
    "forecast_as_before": "the rain that is forecast has changed overnight: look at the forecast",
    "forecast_warmth_as_before": "the same days are forecast much warmer or colder than before: look at the forecast",
    "forecast_members_differ": "all members of the forecast say the same: look at the forecast",
    "weather_moves": "the temperatures stand still: check the weather station",
    "weather_is_new": "a stretch of weather is told a second time: check the weather file",
    "forecast_joins_the_past": "the forecast does not join the weather of the last week",
    "wait_follows_odds": "the advice is to wait although it thinks stress likely",
    "awaited_rain_is_forecast": "the advice is to wait for rain, and little rain is forecast",
    "hours_as_before": "the hours are far from those told in the days before: look at the clock and the pump's hours",
    "photos_know_their_limits": "a photo claims to know the stress better than any camera can",
    "waiting_is_safe": "the crop may suffer before the next check in the driest case",
    "claim_allows_waiting": "from the stated depletion on, the crop suffers before the next check",
    "no_visible_wilting": "a fresh photo shows wilting while the advice is to wait",
    "weather_is_fresh": "the weather is missing or too old",
    "forecast_is_fresh": "the forecast is missing, too old or too short",
    "two_references_agree": "two references of evapotranspiration disagree: check the weather station",
    "given_reference_in_bracket": "the given reference evapotranspiration is implausible",
    "day_is_current": "the advice is for a day before its own forecast was made",
    "rain_like_neighbours": "it rained all around and not here: check the rain gauge",
    "rain_came_as_forecast": "rain that was forecast day after day was never measured: check the rain gauge",
    "forecast_was_true": "the forecast of the last days was far from what was then measured",
    "irrigation_as_advised": "the water metered since the last advice is of another size than the advice",
    "photos_as_before": "the photos are unlike those this parcel's camera sent before",
    "photos_agree_with_soil": "the photos say what the soil water rules out",
    "photos_differ": "photos repeat one stress to the digit, as no camera does",
    "forecast_widens": "the forecast is as unsure of tomorrow as of next week: it is an old one told as new",
    "like_neighbours": "neighbours under the same crop are told something else without a reason to be seen",
    "like_released": "the advice is unlike all that was released before",
}

REMEMBERED: Final = frozenset(
    {
        "parcel_as_before",
        "weather_as_before",
        "irrigations_as_before",
        "forecast_as_before",
        "photos_as_before",
    }
)
"""Checks whose measure is a line that the judge writes down for itself."""
VALUES: Final[Mapping[str, str]] = {
    "et_mm": "evapotranspiration [mm]",
    "rain_mm": "rain [mm]",
    "wind_m_s": "mean wind [m/s]",
    "humidity_percent": "mean humidity [%]",
    "warmth_c": "mean temperature [C]",
    "gross_mm": "water given [mm]",
    "area_ha": "area [ha]",
    "soil_mm_per_m": "water held by the soil [mm/m]",
    "roots_m": "depth of the roots [m]",
    "full_cover_kc": "crop coefficient at full cover",
    "efficiency": "efficiency of the irrigation",
    "largest_mm": "largest event [mm]",
    "flow_m3_h": "flow [m3/h]",
    "sown": "day of sowing",
    "stress": "mean stress seen",
    "sigma": "mean uncertainty of the photos",
    "wilting": "mean probability of wilting",
    "canopy": "mean canopy cover",
    "exposure": "mean exposure",
}
"""What remembered names stand for."""
UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "not_above_largest_event",
            "not_below_smallest_event",
            "room_in_soil",
            "not_far_below_need",
            "dose_follows_depletion",
            "dry_chance_follows_depletion",
            "depletion_in_bracket",
            "needed",
            "no_likely_rain",
            "awaited_rain_is_forecast",
            "not_already_irrigated",
            "like_earlier_doses",
            "depletion_goes_on",
            "waiting_is_safe",
            "claim_allows_waiting",
            "rain_like_neighbours",
            "irrigation_as_advised",
            "given_reference_in_bracket",
        ),
        " mm",
    ),
    **dict.fromkeys(("weather_is_fresh", "forecast_is_fresh", "next_check_is_near"), " days"),
    **dict.fromkeys(("duration_is_volume_over_flow", "inside_turn", "pump_hours_per_day"), " h"),
    **dict.fromkeys(("volume_is_depth_times_area", "within_quota"), " m3"),
    **dict.fromkeys(
        (
            "weather_moves",
            "forecast_members_differ",
            "forecast_joins_the_past",
            "forecast_was_true",
            "forecast_warmth_as_before",
        ),
        " C",
    ),
}
"""Units of numbers, written after them."""


def explanation_of(
    decision: Decision,
    proposed: Recommendation,
    recommendation: Recommendation,
    failed: Sequence[Finding],
    checks: int,
) -> str:
    """One line: what was decided, and every failed check in words with its measured value and limit."""
    reasons = "; ".join(_reason(finding) for finding in failed)
    if decision == "release":
        return f"Released: all {checks} checks passed."
    if decision == "shrink":
        before, after = proposed.depth_mm, recommendation.depth_mm
        assert before is not None
        assert after is not None
        return f"Shrunk from {before.p50:g} to {after.p50:g} mm: {reasons}."
    if decision == "block":
        return f"Blocked: {reasons}."
    if not failed:
        return f"Held for a person: the advisor itself gives no advice ({proposed.reason_code})."
    return f"Held for a person: {reasons}."


def _reason(finding: Finding) -> str:
    words = WORDS.get(finding.name, finding.name)
    if finding.name in REMEMBERED:
        # What was measured is the judge's own memory of the day; a person needs what has changed of it.
        return f"{words} ({_plain(str(finding.limit))})"
    unit = UNITS.get(finding.name, "")
    return f"{words} ({_text(finding.measured, unit)}, limit {_text(finding.limit, unit)})"


def _plain(changes: str) -> str:
    """Names of remembered values in words."""
    return re.sub(r"\b([a-z][a-z0-9]*(?:_[a-z0-9]+)*?)(?:_(\d+)_(\d+))?(?= was )", _in_words, changes)


def _in_words(found: re.Match[str]) -> str:
    name, begin, end = found.groups()
    words = VALUES.get(name, name.replace("_", " "))
    if end is None:
        return words
    span = f"the last {end} days" if begin == "0" else f"{begin} to {end} days before"
    return f"{words} of {span}"


def _text(value: float | str | None, unit: str = "") -> str:
    if value is None:
        return "unknown"
    return value if isinstance(value, str) else f"{value:.4g}{unit}"
