"""More depletion never gives less water nor waits longer, all else equal; doses keep their identities."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.advice.access import Access, Constraints, access_on
from cloud.advice.dose import DoseLimits, dose_of
from cloud.advice.joint.serve import serve
from cloud.advice.outlook import Outlook
from cloud.advice.plan import Intent, intend
from cloud.advice.prices import USUAL_PRICES
from cloud.advice.quota import QuotaBook
from cloud.advice.system import limits_of
from cloud.advice.worth import worth_of
from cloud.records import CanalTurn, Parcel, Quantiles, WaterSource
from tests.synthetic_season import parcel

DAY = date(2026, 5, 14)
FIELD = parcel(planted_on=date(2026, 4, 1))
depths = st.floats(-20.0, 120.0, allow_nan=False)
rains = st.lists(st.floats(0.0, 60.0, allow_nan=False), min_size=10, max_size=10)


def outlook(depletion: list[float], rain: list[float], use: float) -> Outlook:
    rows = [np.array(depletion, dtype=np.float64)]
    for fall in rain:
        rows.append(np.maximum(rows[-1] + use - fall, 0.0))
    path = np.stack(rows)
    readily = np.broadcast_to(np.linspace(30.0, 60.0, path.shape[1]), path.shape)
    return Outlook(
        start=date(2026, 5, 13),
        depletion_mm=path,
        readily_available_mm=readily,
        total_available_mm=2.0 * readily,
        rain_mm=np.repeat(np.array(rain)[:, None], path.shape[1], axis=1),
        use_mm=np.full((10, path.shape[1]), use),
        demand_mm=np.full((10, path.shape[1]), use),
    )


def intent(field: Parcel, depletion: list[float], rain: list[float], use: float) -> Intent:
    access: Access = access_on(DAY, field, Constraints())
    worth = worth_of(field, USUAL_PRICES, np.arange(43.0, 53.0))
    return intend(DAY, field, outlook(depletion, rain, use), access, limits_of(field), worth)


def turn_intent(depletion: list[float], rain: list[float], use: float, days: int) -> Intent:
    """The same where water comes by turn, today and then only after some days."""
    field = FIELD.model_copy(update={"water": WaterSource(canal="G1")})
    turns = tuple(
        CanalTurn(
            canal="G1",
            starts_at=datetime(2026, 5, 14, 8, tzinfo=UTC) + timedelta(days=later),
            ends_at=datetime(2026, 5, 14, 20, tzinfo=UTC) + timedelta(days=later),
            flow_m3_h=60.0,
        )
        for later in (0, days)
    )
    worth = worth_of(field, USUAL_PRICES, np.arange(43.0, 53.0))
    access = access_on(DAY, field, Constraints(turns=turns))
    return intend(DAY, field, outlook(depletion, rain, use), access, limits_of(field), worth)


def given_mm(one: Intent) -> float:
    if one.action != "irrigate":
        return 0.0
    dose = serve([one], QuotaBook.of(DAY, [], [one.parcel], []))[one.parcel.id].dose
    return 0.0 if dose is None else dose.depth_mm.p50


@settings(max_examples=150, deadline=None)
@given(
    depletion=st.lists(depths, min_size=8, max_size=8),
    extra=st.lists(st.floats(0.0, 40.0), min_size=8, max_size=8),
    rain=rains,
    use=st.floats(0.0, 9.0),
)
def test_a_drier_parcel_is_never_told_to_wait_longer_or_take_less(
    depletion: list[float], extra: list[float], rain: list[float], use: float
) -> None:
    wetter = intent(FIELD, depletion, rain, use)
    drier = intent(FIELD, [one + more for one, more in zip(depletion, extra, strict=True)], rain, use)
    assert drier.stress_if_ignored >= wetter.stress_if_ignored
    assert not (wetter.action == "irrigate" and drier.action != "irrigate")
    assert given_mm(drier) >= given_mm(wetter)
    if wetter.action == drier.action == "wait":
        assert drier.next_check_day <= wetter.next_check_day


@settings(max_examples=100, deadline=None)
@given(
    depletion=st.lists(depths, min_size=8, max_size=8),
    extra=st.lists(st.floats(0.0, 40.0), min_size=8, max_size=8),
    rain=rains,
    use=st.floats(0.0, 9.0),
    days=st.integers(2, 15),
)
def test_a_drier_parcel_never_lets_a_turn_pass_that_a_wetter_one_takes(
    depletion: list[float], extra: list[float], rain: list[float], use: float, days: int
) -> None:
    wetter = turn_intent(depletion, rain, use, days)
    drier = turn_intent([one + more for one, more in zip(depletion, extra, strict=True)], rain, use, days)
    assert drier.stress_if_ignored >= wetter.stress_if_ignored
    if wetter.action == "irrigate":
        assert drier.action == "irrigate"
        assert wetter.wanted_mm is not None
        assert drier.wanted_mm is not None
        assert drier.wanted_mm.p50 >= wetter.wanted_mm.p50


@settings(max_examples=100, deadline=None)
@given(depletion=st.lists(depths, min_size=8, max_size=8), rain=rains, use=st.floats(0.0, 9.0))
def test_the_worth_of_water_only_falls_with_depth(depletion: list[float], rain: list[float], use: float) -> None:
    curve = intent(FIELD, depletion, rain, use).marginal
    depths_mm, values = [depth for depth, _ in curve], [value for _, value in curve]
    assert depths_mm == sorted(depths_mm)
    assert values == sorted(values, reverse=True)
    assert all(value >= 0.0 for value in values)


@settings(max_examples=200, deadline=None)
@given(
    p50=st.floats(0.0, 300.0),
    below=st.floats(0.0, 50.0),
    above=st.floats(0.0, 50.0),
    area_ha=st.floats(0.005, 60.0),
    flow=st.one_of(st.none(), st.floats(0.5, 500.0)),
    limits=st.tuples(st.floats(0.0, 40.0), st.floats(0.0, 80.0), st.floats(0.0, 20000.0), st.floats(0.0, 24.0)),
)
def test_a_dose_keeps_its_identities_and_its_limits(
    p50: float, below: float, above: float, area_ha: float, flow: float | None, limits: tuple[float, ...]
) -> None:
    smallest, more, volume_m3, hours = limits
    bound = DoseLimits(min_mm=smallest, max_mm=smallest + more, volume_m3=volume_m3, hours=hours)
    dose = dose_of(Quantiles(p10=max(0.0, p50 - below), p50=p50, p90=p50 + above), area_ha, flow, bound)
    if dose is None:
        return
    depth = dose.depth_mm.p50
    assert abs(dose.volume_m3 - 10.0 * depth * area_ha) <= 0.5 + 1e-6
    assert smallest - 1e-6 <= depth <= smallest + more + 1e-6
    assert dose.volume_m3 <= volume_m3 + 1e-6
    assert dose.depth_mm.p10 <= depth <= dose.depth_mm.p90
    if flow is None:
        assert dose.duration_h is None
    else:
        assert dose.duration_h is not None
        assert abs(dose.duration_h - dose.volume_m3 / flow) <= 2.5 / 60.0 + 1e-6
        assert dose.duration_h <= hours + 1e-6
