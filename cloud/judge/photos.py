"""Photos unlike those this parcel's camera sent before, unlike what the soil allows, or all alike.

A model that was exchanged, a poisoned picture or a stuck file moves the dose of every parcel it is believed for. What
the photos said is written into the check and held to the next day's.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Final

from cloud.judge.case import STALE_DAYS, Case, Finding
from cloud.judge.lines import line_of, number_of, pairs_of
from cloud.judge.remembered import Earlier, earlier_line, held_to
from edge.contract import Detection

MEMORY: Final = "photos_as_before"
CHANGES: Final[Mapping[str, float]] = {"stress": 0.4, "sigma": 0.12, "wilting": 0.55, "canopy": 0.3, "exposure": 0.35}
"""By how much the means of the fresh photos may change from one verdict to the next."""
ALIKE_PHOTOS: Final = 3
ALIKE_PARCELS: Final = 4
"""So many photos, or parcels, that say one stress to the third digit come from a file and no camera."""
STRESSED: Final = 0.5
UNSTRESSED: Final = 0.1
WET_SHARE: Final = 0.35
DRY_SHARE: Final = 1.5
"""Of readily available water: below it in the driest case no crop is thirsty, beyond it in the wettest all are."""
SURE_SIGMA: Final = 0.2
"""A photo less sure than this moves no dose by itself."""


def of_photo_memory(case: Case) -> Iterator[Finding]:
    """The camera of the parcel says, with the model it had, something like what it said before."""
    fresh = fresh_photos(case)
    if not fresh:
        return
    now = {"model": _models(fresh), **{name: f"{value:.3f}" for name, value in _means(fresh).items()}}
    earlier = earlier_line(case, MEMORY)
    yield held_to(MEMORY, line_of(now), earlier, _changes(earlier, now))


def of_photos_and_soil(case: Case) -> Iterator[Finding]:
    """No sure photo sees thirst where the soil is surely wet, or none where it is surely dry."""
    sure = [
        one.stress_index
        for one in fresh_photos(case)
        if one.stress_index is not None and (one.stress_sigma or 0.0) <= SURE_SIGMA
    ]
    if not sure:
        return
    readily, drift = case.lane("readily_available_mm"), case.lane("drift_mm")
    stress = fmean(sure)
    wet = case.lane("driest_mm") + drift < WET_SHARE * readily
    dry = case.lane("wettest_mm") - drift > DRY_SHARE * readily
    limit = f"below {STRESSED:g} on wet soil" if wet else f"above {UNSTRESSED:g} on dry soil" if dry else "any"
    passed = not ((wet and stress >= STRESSED) or (dry and stress <= UNSTRESSED))
    yield Finding(name="photos_agree_with_soil", passed=passed, measured=stress, limit=limit)


def of_alike_photos(case: Case, parcels_by_stress: Mapping[float, int]) -> Iterator[Finding]:
    """Photos differ from each other, and parcels from each other, at least in the third digit."""
    said: Counter[float] = Counter(one.stress_index for one in fresh_photos(case) if one.stress_index)
    if not said:
        return
    value, times = said.most_common(1)[0]
    parcels = parcels_by_stress.get(value, 1)
    yield Finding(
        name="photos_differ",
        passed=times < ALIKE_PHOTOS and parcels < ALIKE_PARCELS,
        measured=f"{value:g} in {times} photos here, on {parcels} parcels",
        limit=f"fewer than {ALIKE_PHOTOS} photos, {ALIKE_PARCELS} parcels",
    )


def parcels_by_stress(detections: Mapping[str, Sequence[Detection]]) -> Mapping[float, int]:
    """On how many parcels photos say each stress; the photos by parcel."""
    found: Counter[float] = Counter()
    for parcel, photos in detections.items():
        found.update({one.stress_index for one in photos if parcel and one.stress_index})
    return found


def fresh_photos(case: Case) -> list[Detection]:
    """Opinions about the parcel that are young enough to be assimilated, the oldest first."""
    fresh = [
        (one.taken_at, one.sha256, one)
        for one in case.detections
        if one.opinion
        and one.taken_at is not None
        and 0 <= (case.proposed.day - case.local_day(one.taken_at)).days <= STALE_DAYS
    ]
    return [one for _, _, one in sorted(fresh, key=lambda item: item[:2])]


def _models(fresh: Sequence[Detection]) -> str:
    return ",".join(
        sorted({f"{one.model.name} {(one.model.sha256 or '')[:8]}" for one in fresh if one.model is not None})
    )


def _means(fresh: Sequence[Detection]) -> dict[str, float]:
    said = {
        "stress": [one.stress_index for one in fresh],
        "sigma": [one.stress_sigma for one in fresh],
        "wilting": [one.wilting_probability for one in fresh],
        "canopy": [one.canopy_cover_fraction for one in fresh],
        "exposure": [one.quality.exposure for one in fresh if one.quality is not None],
    }
    known = {name: [value for value in values if value is not None] for name, values in said.items()}
    return {name: fmean(values) for name, values in known.items() if values}


def _changes(earlier: Earlier | None, now: Mapping[str, str]) -> list[str]:
    before = {} if earlier is None else pairs_of(earlier[1])
    model = before.get("model")
    changed = [] if model is None or model == now["model"] else [f"model was {model}"]
    for name, limit in CHANGES.items():
        then, today = number_of(before.get(name, "")), number_of(now.get(name, ""))
        if then is not None and today is not None and abs(today - then) > limit:
            changed.append(f"{name} was {before[name]}")
    return changed
