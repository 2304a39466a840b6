"""Scores by hand, and rivals that use nothing they could not know."""

import numpy as np
import pytest

from simulations.evaluation.water.scores import (
    Series,
    after_a_reading,
    by_plot,
    constant,
    holding,
    normal_crps,
    row_of,
)


def series(plot: str, measured: list[float], estimated: list[float], scored: list[bool], half: float = 10.0) -> Series:
    middle = np.array(estimated)
    return Series(
        plot=plot,
        measured=np.array(measured),
        estimated=middle,
        low=middle - half,
        high=middle + half,
        scored=np.array(scored),
    )


def test_a_row_counts_scored_visits_only() -> None:
    one = series("a", [100.0, 120.0, 90.0], [103.0, 500.0, 86.0], [True, False, True])
    row = row_of("mode", [one])
    assert row["readings"] == 2
    assert row["rmse_mm"] == pytest.approx(np.sqrt((9.0 + 16.0) / 2.0))
    assert row["bias_mm"] == pytest.approx(-0.5)
    assert row["change_rmse_mm"] == pytest.approx(7.0)
    assert row["coverage_80"] == 1.0
    assert row["width_80_mm"] == pytest.approx(20.0)


def test_readings_outside_the_interval_are_not_covered() -> None:
    row = row_of("mode", [series("a", [100.0, 120.0], [100.0, 100.0], [True, True])])
    assert row["coverage_80"] == 0.5


def test_unknown_intervals_leave_coverage_unknown() -> None:
    (one,) = holding([series("a", [100.0, 120.0], [0.0, 0.0], [False, True])])
    assert row_of("held", [one])["coverage_80"] is None
    assert row_of("held", [one])["crps_mm"] is None


def test_crps_of_a_normal_forecast() -> None:
    # Exact values: sigma (2 / sqrt(2 pi) - 1 / sqrt(pi)) at the middle, |error| for a certain forecast.
    assert normal_crps(np.array([5.0]), np.array([5.0]), np.array([2.0]))[0] == pytest.approx(0.4673901)
    assert normal_crps(np.array([5.0]), np.array([8.0]), np.array([0.0]))[0] == pytest.approx(3.0, abs=1e-6)


def test_holding_takes_the_last_assimilated_reading_and_skips_what_came_before_any() -> None:
    seen = series("a", [10.0, 11.0, 12.0, 13.0, 14.0], [0.0] * 5, [True, False, True, False, True])
    (held,) = holding([seen])
    assert list(held.scored) == [False, False, True, False, True]
    assert list(held.estimated[held.scored]) == [11.0, 13.0]


def test_only_visits_after_a_first_reading_stand_beside_holding_it() -> None:
    seen = series("a", [10.0, 11.0, 12.0, 13.0, 14.0], [0.0] * 5, [True, False, True, False, True])
    (one,) = after_a_reading([seen])
    assert list(one.scored) == [False, False, True, False, True]


def test_the_constant_of_a_plot_is_the_mean_of_the_others() -> None:
    several = [series("a", [10.0, 20.0], [0.0, 0.0], [True, True]), series("b", [30.0], [0.0], [True])]
    first, second = constant(several)
    assert list(first.estimated) == [30.0, 30.0]
    assert list(second.estimated) == [15.0]


def test_plots_are_told_one_by_one() -> None:
    rows = by_plot("mode", [series("a", [1.0], [2.0], [True]), series("b", [1.0], [5.0], [False])])
    assert [row["plot"] for row in rows] == ["a"]
    assert rows[0]["rmse_mm"] == 1.0
    assert rows[0]["change_rmse_mm"] is None
