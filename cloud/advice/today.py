"""From the water of the day to one recommendation per parcel, whatever is missing."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cloud.advice.access import Constraints
from cloud.advice.advise import AdviceContext, Together, advise_together, refusal_of, season_wait
from cloud.advice.awaited import owing_reasons
from cloud.advice.evidence import of_detections
from cloud.advice.future import ForecastOf
from cloud.advice.inputs import DayInputs, issue_day
from cloud.advice.observe import local_day
from cloud.advice.prepare import Ready
from cloud.advice.readiness import OLDEST_FORECAST_DAYS, horizons, out_of_season
from cloud.advice.season import Season, season_of
from cloud.advice.words import some_of
from cloud.agronomy.carrying.carried import state_of
from cloud.agronomy.engines.blocks import places_of
from cloud.agronomy.water import WaterHistory
from cloud.records import InputReference, Parcel, Recommendation
from cloud.variables import Indices
from cloud.weather.forcing import Forcing, forecast_for
from cloud.weather.told_rain import forecast_with_told_rain
from edge.contract import Detection

FORECAST_FAILURES: Final[Mapping[str, tuple[str, str]]] = {
    "no_forecast": ("a forecast", "none"),
    "forecast_stale": (f"an issue not older than {OLDEST_FORECAST_DAYS} days", "an older one"),
    "forecast_too_short": ("complete days (temperature and rain) to the next day", "fewer or with gaps"),
    "forecast_incomplete": ("complete days (temperature and rain)", "gaps"),
}


def recommendations_of(inputs: DayInputs, ready: Ready, history: WaterHistory | None) -> tuple[Recommendation, ...]:
    """One recommendation per parcel, in their order; a parcel that cannot be advised is held with its reason."""
    context = _context(inputs)
    context = replace(context, season=_season(inputs, ready, context))
    answers: dict[str, Recommendation] = {}
    ages = {} if history is None else _ages_by_warmth(history)
    for parcel in inputs.parcels:
        outside = out_of_season(parcel, inputs.day, ages.get(parcel.id))
        if outside is not None:
            reason, check = outside
            answers[parcel.id] = season_wait(parcel, reason, context, next_check_day=check)
        elif parcel.id in ready.held:
            answers[parcel.id] = refusal_of(parcel, ready.held[parcel.id], context)
    if history is not None:
        for parcel in _without_state(ready.parcels, history):
            reason = "weather_incomplete" if (parcel.planted_on or date.min) <= history.state.day else "just_planted"
            answers.setdefault(parcel.id, refusal_of(parcel, reason, context))
        waiting = [index for index, parcel in enumerate(ready.parcels) if parcel.id not in answers]
        answers |= _with_forecast(inputs, [(index, ready.parcels[index]) for index in waiting], history, context)
    return owing_reasons([answers[parcel.id] for parcel in inputs.parcels], inputs.history, ready)


def forecast_problems(inputs: DayInputs, recommendations: Sequence[Recommendation]) -> tuple[str, ...]:
    """One line for each way in which the forecast failed, with the parcels that are held for it."""
    lines = []
    for reason, (expected, got) in FORECAST_FAILURES.items():
        held = [one.parcel_id for one in recommendations if one.reason_code == reason]
        if held:
            lines.append(f"forecast of {inputs.day}: expected {expected}, got {got}; held: {some_of(held)}")
    return tuple(lines)


def _ages_by_warmth(history: WaterHistory) -> dict[str, float]:
    """Age of each crop that follows warmth, in days of the table's stages, on the day after the state."""
    ages = history.state.age_days[:, 0]
    known = history.state.started & np.isfinite(ages)
    return {name: float(ages[row]) for row, name in enumerate(history.parcel_ids) if known[row]}


def _without_state(parcels: Sequence[Parcel], history: WaterHistory) -> list[Parcel]:
    return [parcel for parcel, started in zip(parcels, history.state.started, strict=True) if not started]


def _with_forecast(
    inputs: DayInputs, waiting: Sequence[tuple[int, Parcel]], history: WaterHistory, context: AdviceContext
) -> dict[str, Recommendation]:
    """Advice of the parcels that have a state (with their row in it), grouped by how far their forecast reaches."""
    reason = _forecast_problem(inputs)
    if reason is not None or inputs.forecast is None:
        return {parcel.id: refusal_of(parcel, reason or "no_forecast", context) for _, parcel in waiting}
    if not waiting:
        return {}
    parcels = [parcel for _, parcel in waiting]
    day, blocks = history.state.day, places_of(len(parcels), history.state.depletion_mm.shape[1])
    at = forecast_with_told_rain(
        _forecasts(parcels, inputs.forecast, whole=len(blocks) == 1), parcels, inputs.rain_told
    )
    constraints = Constraints(
        turns=inputs.turns,
        quotas=inputs.quotas,
        pumps=inputs.pumps,
        events=inputs.events,
        neighbours=inputs.parcels,
    )
    groups: dict[int, list[int]] = defaultdict(list)
    for place, days in enumerate(np.concatenate([horizons(at(places), day) for places in blocks])):
        groups[int(days)].append(place)
    answers: dict[str, Recommendation] = {}
    together: list[Together] = []
    for days, places in sorted(groups.items()):
        members = [parcels[place] for place in places]
        if day + timedelta(days=days) <= inputs.day:
            answers |= {one.id: refusal_of(one, "forecast_too_short", context) for one in members}
            continue
        state = state_of(history.state, np.array([waiting[place][0] for place in places], dtype=np.intp))
        last = np.datetime64(day + timedelta(days=days), "D")
        ahead_of = partial(_until, at, np.array(places, dtype=np.intp), last)
        together.append(Together(parcels=members, state=state, forecast=ahead_of))
    answers |= {one.parcel_id: one for one in advise_together(together, constraints, context)}
    return answers


