"""One vector, read by both sides: what the judge lets pass is what a plan's limits let pass, and nothing more."""

import json
import math
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud.judge.bucket import Lanes
from cloud.judge.case import Case, JudgeInputs, sky_of
from cloud.judge.dose_checks import of_dose
from cloud.judge.hard_limits import event_limits
from cloud.records import IrrigationSystem, Parcel, Quantiles, Recommendation, WaterSource
from edge.advice import advise, room_mm
from edge.plan import DoseStep, HardLimits, Plan
from tests.synthetic_season import parcel, past
from tests.unit.edge.test_advice import FIRST, plan, plan_day

VECTOR = json.loads(Path(__file__).with_name("plan_limits.json").read_text(encoding="utf-8"))
DAY = date(2026, 6, 10)


def parcel_of(case: dict[str, Any]) -> Parcel:
    system = IrrigationSystem(method=case["method"], min_mm=case.get("min_mm"), max_mm=case.get("max_mm"))
    return parcel(irrigation=system, water=WaterSource(canal=case.get("canal")))


def judged(case: dict[str, Any], depth_mm: float) -> dict[str, bool]:
    """What the judge's own checks of the physics say of a dose where its bucket misses so much."""
    own = parcel_of(case)
    flat = np.array([case["missing_mm"]])
    none = np.zeros(1)
    lanes = Lanes(
        middle_mm=flat,
        driest_mm=flat,
        wettest_mm=flat,
        readily_available_mm=np.array([200.0]),
        total_available_mm=np.array([300.0]),
        since_mm=none,
        grown_days=none,
        drift_mm=none,
        use_mm=none,
        water_mm=none,
    )
    inputs = JudgeInputs(parcels=(own,), weather=past(DAY - timedelta(days=1)))
    proposed = Recommendation(
        parcel_id=own.id,
        parcel_name=own.label,
        timezone=own.timezone,
        day=DAY,
        action="wait",
        volume_m3=1.0,
        depth_mm=Quantiles(p10=depth_mm, p50=depth_mm, p90=depth_mm),
        depletion_mm=Quantiles(p10=0.0, p50=1.0, p90=2.0),
        reason_code="stress_expected",
        code_version="test",
    )
    inputs_sky = sky_of(DAY, inputs)
    sky = replace(inputs_sky, lanes=(lanes,) * 9)
    about: dict[str, Any] = {"parcel": own, "index": 0, "inputs": inputs, "events": (), "detections": (), "history": ()}
    found = of_dose(Case(proposed=proposed, sky=sky, **about))
    physics = ("not_above_largest_event", "not_below_smallest_event", "room_in_soil")
    return {one.name: one.passed for one in found if one.name in physics}


def planned(case: dict[str, Any], wanted_mm: int) -> Plan:
    """A plan with the judge's limits of the case, that wants so much on its first day."""
    limits = event_limits(parcel_of(case))
    names = HardLimits.model_fields.keys() - {"missing_mm", "left_m3"}
    days = (plan_day(0, doses_mm=(wanted_mm,) * 4, limit_use_mm=0.0, limit_most_mm=500.0, most_mm=500.0),)
    steps = tuple(DoseStep(depth_mm=mm, volume_m3=10.0 * mm) for mm in range(1, 261))
    given = {name: getattr(limits, name) for name in names}
    return plan(days=days, steps=steps, limits=HardLimits(missing_mm=case["missing_mm"], **given))


@pytest.mark.parametrize("case", VECTOR["cases"])
def test_the_judges_limits_are_those_of_the_vector(case: dict[str, Any]) -> None:
    limits = event_limits(parcel_of(case))
    assert (limits.smallest_mm, limits.largest_mm, limits.efficiency) == (
        case["smallest_mm"],
        case["largest_mm"],
        case["efficiency"],
    )
    assert limits.most_mm(case["missing_mm"]) == pytest.approx(case["most_mm"])
    assert all(judged(case, case["most_mm"]).values())
    above = judged(case, case["most_mm"] + 0.01)
    assert not (above["not_above_largest_event"] and above["room_in_soil"])
    assert not judged(case, case["smallest_mm"] - 0.01)["not_below_smallest_event"]


@pytest.mark.parametrize("case", VECTOR["cases"])
@pytest.mark.parametrize("wanted_mm", [1, 9, 30, 70, 260])
def test_a_gateway_gives_the_most_that_the_judge_lets_pass(case: dict[str, Any], wanted_mm: int) -> None:
    one = planned(case, wanted_mm)
    assert room_mm(one, case["missing_mm"]) == pytest.approx(case["room_mm"])
    advice = advise(one, FIRST, {}, ())
    assert advice is not None
    allowed = math.floor(min(float(wanted_mm), case["most_mm"]) + 1e-9)
    if allowed < case["smallest_mm"]:
        assert advice.dose is None
        return
    assert advice.dose is not None
    assert advice.dose.depth_mm == allowed
    assert all(judged(case, float(advice.dose.depth_mm)).values())


def test_the_plans_limits_name_every_limit_of_an_event() -> None:
    limits = event_limits(parcel())
    assert {name for name in HardLimits.model_fields if hasattr(limits, name)} == HardLimits.model_fields.keys() - {
        "missing_mm",
        "left_m3",
    }
    assert replace(limits, largest_mm=1.0).most_mm(99.0) == 1.0
