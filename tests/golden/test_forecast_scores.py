"""Scores and distributions against numerical integration and closed forms of the literature."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammainc
from scipy.stats import gamma, norm

from cloud.variables import Floats
from cloud.weather.outlook.climatology import Usual
from cloud.weather.outlook.coupling import levels_of
from cloud.weather.outlook.gaussian import GaussianFit, fit_gaussian
from cloud.weather.outlook.rain import RainFit
from cloud.weather.outlook.score import ensemble_crps
from cloud.weather.outlook.signals import Signals, signals_of

DAYS = np.arange(np.datetime64("2020-01-01"), np.datetime64("2022-01-01"))


def usual(count: int, *, mean: float = 10.0, spread: float = 3.0, wet: float = 0.2, amount: float = 6.0) -> Usual:
    return Usual(
        mean=np.full(count, mean),
        spread=np.full(count, spread),
        wet_fraction=np.full(count, wet),
        wet_mean=np.full(count, amount),
    )


def signals(mean: Floats, spread: Floats, wet: Floats) -> Signals:
    return signals_of((mean, spread, wet), usual(mean.size), DAYS[: mean.size])


@pytest.mark.parametrize("observed", [-2.0, 0.0, 0.3, 1.7])
def test_crps_is_the_integral_of_the_squared_difference_of_distributions(observed: float) -> None:
    # J. Matheson and R. Winkler (1976), doi:10.1287/mnsc.22.10.1087: the definition itself.
    members = np.array([-1.2, 0.4, 0.5, 2.2])

    def squared(x: float) -> float:
        return float(((members <= x).mean() - (observed <= x)) ** 2)

    breaks = sorted([*members.tolist(), observed])
    expected = quad(squared, -5.0, 5.0, points=breaks, limit=200)[0]
    assert float(ensemble_crps(members=members, observed=np.array(observed))) == pytest.approx(expected, abs=1e-6)


def test_the_fair_score_does_not_depend_on_how_many_members_are_drawn() -> None:
    # C. Ferro (2014), doi:10.1002/qj.2270: unbiased for any number of members of at least two.
    generator = np.random.default_rng(1)
    expected = 2.0 / np.sqrt(np.pi) - 1.0 / np.sqrt(np.pi)  # a standard normal forecast of a standard normal quantity
    for members in (2, 5, 40):
        drawn = generator.normal(size=(60_000, members))
        observed = generator.normal(size=60_000)
        fair = ensemble_crps(members=drawn, observed=observed, fair=True).mean()
        assert float(fair) == pytest.approx(expected, abs=0.01)
        plain = ensemble_crps(members=drawn, observed=observed).mean()
        assert float(plain) == pytest.approx(expected * (1.0 + 1.0 / members), abs=0.01)


def test_quantiles_of_the_normal_fit_are_those_of_its_distribution() -> None:
    fit = GaussianFit(middle=np.array([0.5, 0.8]), width=np.array([0.1, 0.6, 0.2]), seasonal=False)
    said = signals(np.array([12.0]), np.array([1.5]), np.array([0.0]))
    middle, width = fit.distribution(said)
    assert middle[0] == pytest.approx(10.0 + 0.5 + 0.8 * 2.0)
    assert width[0] == pytest.approx(np.exp(0.1 + 0.6 * np.log(1.5) + 0.2 * np.log(3.0)))
    levels = levels_of(9)
    np.testing.assert_allclose(fit.quantiles(said, levels)[0], norm.ppf(levels, middle[0], width[0]), rtol=1e-9)


def test_the_fit_finds_the_distribution_that_made_the_pairs() -> None:
    generator = np.random.default_rng(2)
    count = DAYS.size
    mean, spread = 10.0 + generator.normal(0.0, 4.0, count), generator.lognormal(0.0, 0.4, count)
    said = signals(mean, spread, np.zeros(count))
    truth = 10.0 - 1.0 + 0.7 * (mean - 10.0) + 1.6 * spread * generator.normal(size=count)
    fit = fit_gaussian(said, truth, days=count, seasonal=False)
    assert fit.middle[0] == pytest.approx(-1.0, abs=0.25)
    assert fit.middle[1] == pytest.approx(0.7, abs=0.06)
    middle, width = fit.distribution(said)
    score = ensemble_crps(members=fit.quantiles(said, levels_of(200)), observed=truth).mean()
    best = ensemble_crps(
        members=norm.ppf(levels_of(200)) * 1.6 * spread[:, None] + (truth * 0.0 + middle)[:, None], observed=truth
    ).mean()
    assert float(np.median(width / (1.6 * spread))) == pytest.approx(1.0, abs=0.12)
    assert float(score) <= float(best) * 1.01


def test_quantiles_of_rain_are_those_of_a_mixture_of_none_and_gamma() -> None:
    # The chance of rain .5 and its amount 4 mm by coefficients of the constant alone; an exponential distribution.
    fit = RainFit(
        chance=np.zeros(7),
        amount=np.array([np.log(4.0), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        shape=np.zeros(3),
    )
    said = signals(np.array([1.0]), np.array([1.0]), np.array([0.5]))
    wet, amount = fit.distribution(said)
    assert (wet[0], amount[0]) == pytest.approx((0.5, 4.0))
    levels = levels_of(8)
    rain = fit.quantiles(said, levels)[0]
    assert rain[:4].tolist() == [0.0] * 4
    np.testing.assert_allclose(rain[4:], gamma.ppf((levels[4:] - 0.5) / 0.5, 1.0, scale=4.0), rtol=1e-9)
    np.testing.assert_allclose(gammainc(1.0, rain[4:] / 4.0), (levels[4:] - 0.5) / 0.5, rtol=1e-9)