def _season(inputs: DayInputs, ready: Ready, context: AdviceContext) -> Season | None:
    """The rest of the season where a quota or a turn asks for it."""
    asked = bool(inputs.quotas or inputs.turns) or any(parcel.water.quota_m3 is not None for parcel in ready.parcels)
    if ready.weather is None or not asked:
        return None
    weather = ready.weather
    season = season_of(inputs.day, ready.parcels, weather.days, weather.et0_mm, weather.rain_mm)
    return replace(season, prices=context.prices)


def _forecasts(parcels: Sequence[Parcel], dataset: xr.Dataset, *, whole: bool) -> ForecastOf:
    """Forecast of the parcels in some places: cut from that of all, or made anew where all would be too much."""
    if whole:
        return forecast_for(parcels, dataset).at
    return lambda places: forecast_for([parcels[place] for place in places.tolist()], dataset)


def _until(at: ForecastOf, places: Indices, last: np.datetime64, rows: Indices) -> Forcing:
    return at(places[rows]).until(last)


def _forecast_problem(inputs: DayInputs) -> str | None:
    if inputs.forecast is None:
        return "no_forecast"
    issued = issue_day(inputs.forecast)
    stale = issued is not None and (inputs.day - issued).days > OLDEST_FORECAST_DAYS
    return "forecast_stale" if stale else None


def _context(inputs: DayInputs) -> AdviceContext:
    """The day, the code and what was shown, by parcel."""
    files = (*_weather_references(inputs), *inputs.inputs)
    photos = _photos(inputs)
    return AdviceContext(
        day=inputs.day,
        code_version=inputs.code_version,
        engine=inputs.engine,
        prices=inputs.prices,
        inputs=files,
        shown={
            parcel.id: tuple(of_detections(parcel, [one for one, _ in photos[parcel.id]]))
            for parcel in inputs.parcels
            if parcel.id in photos
        },
        records={name: tuple(_photo_reference(*one) for one in found) for name, found in photos.items()},
    )


def _weather_references(inputs: DayInputs) -> list[InputReference]:
    """Weather and forecast by name, hash and age; a dataset that was not read from a file has no hash to name."""
    references = []
    times = inputs.weather["time"].values.astype("datetime64[D]")
    used = times[(times <= np.datetime64(inputs.day, "D")) & _with_values(inputs.weather)]
    age = float((np.datetime64(inputs.day, "D") - used.max()).astype(int)) if used.size else None
    issued = issue_day(inputs.forecast)
    issue_age = None if issued is None else float(max(0, (inputs.day - issued).days))
    for dataset, age_days in ((inputs.weather, age), (inputs.forecast, issue_age)):
        digest = None if dataset is None else dataset.attrs.get("sha256")
        if dataset is not None and digest:
            name = str(dataset.attrs.get("source", "weather"))
            references.append(InputReference(name=name, sha256=str(digest), age_days=age_days))
    return references


def _with_values(weather: xr.Dataset) -> NDArray[np.bool_]:
    """Days (D,) on which anything was measured: rows of gaps do not make old weather fresh."""
    known = np.zeros(weather.sizes["time"], dtype=bool)
    for array in weather.data_vars.values():
        known |= np.isfinite(array.transpose("time", ...).values.reshape(known.size, -1)).any(axis=1)
    return known


def _photos(inputs: DayInputs) -> dict[str, list[tuple[Detection, float | None]]]:
    """The detections shown with each parcel and their age; one dated after the day is left to its note."""
    by_id = {parcel.id: parcel for parcel in inputs.parcels}
    photos: dict[str, list[tuple[Detection, float | None]]] = defaultdict(list)
    for detection in inputs.detections:
        parcel = by_id.get(detection.parcel_id or "")
        if parcel is None:
            continue
        age = None if detection.taken_at is None else (inputs.day - local_day(detection.taken_at, parcel)).days
        if age is None or age >= 0:
            photos[parcel.id].append((detection, None if age is None else float(age)))
    return dict(photos)


def _photo_reference(detection: Detection, age_days: float | None) -> InputReference:
    """A detection by the hash of its record."""
    return InputReference(
        name=f"detection {detection.sha256[:12]}",
        sha256=hashlib.sha256(detection.model_dump_json().encode()).hexdigest(),
        age_days=age_days,
    )
