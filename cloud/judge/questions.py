"""Which questions an advice is asked: those of its record first; of the soil only where the weather is known."""

from cloud.judge.cards import SCOPE_OF
from cloud.judge.case import Case
from cloud.judge.claims import of_claim_memory
from cloud.judge.continuity import of_parcel_memory, of_repetition
from cloud.judge.dose_checks import of_dose
from cloud.judge.finding import Finding
from cloud.judge.hours_memory import of_usual_hours
from cloud.judge.live_weather import of_live_weather
from cloud.judge.memory_checks import (
    of_age,
    of_history,
    of_inputs,
    of_recent_water,
    of_references,
    of_sight,
    of_sure_photos,
)
from cloud.judge.photos import of_alike_photos, of_photo_memory, of_photos_and_soil
from cloud.judge.record_checks import of_current_day, of_numbers, of_parcel, of_silence
from cloud.judge.sky_memory import of_forecast_memory, of_weather_memory
from cloud.judge.soil_checks import (
    SEASON_OVER,
    claims_no_crop,
    of_claim,
    of_need,
    of_own_doubt,
    of_planting,
    of_season,
    of_wait,
)
from cloud.judge.water_access import of_quota, of_uses, of_window
from cloud.judge.water_memory import of_followed_advice, of_water_memory


def findings_of(case: Case) -> list[Finding]:
    """Every question that fits the action, answered."""
    proposed = case.proposed
    findings = [*of_parcel(proposed, case.parcel), *of_inputs(proposed), *of_repetition(case), *of_parcel_memory(case)]
    findings += of_current_day(proposed, case.inputs.forecast_issued_on)
    if proposed.action == "hold":
        return [*findings, *of_silence(proposed)]
    if proposed.action != "irrigate":
        findings += of_silence(proposed)
        if claims_no_crop(case):
            findings += of_planting(case)
            # That a season is over follows from warmth that was measured, and needs no forecast.
            measured = [one for one in _of_sky(case) if SCOPE_OF.get(one.name) != "forecast"]
            return [*findings, of_season(case), *measured] if proposed.reason_code == SEASON_OVER else findings
    findings += _of_sky(case)
    findings += [*of_weather_memory(case), *of_forecast_memory(case), *of_water_memory(case)]
    findings += [*of_followed_advice(case), *of_photo_memory(case), *of_sure_photos(case)]
    findings += of_alike_photos(case, case.parcels_by_stress)
    if proposed.action == "irrigate":
        findings += [*of_numbers(case), *of_window(case), *of_usual_hours(case), *of_quota(case), *of_uses(case)]
        findings += [of_season(case), *of_recent_water(case), *of_history(case)]
    return [*findings, *_of_soil(case)] if case.bucket_known else findings


def _of_soil(case: Case) -> list[Finding]:
    if case.proposed.action == "irrigate":
        own = [*of_dose(case), *of_need(case)]
    else:
        own = [*of_wait(case), *of_own_doubt(case), *of_sight(case)]
    return [*own, *of_photos_and_soil(case), *of_claim(case), *of_claim_memory(case)]


def _of_sky(case: Case) -> tuple[Finding, ...]:
    """What the weather itself is asked, once for all parcels of a place."""
    sky, index = case.sky, case.index
    past, ahead = sky.past, sky.ahead
    key = ("sky", int(past.site_of[index]), -1 if ahead is None else int(ahead.site_of[index]))
    if key not in sky.memo:
        issued_on = case.inputs.forecast_issued_on
        sky.memo[key] = (
            *of_age(sky, index, issued_on),
            *of_references(sky, index),
            *of_live_weather(sky, index),
        )
    return sky.memo[key]
