"""The parts of a calibration, each by hand arithmetic or against numerical integration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import ndtr, ndtri

from cloud.variables import Floats
from cloud.weather.outlook.ageing import aged, continued, replaced, weight_of_age
from cloud.weather.outlook.calibrate import MOST_PAIRS, thinned
from cloud.weather.outlook.climatology import day_of_year, usual_of, years_like
from cloud.weather.outlook.coupling import dealt, levels_of, order_of
from cloud.weather.outlook.gaussian import fit_gaussian
from cloud.weather.outlook.rain import fit_rain
from cloud.weather.outlook.score import covered, ensemble_crps, rank_counts, ranks
from cloud.weather.outlook.signals import Signals, signals_of, summary_of

LONG = np.arange(np.datetime64("2000-01-01"), np.datetime64("2006-01-01"))


def season_of(days: np.ndarray) -> Floats:
    angle: Floats = np.cos(2.0 * np.pi * day_of_year(days) / 365.25)
    return angle


def test_very_many_pairs_are_thinned_evenly() -> None:
    known = np.ones((30_000, 2), dtype=np.bool_)
    known[:10_000] = False
    kept = thinned(known)
    assert kept.sum() == MOST_PAIRS
    assert not kept[:10_000].any()
    assert abs(int(kept[10_000:20_000].sum()) - MOST_PAIRS // 2) <= 1
    assert thinned(known[:10_500]).sum() == 1_000


class TestScore:
    def test_one_member_scores_its_absolute_error(self) -> None:
        assert ensemble_crps(members=np.array([[3.0]]), observed=np.array([5.0])).tolist() == [2.0]

    def test_two_members_by_hand(self) -> None:
        # mean |x - y| = (1 + 1) / 2; pairs: |0 - 2| twice over 4, or over 2 when fair
        members, observed = np.array([0.0, 2.0]), np.array(1.0)
        assert float(ensemble_crps(members=members, observed=observed)) == pytest.approx(1.0 - 0.5 * 1.0)
        assert float(ensemble_crps(members=members, observed=observed, fair=True)) == pytest.approx(1.0 - 0.5 * 2.0)

    def test_many_quantiles_score_like_their_distribution(self) -> None:
        members = ndtri(levels_of(400))
        density = np.exp(-0.5 * 0.49) / np.sqrt(2.0 * np.pi)
        expected = 0.7 * (2.0 * ndtr(0.7) - 1.0) + 2.0 * density - 1.0 / np.sqrt(np.pi)
        assert float(ensemble_crps(members=members, observed=np.array(0.7))) == pytest.approx(float(expected), abs=2e-3)

    def test_places_and_coverage(self) -> None:
        members = np.arange(1.0, 11.0)[None, :].repeat(3, axis=0)
        observed = np.array([0.0, 5.0, 11.0])
        assert ranks(members, observed).tolist() == [0.0, 0.45, 1.0]
        assert covered(members, observed).tolist() == [False, True, False]

    def test_an_honest_ensemble_fills_its_ranks_evenly(self) -> None:
        generator = np.random.default_rng(1)
        # Rain with many dry days: ties are drawn.
        middle = generator.normal(size=20_000)
        members = np.maximum(middle[:, None] + ndtri(levels_of(20)), 0.0)
        counts = rank_counts(members, np.maximum(middle + generator.normal(size=20_000), 0.0), generator)
        assert sum(counts) == 20_000
        assert min(counts) > 1_700
        assert max(counts) < 2_300


class TestClimatology:
    def test_the_season_is_found(self) -> None:
        generator = np.random.default_rng(2)
        values = 20.0 - 8.0 * season_of(LONG)[:, None] + generator.normal(0.0, 2.0, (LONG.size, 1))
        usual = usual_of(LONG, values)
        assert usual.mean[14, 0] == pytest.approx(12.0, abs=0.7)
        assert usual.mean[196, 0] == pytest.approx(28.0, abs=0.7)
        assert usual.spread[100, 0] == pytest.approx(2.0, abs=0.15)

    def test_rain_is_counted_and_a_dry_season_is_never_sure(self) -> None:
        rain = np.zeros((LONG.size, 1))
        rain[day_of_year(LONG) <= 31] = 4.0
        usual = usual_of(LONG, rain)
        assert usual.wet_fraction[15, 0] > 0.99
        assert 0.0 < usual.wet_fraction[196, 0] < 0.01
        assert usual.wet_mean[196, 0] == pytest.approx(4.0)

    def test_two_years_are_no_climate(self) -> None:
        usual = usual_of(LONG[:730], np.ones((730, 1)))
        assert np.isnan(usual.mean).all()
        assert np.isnan(usual.wet_fraction).all()
        assert np.isnan(usual.at_sites(np.array([-1])).mean).all()

    def test_members_are_stretches_of_earlier_years(self) -> None:
        values = np.arange(LONG.size, dtype=np.float64)[:, None]
        wanted = np.arange(np.datetime64("2006-05-10"), np.datetime64("2006-05-14"))
        found = years_like(LONG, {"tmin_c": values}, wanted, 8)
        assert found is not None
        members = found["tmin_c"][:, :, 0]
        assert members.shape == (4, 8)
        assert (np.diff(members, axis=0) == 1.0).all()
        days = LONG[members[0].astype(int)]
        assert len({str(day)[:4] for day in days}) >= 4
        assert (np.abs(day_of_year(days) - day_of_year(wanted[0])) <= 10).all()

    def test_only_whole_stretches_of_three_years_serve(self) -> None:
        values = np.ones((LONG.size, 1))
        values[: 4 * 365] = np.nan
        wanted = np.arange(np.datetime64("2006-05-10"), np.datetime64("2006-05-14"))
        assert years_like(LONG, {"tmin_c": values}, wanted, 8) is None
        assert years_like(LONG, {"tmin_c": np.ones((LONG.size, 1))}, wanted[:1], 60) is not None

    def test_a_season_is_never_learned_from_days_to_come(self) -> None:
        wanted = np.arange(np.datetime64("2003-05-10"), np.datetime64("2003-05-14"))
        found = years_like(LONG, {"day": np.arange(LONG.size, dtype=np.float64)[:, None]}, wanted, 20)
        assert found is not None
        assert (LONG[found["day"].astype(int)] < np.datetime64("2003-01-01")).all()


def test_days_of_a_leap_year() -> None:
    days = np.array(["2012-02-28", "2012-02-29", "2012-03-01", "2012-12-31"], dtype="datetime64[D]")
    assert day_of_year(days).tolist() == [59, 60, 61, 366]


class TestCoupling:
    def test_new_values_keep_the_members_order(self) -> None:
        template = np.array([[[3.0], [1.0], [2.0]], [[1.0], [2.0], [3.0]]])
        values = np.array([[[10.0], [20.0], [30.0]], [[1.0], [2.0], [3.0]]])
        assert dealt(values, template)[..., 0].tolist() == [[30.0, 10.0, 20.0], [1.0, 2.0, 3.0]]

    def test_of_dry_members_the_wet_one_of_other_days_gets_the_rain(self) -> None:
        template = np.array([[[0.0], [0.0], [5.0]], [[0.0], [9.0], [0.0]]])
        assert order_of(template)[0, :, 0].tolist() == [0, 1, 2]
        assert order_of(template)[1, :, 0].tolist() == [0, 2, 1]

    @settings(max_examples=30, deadline=None)
    @given(template=arrays(np.float64, (3, 5, 2), elements=st.floats(0.0, 9.0)))
    def test_nothing_is_lost_or_made(self, template: Floats) -> None:
        values = np.sort(np.random.default_rng(0).normal(size=(3, 5, 2)), axis=1)
        assert np.sort(dealt(values, template), axis=1).tolist() == values.tolist()


def signals(mean: Floats, spread: Floats, usual: Floats, days: np.ndarray) -> Signals:
    shape = (LONG.size, 1)
    statistics = usual_of(LONG, np.broadcast_to(usual[:, None], shape).copy())
    zero = np.zeros_like(mean)
    return signals_of((mean, spread, zero), statistics.on(days).where(np.ones((days.size, 1), dtype=np.bool_)), days)


class TestGaussian:
    def test_a_biased_and_too_sure_forecast_is_set_right(self) -> None:
        generator = np.random.default_rng(3)
        weather = 20.0 - 8.0 * season_of(LONG) + generator.normal(0.0, 3.0, LONG.size)
        truth = weather + generator.normal(0.0, 1.0, LONG.size)
        said = signals(weather + 2.0, np.full(LONG.size, 0.3), weather, LONG)
        fit = fit_gaussian(said, truth, days=LONG.size, seasonal=True)
        middle, width = fit.distribution(said)
        assert float((truth - middle).mean()) == pytest.approx(0.0, abs=0.08)
        assert float(width.mean()) == pytest.approx(1.0, abs=0.1)
        inside = covered(fit.quantiles(said, levels_of(50)), truth)
        assert 0.75 <= inside.mean() <= 0.85

    def test_a_forecast_without_skill_falls_back_to_the_season(self) -> None:
        generator = np.random.default_rng(4)
        weather = 20.0 - 8.0 * season_of(LONG) + generator.normal(0.0, 3.0, LONG.size)
        noise = 20.0 + generator.normal(0.0, 6.0, LONG.size)
        said = signals(noise, np.full(LONG.size, 1.0), weather, LONG)
        middle, width = fit_gaussian(said, weather, days=LONG.size, seasonal=True).distribution(said)
        assert float(np.abs(middle - said.usual.mean).mean()) < 0.6
        assert float(width.mean()) == pytest.approx(3.0, abs=0.3)

    def test_with_few_pairs_it_stays_near_the_ensemble(self) -> None:
        days = LONG[:4]
        mean = np.array([10.0, 12.0, 11.0, 9.0])
        said = signals(mean, np.full(4, 2.0), 20.0 - 8.0 * season_of(LONG), days)
        middle, _ = fit_gaussian(said, mean + 6.0, days=1, seasonal=False).distribution(said)
        assert (np.abs(middle - mean) < 3.0).all()


class TestRain:
    def test_false_alarms_and_small_amounts_are_set_right(self) -> None:
        generator = np.random.default_rng(5)
        wet = generator.random(LONG.size) < 0.2
        truth = np.where(wet, generator.gamma(0.8, 8.0, LONG.size) + 0.2, 0.0)
        share = np.where(wet, 0.8, np.where(generator.random(LONG.size) < 0.2, 0.7, 0.05))
        usual = usual_of(LONG, truth[:, None]).on(LONG).where(np.ones((LONG.size, 1), dtype=np.bool_))
        said = signals_of((0.5 * truth + 0.2, np.ones(LONG.size), share), usual, LONG)
        fit = fit_rain(said, truth, days=LONG.size)
        assert fit is not None
        members = fit.quantiles(said, levels_of(50))
        assert (members >= 0.0).all()
        chance, _ = fit.distribution(said)
        assert float(chance.mean()) == pytest.approx(wet.mean(), abs=0.02)
        assert float(members.mean()) == pytest.approx(float(truth.mean()), rel=0.25)
        dry = ensemble_crps(members=np.zeros_like(members), observed=truth).mean()
        assert ensemble_crps(members=members, observed=truth).mean() < 0.8 * dry

    def test_without_wet_days_nothing_is_learned(self) -> None:
        usual = usual_of(LONG, np.zeros((LONG.size, 1))).on(LONG[:50]).where(np.ones((50, 1), dtype=np.bool_))
        said = signals_of((np.zeros(50), np.zeros(50), np.zeros(50)), usual, LONG[:50])
        assert fit_rain(said, np.zeros(50), days=50) is None


class TestAgeing:
    def test_the_older_the_more_climatology(self) -> None:
        assert [weight_of_age(age) for age in (-1, 0, 1, 2, 3, 5, 9)] == [0.0, 0.0, 0.0, 0.25, 0.5, 1.0, 1.0]
        assert [int(replaced(8, weight).sum()) for weight in (0.0, 0.25, 0.5, 1.0)] == [0, 2, 4, 8]

    @settings(max_examples=60, deadline=None)
    @given(
        members=arrays(np.float64, (2, 6, 1), elements=st.floats(-20.0, 40.0)),
        climate=arrays(np.float64, (2, 6, 1), elements=st.floats(-20.0, 40.0)),
        weight=st.floats(0.0, 1.0),
    )
    def test_no_interval_ever_narrows(self, members: Floats, climate: Floats, weight: float) -> None:
        before, after = np.sort(members, axis=1), np.sort(aged(members, climate, weight), axis=1)
        for low in range(3):
            assert (after[:, low] <= before[:, low]).all()
            assert (after[:, 5 - low] >= before[:, 5 - low]).all()

    def test_unknown_stays_unknown(self) -> None:
        members = np.ones((2, 4, 2))
        members[0, 1, 0] = np.nan
        result = aged(members, np.full((2, 4, 2), 5.0), 0.5)
        assert np.isnan(result[0, 1, 0])
        assert result[0, 0, 0] == 1.0
        assert result[1, :, 1].max() == 5.0
        assert aged(members, np.full((2, 4, 2), np.nan), 0.5)[1, :, 1].tolist() == [1.0] * 4

    def test_only_a_forecast_that_reaches_far_enough_is_continued(self) -> None:
        members = np.ones((4, 2, 3))
        members[3] = np.nan
        members[1:, :, 1] = np.nan
        members[1, :, 2] = np.nan
        result = continued(members, np.full((4, 2, 3), 7.0), 2)
        assert result[:, 0, 0].tolist() == [1.0, 1.0, 1.0, 7.0]
        assert result[0, 0, 1] == 1.0
        assert np.isnan(result[1:, :, 1]).all()
        assert np.isnan(result[1, :, 2]).all()
        assert result[2, 0, 2] == 1.0


def test_unknown_members_leave_the_rest_to_speak() -> None:
    members = np.array([[1.0, 3.0, np.nan], [np.nan, np.nan, np.nan]])
    mean, spread, wet = summary_of(members, axis=1)
    assert mean[0] == 2.0
    assert spread[0] == pytest.approx(np.sqrt(2.0))
    assert wet[0] == 1.0
    assert np.isnan([mean[1], spread[1], wet[1]]).all()
    assert summary_of(np.array([[4.0]]), axis=1)[1].tolist() == [0.0]
