"""Photos are held to what the camera said before, to the soil, and to each other."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest

from cloud.judge.case import Case
from cloud.judge.judge import JudgeInputs, judge
from cloud.judge.photos import of_alike_photos, of_photo_memory, of_photos_and_soil, parcels_by_stress
from cloud.records import Check, Recommendation
from edge.contract import Detection
from tests.synthetic_season import past, without_rain

DAY = date(2026, 6, 10)
BEFORE = DAY - timedelta(days=1)
CaseOf = Callable[..., Case]


def photo(stress: float | None, *, back: int = 0, sigma: float = 0.3, **more: object) -> Detection:
    given = {
        "parcel_id": "plot",
        "taken_at": f"{DAY - timedelta(days=back)}T11:00:00Z",
        "sha256": hashlib.sha256(f"{stress} {back} {more}".encode()).hexdigest(),
        "model": {"name": "thermal", "version": "1.0.0", "sha256": "c" * 64},
        "opinion": True,
        "stress_index": stress,
        "stress_sigma": sigma,
        **more,
    }
    return Detection.model_validate(given)


def failed(verdict_checks: Sequence[Check]) -> set[str]:
    return {check.name for check in verdict_checks if not check.passed}


@pytest.mark.parametrize(
    ("today", "named"),
    [
        (photo(0.12), None),
        (photo(0.9), "stress seen was 0.100"),
        (photo(0.12, sigma=0.12), "uncertainty of the photos was 0.300"),
        (photo(0.12, canopy_cover_fraction=0.1), "canopy cover was 0.600"),
        (photo(0.12, model={"name": "thermal", "version": "1.0.1", "sha256": "d" * 64}), "model was thermal cccccccc"),
        (photo(0.12, model={"name": "thermal", "version": "1.0.0", "sha256": None}), "model was thermal cccccccc"),
    ],
)
def test_a_camera_goes_on_as_it_began(
    inputs_of: Callable[..., JudgeInputs], wait_of: Callable[..., Recommendation], today: Detection, named: str | None
) -> None:
    first = wait_of(day=BEFORE, next_check_day=DAY, depletion_mm={"p10": 10.0, "p50": 14.0, "p90": 19.0})
    seen = photo(0.1, back=1, canopy_cover_fraction=0.6)
    earlier = inputs_of(weather=past(date(2026, 6, 8)), forecast=without_rain(BEFORE), detections=(seen,))
    (yesterday,) = judge([first], earlier)
    (verdict,) = judge([wait_of()], inputs_of(history=(yesterday,), detections=(today,)))
    assert ("photos_as_before" in failed(verdict.checks)) is (named is not None)
    assert named is None or named in verdict.explanation


def test_without_a_fresh_photo_nothing_is_asked(case_of: CaseOf) -> None:
    old = case_of(detections=(photo(0.5, back=9), photo(0.5).model_copy(update={"opinion": False})))
    assert list(of_photo_memory(old)) == list(of_photos_and_soil(old)) == list(of_alike_photos(old, {})) == []


@pytest.mark.parametrize(("stress", "wet", "passes"), [(0.8, True, False), (0.0, True, True), (0.8, False, True)])
def test_thirst_on_surely_wet_soil_is_no_thirst(case_of: CaseOf, stress: float, *, wet: bool, passes: bool) -> None:
    case = case_of(detections=(photo(stress, sigma=0.15),))
    lanes = case.sky.lanes[0]
    for lane in (lanes.driest_mm, lanes.drift_mm):
        lane[0] = 0.0 if wet else lanes.readily_available_mm[0]
    (finding,) = of_photos_and_soil(case)
    assert finding.passed is passes


def test_calm_on_surely_dry_soil_is_no_calm(case_of: CaseOf) -> None:
    case = case_of(detections=(photo(0.02, sigma=0.15),))
    lanes = case.sky.lanes[0]
    lanes.wettest_mm[0], lanes.drift_mm[0] = 1.6 * lanes.readily_available_mm[0], 0.0
    (finding,) = of_photos_and_soil(case)
    assert not finding.passed
    assert list(of_photos_and_soil(case_of(detections=(photo(0.02, sigma=0.4),)))) == []


def test_a_stuck_file_says_one_stress_again_and_again(case_of: CaseOf) -> None:
    stuck = tuple(photo(0.514, back=back) for back in range(3))
    (finding,) = of_alike_photos(case_of(detections=stuck), {})
    assert not finding.passed
    (other,) = of_alike_photos(case_of(detections=(photo(0.514), photo(0.52, back=1))), {})
    assert other.passed


def test_four_parcels_with_one_stress_have_one_file(case_of: CaseOf) -> None:
    counted = parcels_by_stress({f"p{number}": [photo(0.514)] for number in range(4)})
    (finding,) = of_alike_photos(case_of(detections=(photo(0.514),)), counted)
    assert not finding.passed
    assert "on 4 parcels" in str(finding.measured)
