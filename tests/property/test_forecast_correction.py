"""Whatever the forecasts say: corrections keep order, days and unknowns, and never look ahead."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cloud.variables import VARIABLES, Floats
from cloud.weather.outlook.ageing import aged, continued, replaced
from cloud.weather.outlook.calibrate import CALIBRATED, Pairs, calibration_of, thinned
from cloud.weather.outlook.climatology import usual_of, years_like
from cloud.weather.outlook.coupling import dealt, levels_of, order_of
from cloud.weather.outlook.score import covered, ensemble_crps, rank_counts, ranks
from cloud.weather.outlook.signals import summary_of

finite = st.floats(-40.0, 60.0)
members_of = arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(2, 7), st.integers(1, 2)), elements=finite)


@settings(max_examples=60, deadline=None)
@given(members=arrays(np.float64, (3, 6), elements=finite), observed=arrays(np.float64, 3, elements=finite))
def test_a_score_is_no_gift_and_moves_with_its_quantity(members: Floats, observed: Floats) -> None:
    score = ensemble_crps(members=members, observed=observed)
    assert (score >= -1e-9).all()
    assert (score <= np.abs(members - observed[:, None]).max(axis=1) + 1e-9).all()
    np.testing.assert_allclose(ensemble_crps(members=members + 7.0, observed=observed + 7.0), score, atol=1e-9)
    np.testing.assert_allclose(ensemble_crps(members=3.0 * members, observed=3.0 * observed), 3.0 * score, atol=1e-7)
    np.testing.assert_allclose(ensemble_crps(members=members[:, ::-1], observed=observed), score, atol=1e-9)
    assert (ensemble_crps(members=members, observed=observed, fair=True) <= score + 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(members=arrays(np.float64, (5, 4), elements=finite), observed=arrays(np.float64, 5, elements=finite))
def test_ranks_and_coverage_agree(members: Floats, observed: Floats) -> None:
    place = ranks(members, observed)
    assert ((place >= 0.0) & (place <= 1.0)).all()
    outside = (observed < members.min(axis=1)) | (observed > members.max(axis=1))
    assert not covered(members, observed)[outside].any()
    assert sum(rank_counts(members, observed, np.random.default_rng(0), bins=4)) == 5


@settings(max_examples=60, deadline=None)
@given(template=members_of)
def test_every_member_gets_the_value_of_its_rank(template: Floats) -> None:
    order = order_of(template)
    assert (
        np.sort(order, axis=1).tolist()
        == np.broadcast_to(np.arange(template.shape[1])[None, :, None], template.shape).tolist()
    )
    values = np.sort(template, axis=1) * 2.0 + 1.0
    assert dealt(values, template).tolist() == (template * 2.0 + 1.0).tolist()


@given(count=st.integers(1, 80))
def test_levels_are_the_middles_of_equal_shares(count: int) -> None:
    levels = levels_of(count)
    assert levels.size == count
    np.testing.assert_allclose(levels, 1.0 - levels[::-1], atol=1e-12)
    np.testing.assert_allclose(np.diff(levels), 1.0 / count, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(members=members_of, weight=st.floats(0.0, 1.0), seed=st.integers(0, 99))
def test_growing_old_never_makes_surer(members: Floats, weight: float, seed: int) -> None:
    climate = np.random.default_rng(seed).normal(20.0, 15.0, members.shape)
    before, after = members, aged(members, climate, weight)
    assert after.shape == before.shape
    assert (after.max(axis=1) >= before.max(axis=1) - 1e-12).all()
    assert (after.min(axis=1) <= before.min(axis=1) + 1e-12).all()
    assert (np.ptp(after, axis=1) >= np.ptp(before, axis=1) - 1e-9).all()
    if not replaced(members.shape[1], weight).any():
        assert after.tolist() == before.tolist()


@given(members=st.integers(1, 60), weight=st.floats(0.0, 1.0))
def test_the_share_that_is_replaced_is_the_weight_rounded_down(members: int, weight: float) -> None:
    assert int(replaced(members, weight).sum()) == int(np.floor(members * weight + 1e-9))


@settings(max_examples=60, deadline=None)
@given(known=arrays(np.bool_, (5, 3)), needed=st.integers(1, 5))
def test_a_site_is_continued_only_if_it_reaches_far_enough_itself(known: np.ndarray, needed: int) -> None:
    members = np.where(known[:, None, :], 1.0, np.nan) * np.ones((5, 2, 3))
    result = continued(members, np.full((5, 2, 3), 9.0), needed)
    for site in range(3):
        unbroken = int(np.cumprod(known[:, site]).sum())
        if unbroken < needed:
            assert np.array_equal(result[..., site], members[..., site], equal_nan=True)
        else:
            assert (result[:unbroken, :, site] == 1.0).all()
            assert (result[unbroken:, :, site] == 9.0).all()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 999), variable=st.sampled_from(CALIBRATED), gap=st.integers(0, 3))
def test_a_correction_keeps_order_bounds_and_unknowns(seed: int, variable: str, gap: int) -> None:
    generator = np.random.default_rng(seed)
    issued = np.arange(np.datetime64("2025-01-01"), np.datetime64("2025-06-01"))
    truth = np.maximum(generator.normal(3.0, 3.0, (issued.size, 2, 2)), 0.0)
    members = np.maximum(truth[:, :, None, :] + generator.normal(1.0, 2.0, (issued.size, 2, 5, 2)), 0.0)
    mean, spread, wet = summary_of(members, axis=2)
    pairs = Pairs(issued_on=issued, leads=(0, 1), mean=mean, spread=spread, wet_fraction=wet, observed=truth)
    fit = calibration_of(variable, pairs, None)
    raw = members[0].copy()
    raw[1, gap, 1] = np.nan
    found = fit.members(raw, issued[:2], (0, 1), None)
    assert np.array_equal(found[1, :, 1], raw[1, :, 1], equal_nan=True)
    whole = found[0]
    assert np.isfinite(whole).all()
    assert (whole >= VARIABLES[variable].low).all()
    assert (whole <= VARIABLES[variable].high).all()
    for site in range(2):
        ranked = whole[np.argsort(raw[0, :, site], kind="stable"), site]
        distinct = np.diff(np.sort(raw[0, :, site])) > 0.0
        assert (np.diff(ranked)[distinct] >= -1e-12).all()
    beyond = fit.members(raw, issued[:2], (7, 8), None)
    assert np.array_equal(beyond, raw, equal_nan=True)  # leads that nobody learned


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 40_000), share=st.floats(0.05, 1.0))
def test_thinning_keeps_only_known_pairs(size: int, share: float) -> None:
    known = np.random.default_rng(size).random(size) < share
    kept = thinned(known[:, None])[:, 0]
    assert not (kept & ~known).any()
    assert kept.sum() == min(int(known.sum()), 8_000)


@settings(max_examples=20, deadline=None)
@given(first=st.integers(1_200, 3_000), length=st.integers(1, 15), members=st.integers(1, 40))
def test_earlier_years_are_earlier(first: int, length: int, members: int) -> None:
    days = np.arange(np.datetime64("2015-01-01"), np.datetime64("2024-01-01"))
    row = np.arange(days.size, dtype=np.float64)[:, None]
    found = years_like(days, {"row": row}, days[first : first + length], members)
    if found is None:
        assert first < 4 * 366
        return
    assert found["row"].shape == (length, members, 1)
    assert (found["row"] < first).all()
    assert (np.diff(found["row"], axis=0) == 1.0).all()


@settings(max_examples=10, deadline=None)
@given(shift=st.floats(-10.0, 10.0), scale=st.floats(0.1, 5.0))
def test_what_is_usual_moves_with_the_weather(shift: float, scale: float) -> None:
    days = np.arange(np.datetime64("2015-01-01"), np.datetime64("2019-01-01"))
    values = np.random.default_rng(5).normal(10.0, 2.0, (days.size, 1))
    plain, moved = usual_of(days, values), usual_of(days, scale * values + shift)
    np.testing.assert_allclose(moved.mean, scale * plain.mean + shift, atol=1e-8)
    np.testing.assert_allclose(moved.spread, scale * plain.spread, atol=1e-6)
